"""What a file or a caller says of a structure besides its atoms: taken into the record, or refused.

Charge and spin are said in many places; the rest of heterodot reads one. Nothing said is dropped:
what cannot be used is an error of one line that names the value and the place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import InputError, StructureError
from heterodot.occupancy import check_occupancies

FARTHEST = 1e9
"""Coordinates (Å) beyond this are no structure."""

OVERLAP = 0.5
"""Atoms closer than this fraction of the sum of their covalent radii are on top of each other."""

MULTIPLICITY_KEYS = ("multiplicity", "spin_multiplicity", "mult", "spin")
"""Names of 2S + 1 in ``atoms.info``. Data sets of molecules (OMol25) call it ``spin``."""

UNPAIRED_KEYS = ("unpaired_electrons", "n_unpaired", "uhf")
"""Names of 2S."""

MOMENT_ARRAYS = ("initial_magmoms", "magmoms", "magmom")
"""Names of magnetic moments, μ_B an atom."""


def adopt(atoms: Atoms) -> None:
    """Check a structure that comes from outside and take what it says into its record, in place.

    Parameters
    ----------
    atoms : Atoms
        Just read: charge (see :data:`heterodot.provenance.CHARGE_KEYS`; or initial charges that
        sum to a whole number) becomes the record's ``charge``, a multiplicity its
        ``unpaired_electrons``; magnetic moments become ``initial_magmoms``. Constraints and
        arrays stay. A calculator is taken off.

    Raises
    ------
    StructureError
        No atoms, an unknown element, a position or cell that is none, atoms on top of each other,
        sites occupied in part, or a charge or spin that is no number, contradicts another, or
        does not fit the electrons.
    """
    check_atoms(atoms)
    check_record(atoms)
    check_occupancies(atoms)
    try:
        _adopt_charge(atoms)
    except StructureError:
        raise
    except InputError as error:
        raise StructureError(str(error)) from error
    _adopt_moments(atoms)
    adopt_multiplicity(atoms)
    for name, values in atoms.arrays.items():
        if values.dtype.kind in "UO" and all(isinstance(v, str) for v in values.ravel().tolist()):
            words = ["_".join(value.split()) or "-" for value in values.ravel().tolist()]
            atoms.arrays[name] = np.array(words).reshape(values.shape)  # as extended XYZ can hold
    atoms.calc = None


def check_atoms(atoms: Atoms, *, overlap: bool = True) -> None:
    """Check that a structure has atoms, each of an element and at a place of its own.

    Parameters
    ----------
    atoms : Atoms
    overlap : bool
        Whether atoms on top of each other are refused too.

    Raises
    ------
    StructureError
        Names the atom and the value.
    """
    if len(atoms) == 0:
        raise StructureError("holds no atoms, expected a structure")
    unknown = np.flatnonzero((atoms.numbers < 1) | (atoms.numbers >= len(covalent_radii)))
    if len(unknown):
        i = int(unknown[0])
        raise StructureError(
            f"atom {i} is of no element (atomic number {atoms.numbers[i]}, 'X'); expected a "
            "chemical symbol"
        )
    lost = ~(np.abs(atoms.positions) < FARTHEST).all(axis=1)  # true for NaN as well
    if lost.any():
        i = int(lost.argmax())
        raise StructureError(
            f"atom {i} ({atoms.symbols[i]}) is at {_numbers(atoms.positions[i])}, expected finite "
            f"coordinates below {FARTHEST:g} Å"
        )
    _check_cell(atoms)
    if overlap:
        _check_overlap(atoms)


def check_record(atoms: Atoms) -> None:
    """Check that ``info["heterodot"]`` and the arrays of labels are what heterodot writes.

    Raises
    ------
    StructureError
    """
    record = atoms.info.get(provenance.KEY, {})
    plain = isinstance(record, Mapping)
    if not plain or not all(isinstance(record.get(k, []), list) for k in ("notes", "history")):
        raise StructureError(f"its entry {provenance.KEY!r} is not one of ours; take it out")
    for name in ("formal_charge", "pseudo_hydrogen"):
        values = atoms.arrays.get(name)
        if values is None:
            continue
        if values.shape != (len(atoms),) or values.dtype.kind not in "fiu":
            raise StructureError(f"array {name!r}: expected a number (e) for each atom")
        _check_finite(values, name)


def _check_finite(values: np.ndarray, name: str) -> None:
    bad = ~np.isfinite(values)
    if bad.any():
        i = int(bad.argmax())
        raise StructureError(f"array {name!r}: {values[i]} for atom {i}, expected a finite number")


def _check_cell(atoms: Atoms) -> None:
    cell = atoms.cell.array
    if not (np.abs(cell) < FARTHEST).all():
        rows = ", ".join(_numbers(row) for row in cell)
        raise StructureError(f"cell {rows}: expected finite lengths below {FARTHEST:g} Å")
    for axis in np.flatnonzero(atoms.pbc & ~cell.any(axis=1)):
        raise StructureError(
            f"periodic along direction {axis}, whose cell vector is zero; expected a vector, or no "
            "periodicity along it"
        )
    if atoms.pbc.any() and abs(np.linalg.det(atoms.cell.complete().array)) < 1e-6:
        rows = ", ".join(_numbers(row) for row in cell)
        raise StructureError(f"cell {rows} spans no volume; expected three independent vectors")


def _check_overlap(atoms: Atoms) -> None:
    bonds = find_bonds(atoms, OVERLAP)
    if not len(bonds.pairs):
        return
    worst = int(bonds.lengths.argmin())
    i, j = (int(x) for x in bonds.pairs[worst])
    least = OVERLAP * float(covalent_radii[atoms.numbers[i]] + covalent_radii[atoms.numbers[j]])
    others = f" (and {len(bonds.pairs) - 1} more such pairs)" if len(bonds.pairs) > 1 else ""
    raise StructureError(
        f"atoms {i} ({atoms.symbols[i]}) and {j} ({atoms.symbols[j]}) are "
        f"{bonds.lengths[worst]:.3f} Å apart, expected at least {least:.2f} Å"
        f"{others}; take one away or move it"
    )


def _numbers(values: np.ndarray) -> str:
    return f"({', '.join(f'{x:g}' for x in values)})"


def _adopt_charge(atoms: Atoms) -> None:
    """Take a charge stated in ``info``, or by ASE's initial charges, into the record."""
    said = provenance.states_charge(atoms)
    charge = provenance.total_charge(atoms)
    if "initial_charges" in atoms.arrays:
        _check_finite(atoms.arrays["initial_charges"], "initial_charges")
        total = provenance.sum_of_charges(atoms) or 0.0
        whole = abs(total - round(total)) < 0.05
        if not said and whole and round(total):
            charge, said = round(total), True
            provenance.add_note(atoms, f"total charge {charge:+d} e: the sum of its atoms' charges")
        elif abs(total - charge) > 0.5:
            raise StructureError(
                f"its atoms' initial charges sum to {total:g} e but its total charge is "
                f"{charge:+d} e; expected the same: state 'charge=' or take the atoms' charges out"
            )
    if said:
        atoms.info = provenance.with_charge(atoms, charge).info


def _adopt_moments(atoms: Atoms) -> None:
    """Take magnetic moments, as given or as last calculated, for the initial ones."""
    given = next((name for name in MOMENT_ARRAYS if name in atoms.arrays), None)
    if given is not None:
        moments = atoms.arrays.pop(given)
    else:
        moments = getattr(atoms.calc, "results", {}).get("magmoms")
        if moments is None or not np.any(moments):
            return
        moments = np.asarray(moments)
        provenance.add_note(atoms, "magnetic moments: those of the calculation the file is of")
    if moments.shape != (len(atoms),):
        raise StructureError(
            f"magnetic moments of shape {moments.shape}: expected one number (μ_B) for each of "
            f"{len(atoms)} atoms; moments with a direction cannot be calculated here"
        )
    moments = moments.astype(float)
    _check_finite(moments, "initial_magmoms")
    atoms.set_array("initial_magmoms", moments)


def adopt_multiplicity(atoms: Atoms) -> None:
    """Take a multiplicity or unpaired electrons from ``info`` into the record, in place.

    Raises
    ------
    StructureError
        It is no whole number, does not fit the electrons, or contradicts another one or the
        magnetic moments.
    """
    told = {name: _unpaired(atoms, name) for name in (*MULTIPLICITY_KEYS, *UNPAIRED_KEYS)}
    unpaired = {name: n for name, n in told.items() if n is not None}
    recorded = provenance.unpaired_electrons(atoms)
    if recorded is not None:
        unpaired[f"record {provenance.KEY!r}"] = recorded
    if len({*unpaired.values()}) > 1:
        given = ", ".join(f"{name} {n}" for name, n in unpaired.items())
        raise StructureError(f"unpaired electrons by {given}: expected one number; take one away")
    for name in told:
        atoms.info.pop(name, None)
    if not unpaired:
        return
    (value,) = {*unpaired.values()}
    moments = provenance.magnetic_moments(atoms)
    if moments.any() and abs(abs(moments.sum()) - value) > 0.5:
        raise StructureError(
            f"{next(iter(unpaired))} says {value} unpaired electrons, its magnetic moments sum to "
            f"{moments.sum():g} μ_B; expected the same"
        )
    provenance.update(atoms, unpaired_electrons=value)


def _unpaired(atoms: Atoms, name: str) -> int | None:
    """Return the unpaired electrons an entry of ``info`` means, checked against the electrons."""
    if name not in atoms.info:
        return None
    value: Any = atoms.info[name]
    least = 0 if name in UNPAIRED_KEYS else 1
    try:
        number = float("nan") if isinstance(value, bool | np.bool_) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not number.is_integer() or number < least:
        value = value.item() if isinstance(value, np.generic) else value
        raise StructureError(
            f"{name} {value!r}: expected a whole number of {least} or more"
            + (" (2S + 1), as 'multiplicity='" if least else "")
        )
    unpaired = int(number) - least
    electrons = float(provenance.nuclear_charges(atoms).sum()) - provenance.total_charge(atoms)
    if electrons.is_integer() and (unpaired > electrons or (electrons - unpaired) % 2):
        parity = "an odd" if electrons % 2 else "an even"
        raise StructureError(
            f"{name} {int(number)} does not fit {atoms.get_chemical_formula()} with {parity} "
            f"number of electrons ({electrons:g}); expected 'multiplicity=' 2S + 1: "
            f"{'2, 4, …' if electrons % 2 else '1, 3, …'}"
        )
    return unpaired

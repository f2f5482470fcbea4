"""How many electrons, which charge, which multiplicity: from the electron count, or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import RefusedError

COUNT_TOLERANCE = 1e-6
"""Fractional pseudo-hydrogen charges must add up to an integer within this."""

MOMENT_TOLERANCE = 0.5
"""Initial moments (µB) that sum to within this of a count of unpaired electrons mean that count;
those of single atoms below it are no more than the noise of an earlier calculation."""


@dataclass(frozen=True)
class SpinState:
    """Charge and spin a calculation runs with.

    Attributes
    ----------
    charge : int
        Total charge, e.
    n_electrons : int
        Electrons, core included.
    multiplicity : int or None
        2S + 1; None for a code without electrons.
    polarized : bool
        Whether the two spin channels are treated separately.
    """

    charge: int
    n_electrons: int
    multiplicity: int | None
    polarized: bool = False

    @property
    def n_unpaired(self) -> int:
        """Unpaired electrons (multiplicity minus one)."""
        return 0 if self.multiplicity is None else self.multiplicity - 1


def integer_charge(atoms: Atoms) -> int:
    """Return the structure's total charge, e.

    Raises
    ------
    RefusedError
        If it is not an integer, or ASE's initial charges tell another story.
    """
    charge = atoms.info.get(provenance.KEY, {}).get("charge")
    if charge is None or provenance.stated_charge(atoms) is not None:
        charge = provenance.total_charge(atoms)
    if isinstance(charge, bool) or not np.isfinite(charge) or charge != int(charge):
        raise RefusedError(f"total charge {charge!r}: expected a whole number of electrons")
    if "initial_charges" in atoms.arrays:
        told = float(atoms.arrays["initial_charges"].sum())
        if abs(told - charge) > 0.5:
            raise RefusedError(
                f"ASE's initial charges sum to {told:g} e but the structure's total charge is "
                f"{charge:g} e: say which with heterodot.provenance.with_charge(atoms, charge)"
            )
    return int(charge)


def spin_state(
    atoms: Atoms, multiplicity: int | str = "auto", n_valence: int | None = None
) -> SpinState:
    """Count the electrons and choose or check the multiplicity.

    Parameters
    ----------
    atoms : Atoms
        Its total charge is taken from its provenance.
    multiplicity : int or "auto"
        2S + 1; "auto" is what the structure's record says of its open-shell ions
        (``unpaired_electrons``, as :func:`heterodot.structures.dope` writes it, less one where the
        count has the other parity: an adsorbate has paired it), else what its initial magnetic
        moments sum to, else the lowest the count allows.
    n_valence : int or None
        Electrons the neutral structure has in the code's valence, to bound charge and spin; the
        nuclear charges if None.

    Raises
    ------
    RefusedError
        For a fractional count, a charge that leaves no electrons, or a multiplicity or initial
        moments that do not fit the count, each other or the record.
    """
    charge = integer_charge(atoms)
    total = float(provenance.nuclear_charges(atoms).sum())
    if abs(total - round(total)) > COUNT_TOLERANCE:
        raise RefusedError(
            f"nuclear charges sum to {total:.4f}: pseudo-hydrogens must add up to a whole number "
            "of electrons; passivate every dangling bond"
        )
    n_electrons = round(total) - charge
    available = (round(total) if n_valence is None else n_valence) - charge
    if available < 1:
        raise RefusedError(
            f"charge {charge:+d} leaves {available} valence electrons in {_formula(atoms)}: "
            f"expected a charge below {available + charge:+d}"
        )
    chosen = _multiplicity(multiplicity, available, atoms)
    polarized = chosen > 1 or has_moments(atoms)
    return SpinState(charge, n_electrons, chosen, polarized)


def has_moments(atoms: Atoms) -> bool:
    """Whether the initial magnetic moments say what spin a structure has, and where.

    Not where they are the noise of an earlier calculation, nor where a builder set them beside its
    own record of the spin (``unpaired_electrons``, the hole of a defect): there the record says how
    much there is, and they say where it starts. Moments that say otherwise than the record were
    set after it.
    """
    given = atoms.arrays.get("initial_magmoms")
    if given is None or not given.any():
        return False
    moments = _along_z(given)
    if not (np.abs(moments) >= MOMENT_TOLERANCE).any():
        return False
    record = atoms.info.get(provenance.KEY, {})
    if "unpaired_electrons" in record:
        # one more or less: an adsorbate or the hole of a defect
        return abs(abs(moments.sum()) - record["unpaired_electrons"]) > 1.0 + MOMENT_TOLERANCE
    hole = record.get("defect_type", {}).get("hole_site")
    return hole is None or np.flatnonzero(moments).tolist() != [hole]


def _along_z(moments: np.ndarray) -> np.ndarray:
    """Return the (a,) moments, µB."""
    if moments.ndim > 1:
        raise RefusedError(
            "initial magnetic moments are vectors: expected one number for each atom (collinear)"
        )
    if not np.isfinite(moments).all():
        raise RefusedError(f"initial magnetic moments {moments.tolist()}: expected finite numbers")
    return np.asarray(moments, float)


def unpaired_by_moments(atoms: Atoms, n_electrons: int) -> int:
    """Return how many unpaired electrons the initial magnetic moments mean.

    A periodic structure's need not sum to a whole number, and an adsorbate that was put on later
    may have paired one of them.

    Raises
    ------
    RefusedError
        If they do not sum to a number that fits the electron count.
    """
    total = abs(float(_along_z(atoms.arrays["initial_magmoms"]).sum()))
    odd = n_electrons % 2
    nearest = max(2 * round((total - odd) / 2) + odd, odd)
    if "adsorbate" in atoms.info.get(provenance.KEY, {}):
        return max(round(total) - (round(total) - odd) % 2, odd)
    if not atoms.pbc.any() and abs(total - nearest) > MOMENT_TOLERANCE + 1e-9:
        raise RefusedError(
            f"initial magnetic moments sum to {total:g}, but {_formula(atoms)} with "
            f"{'an odd' if odd else 'an even'} electron count has "
            f"{'1, 3, …' if odd else '0, 2, …'} unpaired electrons: set moments that sum to one of "
            "these, remove them, or set the charge that was meant"
        )
    return nearest


def spin_of_moments(atoms: Atoms) -> int | None:
    """Return the unpaired electrons that only the initial moments say; None where they add nothing.

    They add something where the electron count alone would give another state: more unpaired
    electrons than it needs, or none but opposite spins.
    """
    if not has_moments(atoms):
        return None
    total = float(provenance.nuclear_charges(atoms).sum()) - provenance.total_charge(atoms)
    odd = round(total) % 2
    net = abs(float(_along_z(atoms.arrays["initial_magmoms"]).sum()))
    if odd and abs(net - 1.0) <= MOMENT_TOLERANCE:
        return None
    return round(net)


def _multiplicity(multiplicity: int | str, n_electrons: int, atoms: Atoms) -> int:
    odd = n_electrons % 2
    if multiplicity == "auto":
        if has_moments(atoms):
            unpaired = unpaired_by_moments(atoms, n_electrons)
            _check_room(1 + unpaired, n_electrons, atoms)
            return 1 + unpaired
        recorded = int(atoms.info.get(provenance.KEY, {}).get("unpaired_electrons", 0))
        return 1 + max(recorded - (recorded - odd) % 2, odd)
    unpaired = int(multiplicity) - 1
    if unpaired % 2 != odd:
        raise RefusedError(
            f"multiplicity {multiplicity} does not fit {_formula(atoms)} with "
            f"{'an odd' if odd else 'an even'} electron count: expected "
            f"{'2, 4, …; odd electrons are never run spin-paired' if odd else '1, 3, …'}"
        )
    _check_room(int(multiplicity), n_electrons, atoms)
    _check_agreement(unpaired, n_electrons, atoms)
    return int(multiplicity)


def _check_room(multiplicity: int, n_electrons: int, atoms: Atoms) -> None:
    if multiplicity - 1 > n_electrons:
        raise RefusedError(
            f"multiplicity {multiplicity} needs {multiplicity - 1} unpaired electrons but "
            f"{_formula(atoms)} has {n_electrons} valence electrons"
        )


def _check_agreement(unpaired: int, n_electrons: int, atoms: Atoms) -> None:
    """Refuse a level's multiplicity that the structure's own moments or record contradict."""
    if not has_moments(atoms):
        recorded = int(atoms.info.get(provenance.KEY, {}).get("unpaired_electrons", unpaired))
        if abs(recorded - unpaired) > 1:  # one more or less: an adsorbate, or the hole of a defect
            raise RefusedError(
                f"the level's multiplicity {unpaired + 1} means {unpaired} unpaired electron(s), "
                f"but {_formula(atoms)} is recorded with {recorded}: leave the multiplicity out, "
                "set it to what is recorded, or set initial magnetic moments that say otherwise"
            )
        return
    told = unpaired_by_moments(atoms, n_electrons)
    if told != unpaired:
        raise RefusedError(
            f"the level's multiplicity {unpaired + 1} means {unpaired} unpaired electron(s), but "
            f"the initial magnetic moments of {_formula(atoms)} mean {told}: set one of the two, "
            "or both alike"
        )


def _formula(atoms: Atoms) -> str:
    return str(atoms.get_chemical_formula())

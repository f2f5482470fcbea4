"""Bulk crystals: from the table, from a file, or from another library's object."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.occupancy import is_whole, shared_site
from heterodot.paths import kind_of, user_path
from heterodot.structures.chemistry.electrons import formal_charges as charges_of
from heterodot.structures.chemistry.oxidation import BALANCED, checked_charges, crystal_charges
from heterodot.structures.crystals.files import names_file, read_structure_file
from heterodot.structures.crystals.given import adopt
from heterodot.structures.crystals.table import CRYSTALS, CrystalEntry


def crystal_names() -> list[str]:
    """Return the names :func:`crystal` knows."""
    return list(CRYSTALS)


def crystal_entry(name: str) -> CrystalEntry:
    """Return the table's entry (space group, lattice, sites, citation) for a name.

    Raises
    ------
    StructureError
        The name is not in the table; the message names the nearest.
    """
    try:
        return CRYSTALS[name]
    except KeyError:
        near = difflib.get_close_matches(name, CRYSTALS, n=3, cutoff=0.4)
        hint = " or ".join(near) if near else "one of " + ", ".join(CRYSTALS)
        raise StructureError(
            f"crystal {name!r} is neither in the table nor a file: did you mean {hint}?"
        ) from None


def crystal(
    source: str | Path | Atoms | Any,
    *,
    conventional: bool = True,
    formal_charges: Mapping[str, float] | None = None,
    symprec: float = 1e-2,
) -> Atoms:
    """Return the conventional cell of a crystal.

    Parameters
    ----------
    source : str, Path, Atoms or pymatgen Structure
        A name of :func:`crystal_names`, a file (CIF, POSCAR, extxyz, … see
        :data:`heterodot.structures.crystals.files.FORMATS`; ``file@index`` for one structure of
        several), an ASE Atoms or a pymatgen Structure. A crystal this function made comes back as
        it is, from a file too. An array ``formal_charge`` and magnetic moments are kept, and
        oxidation states of pymatgen become formal charges; atoms that differ in them are not
        equivalent.
    conventional : bool
        Whether a crystal that is not from the table is brought to its conventional standard cell
        by spglib (the table's cells are conventional already).
    formal_charges : mapping of element to charge (e), optional
        Overrides the table's or the common formal charges. Where the common ones do not balance
        or an element has none, they are guessed (see
        :func:`heterodot.structures.chemistry.oxidation.crystal_charges`) and a note says so.
    symprec : float
        Tolerance (Å) of spglib for crystals that are not from the table.

    Returns
    -------
    Atoms
        Periodic, with the arrays ``formal_charge`` (e) and ``sublattice`` ("cation" or "anion";
        the atoms of an element, a metal or an alloy are "cation" with charge 0), and the crystal's
        name, space group and source in ``info["heterodot"]["crystal"]``.

    Raises
    ------
    StructureError
        The name is unknown, the file cannot be read, the structure is not periodic in three
        directions, is charged, has sites that are shared or partly empty, or formal charges that
        are neither known nor given.
    """
    if isinstance(source, str) and source in CRYSTALS:
        return _from_entry(CRYSTALS[source], formal_charges)
    if is_made(source):
        return source.copy() if formal_charges is None else with_charges(source, formal_charges)
    atoms, label = _read(source)
    if formal_charges is None and is_made(atoms):
        return atoms
    new = _from_structure(atoms, label, conventional, symprec, formal_charges is None)
    return new if "formal_charge" in new.arrays else with_charges(new, formal_charges)


def lattice_crystal(source: str | Path | Atoms | Any) -> Atoms:
    """Return a crystal whose charges do not matter: without any where none are known.

    Parameters
    ----------
    source : str, Path, Atoms or pymatgen Structure
        As for :func:`crystal`.
    """
    if (isinstance(source, str) and source in CRYSTALS) or is_made(source):
        return crystal(source)
    atoms, label = _read(source)
    if is_made(atoms):
        return atoms
    return _from_structure(atoms, label, conventional=True, symprec=1e-2, own_charges=True)


def with_charges(atoms: Atoms, formal_charges: Mapping[str, float] | None = None) -> Atoms:
    """Return a copy of a crystal with formal charges and sublattices by element.

    Parameters
    ----------
    atoms : Atoms
        A crystal's whole cell.
    formal_charges : mapping of element to charge (e), optional
        As for :func:`crystal`.

    Raises
    ------
    StructureError
        As :func:`heterodot.structures.chemistry.oxidation.crystal_charges`.
    """
    new = atoms.copy()
    charges = crystal_charges(new, formal_charges)
    _label_sites(new, charges.values)
    record = {**provenance.details(new).get("crystal", {})}
    old = record.pop("charges", None)
    kept = [note for note in provenance.notes(new) if note != old]
    if charges.note():
        record["charges"] = charges.note()
        kept.append(charges.note())
    provenance.update(new, crystal=record, notes=kept)
    return new


def charged_host(
    source: str | Path | Atoms | Any, given: Mapping[str, float] | None = None
) -> Atoms:
    """Return a structure whose sites are to be changed, with the formal charges given or found.

    Parameters
    ----------
    source : Atoms, or as for :func:`crystal`
        Atoms are copied as they are, whatever they are: charges are given to the elements named,
        and to a crystal without any whose common ions are unknown or do not balance. A crystal by
        name or file keeps its own cell.
    given : mapping of element to charge (e), optional
        Of its elements; others are of species that are to come in.

    Raises
    ------
    StructureError
        As :func:`crystal`.
    """
    charges = checked_charges(given)
    if not isinstance(source, Atoms):
        own = set(lattice_crystal(source).get_chemical_symbols()) if charges else set()
        named = {element: q for element, q in charges.items() if element in own}
        return crystal(source, conventional=False, formal_charges=named or None)
    atoms = source.copy()
    symbols = atoms.get_chemical_symbols()
    named = {element: q for element, q in charges.items() if element in symbols}
    known = charges_of(atoms)
    bare = "formal_charge" not in atoms.arrays and bool(atoms.pbc.all()) and len(atoms) > 0
    if bare and (np.isnan(known).any() or abs(known.sum()) > BALANCED):
        found = crystal_charges(atoms, named)
        if found.note():
            provenance.add_note(atoms, found.note())
        named = found.values
    if named:
        new = [named.get(s, q) for s, q in zip(symbols, known.tolist(), strict=True)]
        atoms.set_array("formal_charge", np.array(new, float))
    return atoms


def is_made(source: Any) -> TypeGuard[Atoms]:
    """Whether it is a crystal of this module already, whose axes are not to be chosen anew."""
    return (
        isinstance(source, Atoms)
        and bool(source.pbc.all())
        and "crystal" in provenance.details(source)
        and {"formal_charge", "sublattice"} <= source.arrays.keys()
    )


def _from_entry(entry: CrystalEntry, formal_charges: Mapping[str, float] | None) -> Atoms:
    from ase.spacegroup import crystal as from_sites

    symbols = [symbol for symbol, _, _ in entry.sites]
    basis = [position for _, _, position in entry.sites]
    full = from_sites(symbols, basis, spacegroup=entry.number, cellpar=list(entry.cellpar))
    axes = list(entry.axes)
    atoms = Atoms(
        full.symbols,
        scaled_positions=full.get_scaled_positions()[:, axes],
        cell=np.asarray(entry.cellpar)[[*axes, *(3 + axis for axis in axes)]],
        pbc=True,
    )
    charges = {symbol: charge for symbol, charge, _ in entry.sites}
    _label_sites(atoms, {**charges, **checked_charges(formal_charges, charges)})
    record = {
        "name": entry.name,
        "space_group": entry.space_group,
        "number": entry.number,
        "source": entry.source,
    }
    provenance.update(atoms, crystal=record)
    provenance.add_step(atoms, "crystal", source=entry.name)
    if formal_charges is not None:
        carried = dict(zip(atoms.symbols, atoms.arrays["formal_charge"].tolist(), strict=True))
        return with_charges(atoms, carried)
    return atoms


def _read(source: Any) -> tuple[Atoms, str]:
    """Return the structure behind ``source`` and the words to call it by."""
    if isinstance(source, Atoms):
        atoms = source.copy()
        adopt(atoms)
        return atoms, source.get_chemical_formula(empirical=True)
    if isinstance(source, str | Path):
        path = user_path(source)
        if not names_file(path) and kind_of(path) == "nothing":
            crystal_entry(str(source))
        return read_structure_file(path), path.name
    if hasattr(source, "to_ase_atoms"):
        return _from_pymatgen(source), source.composition.reduced_formula
    raise StructureError(
        f"crystal source of type {type(source).__name__}: expected a name, a file, an ASE Atoms or "
        "a pymatgen Structure"
    )


def _from_pymatgen(source: Any) -> Atoms:
    """Return the atoms of a pymatgen structure; its oxidation states are their formal charges."""
    for site in source:
        shares = {str(kind): float(share) for kind, share in site.species.items()}
        if not is_whole(shares):
            raise shared_site(np.asarray(site.coords), shares)
    atoms: Atoms = source.to_ase_atoms(msonable=False)
    if getattr(source, "charge", 0):
        atoms.info["charge"] = source.charge
    states = atoms.arrays.pop("oxi_states", None)
    if states is not None and None not in states.tolist():
        atoms.set_array("formal_charge", states.astype(float))
    adopt(atoms)
    return atoms


def _from_structure(
    atoms: Atoms,
    label: str,
    conventional: bool,
    symprec: float,
    own_charges: bool,
) -> Atoms:
    """Return the cell, with the formal charges the structure carries if these are wanted."""
    import spglib

    if not atoms.pbc.all():
        raise StructureError(
            f"{label}: {len(atoms)} atoms with pbc {atoms.pbc.tolist()}; expected a crystal, "
            "periodic in three directions"
        )
    if provenance.total_charge(atoms):
        raise StructureError(
            f"{label}: charge {provenance.total_charge(atoms):+d} e; expected a neutral crystal: "
            "take the charge out, and give it to what is built of the crystal"
        )
    kinds, first = kinds_of_site(atoms, with_charges=own_charges)
    cell = (atoms.cell.array, atoms.get_scaled_positions(), kinds)
    dataset = symmetry_dataset(cell, symprec)
    if conventional:
        lattice, scaled, kinds = spglib.standardize_cell(cell, symprec=symprec)
    else:
        lattice, scaled, kinds = cell
    kept = first[kinds - 1]  # for each atom, one of its kind in the structure given
    new = Atoms(atoms.numbers[kept], scaled_positions=scaled, cell=lattice, pbc=True)
    if "initial_magmoms" in atoms.arrays:
        new.set_array("initial_magmoms", atoms.arrays["initial_magmoms"][kept])
    if own_charges and "formal_charge" in atoms.arrays:
        _set_sites(new, atoms.arrays["formal_charge"][kept].astype(float))
    record = {
        "name": label,
        "space_group": dataset.international,
        "number": int(dataset.number),
        "source": "given by the user",
    }
    provenance.update(new, crystal=record, notes=provenance.notes(atoms))
    provenance.carry_flags(new, atoms)
    if not conventional:
        new.set_constraint(atoms.constraints)
    elif atoms.constraints:
        provenance.add_note(new, f"{label}: its constraints are left out, as atoms change places")
    provenance.add_step(new, "crystal", source=label, conventional=conventional)
    return new


def kinds_of_site(atoms: Atoms, *, with_charges: bool) -> tuple[np.ndarray, np.ndarray]:
    """Give atoms of one element, formal charge and magnetic moment one number, for spglib.

    Returns
    -------
    kinds : (N,) int array
        From 1.
    first : int array
        An atom of each kind.
    """
    names = (*(("formal_charge",) if with_charges else ()), "initial_magmoms")
    columns = [atoms.numbers, *(atoms.arrays[n] for n in names if n in atoms.arrays)]
    rows = np.round(np.column_stack([np.asarray(c, float) for c in columns]), 3)
    _, first, kinds = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return (kinds.reshape(-1) + 1).astype(np.intc), first


def symmetry_dataset(cell: tuple[np.ndarray, np.ndarray, np.ndarray], symprec: float) -> Any:
    """Return spglib's description of a (lattice, scaled positions, kinds) cell.

    Raises
    ------
    StructureError
        spglib finds none, however its version says so, or the tolerance is none: NaN would kill
        the process.
    """
    import spglib

    if not is_number(symprec) or not 0 < symprec < 100:
        raise StructureError(f"tolerance {symprec!r}: expected a length above 0, in Å, below 100")
    try:
        dataset = spglib.get_symmetry_dataset(cell, symprec=symprec)
    except getattr(spglib, "SpglibError", ValueError):
        dataset = None
    if dataset is None:
        raise StructureError(
            f"spglib finds no symmetry at a tolerance of {symprec} Å: are there atoms on top of "
            "each other?"
        )
    return dataset


def _label_sites(atoms: Atoms, charges: Mapping[str, float]) -> None:
    """Set ``formal_charge`` and ``sublattice`` in place, by element."""
    _set_sites(atoms, np.array([float(charges[s]) for s in atoms.get_chemical_symbols()]))


def _set_sites(atoms: Atoms, charge: np.ndarray) -> None:
    """Set ``formal_charge`` and the ``sublattice`` that follows from it, in place."""
    atoms.set_array("formal_charge", charge)
    atoms.set_array("sublattice", np.where(charge < 0, "anion", "cation"))

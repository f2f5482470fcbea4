"""Structures as pymatgen's objects, with all their atoms carry as site properties."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import InputError

NAMES = {"initial_magmoms": "magmom", "initial_charges": "charge", "formal_charge": "formal_charge"}
"""Arrays that pymatgen knows by another name."""

_COORDINATES = ("numbers", "positions")


def to_pymatgen(atoms: Atoms, **properties: Any) -> Any:
    """Return a crystal or slab as a pymatgen Structure, a finite structure as a Molecule.

    Parameters
    ----------
    atoms : Atoms
        Its total charge and, where it is known, its multiplicity go with it; its arrays (domain,
        layer, role, magnetic moments as ``magmom``, …) become site properties, fixed atoms
        ``selective_dynamics``, heterodot's record ``properties["heterodot"]``.
    **properties
        Further entries of ``properties`` (``energy`` in eV, …).

    Returns
    -------
    pymatgen.core.Structure or pymatgen.core.Molecule

    Raises
    ------
    InputError
        Periodic along a direction without a cell vector, or a spin the electrons cannot have.
    """
    from pymatgen.core import Lattice, Molecule, Structure

    charge = provenance.total_charge(atoms)
    record = provenance.details(atoms)
    told = {**({provenance.KEY: record} if record else {}), **properties}
    sites = _site_properties(atoms)
    if not atoms.pbc.any():
        unpaired = provenance.unpaired_electrons(atoms)
        try:
            return Molecule(
                atoms.get_chemical_symbols(),
                atoms.positions,
                charge=charge,
                spin_multiplicity=None if unpaired is None else unpaired + 1,
                site_properties=sites,
                properties=told,
            )
        except ValueError as error:  # pymatgen's check of charge and spin
            raise InputError(f"pymatgen: {error}") from error
    if any(not row.any() for row in atoms.cell.array[atoms.pbc]):
        raise InputError("pymatgen: periodic along a direction without a cell vector")
    cell = atoms.cell.complete().array
    return Structure(
        Lattice(cell, pbc=tuple(bool(p) for p in atoms.pbc)),
        atoms.get_chemical_symbols(),
        atoms.positions,
        charge=charge,
        coords_are_cartesian=True,
        site_properties=sites,
        properties=told,
    )


def _site_properties(atoms: Atoms) -> dict[str, list[Any]]:
    """Return what each atom carries, as lists of plain values."""
    found = {
        NAMES.get(name, name): np.asarray(values).tolist()
        for name, values in atoms.arrays.items()
        if name not in _COORDINATES
    }
    fixed = _fixed(atoms)
    if fixed.any():
        found["selective_dynamics"] = (~fixed).tolist()
    return found


def _fixed(atoms: Atoms) -> np.ndarray:
    """(N, 3) whether an atom is held along each direction of the cell."""
    from ase.constraints import FixAtoms, FixCartesian, FixScaled

    mask = np.zeros((len(atoms), 3), bool)
    for constraint in atoms.constraints:
        if isinstance(constraint, FixAtoms):
            mask[constraint.index] = True
        elif isinstance(constraint, FixScaled | FixCartesian):
            mask[constraint.index] |= np.asarray(constraint.mask, bool)
        else:
            raise InputError(
                f"pymatgen has nothing for the constraint {type(constraint).__name__}: expected "
                "fixed atoms; take it away from a copy first"
            )
    return mask

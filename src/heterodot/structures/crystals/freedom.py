"""What the symmetry of a crystal leaves free: the shape of its cell and the places of its atoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.structures.crystals.crystal import kinds_of_site, symmetry_dataset

SYMPREC = 1e-2
"""Å; tolerance at which the symmetry of a relaxed crystal is recognised, as everywhere here."""


@dataclass(frozen=True, eq=False)
class CrystalFreedom:
    """The symmetry of a crystal, and what may change without breaking it.

    Attributes
    ----------
    space_group : str
        Hermann–Mauguin symbol.
    number : int
        Of the space group.
    rotations : (G, 3, 3) float array
        The point operations in the Cartesian frame of the structure, each once.
    n_strains : int
        Independent strains of the cell: 1 of a cubic crystal, 2 of a tetragonal one, 6 of a
        triclinic one.
    n_internal : int
        Independent displacements of the atoms.
    order : int
        Operations of the point group; more than ``rotations`` in a cell that hides some of them.
    """

    space_group: str
    number: int
    rotations: np.ndarray
    n_strains: int
    n_internal: int
    order: int

    @property
    def label(self) -> str:
        """Symbol and number."""
        return f"{self.space_group} ({self.number})"


def crystal_freedom(atoms: Atoms, symprec: float = SYMPREC) -> CrystalFreedom:
    """Return the symmetry of a crystal and the number of its free parameters.

    The free parameters are the dimensions of what every operation leaves alone: the mean over the
    group of the traces of its representations by strains and by displacements.

    Parameters
    ----------
    atoms : Atoms
        Periodic in three directions; atoms of different magnetic moments are not equivalent.
    symprec : float
        Å.

    Raises
    ------
    StructureError
        spglib finds no symmetry.
    """
    import spglib

    kinds, _ = kinds_of_site(atoms, with_charges=False)
    scaled = atoms.get_scaled_positions()
    found = symmetry_dataset((atoms.cell.array, scaled, kinds), symprec)
    lattice = atoms.cell.array.T
    turns = lattice @ found.rotations @ np.linalg.inv(lattice)
    traces = np.trace(turns, axis1=1, axis2=2)
    squares = np.trace(turns @ turns, axis1=1, axis2=2)
    images = np.einsum("gij,aj->gai", found.rotations, scaled) + found.translations[:, None]
    apart = images - scaled
    apart -= np.rint(apart)
    stay = (np.linalg.norm(apart @ atoms.cell.array, axis=2) < 2 * symprec).sum(axis=1)
    known = spglib.get_symmetry_from_database(found.hall_number)["rotations"]
    whole = np.unique(found.rotations, axis=0)
    return CrystalFreedom(
        space_group=str(found.international),
        number=int(found.number),
        rotations=lattice @ whole @ np.linalg.inv(lattice),
        n_strains=round(float(np.mean((traces**2 + squares) / 2))),
        n_internal=round(float(np.mean((stay - 1) * traces))),
        order=len(np.unique(known, axis=0)),
    )

"""Bonds between atoms: who is bonded to whom, how far, how many.

The criterion is geometric: two atoms are bonded when they are closer than ``scale`` times the sum
of their covalent radii (B. Cordero et al., Dalton Trans. 2008, 2832, as tabulated by ASE).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

DEFAULT_SCALE = 1.2
"""Covalent-radius sums are stretched by this factor (20 %: thermal and strain tolerance)."""

LIKE_NEIGHBOURS = float(np.sqrt(8.0 / 3.0))
"""Distance between nearest like ions of zinc blende and wurtzite in units of the bond length: by
geometry."""


@dataclass(frozen=True)
class Bonds:
    """The bonds of a structure, each once.

    Attributes
    ----------
    n_atoms : int
        Number of atoms N of the structure.
    pairs : (M, 2) int array
        Indices i <= j of the bonded atoms.
    vectors : (M, 3) float array
        From i to (the bonded image of) j, Å.
    """

    n_atoms: int
    pairs: np.ndarray
    vectors: np.ndarray

    @cached_property
    def lengths(self) -> np.ndarray:
        """(M,) bond lengths, Å."""
        return np.linalg.norm(self.vectors, axis=1)

    @cached_property
    def coordination(self) -> np.ndarray:
        """(N,) number of bonds of each atom."""
        return np.bincount(self.pairs.ravel(), minlength=self.n_atoms)

    @cached_property
    def _directed(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        i = np.concatenate([self.pairs[:, 0], self.pairs[:, 1]])
        j = np.concatenate([self.pairs[:, 1], self.pairs[:, 0]])
        d = np.concatenate([self.vectors, -self.vectors])
        order = np.argsort(i, kind="stable")
        starts = np.searchsorted(i[order], np.arange(self.n_atoms + 1))
        return starts, j[order], d[order]

    def neighbours(self, index: int) -> np.ndarray:
        """Return the indices of the atoms bonded to atom ``index``."""
        starts, j, _ = self._directed
        return j[starts[index] : starts[index + 1]]

    def directions(self, index: int) -> np.ndarray:
        """Return (k, 3) vectors (Å) from atom ``index`` to its neighbours, in the same order."""
        starts, _, d = self._directed
        return d[starts[index] : starts[index + 1]]


def find_bonds(atoms: Atoms, scale: float = DEFAULT_SCALE) -> Bonds:
    """Find every bond of a molecule, dot, slab or crystal.

    Parameters
    ----------
    atoms : Atoms
        Periodic directions are taken from ``atoms.pbc``.
    scale : float
        Factor on the sum of the covalent radii.

    Returns
    -------
    Bonds
    """
    radii = covalent_radii[atoms.numbers]
    if len(atoms) == 0:
        return Bonds(0, np.zeros((0, 2), int), np.zeros((0, 3)))
    pairs, vectors = close_pairs(atoms, 2 * scale * radii.max())
    reach = scale * (radii[pairs[:, 0]] + radii[pairs[:, 1]])
    bonded = np.einsum("ij,ij->i", vectors, vectors) < reach**2
    if not bonded.all():
        pairs, vectors = pairs[bonded], vectors[bonded]
    return Bonds(len(atoms), pairs, vectors)


def close_pairs(atoms: Atoms, cutoff: float) -> tuple[np.ndarray, np.ndarray]:
    """Find all pairs of atoms closer than a distance.

    Parameters
    ----------
    atoms : Atoms
        Periodic directions are taken from ``atoms.pbc``.
    cutoff : float
        Å.

    Returns
    -------
    pairs : (M, 2) int array
        Each pair once, images of an atom included.
    vectors : (M, 3) float array
        From the first to (the image of) the second, Å.
    """
    from scipy.spatial import cKDTree

    positions = atoms.positions
    if not atoms.pbc.any():
        pairs = cKDTree(positions, balanced_tree=False).query_pairs(cutoff, output_type="ndarray")
        return pairs, np.take(positions, pairs[:, 1], 0) - np.take(positions, pairs[:, 0], 0)
    from ase.neighborlist import primitive_neighbor_list

    i, j, vectors, shifts = primitive_neighbor_list(
        "ijDS", atoms.pbc, atoms.cell.array, positions, cutoff
    )
    first = (i < j) | ((i == j) & _leading_positive(shifts))
    return np.column_stack([i[first], j[first]]), vectors[first]


def _leading_positive(shifts: np.ndarray) -> np.ndarray:
    """Of a lattice vector and its negative, pick the one whose first nonzero entry is positive."""
    leading = np.where(
        shifts[:, 0] != 0, shifts[:, 0], np.where(shifts[:, 1] != 0, shifts[:, 1], shifts[:, 2])
    )
    return leading > 0

"""The bare lattice of a core/shell dot: its sites, its bonds, and what hangs on by too few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError

_BOND_TOLERANCE = 1.15
"""Bonds of the lattice are those up to this many times the longest one of the crystal; the next
neighbours are at 1.63."""


@dataclass(frozen=True)
class Skeleton:
    """Sites of a lattice and the bonds between them.

    Attributes
    ----------
    anion : (N,) bool array
        Which sites are of the anion sublattice.
    pairs : (M, 2) int array
        Cation and anion of each bond.
    """

    anion: np.ndarray
    pairs: np.ndarray

    @classmethod
    def of(cls, positions: np.ndarray, anion: np.ndarray, bond: float) -> Skeleton:
        """Find the bonds of sites at ``positions`` (N, 3), Å, the longest being ``bond``, Å."""
        from scipy.spatial import cKDTree

        tree = cKDTree(positions, balanced_tree=False)
        pairs = tree.query_pairs(_BOND_TOLERANCE * bond, output_type="ndarray")
        pairs = pairs[anion[pairs[:, 0]] != anion[pairs[:, 1]]]
        return cls(anion, np.where(anion[pairs[:, :1]], pairs[:, ::-1], pairs))

    def coordination(self, alive: np.ndarray | None = None) -> np.ndarray:
        """Return the (N,) number of bonds of each site, among the sites ``alive`` ((N,) bool)."""
        pairs = self.pairs
        if alive is not None:
            pairs = pairs[alive[pairs].all(axis=1)]
        return np.bincount(pairs.ravel(), minlength=len(self.anion))

    def pruned(self, least: int) -> np.ndarray:
        """Return the (N,) sites left after those of fewer than ``least`` bonds are taken away.

        Repeated until none is left that has fewer.
        """
        alive = np.ones(len(self.anion), bool)
        while True:
            lacking = alive & (self.coordination(alive) < least)
            if not lacking.any():
                return alive
            alive &= ~lacking

    def among(self, alive: np.ndarray) -> Skeleton:
        """Return the skeleton of some sites only."""
        number = np.cumsum(alive) - 1
        kept = alive[self.pairs].all(axis=1)
        return Skeleton(self.anion[alive], number[self.pairs[kept]])

    def touching(self, marked: np.ndarray) -> np.ndarray:
        """Return the (N,) sites bonded to a marked one ((N,) bool)."""
        cation, anion = self.pairs.T
        out = np.zeros(len(self.anion), bool)
        out[anion[marked[cation]]] = True
        out[cation[marked[anion]]] = True
        return out

    def surface(self) -> np.ndarray:
        """Return the (N,) sites that lack a bond, and the cations next to an anion that does.

        The latter lack a cation on the far side of that anion.
        """
        lacking = self.coordination() < 4
        return lacking | (~self.anion & self.touching(lacking & self.anion))


def prune(dot: Atoms, skeleton: Skeleton, least: int) -> tuple[Atoms, Skeleton, dict[str, int]]:
    """Take away the atoms of fewer than ``least`` bonds, again and again.

    Returns
    -------
    Atoms, Skeleton
        What is left, with ``role`` ("surface" or "inner") set anew.
    dict
        How many sites of each sublattice went.

    Raises
    ------
    StructureError
        Nothing would be left.
    """
    alive = skeleton.pruned(least)
    if not alive.any():
        raise StructureError(
            f"min_coordination {least}: of {len(alive)} atoms none would be left; enlarge the dot"
        )
    gone, counts = np.unique(dot.arrays["sublattice"][~alive], return_counts=True)
    left = dot if alive.all() else dot[alive]
    rest = skeleton.among(alive)
    left.arrays["role"] = np.array(["inner", "surface"])[rest.surface().astype(int)]
    return left, rest, dict(zip(gone.tolist(), counts.tolist(), strict=True))

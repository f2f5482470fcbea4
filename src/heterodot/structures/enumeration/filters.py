"""Which sites may be affected together: distances and neighbourhood."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.shells import lattice_neighbours


@dataclass(frozen=True)
class Distances:
    """What the distances between the defects of a compound must be.

    Attributes
    ----------
    least, most : float or None
        Å, between any two defects (the nearest images in a crystal).
    neighbours : bool or None
        True: the defects are one cluster of neighbouring sites; False: no two are neighbours.
    """

    least: float | None = None
    most: float | None = None
    neighbours: bool | None = None

    def __bool__(self) -> bool:
        return (self.least, self.most, self.neighbours) != (None, None, None)

    def check(self) -> None:
        """Raise unless the lengths are lengths.

        Raises
        ------
        StructureError
            If one is negative or not finite, or the least is above the most.
        """
        for name, value in (("min_distance", self.least), ("max_distance", self.most)):
            if value is not None and not (is_number(value) and value >= 0):
                raise StructureError(f"{name} {value!r}: expected a length of 0 Å or more")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise StructureError(
                f"min_distance {self.least:g} is above max_distance {self.most:g}: "
                "expected at most that"
            )


class PairFilter:
    """The pairs of sites that may both be affected.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    sites : (n,) int array
        Atoms that may be affected.
    permutations : (G, n) int array
        Its symmetry; distances of equivalent pairs are averaged, so that a relaxed structure does
        not lose configurations at a threshold.
    distances : Distances
        The conditions.
    """

    def __init__(
        self, atoms: Atoms, sites: np.ndarray, permutations: np.ndarray, distances: Distances
    ) -> None:
        from ase.geometry import get_distances

        x = atoms.positions[sites]
        apart = _averaged(get_distances(x, cell=atoms.cell, pbc=atoms.pbc)[1], permutations)
        self.compatible = np.ones_like(apart, bool)
        if distances.least is not None:
            self.compatible &= apart >= distances.least - 1e-6
        if distances.most is not None:
            self.compatible &= apart <= distances.most + 1e-6
        self.together = distances.neighbours is True
        if distances.neighbours is not None:
            self.adjacent = _averaged(_adjacency(atoms, sites), permutations) > 0.5
        if distances.neighbours is False:
            self.compatible &= ~self.adjacent
        np.fill_diagonal(self.compatible, True)

    def compatible_among(self, number: int) -> np.ndarray:
        """Return the (n, n) pairs that may both be affected where ``number`` sites are.

        Two sites of one cluster are at most number − 1 steps between neighbours apart.
        """
        if not self.together:
            return self.compatible
        step = self.adjacent.astype(float) + np.eye(len(self.adjacent))
        reached = np.eye(len(step))
        for _ in range(number - 1):
            reached = np.minimum(reached @ step, 1.0)
        return self.compatible & (reached > 0)

    def passes(self, sites: np.ndarray) -> np.ndarray:
        """Return which (M,) of the sets (M, K) of sites meet all conditions."""
        good = np.ones(len(sites), bool)
        for i in range(sites.shape[1]):
            for j in range(i):
                good &= self.compatible[sites[:, i], sites[:, j]]
        return good & self.connected(sites)

    def connected(self, sites: np.ndarray) -> np.ndarray:
        """Return which sets are one cluster of neighbours, where that is asked for."""
        if not self.together or sites.shape[1] < 2:
            return np.ones(len(sites), bool)
        link = self.adjacent[sites[:, :, None], sites[:, None, :]]
        reached = np.zeros(sites.shape, bool)
        reached[:, 0] = True
        for _ in range(sites.shape[1] - 1):
            reached |= (link & reached[:, :, None]).any(axis=1)
        return np.asarray(reached.all(axis=1))


def _averaged(table: np.ndarray, permutations: np.ndarray) -> np.ndarray:
    """Return the mean of an (n, n) table over equivalent pairs of sites."""
    total = np.zeros(table.shape)
    for permutation in permutations:
        total += table[np.ix_(permutation, permutation)]
    return total / len(permutations)


def _adjacency(atoms: Atoms, sites: np.ndarray) -> np.ndarray:
    """(n, n) 1 where two sites are bonded or nearest like ions of the lattice."""
    bonds = lattice_bonds(atoms)
    place = np.full(len(atoms), -1)
    place[sites] = np.arange(len(sites))
    table = np.zeros((len(sites), len(sites)))
    for row, site in zip(table, sites, strict=True):
        near = place[lattice_neighbours(atoms, bonds, atoms.positions[site])]
        row[near[near >= 0]] = 1.0
    return table

"""Rings of a bond network."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.structures.chemistry.dangling import lattice_bonds

LARGEST_RING = 8
"""Atoms; larger rings are not looked for."""


def ring_statistics(atoms: Atoms, largest: int = LARGEST_RING) -> dict[int, int]:
    """Count the shortest-path rings of a finite cluster: {size: number}.

    A ring counts when no path between two of its atoms is shorter than the way along the ring (D.
    S. Franzblau, Phys. Rev. B 1991, 44, 4925). In a cage of four- and six-rings its faces
    are the rings up to six; thin cages also have larger ones around them. Only bonds between unlike
    ions count, so all rings are even.

    Parameters
    ----------
    atoms : Atoms
        Finite.
    largest : int
        Largest ring looked for, atoms.
    """
    bonds = lattice_bonds(atoms)
    neighbours = [sorted(bonds.neighbours(i).tolist()) for i in range(len(atoms))]
    steps = _steps(neighbours, largest // 2)
    counts = {size: _count(neighbours, steps, size) for size in range(4, largest + 1, 2)}
    return {size: count for size, count in counts.items() if count}


def _steps(neighbours: list[list[int]], most: int) -> np.ndarray:
    """(N, N) bonds between atoms along the shortest path; ``most`` + 1 where there are more."""
    steps = np.full((len(neighbours),) * 2, most + 1)
    for start in range(len(neighbours)):
        steps[start, start] = 0
        reached = [start]
        for distance in range(1, most + 1):
            reached = [j for i in reached for j in neighbours[i] if steps[start, j] > distance]
            steps[start, reached] = distance
    return steps


def _count(neighbours: list[list[int]], steps: np.ndarray, size: int) -> int:
    """Rings of one size: closed walks from their lowest atom, each found in both directions."""
    half, found = size // 2, 0
    for start in range(len(neighbours)):
        paths = [[start]]
        for length in range(1, size):
            expected = min(length, size - length)
            paths = [
                [*path, j]
                for path in paths
                for j in neighbours[path[-1]]
                if j > start
                and steps[start, j] == expected
                and (length < half or steps[path[length - half], j] == half)
            ]
        found += len(paths)
    return found // 2

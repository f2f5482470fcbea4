"""What tells the images of a path apart: how near to each other their atoms come.

Inverse distances (:func:`..difference.inverse_distances`) of the pairs that are near anywhere on
the path, each with the lattice vector between them: no pair changes into another one half-way
between two periodic images, so that what is measured is smooth.
"""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.workflows.tasks.computing.leading.difference import UNIT, Measure

NEAR = 5.0
"""Å: pairs that come nearer are counted; to the third neighbours of a metal. Chosen."""


def near_pairs(start: Atoms, images: np.ndarray, free: np.ndarray) -> Measure:
    """Tell geometries apart by ``UNIT``² over the distance of each pair that comes near.

    Parameters
    ----------
    start : Atoms
        For cell and held atoms.
    images : (n, a, 3) array
        Geometries between which those to be measured lie, Å.
    free : (f,) int array
        Atoms that move. One that is near no other counts by its coordinates.

    Returns
    -------
    callable
        Of the (3f,) coordinates of the free atoms, Å.
    """
    first, second, shifts = _pairs(start, images, free)
    number = np.full(len(start), -1)
    number[free] = np.arange(len(free))
    i, j = number[first], number[second]
    moving = np.flatnonzero(j >= 0)
    rows = np.arange(len(first))
    alone = np.setdiff1d(np.arange(len(free)), np.concatenate([i, j]))
    own = np.eye(3 * len(free)).reshape(-1, len(free), 3)
    fixed = own[np.add.outer(3 * alone, np.arange(3)).ravel()]
    positions = start.positions.copy()

    def measure(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        placed = positions.copy()
        placed[free] = x.reshape(-1, 3)
        ways = placed[first] - placed[second] - shifts
        squares = (ways**2).sum(axis=1)
        inverse = UNIT**2 / np.sqrt(squares)
        change = -(inverse / squares)[:, None] * ways
        slopes = np.zeros((len(first), len(free), 3))
        slopes[rows, i] = change
        slopes[moving, j[moving]] = -change[moving]
        places = np.concatenate([inverse, x.reshape(-1, 3)[alone].ravel()])
        return places, np.concatenate([slopes, fixed]).reshape(len(places), -1)

    return measure


def _pairs(
    start: Atoms, images: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a free atom, another atom, and the lattice vector between (Å), for each near pair."""
    from ase.neighborlist import neighbor_list

    moves = np.isin(np.arange(len(start)), free)
    known: set[tuple[int, ...]] = set()
    for positions in images:
        image = start.copy()
        image.set_positions(positions, apply_constraint=False)
        i, j, cells = neighbor_list("ijS", image, NEAR)
        wanted = moves[i] & (~moves[j] | (i < j))
        known |= {tuple(row) for row in np.column_stack([i, j, cells])[wanted].tolist()}
    listed = np.array(sorted(known), int).reshape(-1, 5)
    return listed[:, 0], listed[:, 1], listed[:, 2:] @ start.cell.array

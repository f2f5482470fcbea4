"""The box a finite structure is calculated in: vacuum all round, sides that fit the grid."""

from __future__ import annotations

import numpy as np
from ase import Atoms

GRID_STEP = 0.8
"""Box sides are multiples of this (Å): four grid points at h = 0.2, so that the grid spacing is
exactly the one asked for, in every structure of a comparison."""


def with_box(atoms: Atoms, vacuum: float) -> Atoms:
    """Return a copy with vacuum along every direction that has no cell vector.

    Parameters
    ----------
    atoms : Atoms
        Directions that have a cell vector keep it, and their coordinates.
    vacuum : float
        Smallest distance from an atom to the box, Å.

    Returns
    -------
    Atoms
        Centred along the new directions; same order, constraints and arrays.
    """
    new = atoms.copy()
    missing = np.flatnonzero(np.linalg.norm(new.cell.array, axis=1) < 1e-3)
    if not len(missing):
        return new
    directions = new.cell.complete().array
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    along = new.positions @ directions.T
    cell = new.cell.array.copy()
    shift = np.zeros(3)
    for axis in missing:
        low, high = along[:, axis].min(), along[:, axis].max()
        length = GRID_STEP * np.ceil((high - low + 2 * vacuum) / GRID_STEP - 1e-9)
        cell[axis] = length * directions[axis]
        shift += (0.5 * length - 0.5 * (low + high)) * directions[axis]
    new.set_cell(cell)
    new.positions = new.positions + shift
    return new

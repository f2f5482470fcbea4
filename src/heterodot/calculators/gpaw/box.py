"""The box a finite structure is calculated in: vacuum all round, sides that fit the grid."""

from __future__ import annotations

import numpy as np
from ase import Atoms

GRID_POINTS = 4
"""Box sides are multiples of this many grid spacings, as GPAW's number of grid points is: the
spacing is then exactly the one asked for, in every structure of a comparison."""

DEFAULT_SPACING = 0.2
"""Å; for plane waves, which have no spacing of their own."""


def with_box(atoms: Atoms, vacuum: float, h: float | None = None) -> Atoms:
    """Return a copy with vacuum along every direction that has no cell vector.

    Parameters
    ----------
    atoms : Atoms
        Directions that have a cell vector keep it, and their coordinates.
    vacuum : float
        Smallest distance from an atom to the box, Å.
    h : float, optional
        Grid spacing, Å.

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
    step = GRID_POINTS * (h or DEFAULT_SPACING)
    for axis in missing:
        low, high = along[:, axis].min(), along[:, axis].max()
        length = step * np.ceil((high - low + 2 * vacuum) / step - 1e-9)
        cell[axis] = length * directions[axis]
        shift += (0.5 * length - 0.5 * (low + high)) * directions[axis]
    new.set_cell(cell)
    new.positions = new.positions + shift
    return new

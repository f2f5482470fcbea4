"""Cells for packages that want one: a structure far from its own images."""

from __future__ import annotations

import numpy as np
from ase import Atoms


def in_a_box(atoms: Atoms, reach: float) -> Atoms:
    """Return a structure that is periodic in all directions and sees no image it had not before.

    Parameters
    ----------
    atoms : Atoms
    reach : float
        Å: atoms farther apart do not see each other.

    Returns
    -------
    Atoms
        Itself where it is periodic already; else a copy, atoms where they were.
    """
    if atoms.pbc.all():
        return atoms
    inside = atoms.copy()
    inside.cell[~atoms.pbc] = 0.0
    directions = inside.cell.complete().array
    for axis in np.flatnonzero(~atoms.pbc):
        height = np.ptp(atoms.positions @ directions[axis])  # of unit length: it had no vector
        directions[axis] *= height + 2 * reach
    inside.set_cell(directions)
    inside.pbc = True
    return inside

"""Whether the two faces of a slab are alike, as its atoms are."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.structures.crystals.crystal import symmetry_dataset
from heterodot.structures.matching.surface_cell import SYMPREC

_APART = 10.0
"""Å between a slab and its images, so that none is mistaken for its neighbour."""


def faces_alike(slab: Atoms) -> bool:
    """Return whether an operation of a slab's own symmetry turns its normal over.

    Parameters
    ----------
    slab : Atoms
        Its first two cell vectors lie in the plane, z is the normal; whatever its vacuum.
    """
    lattice = slab.cell.array.copy()
    z = slab.positions[:, 2]
    lattice[2] = (0.0, 0.0, float(np.ptp(z)) + _APART)
    places = slab.positions - [0.0, 0.0, float(z.min())]
    cell = (lattice, places @ np.linalg.inv(lattice), slab.numbers)
    rotations = symmetry_dataset(cell, SYMPREC).rotations
    return bool((rotations[:, 2, 2] == -1).any())

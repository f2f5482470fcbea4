"""The two faces of a slab: whether they are alike, and closing one with pseudo-hydrogens."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import TETRAHEDRAL_ELEMENTS, polarity
from heterodot.structures.crystals.crystal import symmetry_dataset
from heterodot.structures.dots.passivation import passivate
from heterodot.structures.editing import remove_atoms
from heterodot.structures.matching.surface_cell import SYMPREC

FACE_AGENTS = ("pseudo-H",)
"""What the outer faces of slabs can be closed with."""

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


def passivate_face(slab: Atoms, face: str, agent: str = "pseudo-H") -> Atoms:
    """Close the dangling bonds of one face of a slab with pseudo-hydrogens.

    Parameters
    ----------
    slab : Atoms
        Periodic in x and y, of tetrahedral semiconductors.
    face : {"top", "bottom"}
    agent : {"pseudo-H"}
        See :func:`heterodot.structures.passivate`.

    Returns
    -------
    Atoms
        Copy with the hydrogens appended; they share the layer of their hosts and their domain.

    Raises
    ------
    StructureError
        Another agent, or atoms whose bonds are not those of tetrahedral semiconductors.
    """
    if agent not in FACE_AGENTS:
        raise StructureError(
            f"passivation of a face with {agent!r}: expected {', '.join(FACE_AGENTS)}, or none"
        )
    if face not in ("top", "bottom"):
        raise StructureError(f"face {face!r}: expected top or bottom")
    foreign = sorted(set(slab.get_chemical_symbols()) - TETRAHEDRAL_ELEMENTS)
    if foreign:
        raise StructureError(
            f"passivation of a face with {agent}: {', '.join(foreign)} is in no tetrahedral "
            "semiconductor, the only ones pseudo-hydrogens are for; leave it out"
        )
    if not polarity(slab).any():
        raise StructureError(
            f"passivation of a face with {agent}: {slab.get_chemical_formula(empirical=True)} has "
            "no ions, whose missing bonds could be told; leave it out"
        )
    z = slab.positions[:, 2]
    middle = 0.5 * (z.max() + z.min())
    sign = 1.0 if face == "top" else -1.0
    other = np.flatnonzero(sign * (z - middle) < -1e-6)
    closed = passivate(slab, agent, keep_bare=other.tolist())
    added = np.arange(len(slab), len(closed))
    hosts = _hosts(closed, len(slab))
    if "domain" in slab.arrays:
        closed.arrays["domain"] = closed.arrays["domain"].astype(str)
        closed.arrays["domain"][added] = slab.arrays["domain"][hosts]
    inward = sign * (closed.positions[added, 2] - z[hosts]) < 1e-6
    return remove_atoms(closed, added[inward]) if inward.any() else closed


def _hosts(closed: Atoms, n: int) -> np.ndarray:
    """Return the atom of the first n that each of the others sits on, the nearest one."""
    from ase.geometry import get_distances

    if len(closed) == n:
        return np.zeros(0, int)
    x = closed.positions
    distances = get_distances(x[n:], x[:n], cell=closed.cell, pbc=closed.pbc)[1]
    return np.asarray(distances.argmin(axis=1))

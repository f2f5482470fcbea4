"""Face, edge or corner: where on a surface an atom sits.

Dots and clusters: the facets of the convex hull of the atom's own sublattice, merged where their
normals differ by little, are counted: an atom on none or one of them is on a face, on two on an
edge, on three or more at a corner. Slabs have no hull; there the open solid angle decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from heterodot.bonds import find_bonds
from heterodot.structures.dangling import polarity

_SAME_FACET = np.cos(np.radians(18.0))
"""Hull normals closer than this belong to one facet (relaxed surfaces are a little rough)."""
_ON_FACET = 0.25
"""An atom lies on a facet when it is closer than this many nearest-neighbour distances."""
_OPEN_EDGE, _OPEN_CORNER = 0.50, 0.70
"""Open fraction of the sphere above which a slab's atom is at a step edge, or an adatom."""
_N_RAYS = 400


def site_kinds(atoms: Atoms, indices: Sequence[int]) -> list[str]:
    """Return "face", "edge" or "corner" for some atoms of a dot, cluster or slab.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    indices : sequence of int
        Surface atoms.
    """
    if atoms.pbc.any():
        names = ((_OPEN_CORNER, "corner"), (_OPEN_EDGE, "edge"))
        fractions = [open_fraction(atoms, i) for i in indices]
        return [next((name for limit, name in names if f > limit), "face") for f in fractions]
    sign = polarity(atoms)
    counts: dict[int, int] = {}
    for s in {int(sign[i]) for i in indices}:
        members = np.flatnonzero((sign == s) & (atoms.numbers != 1))
        counts.update(zip(members.tolist(), _facet_counts(atoms.positions[members]), strict=True))
    return [("face", "face", "edge", "corner")[min(counts.get(i, 3), 3)] for i in indices]


def _facet_counts(positions: np.ndarray) -> list[int]:
    """Return how many facets of their hull the points lie on; 3 for all of a flat or tiny set."""
    from scipy.spatial import ConvexHull, QhullError, cKDTree

    if len(positions) < 5:
        return [3] * len(positions)
    try:
        hull = ConvexHull(positions)
    except QhullError:
        return [3] * len(positions)
    nearest = float(np.median(cKDTree(positions).query(positions, k=2)[0][:, 1]))
    normals, offsets = _merged(hull.equations, _areas(positions, hull.simplices))
    depth = -(positions @ normals.T + offsets)
    return [int(n) for n in (depth < _ON_FACET * nearest).sum(axis=1)]


def _areas(positions: np.ndarray, simplices: np.ndarray) -> np.ndarray:
    """Areas (Å²) of the hull's triangles."""
    a, b, c = (positions[simplices[:, k]] for k in range(3))
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


def _merged(equations: np.ndarray, areas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Merge the hull's triangles into facets, largest first: normals (F, 3), offsets (F,) Å."""
    normals: list[np.ndarray] = []
    offsets: list[float] = []
    left = np.ones(len(equations), dtype=bool)
    for k in np.argsort(-np.round(areas, 6), kind="stable"):
        if not left[k]:
            continue
        same = left & (equations[:, :3] @ equations[k, :3] > _SAME_FACET)
        left &= ~same
        normal = areas[same] @ equations[same, :3]
        normals.append(normal / np.linalg.norm(normal))
        offsets.append(float(areas[same] @ equations[same, 3] / areas[same].sum()))
    return np.array(normals), np.array(offsets)


def open_fraction(atoms: Atoms, index: int) -> float:
    """Return the fraction of directions in which an atom sees no other atom.

    A direction is closed when it passes a neighbour within the neighbour's covalent radius, out
    to twice the longest bond of the atom.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    index : int
        The atom.
    """
    from ase.data import covalent_radii
    from ase.neighborlist import primitive_neighbor_list

    bonded = find_bonds(atoms).directions(index)
    reach = 2.0 * float(np.linalg.norm(bonded, axis=1).max()) if len(bonded) else 5.0
    i, j, vectors = primitive_neighbor_list(
        "ijD", atoms.pbc, atoms.cell.array, atoms.positions, reach
    )
    mine = i == index
    distances = np.linalg.norm(vectors[mine], axis=1)
    radii = covalent_radii[atoms.numbers[j[mine]]]
    blocked = np.cos(np.arcsin(np.minimum(radii / distances, 1.0)))
    along = _sphere(_N_RAYS) @ (vectors[mine] / distances[:, None]).T
    return float(1.0 - (along > blocked).any(axis=1).mean())


def _sphere(n: int) -> np.ndarray:
    """Points spread evenly on the unit sphere by the golden angle, (n, 3)."""
    z = 1 - (2 * np.arange(n) + 1) / n
    angle = np.pi * (1 + np.sqrt(5)) * np.arange(n)
    r = np.sqrt(1 - z**2)
    return np.column_stack([r * np.cos(angle), r * np.sin(angle), z])

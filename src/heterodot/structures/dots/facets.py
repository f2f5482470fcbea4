"""Face, edge or corner: where on a surface an atom sits.

Dots and clusters: the facets of the convex hull of the atom's own sublattice, merged where their
normals differ by little, are counted: an atom on none or one of them is on a face, on two on an
edge, on three or more at a corner. A slab has no hull; there an atom is on an edge (a step) when
its lateral neighbours are missing on one side, and at a corner (a kink, an adatom) when on more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from heterodot.structures.chemistry.dangling import polarity
from heterodot.structures.chemistry.shells import guests

_SAME_FACET = np.cos(np.radians(18.0))
"""Hull normals closer than this belong to one facet (relaxed surfaces are a little rough)."""
_ON_FACET = 0.25
"""An atom lies on a facet when it is closer than this many nearest-neighbour distances."""
_SLIVER = 0.3
"""Smallest facet in squared nearest-neighbour distances; one triangle of a close-packed plane has
0.43."""
_GAP_EDGE, _GAP_CORNER = 140.0, 210.0
"""Degrees without a lateral neighbour above which a slab's atom is on an edge, or a corner."""
_SIGHT = 12.0
"""Å; how far lateral neighbours are looked for."""


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
        return _slab_kinds(atoms, indices)
    sign = polarity(atoms)
    counts: dict[int, int] = {}
    for s in {int(sign[i]) for i in indices}:
        members = np.flatnonzero((sign == s) & ~guests(atoms))
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
    areas = _areas(positions, hull.simplices)
    normals, offsets = _merged(hull.equations, areas, _SLIVER * nearest**2)
    depth = -(positions @ normals.T + offsets)
    return [int(n) for n in (depth < _ON_FACET * nearest).sum(axis=1)]


def _areas(positions: np.ndarray, simplices: np.ndarray) -> np.ndarray:
    """Areas (Å²) of the hull's triangles."""
    a, b, c = (positions[simplices[:, k]] for k in range(3))
    return 0.5 * np.linalg.norm(np.cross(b - a, c - a), axis=1)


def _merged(
    equations: np.ndarray, areas: np.ndarray, smallest: float
) -> tuple[np.ndarray, np.ndarray]:
    """Merge the hull's triangles into facets: normals (F, 3), offsets (F,) Å.

    The largest triangles come first; facets smaller than ``smallest`` (Å²), the slivers along a
    rough edge, are left out.
    """
    normals: list[np.ndarray] = []
    offsets: list[float] = []
    left = np.ones(len(equations), dtype=bool)
    for k in np.argsort(-np.round(areas, 6), kind="stable"):
        if not left[k]:
            continue
        same = left & (equations[:, :3] @ equations[k, :3] > _SAME_FACET)
        left &= ~same
        if areas[same].sum() < smallest:
            continue
        normal = areas[same] @ equations[same, :3]
        normals.append(normal / np.linalg.norm(normal))
        offsets.append(float(areas[same] @ equations[same, 3] / areas[same].sum()))
    return np.array(normals), np.array(offsets)


def _slab_kinds(atoms: Atoms, indices: Sequence[int]) -> list[str]:
    """Return the kinds for a slab, from the gap among each atom's lateral neighbours."""
    gaps = [lateral_gap(atoms, i) for i in indices]
    return [
        "corner" if gap > _GAP_CORNER else "edge" if gap > _GAP_EDGE else "face" for gap in gaps
    ]


def lateral_gap(atoms: Atoms, index: int) -> float:
    """Return the widest sector (degrees) in which a slab's atom has no neighbour beside it.

    Neighbours are the atoms of its sublattice within 1.5 nearest-neighbour distances that do not
    lie more than half of one deeper. Terraces have up to 90°, a straight step 180°, kinks more,
    adatoms 360°.

    Parameters
    ----------
    atoms : Atoms
        A slab; the first two cell vectors span it unless ``pbc`` says otherwise.
    index : int
        The atom.
    """
    from ase.neighborlist import primitive_neighbor_list

    sign = polarity(atoms)
    members = np.union1d(np.flatnonzero((sign == sign[index]) & ~guests(atoms)), [index])
    i, vectors = primitive_neighbor_list(
        "iD", atoms.pbc, atoms.cell.array, atoms.positions[members], _SIGHT
    )
    vectors = vectors[i == np.searchsorted(members, index)]
    if not len(vectors):
        return 360.0
    along, across, out = _slab_axes(atoms, index)
    lengths = np.linalg.norm(vectors, axis=1)
    beside = (lengths < 1.5 * lengths.min()) & (vectors @ out > -0.5 * lengths.min())
    x, y = vectors[beside] @ along, vectors[beside] @ across
    angles = np.sort(np.degrees(np.arctan2(y, x))[np.hypot(x, y) > 0.3 * lengths.min()])
    if not len(angles):
        return 360.0
    return float(np.diff(np.append(angles, angles[0] + 360.0)).max())


def _slab_axes(atoms: Atoms, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two unit vectors in a slab's plane, and the one out of the face the atom is nearer to."""
    from ase.geometry import complete_cell

    free = np.flatnonzero(~atoms.pbc)
    axis = int(free[-1]) if len(free) else 2
    cell = complete_cell(atoms.cell.array)
    along = cell[(axis + 1) % 3] / np.linalg.norm(cell[(axis + 1) % 3])
    out = np.cross(along, cell[(axis + 2) % 3])
    out /= np.linalg.norm(out)
    if (atoms.positions[index] - atoms.positions.mean(axis=0)) @ out < 0:
        out = -out
    return along, np.cross(out, along), out

"""A cluster on a surface: turned, shifted and lowered to where most bonds hold it."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.interfaces.registry import scan_registry

_STEP = 0.8
"""Å between the shifts tried over the cell of the surface."""
_AZIMUTHS = np.arange(0.0, 360.0, 30.0)
_FLAT = 0.05
"""Å; atoms this near a plane or a line lie on it."""
_ALIKE = 0.05
"""Å; two ways to lie whose heights differ less are the same."""
_IMAGES_APART = 5.0
"""Å; nearer images of a cluster would make a film of it."""


def place_on_surface(cluster: Atoms, surface: Atoms) -> np.ndarray:
    """Return the positions (n, 3), Å, of a cluster on the upper face of a slab.

    It lies on each of its own faces in turn, turned about the normal, over the whole cell; at each
    place it is lowered until an atom touches, and where most bonds are made it stays (see
    :func:`heterodot.structures.interfaces.registry.scan_registry`). Neither side is deformed.

    Parameters
    ----------
    cluster : Atoms
        Not periodic.
    surface : Atoms
        A slab, periodic in x and y, its normal along z.

    Raises
    ------
    StructureError
        The host is no such slab, or its cell is too small for the cluster.
    """
    cell = surface.cell.array
    flat = np.abs(cell[:2, 2]).max() < 1e-3 if surface.pbc[:2].all() else False
    if not flat or surface.pbc[2]:
        raise StructureError(
            "centre 'surface': the host is no slab; expected one periodic in x and y only, with "
            "its normal along z, such as slab() builds"
        )
    _check_room(cluster, cell[:2])
    shifts = _shifts(cell[:2, :2])
    trial = cluster.copy()
    best: tuple[float, np.ndarray] | None = None
    for lying in _ways_to_lie(cluster.positions):
        for azimuth in np.radians(_AZIMUTHS):
            c, s = np.cos(azimuth), np.sin(azimuth)
            trial.positions = lying @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
            scan = scan_registry(trial, surface, cell[:2, :2], shifts)
            score = round(float(scan.contacts[scan.best]), 6)
            if best is None or score > best[0] + 1e-6:
                best = score, _at(trial.positions, surface, cell, scan.shifts, scan.gaps, scan.best)
    if best is None:
        raise StructureError("guest: expected a cluster with atoms")
    return best[1]


def _at(
    positions: np.ndarray,
    surface: Atoms,
    cell: np.ndarray,
    shifts: np.ndarray,
    gaps: np.ndarray,
    k: int,
) -> np.ndarray:
    """Return positions moved by a shift and to a gap of a scan."""
    rise = surface.positions[:, 2].max() + gaps[k] - positions[:, 2].min()
    return np.asarray(positions + np.append(shifts[k] @ cell[:2, :2], rise))


def _shifts(cell: np.ndarray) -> np.ndarray:
    """(S, 2) shifts over the cell, in its fractions."""
    n1, n2 = (int(np.ceil(length / _STEP)) for length in np.linalg.norm(cell, axis=1))
    i, j = np.divmod(np.arange(n1 * n2), n2)
    return np.column_stack([i / n1, j / n2])


def _check_room(cluster: Atoms, cell: np.ndarray) -> None:
    """Refuse a cell in which the cluster would meet its own images however it is turned."""
    size = max((float(np.ptp(p[:, 0])) for p in _ways_to_lie(cluster.positions)), default=0.0)
    across = float(np.linalg.norm(np.cross(cell[0], cell[1])))
    least = across / float(np.linalg.norm(cell, axis=1).max())
    if least < size + _IMAGES_APART:
        raise StructureError(
            f"guest {cluster.get_chemical_formula()}: is {size:.1f} Å wide, the cell of the "
            f"surface {least:.1f} Å; repeat the slab to {size + _IMAGES_APART:.1f} Å or more"
        )


def _ways_to_lie(positions: np.ndarray) -> list[np.ndarray]:
    """Return the cluster lying on each of its different faces, centred; its long axis along x."""
    centred = positions - positions.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=True)[2]
    extents = np.ptp(centred @ axes.T, axis=0)
    if len(positions) < 4 or extents[2] < _FLAT:
        downs = [axes[2], -axes[2]]  # an atom, a rod or a plate lies down
    else:
        downs = _face_normals(centred)
    ways: list[np.ndarray] = []
    profiles: list[np.ndarray] = []
    for down in downs:
        x = axes[0] - (axes[0] @ down) * down
        if np.linalg.norm(x) < 0.1:
            x = axes[1] - (axes[1] @ down) * down
        x /= np.linalg.norm(x)
        turned = centred @ np.array([x, np.cross(-down, x), -down]).T
        flat = np.linalg.norm(turned[:, :2] - turned[:, :2].mean(axis=0), axis=1)
        order = np.lexsort((np.round(flat, 3), np.round(turned[:, 2], 2)))
        profile = np.column_stack([turned[order, 2] - turned[:, 2].min(), flat[order]])
        if not any(np.abs(profile - p).max() < _ALIKE for p in profiles):
            profiles.append(profile)
            ways.append(turned)
    return ways


def _face_normals(points: np.ndarray) -> list[np.ndarray]:
    """Outward unit normals of the faces of the convex hull, the largest face first."""
    from scipy.spatial import ConvexHull

    equations = ConvexHull(points).equations
    normals = np.unique(np.round(equations[:, :3], 4), axis=0)
    heights = points @ normals.T
    on_face = (heights > heights.max(axis=0) - _FLAT).sum(axis=0)
    order = np.argsort(-on_face, kind="stable")
    return [n / np.linalg.norm(n) for n in normals[order]]

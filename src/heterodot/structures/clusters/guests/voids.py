"""Room inside a framework: how far a point is from the atoms, and where there is most of it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from ase import Atoms

from heterodot.checks import is_number
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.radii import van_der_waals_radii
from heterodot.structures.requirements import require_atoms

GRID_SPACING = 0.5
"""Å between the points at which room is measured."""
MOST_POINTS = 5_000_000
"""A grid larger than this is refused (about 1 GB)."""
MOST_IMAGES = 20_000_000
"""More atoms and images than this are refused (about 1 GB)."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Atoms of a host and their images around a point.

    Attributes
    ----------
    positions : (M, 3) float array
        Å.
    indices : (M,) int array
        The atom of the host each one is an image of.
    """

    positions: np.ndarray
    indices: np.ndarray


def surroundings(host: Atoms, centre: np.ndarray, radius: float) -> Surroundings:
    """Return every atom and image of an atom within ``radius`` (Å) of a point."""
    extent = float(np.linalg.norm(host.positions - centre, axis=1).max(initial=0.0))
    shifts = image_shifts(host, radius + extent)
    shifts = shifts[np.linalg.norm(shifts, axis=1) <= radius + extent]
    if len(shifts) * len(host) > MOST_IMAGES:
        raise StructureError(
            f"host of {len(host)} atoms: {len(shifts)} images of it are within {radius:.0f} Å; "
            "expected a smaller guest or host"
        )
    points = (host.positions[None] + shifts[:, None]).reshape(-1, 3)
    indices = np.tile(np.arange(len(host)), len(shifts))
    near = np.linalg.norm(points - centre, axis=1) < radius
    return Surroundings(points[near], indices[near])


def image_shifts(host: Atoms, reach: float) -> np.ndarray:
    """Return the lattice translations (S, 3), Å, that can bring something ``reach`` away near."""
    counts = [0, 0, 0]
    if host.pbc.any():
        cell = host.cell.complete()
        heights = 1 / np.linalg.norm(cell.reciprocal().array, axis=1)
        counts = [
            int(np.ceil(reach / h)) if p else 0 for h, p in zip(heights, host.pbc, strict=True)
        ]
    ranges = [range(-c, c + 1) for c in counts]
    return np.array(list(product(*ranges)), float) @ host.cell.array


@renamed(host="atoms")
def largest_void(atoms: Atoms, spacing: float = GRID_SPACING) -> tuple[np.ndarray, float]:
    """Find the point of a framework that is farthest from the van der Waals surface of its atoms.

    Parameters
    ----------
    atoms : Atoms
        Periodic in three directions.
    spacing : float
        Of the grid, Å.

    Returns
    -------
    point : (3,) float array
        Å, within the cell; of equal ones the first along the grid.
    radius : float
        Of the largest sphere about it that touches no atom, Å.

    Raises
    ------
    StructureError
        The host is not periodic in three directions, or the grid is too large for memory.
    """
    require_atoms(atoms, "host")
    if not atoms.pbc.all() or abs(atoms.cell.volume) < 1e-6:
        raise StructureError(
            f"largest void: the host has pbc {atoms.pbc.tolist()}; expected a framework periodic "
            "in three directions, or give centre or site"
        )
    if not is_number(spacing) or not 0 < spacing < np.inf:
        raise StructureError(f"spacing {spacing!r}: expected a length above 0 Å")
    shape = np.maximum(np.ceil(atoms.cell.lengths() / spacing).astype(int), 1)
    if float(np.prod(shape, dtype=float)) > MOST_POINTS:
        raise StructureError(
            f"largest void: a grid of {' × '.join(map(str, shape))} points; expected at most "
            f"{MOST_POINTS}: give centre or site"
        )
    axes = [np.arange(n) / n for n in shape]
    scaled = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    room = _Room(atoms)
    best = int(np.argmax(np.round(room.at(scaled @ atoms.cell.array), 4)))
    return _climbed(room, scaled[best] @ atoms.cell.array, spacing)


class _Room:
    """How far points in or near the cell are from the nearest van der Waals sphere."""

    def __init__(self, host: Atoms) -> None:
        from scipy.spatial import cKDTree

        corners = np.array(list(product((0, 1), repeat=3))) @ host.cell.array
        middle = corners.mean(axis=0)
        half = float(np.linalg.norm(corners - middle, axis=1).max())
        wrapped = host.copy()
        wrapped.wrap()
        around = surroundings(wrapped, middle, 2 * half + 1.0)  # some image is within half of all
        radii = van_der_waals_radii(host.numbers)[around.indices]
        self.trees = [
            (float(radius), cKDTree(around.positions[radii == radius]))
            for radius in np.unique(radii)
        ]

    def at(self, points: np.ndarray) -> np.ndarray:
        """Distances (K,), Å; negative inside a sphere."""
        rooms = [tree.query(points)[0] - radius for radius, tree in self.trees]
        return np.asarray(np.min(rooms, axis=0))


def _climbed(room: _Room, point: np.ndarray, step: float) -> tuple[np.ndarray, float]:
    """Move a point uphill in room by ever smaller steps along the axes."""
    best = float(room.at(point[None])[0])
    directions = np.vstack([np.eye(3), -np.eye(3)])
    while step > 0.02:
        trial = point + step * directions
        around = room.at(trial)
        if around.max() > best + 1e-6:
            point, best = trial[int(np.argmax(np.round(around, 6)))], float(around.max())
        else:
            step /= 2
    return point, best

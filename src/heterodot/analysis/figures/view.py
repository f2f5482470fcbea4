"""From where to look at a dot: the side on which its site and adsorbate are seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

HOLE = 0.55
"""Å: radius of the ring round a vacancy."""

TILTS = (35.0, 50.0, 65.0, 20.0)
"""Degrees between the line of sight and the outward normal of the site, in order of taste."""


def outward(atoms: Atoms, site: int) -> np.ndarray:
    """(3,) unit vector away from the dot at a site: from the nearer atoms' centre to the site."""
    away = atoms.positions[site] - atoms.positions
    distances = np.linalg.norm(away, axis=1)
    weights = np.exp(-((distances / 5.0) ** 2))
    local = (weights[:, None] * away).sum(axis=0) / weights.sum()
    centre = atoms.positions[site] - atoms.positions.mean(axis=0)
    direction = local + 0.15 * centre
    length = float(np.linalg.norm(direction))
    return direction / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])


def camera(sight: np.ndarray, up: np.ndarray) -> np.ndarray:
    """(3, 3) rotation whose rows are the picture's right, up and towards-the-viewer axes.

    Parameters
    ----------
    sight : (3,) float array
        From the structure to the viewer.
    up : (3,) float array
        What should point up in the picture as far as it can.
    """
    towards = sight / np.linalg.norm(sight)
    upward = up - (up @ towards) * towards
    if np.linalg.norm(upward) < 1e-6:
        other = np.eye(3)[np.argmin(np.abs(towards))]
        upward = other - (other @ towards) * towards
    upward /= np.linalg.norm(upward)
    return np.array([np.cross(upward, towards), upward, towards])


def default_view() -> np.ndarray:
    """Rotation for a structure without a site: a little from above and from the side."""
    return camera(np.array([0.9, 0.45, 0.35]), np.array([0.0, 0.0, 1.0]))


def cell_view(cell: np.ndarray, ends: Sequence[bool]) -> np.ndarray:
    """Rotation for a periodic structure: a cell vector, or the normal of a slab, points up.

    Parameters
    ----------
    cell : (3, 3) float array
        Vectors, rows.
    ends : three bool
        Whether the structure ends along each of them; where it ends along none or one, it is a
        crystal or a slab.
    """
    bounds = [k for k in range(3) if ends[k]]
    if len(bounds) > 1:
        return default_view()
    up = bounds[0] if bounds else 2
    a, b = (cell[k] / np.linalg.norm(cell[k]) for k in range(3) if k != up)
    normal = np.cross(a, b) * np.sign(np.cross(a, b) @ cell[up])
    normal /= np.linalg.norm(normal)
    return camera(a + 0.35 * b + (0.15 if bounds else 0.25) * normal, normal)


def site_view(
    atoms: Atoms,
    site: int,
    focus: np.ndarray,
    radii: np.ndarray,
    empty: np.ndarray | None = None,
    others: np.ndarray | None = None,
) -> np.ndarray:
    """Rotation that shows the site and what stands on it, the outward normal pointing up.

    Of 24 directions around the normal at each tilt, the one is taken in which the fewest atoms
    stand before the focus, no atom lies before or behind a vacancy, and the focus itself is spread
    out the most.

    Parameters
    ----------
    atoms : Atoms
    site : int
        Index of the site.
    focus : (k,) int array
        Atoms that must be seen: the site and the adsorbate.
    radii : (N,) float array
        Drawn radii, Å.
    empty : (k, 3) float array, optional
        Vacancies, Å: nothing should lie before or behind them.
    others : (m,) int array, optional
        Atoms that should be seen too, such as antisites; they weigh less than the focus.
    """
    holes = np.zeros((0, 3)) if empty is None else empty
    beside = np.zeros(0, int) if others is None else np.setdiff1d(others, focus)
    normal = outward(atoms, site)
    first = camera(normal, np.eye(3)[np.argmin(np.abs(normal))])[0]
    second = np.cross(normal, first)
    best, best_score = default_view(), np.inf
    for preference, tilt in enumerate(np.radians(TILTS)):
        for angle in np.arange(24) * np.pi / 12:
            around = np.cos(angle) * first + np.sin(angle) * second
            rotation = camera(np.cos(tilt) * normal + np.sin(tilt) * around, normal)
            seen = atoms.positions @ rotation.T
            score = _hidden(seen, focus, radii) + 0.15 * preference
            score += 0.5 * _hidden(seen, beside, radii)
            score += _crowded(seen, holes @ rotation.T, radii)
            score -= 0.3 * _spread(atoms.positions[focus] @ rotation.T)
            if score < best_score - 1e-9:
                best, best_score = rotation, score
    return best


def _hidden(seen: np.ndarray, focus: np.ndarray, radii: np.ndarray) -> float:
    """How much of the focus stands behind other atoms, in radii."""
    total = 0.0
    for i in focus:
        flat = np.linalg.norm(seen[:, :2] - seen[i, :2], axis=1)
        overlap = np.clip(radii + radii[i] - flat, 0, 2 * radii[i]) / radii[i]
        before = seen[:, 2] > seen[i, 2] + 1e-6
        before[focus] = False
        total += float(overlap[before].sum())
        own = focus[seen[focus, 2] > seen[i, 2] + 1e-6]
        total += 0.5 * float(overlap[own].sum())
    return total


def _crowded(seen: np.ndarray, holes: np.ndarray, radii: np.ndarray) -> float:
    """How much of the rings round vacancies lies over atoms, whichever is in front, in radii."""
    flat = np.linalg.norm(holes[:, None, :2] - seen[None, :, :2], axis=-1)
    return float((np.clip(radii + HOLE - flat, 0, 2 * HOLE) / HOLE).sum())


def _spread(seen: np.ndarray) -> float:
    """Mean distance in the picture plane between the atoms of the focus, Å."""
    if len(seen) < 2:
        return 0.0
    flat = seen[:, None, :2] - seen[None, :, :2]
    return float(np.linalg.norm(flat, axis=-1).mean())

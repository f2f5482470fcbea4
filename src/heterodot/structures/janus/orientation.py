"""Turn one crystal onto another by an orientation relation, without straining either."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.matching.relations import Parallel
from heterodot.structures.matching.surface_cell import format_plane

LARGEST_INDEX = 4
"""Of the plane of the cap that may lie on the facet."""


def orienting_rotation(relations: Sequence[Parallel], tolerance: float) -> tuple[np.ndarray, float]:
    """Return the proper rotation that puts crystal b into the frame of crystal a.

    The first pair of planes (or else the first statement) is made exactly parallel, in the sense
    written; about its normal b is turned until the next statement that is not parallel to it holds
    as well as it can.

    Parameters
    ----------
    relations : sequence of Parallel
        With a as the film and b as the substrate; single planes and directions.
    tolerance : float
        Largest deviation (degrees) of any statement.

    Returns
    -------
    rotation : (3, 3) float array
        Column vectors: v_a = rotation @ v_b.
    deviation : float
        Largest of any statement, degrees.

    Raises
    ------
    StructureError
        The statements leave a rotation free, or contradict each other.
    """
    families = [r.text for r in relations if len(r.film) > 1 or len(r.substrate) > 1]
    if families:
        raise StructureError(
            f"relation {families[0]!r}: a family leaves the orientation open; write one plane or "
            "direction of it"
        )
    ordered = sorted(relations, key=lambda r: not r.plane)
    a, b = (np.array([v[0] for v in side]) for side in _vectors(ordered))
    second = next(
        (k for k in range(1, len(a)) if np.linalg.norm(np.cross(a[0], a[k])) > 0.05), None
    )
    if second is None:
        raise StructureError(
            "the relation leaves a rotation free: give a plane and a direction in it, such as "
            "'(100)a || (2-1-1)b, [001]a || [111]b'"
        )
    rotation = _frame(a[0], a[second]) @ _frame(b[0], b[second]).T
    off = np.degrees(np.arccos(np.clip(np.sum((b @ rotation.T) * a, axis=1), -1, 1)))
    if off.max() > tolerance:
        worst = ordered[int(off.argmax())].text
        raise StructureError(
            f"relation {worst!r} is {off.max():.1f}° off where {ordered[0].text!r} holds, more "
            f"than {tolerance:g}°: the statements contradict each other"
        )
    return rotation, float(off.max())


def _vectors(relations: Sequence[Parallel]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    return [r.film_vectors for r in relations], [r.substrate_vectors for r in relations]


def _frame(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(3, 3) orthonormal columns: the first vector, the rest of the second, their product."""
    rest = second - (second @ first) * first
    rest /= np.linalg.norm(rest)
    return np.column_stack([first, rest, np.cross(first, rest)])


def facing_plane(b: Atoms, normal: np.ndarray, tolerance: float) -> tuple[int, int, int]:
    """Return the lattice plane of b whose normal is along a direction.

    Parameters
    ----------
    b : Atoms
        The crystal.
    normal : (3,) float array
        Unit vector in its frame.
    tolerance : float
        Degrees.

    Raises
    ------
    StructureError
        No plane with small indices has this normal.
    """
    span = range(-LARGEST_INDEX, LARGEST_INDEX + 1)
    planes = [m for m in product(span, span, span) if np.gcd.reduce(m) == 1]
    normals = np.array(planes, float) @ b.cell.reciprocal().array
    cosines = normals @ normal / np.linalg.norm(normals, axis=1)
    near = np.flatnonzero(cosines > np.cos(np.radians(tolerance)))
    if not len(near):
        best = planes[int(np.argmax(cosines))]
        angle = np.degrees(np.arccos(min(cosines.max(), 1)))
        raise StructureError(
            f"the facet has no lattice plane of the cap on it: the nearest, {format_plane(best)}, "
            f"is {angle:.1f}° off; choose another facet or relation"
        )
    closest = cosines[near].max()
    simplest = min(
        (k for k in near if cosines[k] > closest - 1e-6), key=lambda k: sum(map(abs, planes[k]))
    )
    return planes[simplest]


def angle_between(crystal: Atoms, one: Sequence[int], two: Sequence[int]) -> float:
    """Return the angle between the normals of two planes, degrees."""
    a, b = plane_normal(crystal, one), plane_normal(crystal, two)
    cosine = a @ b / (np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))

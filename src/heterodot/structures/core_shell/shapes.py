"""The outline of a core and of its shells: a sphere, or facets of the core's crystal.

Shells follow the outline: each point has a depth, its distance outside the core's surface measured
along the normal of the nearest facet (of a sphere: along the radius), so that a shell is equally
thick on all facets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from heterodot.checks import positive
from heterodot.errors import StructureError
from heterodot.structures.core_shell.materials import Material
from heterodot.structures.crystals.crystal import symmetry_dataset
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.dots.lattice import Facet

Family = tuple[tuple[int, int, int], float]
"""Miller indices of one facet of a family, and its distance from the centre in core radii."""

_HIGHEST_INDEX = 20

_ROOT3 = float(np.sqrt(3))

SHAPES: dict[str, tuple[Family, ...]] = {
    "sphere": (),
    "cube": (((1, 0, 0), 1.0),),
    "octahedron": (((1, 1, 1), 1.0), ((-1, -1, -1), 1.0)),
    "tetrahedron": (((1, 1, 1), 1.0),),
    "truncated-tetrahedron": (((1, 1, 1), 1.0), ((-1, -1, -1), 5 / 3)),
    "cuboctahedron": (((1, 0, 0), 1.0), ((1, 1, 1), 2 / _ROOT3), ((-1, -1, -1), 2 / _ROOT3)),
    "truncated-octahedron": (
        ((1, 1, 1), 1.0), ((-1, -1, -1), 1.0), ((1, 0, 0), 2 / _ROOT3),
    ),
    "rhombic-dodecahedron": (((1, 1, 0), 1.0),),
}  # fmt: skip
"""Named outlines of zinc blende. Families are those of its point group, -43m: (111) and (-1-1-1)
are two. (111) stands for the cation-terminated ones, whichever origin the crystal has."""


@dataclass(frozen=True)
class Outline:
    """Facets of a core; none of them is a sphere.

    Attributes
    ----------
    millers : tuple of (int, int, int)
        In the core's crystal.
    normals : (F, 3) float array
        Unit vectors in its Cartesian frame.
    distances : (F,) float array
        From the centre to each facet of the core, Å.
    radius : float
        Distance of the nearest of them, or radius of the sphere, Å.
    """

    millers: tuple[tuple[int, int, int], ...]
    normals: np.ndarray
    distances: np.ndarray
    radius: float

    def depth(self, positions: np.ndarray) -> np.ndarray:
        """Return (N,) how far outside the core's surface each point lies (Å; negative inside)."""
        if not self.millers:
            return np.linalg.norm(positions, axis=1) - self.radius
        depth = np.full(len(positions), -np.inf)
        for normal, distance in zip(self.normals, self.distances, strict=True):
            np.maximum(depth, positions @ normal - distance, out=depth)
        return depth

    def facets(self, thickness: float) -> list[Facet]:
        """Return the facets of the whole dot, its shells together ``thickness`` (Å) thick."""
        pairs = zip(self.millers, self.distances, strict=True)
        return [Facet(miller, float(distance) + thickness) for miller, distance in pairs]

    def volume(self, thickness: float) -> float:
        """Return the volume of the whole dot, Å³."""
        if not self.millers:
            return 4 / 3 * np.pi * (self.radius + thickness) ** 3
        from scipy.spatial import ConvexHull, HalfspaceIntersection, QhullError

        outer = np.column_stack([self.normals, -(self.distances + thickness)])
        try:
            corners = HalfspaceIntersection(outer, np.zeros(3)).intersections
            if not np.isfinite(corners).all():
                raise StructureError("shape: the facets do not close; give more of them")
            return float(ConvexHull(corners).volume)
        except QhullError:
            raise StructureError("shape: the facets do not close; give more of them") from None


def outline(core: Material, shape: str | Sequence[Mapping[str, Any]], radius: float) -> Outline:
    """Return the facets of the core.

    Parameters
    ----------
    core : Material
        The core's crystal.
    shape : str or list of mappings
        A name of :data:`SHAPES`, or families of facets: ``{miller: [1, 1, 0], ratio: 1.0}``. A
        family is all planes the crystal's point group makes equivalent; ratios are relative
        distances from the centre, the smallest of which becomes ``radius``.
    radius : float
        Å.

    Raises
    ------
    StructureError
        The shape is unknown, or named facets are asked of a crystal that is not cubic.
    """
    families = _families(core, shape)
    closest = min((ratio for _, ratio in families), default=1.0)
    millers: dict[tuple[int, int, int], float] = {}
    for miller, ratio in families:
        for equivalent in _equivalent(core, miller):
            millers.setdefault(equivalent, radius * ratio / closest)
    normals = np.array([plane_normal(core.crystal, m) for m in millers]).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Outline(tuple(millers), normals, np.array(list(millers.values())), radius)


def _families(core: Material, shape: Any) -> list[Family]:
    if not isinstance(shape, str):
        return _given_families(shape)
    if shape not in SHAPES:
        raise StructureError(f"shape {shape!r}: expected one of {', '.join(SHAPES)}, or facets")
    if shape == "sphere":
        return []
    if not _zinc_blende(core):
        raise StructureError(
            f"shape {shape!r} of {core.name}: named facets are those of zinc blende; give "
            "'sphere', or facets such as [{miller: [1, 1, 2], ratio: 1.0}]"
        )
    sign = _cation_sign(core)
    return [((sign * m[0], sign * m[1], sign * m[2]), ratio) for m, ratio in SHAPES[shape]]


def _given_families(shape: Any) -> list[Family]:
    example = "a name or facets such as [{miller: [1, 1, 0], ratio: 1.0}]"
    if not isinstance(shape, Sequence) or not shape:
        raise StructureError(f"shape {shape!r}: expected {example}")
    families: list[Family] = []
    for entry in shape:
        if not isinstance(entry, Mapping) or not {"miller"} <= set(entry) <= {"miller", "ratio"}:
            raise StructureError(f"shape: {entry!r}, expected {example}")
        ratio = positive(entry.get("ratio", 1.0), "shape: ratio", error=StructureError)
        families.append((_miller(entry["miller"]), ratio))
    return families


def _miller(given: Any) -> tuple[int, int, int]:
    try:
        h, k, l = (int(i) for i in given)  # noqa: E741 - Miller's letters
        whole = [h, k, l] == list(given) and 0 < max(abs(h), abs(k), abs(l)) <= _HIGHEST_INDEX
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise StructureError(
            f"shape: miller {given!r}, expected three small whole numbers, not all 0"
        )
    return h, k, l


def _zinc_blende(core: Material) -> bool:
    angles = core.crystal.cell.cellpar()
    cubic = np.ptp(angles[:3]) < 1e-3 * core.lattice and np.allclose(angles[3:], 90, atol=0.05)
    return bool(cubic and len(core.crystal) == 8 and core.binary)


def _cation_sign(core: Material) -> int:
    """+1 where a cation's bonds point along [111] and its kin, −1 where along the opposite."""
    from heterodot.bonds import find_bonds

    bonds = find_bonds(core.crystal)
    cation = core.crystal.arrays["sublattice"][bonds.pairs[0, 0]] == "cation"
    x, y, z = bonds.vectors[0] if cation else -bonds.vectors[0]
    return int(np.sign(x * y * z))


def _equivalent(core: Material, miller: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """All planes of a family: the indices turned by every rotation of the crystal."""
    cell = (
        core.crystal.cell.array, core.crystal.get_scaled_positions(), core.crystal.numbers,
    )  # fmt: skip
    rotations = symmetry_dataset(cell, 1e-2).rotations
    turned = sorted({tuple(int(i) for i in row) for row in miller @ rotations}, reverse=True)
    return [(row[0], row[1], row[2]) for row in turned]

"""What a Janus nanocrystal is asked for: sizes, layers and planes, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.checks import is_number, is_whole
from heterodot.errors import StructureError
from heterodot.structures.janus.orientation import angle_between
from heterodot.structures.janus.pieces import Miller
from heterodot.structures.matching.relations import Parallel
from heterodot.structures.matching.settings import parse_indices, setting_matrix, to_crystal
from heterodot.structures.matching.surface_cell import format_plane

SMALLEST_EDGE = 10.0
"""Å; below it an edge was probably meant in nm."""

SQUARE = 5.0
"""Degrees; faces of a cuboid are perpendicular within this."""

LARGEST = 1e6
"""Å; from here on lengths are taken for mistakes."""


def positive(name: str, value: Any, unit: str) -> float:
    """Return a number above 0."""
    if not (is_number(value) and 0 < value < LARGEST):
        raise StructureError(f"{name} {value!r}: expected a number above 0 {unit}".rstrip())
    return float(value)


def read_edges(edge: float | Sequence[float]) -> list[float]:
    """Return three edges, Å."""
    values = list(edge) if isinstance(edge, Sequence | np.ndarray) else [edge] * 3
    if isinstance(edge, str) or len(values) != 3:
        raise StructureError(f"edge {edge!r}: expected one length or three (Å)")
    out = [positive("edge", value, "Å") for value in values]
    if min(out) < SMALLEST_EDGE:
        raise StructureError(
            f"edge {edge!r} Å: expected {SMALLEST_EDGE:g} Å or more; lengths are in Å, 5.5 nm is 55"
        )
    return out


def read_ends(termination: str | Sequence[str | None] | None) -> list[str | None]:
    """Return the termination of each pair of faces."""
    if termination is None or isinstance(termination, str):
        return [termination] * 3
    listed = isinstance(termination, Sequence)
    if not listed or len(termination) != 3:
        raise StructureError(f"termination {termination!r}: expected one layer's name or three")
    return list(termination)


def read_radius(radius: float | None, sides: Sequence[float]) -> float:
    """Return the radius of the cap, Å, for a facet with these sides."""
    room = min(sides) / 2
    size = 0.9 * room if radius is None else positive("radius", radius, "Å")
    if size > room:
        raise StructureError(
            f"radius {size:g} Å: the facet is {sides[0]:.1f} × {sides[1]:.1f} Å; expected at most "
            f"{room:.1f} Å"
        )
    return size


def read_steps(steps: int) -> int:
    """Return the number of shifts tried along each vector."""
    if not is_whole(steps) or not 1 <= steps <= 100:
        raise StructureError(f"registry_steps {steps!r}: expected a whole number of 1…100")
    return steps


def read_shift(shift: Sequence[float]) -> np.ndarray:
    """Return a lateral shift (2,), Å."""
    try:
        values = np.array(shift, float)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.shape != (2,) or not np.isfinite(values).all():
        raise StructureError(f"shift {shift!r}: expected two lengths (Å)")
    return values


def read_gap(gap: float | None) -> float | None:
    """Return a gap, Å, or None."""
    return None if gap is None else positive("gap", gap, "Å")


def cuboid_planes(
    atoms: Atoms, facet: Any, faces: Sequence[Any] | None, stated: Sequence[Parallel]
) -> tuple[Miller, list[Miller]]:
    """Return the facet and the three planes of the cuboid, the facet (not its negative) in them."""
    if facet is None:
        of_relation = next((r.film[0] for r in stated if r.plane), None)
        if of_relation is None:
            raise StructureError("no facet: give one, such as '(100)', or a relation with planes")
        plane = of_relation
    else:
        plane = _own(atoms, facet)
    if faces is not None:
        if isinstance(faces, str) or not isinstance(faces, Sequence) or len(faces) != 3:
            raise StructureError(f"faces {faces!r}: expected three planes")
        choices = [[_own(atoms, face) for face in faces]]
    else:
        choices = _usual_faces(atoms)
    for planes in choices:
        negative = tuple(-i for i in plane)
        if plane in planes or negative in planes:
            _check_square(atoms, planes)
            return plane, [plane if m == negative else m for m in planes]
    named = " or ".join(", ".join(format_plane(m) for m in planes) for planes in choices)
    raise StructureError(
        f"facet {format_plane(plane)}: is no face of the cuboid, {named}; give faces"
    )


def _own(atoms: Atoms, plane: Any) -> Miller:
    indices = parse_indices(plane)
    if indices.kind != "plane":
        raise StructureError(f"{plane!r}: expected a plane, such as (100)")
    return to_crystal(indices, setting_matrix(atoms, indices.setting))


def _usual_faces(atoms: Atoms) -> list[list[Miller]]:
    """Return the planes of the cell's axes, and the pseudo-cubic ones where there are any."""
    choices: list[list[Miller]] = [[(1, 0, 0), (0, 1, 0), (0, 0, 1)]]
    try:
        setting_matrix(atoms, "pseudo-cubic")
    except StructureError:
        return choices
    cubic = [_own(atoms, f"pseudo-cubic:{m}") for m in ("(100)", "(010)", "(001)")]
    return [*choices, cubic]


def _check_square(atoms: Atoms, planes: Sequence[Miller]) -> None:
    for k in range(3):
        one, two = planes[k], planes[k - 1]
        angle = angle_between(atoms, one, two)
        if abs(angle - 90) > SQUARE:
            raise StructureError(
                f"faces {format_plane(one)} and {format_plane(two)} are at {angle:.1f}°: expected "
                "perpendicular ones; give faces"
            )

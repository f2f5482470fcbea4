"""The pairs of planes a search goes through: stated, from a relation, or all; with stiffnesses."""

from __future__ import annotations

from typing import Any

import numpy as np

from heterodot.errors import StructureError
from heterodot.structures.matching.elastic import plane_stiffness, stiffness
from heterodot.structures.matching.relations import (
    Parallel,
    Setting,
    least_deviation,
    parse_relation,
)
from heterodot.structures.matching.request import Bounds, planes
from heterodot.structures.matching.results import PlanePair
from heterodot.structures.matching.surface_cell import Net, SurfaceCell, surface_cell


def read_relations(
    text: str | None, sides: tuple[Any, Any], settings: tuple[Setting, Setting]
) -> list[Parallel]:
    """Read the orientation relation, if there is one; bare cells have none."""
    if text is None:
        return []
    if isinstance(sides[0], Net) or isinstance(sides[1], Net):
        raise StructureError("an orientation relation needs two crystals, not bare cells")
    return parse_relation(
        text, sides[0], sides[1], film_setting=settings[0], substrate_setting=settings[1]
    )


def plane_pairs(
    sides: tuple[Any, Any],
    miller: tuple[Any, Any],
    max_miller: int | None,
    settings: tuple[Setting, Setting],
    relations: list[Parallel],
    bounds: Bounds,
) -> list[PlanePair]:
    """Return the pairs of planes to search: those that fit the area and can obey the relation."""
    stated = [next((r for r in relations if r.plane), None)] * 2
    columns: list[list[Net]] = []
    for k, name in enumerate(("film", "substrate")):
        plane, given = stated[k], miller[k]
        if given is None and max_miller is None and plane is not None:
            own = (plane.film, plane.substrate)[k]
            columns.append([surface_cell(sides[k], member) for member in own])
            continue
        if given is None and max_miller is None and not isinstance(sides[k], Net):
            raise StructureError(
                f"no plane of the {name}: give {name}_miller, max_miller, or a relation with planes"
            )
        columns.append(planes(sides[k], name, given, max_miller, settings[k]))
    fitting = [[p for p in column if p.area <= bounds.max_area] for column in columns]
    for k, name in enumerate(("film", "substrate")):
        if not fitting[k]:
            least = min(columns[k], key=lambda p: p.area)
            raise StructureError(
                f"max_area {bounds.max_area:g} Å²: one cell of the {name} {least.label} has "
                f"{least.area:.1f} Å²; give more"
            )
    pairs = [PlanePair(f, s) for f in fitting[0] for s in fitting[1]]
    return _that_can_obey(pairs, relations, bounds.relation_tolerance)


def _that_can_obey(
    pairs: list[PlanePair], relations: list[Parallel], tolerance: float
) -> list[PlanePair]:
    if not relations:
        return pairs
    limits = [least_deviation(relations, p.film, p.substrate) for p in pairs]  # type: ignore[arg-type]
    able = [p for p, (limit, _) in zip(pairs, limits, strict=True) if limit <= tolerance]
    if not able:
        limit, text = min(limits)
        raise StructureError(
            f"relation {text!r} cannot hold on these planes: the best is {limit:.1f}° off at any "
            f"twist, more than {tolerance:g}°; give other planes or a larger relation_tolerance"
        )
    return able


def with_stiffness(
    pairs: list[PlanePair], sides: tuple[Any, Any], given: tuple[Any, Any]
) -> list[PlanePair]:
    """Add the in-plane stiffness of each plane where elastic constants are known."""
    known: list[dict[int, np.ndarray | None]] = []
    for k, side in enumerate(sides):
        if isinstance(side, Net):
            if given[k] is not None:
                raise StructureError("elastic constants need a crystal, not a bare cell")
            known.append({})
            continue
        name = side.info.get("heterodot", {}).get("crystal", {}).get("name", "")
        voigt = stiffness(name, given[k])
        cells = {id(c): c for c in ((p.film, p.substrate)[k] for p in pairs)}
        known.append(
            {
                key: None if voigt is None else plane_stiffness(cell, voigt)
                for key, cell in cells.items()
                if isinstance(cell, SurfaceCell)
            }
        )
    return [
        PlanePair(p.film, p.substrate, known[0].get(id(p.film)), known[1].get(id(p.substrate)))
        for p in pairs
    ]

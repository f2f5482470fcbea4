"""The pairs of planes a search goes through: stated, from a relation, or all; with stiffnesses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import symmetry_dataset
from heterodot.structures.crystals.elastic_constants import cubic_constants
from heterodot.structures.crystals.levelled import lattice_level, recorded_elastic
from heterodot.structures.matching.elastic import own_stiffness, plane_stiffness, stiffness
from heterodot.structures.matching.relations import (
    Parallel,
    Setting,
    least_deviation,
    parse_relation,
    turned,
)
from heterodot.structures.matching.request import Bounds, mirror_images, planes
from heterodot.structures.matching.results import PlanePair
from heterodot.structures.matching.surface_cell import SYMPREC, Net, SurfaceCell, surface_cell


def read_relations(
    text: str | None, sides: tuple[Any, Any], settings: tuple[Setting, Setting]
) -> list[Parallel]:
    """Read the orientation relation, if there is one; bare cells have none."""
    if text is None:
        return []
    film, substrate = (crystal_of(side) for side in sides)
    if film is None or substrate is None:
        raise StructureError("an orientation relation needs two crystals, not bare cells")
    return parse_relation(
        text, film, substrate, film_setting=settings[0], substrate_setting=settings[1]
    )


def crystal_of(side: Atoms | Net) -> Atoms | None:
    """Return the crystal behind a side; a bare cell has none."""
    if isinstance(side, SurfaceCell):
        return side.crystal
    return None if isinstance(side, Net) else side


def plane_pairs(
    sides: tuple[Any, Any],
    miller: tuple[Any, Any],
    max_miller: int | None,
    settings: tuple[Setting, Setting],
    relations: list[Parallel],
    bounds: Bounds,
) -> list[PlanePair]:
    """Return the pairs of planes to search: those that fit the area and can obey the relation."""
    plane = next((r for r in relations if r.plane), None)
    columns: list[list[tuple[Net, np.ndarray]]] = []
    for k, name in enumerate(("film", "substrate")):
        given, side = miller[k], sides[k]
        if given is None and max_miller is None and not isinstance(side, Net):
            if plane is None:
                raise StructureError(
                    f"no plane of the {name}: give {name}_miller, max_miller, or a relation with "
                    "planes"
                )
            columns.append(_stated_planes(side, (plane.film, plane.substrate)[k]))
        else:
            found = planes(side, name, given, max_miller, settings[k])
            every = given is None and bool(relations) and not isinstance(side, Net)
            vectors = [(r.film_vectors, r.substrate_vectors)[k] for r in relations]
            turns = _all_turns(side, np.concatenate(vectors)) if every else np.eye(3)[None]
            columns.append([(cell, turns) for cell in found])
    fitting = [[p for p in column if p[0].area <= bounds.max_area] for column in columns]
    for k, name in enumerate(("film", "substrate")):
        if not fitting[k]:
            least = min((cell for cell, _ in columns[k]), key=lambda p: p.area)
            raise StructureError(
                f"max_area {bounds.max_area:g} Å²: one cell of the {name} {least.label} has "
                f"{least.area:.1f} Å²; give more"
            )
    searched = [given is None and max_miller is not None for given in miller]
    kept = _once([[cell for cell, _ in column] for column in fitting], searched)
    pairs = [
        PlanePair(f, s, variants=[turned(relations, g, h) for g in f_turns for h in s_turns])
        for i, (f, f_turns) in enumerate(fitting[0])
        for j, (s, s_turns) in enumerate(fitting[1])
        if (i, j) in kept
    ]
    return _that_can_obey(pairs, bounds.relation_tolerance) if relations else pairs


def _once(columns: list[list[Net]], searched: list[bool]) -> set[tuple[int, int]]:
    """Return the pairs (i, j) of planes of which no other is the mirror image.

    An improper operation of both crystals makes the same interface of the mirror images of both
    planes. Planes that were given are kept, whatever else is given.
    """
    mirrors: list[list[int] | None] = []
    for column, wanted in zip(columns, searched, strict=True):
        cells = [cell for cell in column if isinstance(cell, SurfaceCell)]
        if wanted and cells:
            mirrors.append(mirror_images(cells[0].crystal, [cell.miller for cell in cells]))
        else:
            own = [np.linalg.det(cell.operations).min() < 0 for cell in column]
            mirrors.append([k if reflected else -1 for k, reflected in enumerate(own)])
    every = [(i, j) for i in range(len(columns[0])) for j in range(len(columns[1]))]
    if mirrors[0] is None or mirrors[1] is None:
        return set(every)
    images = {(i, j): (mirrors[0][i], mirrors[1][j]) for i, j in every}
    return {pair for pair in every if min(images[pair]) < 0 or pair <= images[pair]}


def _all_turns(atoms: Atoms, vectors: np.ndarray) -> np.ndarray:
    """(K, 3, 3) operations of a crystal that tell apart what they make of vectors (V, 3).

    Planes that are searched stand for all their images; a relation may hold on any of them.
    """
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    rotations = np.unique(symmetry_dataset(cell, SYMPREC).rotations, axis=0)
    array = atoms.cell.array
    turns = array.T @ rotations @ np.linalg.inv(array.T)
    images = np.round(vectors @ turns.transpose(0, 2, 1), 6) + 0.0
    leading = np.take_along_axis(images, (images != 0).argmax(axis=2)[:, :, None], axis=2)
    keys = (images * np.sign(leading)).reshape(len(turns), -1)
    chosen: np.ndarray = turns[np.sort(np.unique(keys, axis=0, return_index=True)[1])]
    return chosen


def _stated_planes(
    atoms: Atoms, members: Sequence[tuple[int, int, int]]
) -> list[tuple[Net, np.ndarray]]:
    """Return the planes of a relation that no rotation of the crystal makes the same.

    With each come the rotations (K, 3, 3) that bring members of its family to it: what else the
    relation says of the crystal may hold after any of them.
    """
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    rotations = np.unique(symmetry_dataset(cell, SYMPREC).rotations, axis=0)
    rotations = rotations[np.linalg.det(rotations) > 0]
    turns: dict[tuple[int, int, int], list[np.ndarray]] = {}
    for member in members:
        images = np.rint(np.linalg.inv(rotations).transpose(0, 2, 1) @ member).astype(int)
        known = [m for m in turns if (images == m).all(axis=1).any()]
        target = known[0] if known else member
        nth = int(np.flatnonzero((images == target).all(axis=1))[0])
        array = atoms.cell.array
        turns.setdefault(target, []).append(array.T @ rotations[nth] @ np.linalg.inv(array.T))
    return [(surface_cell(atoms, m), np.array(g)) for m, g in turns.items()]


def _that_can_obey(pairs: list[PlanePair], tolerance: float) -> list[PlanePair]:
    """Drop the pairs of planes on which the relation holds at no twist."""
    limits = [
        min(least_deviation(v, p.film, p.substrate) for v in p.variants)  # type: ignore[arg-type]
        for p in pairs
    ]
    able = [p for p, (limit, _) in zip(pairs, limits, strict=True) if limit <= tolerance]
    if not able:
        limit, text = min(limits)
        raise StructureError(
            f"relation {text!r} cannot hold on these planes: the best is {limit:.1f}° off at any "
            f"twist, more than {tolerance:g}°; give other planes or a larger relation_tolerance"
        )
    return able


def stands_on(sides: tuple[Any, Any], given: tuple[Any, Any]) -> dict[str, Any]:
    """Return the levels of both lattices, and whose the elastic constants are, as plain JSON.

    Nothing where both crystals are as measured or given.
    """
    crystals = [crystal_of(side) for side in sides]
    levels = [None if atoms is None else lattice_level(atoms) for atoms in crystals]
    if levels == [None, None]:
        return {}
    constants: list[str | None] = []
    for atoms, told in zip(crystals, given, strict=True):
        if told is not None:
            constants.append("given")
        elif atoms is not None and recorded_elastic(atoms) is not None:
            constants.append(lattice_level(atoms))
        else:
            name = "" if atoms is None else provenance.details(atoms).get("crystal", {}).get("name")
            constants.append("measured" if cubic_constants(name or "") else None)
    both = ("film", "substrate")
    return {
        "lattice": dict(zip(both, levels, strict=True)),
        "elastic": dict(zip(both, constants, strict=True)),
    }


def with_stiffness(
    pairs: list[PlanePair], sides: tuple[Any, Any], given: tuple[Any, Any]
) -> list[PlanePair]:
    """Add the in-plane stiffness of each plane where elastic constants are known."""
    known: list[dict[int, np.ndarray | None]] = []
    for k, side in enumerate(sides):
        atoms = crystal_of(side)
        if atoms is None:
            if given[k] is not None:
                raise StructureError("elastic constants need a crystal, not a bare cell")
            known.append({})
            continue
        name = atoms.info.get("heterodot", {}).get("crystal", {}).get("name", "")
        if given[k] is None and recorded_elastic(atoms) is not None:
            voigt = own_stiffness(atoms)
        else:
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
        replace(
            p,
            film_stiffness=known[0].get(id(p.film)),
            substrate_stiffness=known[1].get(id(p.substrate)),
        )
        for p in pairs
    ]

"""Orientation relations: "[001]f || [111]s, (100)f || (2-1-1)s"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.matching.settings import (
    Indices,
    family,
    parse_indices,
    setting_matrix,
    to_crystal,
)
from heterodot.structures.matching.surface_cell import SurfaceCell

Setting = str | Sequence[Any] | np.ndarray | None
"""Name of a setting, a change of basis, or None for the crystal's own axes."""

_PARALLEL = re.compile(r"\s*(?:\|\||∥|‖|//|\bparallel to\b)\s*")
_SIDE = re.compile(
    r"^(?P<before>[A-Za-z][\w]*\s+)?(?P<setting>[A-Za-z][\w\- ]*:\s*)?"
    r"(?P<indices>[\(\[\{<].*?[\)\]\}>])\s*_?(?P<after>[A-Za-z][\w\-]*)?\s*$"
)


@dataclass(frozen=True, eq=False)
class Parallel:
    """Two planes, or two directions, that are parallel.

    Attributes
    ----------
    text : str
        The sentence.
    plane : bool
        Whether planes are meant (their normals are parallel).
    film, substrate : tuple of three-int tuples
        Members in each crystal's own axes; one each unless a family was written.
    film_vectors, substrate_vectors : (K, 3) float arrays
        Their unit vectors (directions, or normals of planes) in each crystal's frame.
    """

    text: str
    plane: bool
    film: tuple[tuple[int, int, int], ...]
    substrate: tuple[tuple[int, int, int], ...]
    film_vectors: np.ndarray
    substrate_vectors: np.ndarray


def parse_relation(
    text: str,
    film: Atoms,
    substrate: Atoms,
    *,
    film_setting: Setting = None,
    substrate_setting: Setting = None,
) -> list[Parallel]:
    """Read an orientation relation between two crystals.

    Parameters
    ----------
    text : str
        Statements joined by commas, semicolons or "and"; each two sets of indices joined by ∥, ||,
        // or "parallel to". (hkl) and {hkl} are planes, [uvw] and <uvw> directions; braces and
        angles mean any member of the family. A side is told by f or s, film or substrate, or its
        crystal's name behind (or before) the indices; without that the film comes first. A setting
        may stand before the indices: "pseudo-cubic:(220)f".
    film, substrate : Atoms
        From :func:`heterodot.structures.crystal`.
    film_setting, substrate_setting : str or 3×3 numbers, optional
        The setting of indices that name none.

    Returns
    -------
    list of Parallel

    Raises
    ------
    StructureError
        A statement cannot be read, mixes a plane with a direction, or names a side twice.
    """
    if not isinstance(text, str) or not text.strip():
        raise StructureError(f"relation {text!r}: expected a text such as '[001]f || [111]s'")
    found = []
    for statement in _statements(text):
        halves = _PARALLEL.split(statement)
        if len(halves) != 2:
            which = "" if statement == text.strip() else f"{statement!r}: "
            raise StructureError(
                f"relation {text!r}: {which}expected two sets of indices joined by || or ∥"
            )
        found.append(_read(statement, halves, (film, substrate), (film_setting, substrate_setting)))
    return found


def _statements(text: str) -> list[str]:
    """Split at commas and the like that stand outside brackets."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text):
        depth += (character in "([{<") - (character in ")]}>")
        if character in ",;\n" and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    pieces = [p for part in [*parts, text[start:]] for p in re.split(r"\band\b", part)]
    return [piece.strip() for piece in pieces if piece.strip()]


def _read(
    statement: str,
    halves: list[str],
    crystals: tuple[Atoms, Atoms],
    settings: tuple[Setting, Setting],
) -> Parallel:
    sides: list[int | None] = []
    indices: list[Indices] = []
    for half in halves:
        match = _SIDE.match(half.strip())
        if not match:
            raise StructureError(
                f"relation {statement!r}: cannot read {half.strip()!r}; expected indices in "
                "brackets and f or s, such as [001]f"
            )
        sides.append(_side(match["after"] or match["before"], crystals, statement))
        indices.append(parse_indices((match["setting"] or "") + match["indices"]))
    order = _order(sides, statement)
    plane = [i.kind.startswith("plane") for i in indices]
    if plane[0] != plane[1]:
        raise StructureError(
            f"relation {statement!r}: one side is a plane and the other a direction; expected two "
            "planes (round brackets) or two directions (square brackets)"
        )
    own, vectors = zip(
        *(_vectors(indices[order[k]], crystals[k], settings[k]) for k in (0, 1)), strict=True
    )
    return Parallel(statement, plane[0], own[0], own[1], vectors[0], vectors[1])


def _side(name: str | None, crystals: tuple[Atoms, Atoms], statement: str) -> int | None:
    """Return 0 for the film, 1 for the substrate, None where nothing is said."""
    if name is None:
        return None
    word = name.strip().lower()
    if word in ("f", "film", "a"):
        return 0
    if word in ("s", "substrate", "b"):
        return 1
    names = [_names(c) for c in crystals]
    for k in (0, 1):
        if word in names[k] and word not in names[1 - k]:
            return k
    raise StructureError(
        f"relation {statement!r}: {name.strip()!r} is neither f (film) nor s (substrate)"
    )


def _names(crystal: Atoms) -> set[str]:
    record = crystal.info.get("heterodot", {}).get("crystal", {})
    names = {str(record.get("name", "")), crystal.get_chemical_formula(empirical=True)}
    return {name.lower() for name in names if name}


def _order(sides: list[int | None], statement: str) -> list[int]:
    """Return which half is the film's, and which the substrate's."""
    first, second = sides
    if first is None and second is None:
        return [0, 1]
    if first == second:
        raise StructureError(f"relation {statement!r}: both sides name the same crystal")
    film_first = first == 0 or second == 1
    return [0, 1] if film_first else [1, 0]


def _vectors(
    indices: Indices, crystal: Atoms, setting: Setting
) -> tuple[tuple[tuple[int, int, int], ...], np.ndarray]:
    """Members of one side in the crystal's own axes, and their unit vectors."""
    matrix = setting_matrix(crystal, indices.setting or setting)
    named = indices
    if indices.setting is None and isinstance(setting, str):
        named = Indices(indices.kind, indices.values, setting)
    own = tuple(to_crystal(member, matrix) for member in family(named, matrix, crystal))
    if indices.kind.startswith("plane"):
        vectors = np.array([plane_normal(crystal, member) for member in own])
    else:
        vectors = np.array(own, float) @ crystal.cell.array
    return own, vectors / np.linalg.norm(vectors, axis=1)[:, None]


def turned(
    relations: Sequence[Parallel], film: np.ndarray, substrate: np.ndarray
) -> list[Parallel]:
    """Return relations after symmetry rotations (3, 3) of either crystal."""
    return [
        replace(
            r,
            film_vectors=r.film_vectors @ film.T,
            substrate_vectors=r.substrate_vectors @ substrate.T,
        )
        for r in relations
    ]


def deviation(
    relations: Sequence[Parallel], film: SurfaceCell, substrate: SurfaceCell, twist: np.ndarray
) -> np.ndarray:
    """Return how far (degrees) interfaces are from an orientation relation.

    Parameters
    ----------
    relations : sequence of Parallel
        All must hold; parallel and antiparallel are the same.
    film, substrate : SurfaceCell
        The planes that lie on each other.
    twist : (…,) float array
        Degrees.

    Returns
    -------
    (…,) float array
        Largest over the statements; of a family the best member.
    """
    angle = np.radians(twist)
    worst = np.zeros(angle.shape)
    for relation in relations:
        f = relation.film_vectors @ film.frame.T
        s = relation.substrate_vectors @ substrate.frame.T
        cosine = np.zeros(angle.shape)
        for x, y, z in f:
            turned = np.stack(
                [
                    x * np.cos(angle) - y * np.sin(angle),
                    x * np.sin(angle) + y * np.cos(angle),
                    np.full_like(angle, z),
                ],
                axis=-1,
            )
            np.maximum(cosine, np.abs(turned @ s.T).max(axis=-1), out=cosine)
        worst = np.maximum(worst, np.degrees(np.arccos(np.clip(cosine, 0, 1))))
    return worst


def least_deviation(
    relations: Sequence[Parallel], film: SurfaceCell, substrate: SurfaceCell
) -> tuple[float, str]:
    """Return the smallest deviation (degrees) any twist reaches, and the statement that limits it.

    A statement whose two sides are inclined differently to their planes cannot hold at any twist.
    """
    limits = []
    for relation in relations:
        f = np.abs(relation.film_vectors @ film.frame[2])
        s = np.abs(relation.substrate_vectors @ substrate.frame[2])
        tilt = np.degrees(
            np.abs(np.arccos(np.minimum(f, 1))[:, None] - np.arccos(np.minimum(s, 1)))
        )
        limits.append((float(tilt.min()), relation.text))
    return max(limits, default=(0.0, ""))

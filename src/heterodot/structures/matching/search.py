"""Search every match of two crystals' planes, or of two bare cells, within bounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack, cast

import numpy as np
from ase import Atoms

from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.options import chosen, defaults_of, keywords_shown
from heterodot.structures.matching.expansion import Pairing, distinct, expand, is_primitive, pairing
from heterodot.structures.matching.match import von_mises
from heterodot.structures.matching.options import MatchKeywords, MatchOptions
from heterodot.structures.matching.pairing import LARGEST_STRAIN, pair_shapes
from heterodot.structures.matching.planar import determinants, multiply
from heterodot.structures.matching.plane_pairs import (
    plane_pairs,
    read_relations,
    stands_on,
    with_stiffness,
)
from heterodot.structures.matching.relations import deviation
from heterodot.structures.matching.request import (
    SCORES,
    Bounds,
    read_bounds,
    read_choice,
    read_share,
    read_side,
)
from heterodot.structures.matching.results import Matches, PlanePair, Sharing
from heterodot.structures.matching.side import Side, make_side
from heterodot.structures.matching.surface_cell import Net

EXACT = 1e-9
"""Bounds may be exceeded by this much (rounding)."""

WIDER = 1.8
"""Multiple of the largest strain up to which a figure shows what was rejected. Chosen by eye."""

ENOUGH = 5000
"""Matches above which a figure needs no others for comparison."""


@keywords_shown(MatchKeywords, defaults_of(MatchOptions))
def match_lattices(
    film: str | Path | Atoms | Sequence[Sequence[float]] | np.ndarray | Net | Any,
    substrate: str | Path | Atoms | Sequence[Sequence[float]] | np.ndarray | Net | Any,
    *,
    options: MatchOptions | None = None,
    **keywords: Unpack[MatchKeywords],
) -> Matches:
    """Find every inequivalent match of a film and a substrate, each once.

    A match is a supercell of the film, one of the substrate, and the map between them: det > 0 on
    both sides, so that nothing is mirrored. Two matches are the same when unimodular changes of
    basis and the symmetry of the two planes (operations that are both proper, or both improper)
    turn one into the other; each says how many it stands for. The conventions of strain and twist
    are those of :mod:`heterodot.structures.matching.match`.

    Parameters
    ----------
    film, substrate : str, Path, Atoms, pymatgen Structure, (2, 2) cell (Å), or Net
        A crystal as for :func:`heterodot.structures.crystal`, or a bare cell of two rows, which has
        the full symmetry of its lattice.
    options : MatchOptions, optional
        Planes, bounds, who is strained and how matches are ranked.
    **keywords
        Its fields one by one; they win over ``options``.

    Returns
    -------
    Matches
        Ranked, the lowest score first; possibly none.

    Raises
    ------
    StructureError
        A bound, plane, relation or setting cannot be used; no cell fits in the area; or the search
        does not fit in memory.
    """
    asked = chosen(MatchOptions, options, cast(dict[str, Any], keywords), "match_lattices")
    bounds = read_bounds(
        asked.max_area,
        asked.max_strain,
        asked.max_von_mises,
        asked.max_atoms,
        asked.twist,
        asked.relation_tolerance,
    )
    share = read_share(asked.strained)
    read_choice("score", asked.score, tuple(SCORES))
    thickness = (
        _thickness("film", asked.film_thickness),
        _thickness("substrate", asked.substrate_thickness),
    )
    sides = read_side(film, "film"), read_side(substrate, "substrate")
    stated = read_relations(asked.relation, sides, (asked.film_setting, asked.substrate_setting))
    miller = (asked.film_miller, asked.substrate_miller)
    settings = (asked.film_setting, asked.substrate_setting)
    pairs = plane_pairs(sides, miller, asked.max_miller, settings, stated, bounds)
    pairs = with_stiffness(pairs, sides, (asked.film_elastic, asked.substrate_elastic))
    found = _search(pairs, bounds, asked.supercells)
    record = {
        "max_area": bounds.max_area,
        "max_strain": bounds.max_strain,
        "max_von_mises": asked.max_von_mises,
        "max_atoms": asked.max_atoms,
        "twist": None if bounds.twist is None else list(bounds.twist),
        "strained": share,
        "film_thickness": thickness[0],
        "substrate_thickness": thickness[1],
        "relation": asked.relation,
        "relation_tolerance": bounds.relation_tolerance,
        "score": asked.score,
        "score_meaning": SCORES[asked.score],
        "supercells": bool(asked.supercells),
        **stands_on(sides, (asked.film_elastic, asked.substrate_elastic)),
    }
    sharing = Sharing(share, thickness)
    ranked = _ranked(pairs, found, sharing, asked.score, record)
    return replace(ranked, beyond=partial(_beyond, ranked, bounds, sharing))


def _beyond(kept: Matches, bounds: Bounds, sharing: Sharing) -> tuple[np.ndarray, np.ndarray]:
    """Return areas (Å²) and von Mises strains of the matches a wider search adds to some.

    Strains are :data:`WIDER` times as large, whatever the relation, the twist or the atoms; of the
    planes that were searched. None where there are more than :data:`ENOUGH` matches.
    """
    if len(kept) > ENOUGH:
        return np.zeros(0), np.zeros(0)
    strain = min(WIDER * bounds.max_strain, LARGEST_STRAIN)
    wide = replace(bounds, max_strain=strain, max_von_mises=None, max_atoms=None, twist=None)
    pairs = [replace(pair, variants=()) for pair in kept.pairs]
    found = _search(pairs, wide, supercells=bool(kept.settings["supercells"]))
    area = _areas(pairs, found, sharing)
    known = {*zip(*_fingerprint(kept.pair, kept.area, kept.principal), strict=True)}
    marks = zip(*_fingerprint(found.pair, area, found.principal), strict=True)
    new = np.array([mark not in known for mark in marks], bool)
    return area[new], von_mises(found.principal)[new]


def _fingerprint(pair: np.ndarray, area: np.ndarray, principal: np.ndarray) -> tuple[Any, ...]:
    """Return what tells matches apart: pair of planes, area and strains, as lists."""
    rounded = np.round(np.column_stack([area, 100 * principal]), 3) + 0.0
    return (pair.tolist(), *rounded.T.tolist())


def _thickness(side: str, value: float) -> float:
    if not (is_number(value) and value > 0):
        raise StructureError(f"{side}_thickness {value!r}: expected a length above 0 Å")
    return float(value)


@dataclass(frozen=True, eq=False)
class _Found:
    """Matches of all pairs of planes, not ranked."""

    pair: np.ndarray
    film: np.ndarray
    substrate: np.ndarray
    principal: np.ndarray
    twist: np.ndarray
    multiplicity: np.ndarray


def _search(pairs: list[PlanePair], bounds: Bounds, supercells: bool) -> _Found:
    sides: dict[int, Side] = {}
    groups: dict[tuple[int, int], Pairing] = {}
    parts = []
    for k, pair in enumerate(pairs):
        for plane in (pair.film, pair.substrate):
            if id(plane) not in sides:
                sides[id(plane)] = make_side(plane, bounds.max_area)
        film, substrate = sides[id(pair.film)], sides[id(pair.substrate)]
        key = (id(pair.film), id(pair.substrate))
        groups[key] = groups.get(key) or pairing(film, substrate)
        part = _matches_of(pair, film, substrate, groups[key], bounds, supercells)
        parts.append((np.full(len(part[0]), k), *part))
    return _Found(*(np.concatenate([part[i] for part in parts]) for i in range(6)))


def _matches_of(
    pair: PlanePair,
    film: Side,
    substrate: Side,
    group: Pairing,
    bounds: Bounds,
    supercells: bool,
) -> tuple[np.ndarray, ...]:
    """Return transforms, principal strains, twists and multiplicities of one pair of planes."""
    e = bounds.max_strain
    found = expand(film, substrate, pair_shapes(film, substrate, 1 - e, 1 + e))
    if not supercells:
        found = found.where(is_primitive(found.film, found.substrate))
    if bounds.max_atoms is not None:
        found = found.where(_atoms(pair, found.film, found.substrate) <= bounds.max_atoms)
    principal, twist = _strains(pair.gradients(found.film, found.substrate))
    keep = np.abs(principal).max(axis=1) <= e + EXACT
    if bounds.max_von_mises is not None:
        keep &= von_mises(principal) <= bounds.max_von_mises + EXACT
    found, principal, twist = found.where(keep), principal[keep], twist[keep]
    kept, multiplicity = distinct(film, found, group)
    image, allowed = _chosen_images(pair, group, twist[kept], bounds)
    kept = kept[allowed]
    left, right = _apply(found.film[kept], found.substrate[kept], group, image[allowed])
    return left, right, *_strains(pair.gradients(left, right)), multiplicity[allowed]


def _atoms(pair: PlanePair, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    if pair.film.n_atoms is None or pair.substrate.n_atoms is None:
        raise StructureError("max_atoms needs two crystals: a bare cell has no atoms")
    return pair.film.n_atoms * determinants(left) + pair.substrate.n_atoms * determinants(right)


def _strains(gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Principal Biot strains (N, 2), the larger first, and twists (N,) in degrees."""
    a, b, c, d = (gradient[:, i, j] for i in (0, 1) for j in (0, 1))
    turn = np.hypot(a + d, c - b) / 2
    shear = np.hypot(a - d, c + b) / 2
    principal = np.stack([turn + shear - 1, turn - shear - 1], axis=1)
    twist = np.degrees(np.arctan2(c - b, a + d))
    return principal, np.where(twist < -180 + 1e-6, twist + 360, twist)


def _chosen_images(
    pair: PlanePair,
    group: Pairing,
    twist: np.ndarray,
    bounds: Bounds,
) -> tuple[np.ndarray, np.ndarray]:
    """Of the equivalents of each match choose one that obeys, with the least absolute twist.

    Returns
    -------
    image : (N,) int array
        Which operation makes it.
    allowed : (N,) bool array
        Whether any obeys the relation and the range of the twist.
    """
    film_operations, substrate_operations = _operation_pairs(group)
    f_angle, proper = _angles(pair.film, film_operations)
    s_angle, _ = _angles(pair.substrate, substrate_operations)
    images = np.where(proper, twist[:, None], -twist[:, None]) + s_angle - f_angle
    images = np.round(180 - np.mod(180 - images, 360), 9)
    obeys = np.ones(images.shape, bool)
    if bounds.twist is not None:
        low, high = bounds.twist
        obeys &= (images >= low - 1e-6) & (images <= high + 1e-6)
        obeys |= (low <= -180 + 1e-6) & (images >= 180 - 1e-6)
    if any(pair.variants):
        cells: tuple[Any, Any] = (pair.film, pair.substrate)
        off = np.min([deviation(v, *cells, images) for v in pair.variants], axis=0)
        obeys &= off <= bounds.relation_tolerance + 1e-6
    cost = np.where(obeys, np.round(np.abs(images), 6) - 1e-7 * np.sign(images), np.inf)
    image = np.argmin(cost, axis=1) if len(twist) else np.zeros(0, int)
    allowed = np.asarray(obeys.any(axis=1))
    return image, allowed


def _operation_pairs(group: Pairing) -> tuple[np.ndarray, np.ndarray]:
    """Write out the pairs of operations of equal handedness: two (P, 2, 2) int arrays."""
    per_operation = group.substrate_operations.shape[1]
    film = np.repeat(group.film_operations, per_operation, axis=0)
    substrate = group.substrate_operations[group.proper.astype(np.intp)]
    return film, substrate.reshape(-1, 2, 2)


def _angles(plane: Net, operations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Angle θ (degrees) of operations that are a rotation by θ, or that after y → -y; which."""
    matrices = np.linalg.solve(plane.in_plane, operations @ plane.in_plane)  # rows: v @ M
    proper = determinants(operations) > 0
    return np.degrees(np.arctan2(matrices[:, 0, 1], matrices[:, 0, 0])), proper


def _apply(
    left: np.ndarray, right: np.ndarray, group: Pairing, image: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Turn matches into their chosen equivalents, with right-handed bases on both sides."""
    film_operations, substrate_operations = _operation_pairs(group)
    left = multiply(left, film_operations[image])
    right = multiply(right, substrate_operations[image])
    flip = np.where(determinants(left) < 0, -1, 1)[:, None]
    left[:, 1] *= flip
    right[:, 1] *= flip
    leading = np.where(left[:, 0, 0] != 0, left[:, 0, 0], left[:, 0, 1])
    sign = np.where(leading < 0, -1, 1)[:, None, None]
    return sign * left, sign * right


def _ranked(
    pairs: list[PlanePair], found: _Found, sharing: Sharing, score: str, record: dict[str, Any]
) -> Matches:
    """Work out areas and scores, and sort."""
    area = _areas(pairs, found, sharing)
    measure = von_mises(found.principal)
    scores = {"balanced": area * (1 + measure / 0.01), "area": area, "strain": measure}.get(score)
    if scores is None:
        scores = _energies(pairs, found, sharing)
    keys = (np.abs(found.twist), found.pair, np.round(area, 6), measure, np.round(scores, 9))
    order = np.lexsort(keys)
    return Matches(
        pairs,
        found.pair[order],
        found.film[order],
        found.substrate[order],
        found.principal[order],
        found.twist[order],
        area[order],
        found.multiplicity[order],
        scores[order],
        record,
    )


def _areas(pairs: list[PlanePair], found: _Found, sharing: Sharing) -> np.ndarray:
    """(N,) areas of the common cells, Å²."""
    area = np.zeros(len(found.pair))
    for k, pair in enumerate(pairs):
        mine = found.pair == k
        if mine.any():
            area[mine] = sharing.areas(pair, found.film[mine], found.substrate[mine])
    return area


def _energies(pairs: list[PlanePair], found: _Found, sharing: Sharing) -> np.ndarray:
    """(N,) elastic energies per area, eV/Å²."""
    energy = np.zeros(len(found.pair))
    for k, pair in enumerate(pairs):
        mine = found.pair == k
        if mine.any():
            energy[mine] = sharing.divide(pair, found.film[mine], found.substrate[mine])[2]
    if np.isnan(energy).any():
        raise StructureError(
            "score 'energy' needs the elastic constants of what is strained: give film_elastic or "
            "substrate_elastic (C11, C12, C44 in GPa)"
        )
    return energy

"""Search every match of two crystals' planes, or of two bare cells, within bounds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.matching.expansion import Pairing, distinct, expand, is_primitive, pairing
from heterodot.structures.matching.match import von_mises
from heterodot.structures.matching.pairing import pair_shapes
from heterodot.structures.matching.planar import determinants, multiply
from heterodot.structures.matching.plane_pairs import plane_pairs, read_relations, with_stiffness
from heterodot.structures.matching.relations import Setting, deviation
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


def match_lattices(
    film: str | Path | Atoms | Sequence[Sequence[float]] | np.ndarray | Net | Any,
    substrate: str | Path | Atoms | Sequence[Sequence[float]] | np.ndarray | Net | Any,
    *,
    film_miller: Any = None,
    substrate_miller: Any = None,
    max_miller: int | None = None,
    max_area: float = 400.0,
    max_atoms: int | None = None,
    max_strain: float = 0.03,
    max_von_mises: float | None = None,
    twist: float | Sequence[float] | None = None,
    strained: str = "film",
    film_elastic: Any = None,
    substrate_elastic: Any = None,
    film_thickness: float = 10.0,
    substrate_thickness: float = 10.0,
    relation: str | None = None,
    relation_tolerance: float = 2.0,
    film_setting: Setting = None,
    substrate_setting: Setting = None,
    score: str = "balanced",
    supercells: bool = False,
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
    film_miller, substrate_miller : indices or list of indices, optional
        Planes: (1, 0, 0), "2-1-1", "pseudo-cubic:(220)". By default those of the ``relation``, or
        all inequivalent ones up to ``max_miller``.
    max_miller : int, optional
        Largest index of a search over all planes, up to 5.
    max_area : float
        Largest area of either supercell, Å².
    max_atoms : int, optional
        Largest number of atoms of both supercells, each one repeat along the normal.
    max_strain : float
        Largest absolute principal strain (0.03 is 3 %) of the film relative to the substrate,
        whoever bears it.
    max_von_mises : float, optional
        Largest equivalent strain.
    twist : float or two floats, optional
        Largest absolute twist, or its range; degrees. A match is kept when one of its equivalents
        is in the range.
    strained : str
        Who bears the strain: "film", "substrate", "shared" (half each) or "elastic" (least elastic
        energy).
    film_elastic, substrate_elastic : mapping or sequence, optional
        Elastic constants, GPa: C11, C12, C44, or 6×6. By default those known for the crystal.
    film_thickness, substrate_thickness : float
        Å; for the elastic energy.
    relation : str, optional
        Orientation relation, as for
        :func:`heterodot.structures.matching.relations.parse_relation`. Its first pair of planes is
        the interface where no planes are given. Parallel and antiparallel are the same, but for
        the planes of the interface, whose normals both point up.
    relation_tolerance : float
        Degrees.
    film_setting, substrate_setting : str or 3×3 numbers, optional
        Setting of indices that name none: "Pbnm", "Pnma", "pseudo-cubic", or a change of basis.
    score : str
        "balanced" (area × (1 + von Mises / 1 %)), "area", "strain" or "energy" (per area).
    supercells : bool
        Whether to list matches that are supercells of smaller ones, too.

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
    bounds = read_bounds(max_area, max_strain, max_von_mises, max_atoms, twist, relation_tolerance)
    share = read_share(strained)
    read_choice("score", score, tuple(SCORES))
    thickness = (_thickness("film", film_thickness), _thickness("substrate", substrate_thickness))
    sides = read_side(film, "film"), read_side(substrate, "substrate")
    stated = read_relations(relation, sides, (film_setting, substrate_setting))
    miller = (film_miller, substrate_miller)
    settings = (film_setting, substrate_setting)
    pairs = plane_pairs(sides, miller, max_miller, settings, stated, bounds)
    pairs = with_stiffness(pairs, sides, (film_elastic, substrate_elastic))
    found = _search(pairs, bounds, supercells)
    record = {
        "max_area": bounds.max_area,
        "max_strain": bounds.max_strain,
        "max_von_mises": max_von_mises,
        "max_atoms": max_atoms,
        "twist": None if bounds.twist is None else list(bounds.twist),
        "strained": share,
        "film_thickness": thickness[0],
        "substrate_thickness": thickness[1],
        "relation": relation,
        "relation_tolerance": bounds.relation_tolerance,
        "score": score,
        "score_meaning": SCORES[score],
        "supercells": bool(supercells),
    }
    return _ranked(pairs, found, Sharing(share, thickness), score, record)


def _thickness(side: str, value: float) -> float:
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not (good and math.isfinite(value) and value > 0):
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
    area = np.zeros(len(found.pair))
    for k, pair in enumerate(pairs):
        mine = found.pair == k
        if mine.any():
            area[mine] = sharing.areas(pair, found.film[mine], found.substrate[mine])
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

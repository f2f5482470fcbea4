"""Tetrahedral dots and their frusta, cut from zinc blende or chalcopyrite by {111}-type facets.

A tetrahedron T_n has n cations along each edge. In barycentric plane numbers k_f (planes counted
inward from facet f) its cations are all k_0 + k_1 + k_2 + k_3 = n - 1 with k_f >= 0, so there are
n(n+1)(n+2)/6 of them. Its anions lie a quarter of a plane spacing outside the cation planes where
the facets end on anions: (n+1)(n+2)(n+3)/6 of them; and a quarter inside where the facets end on
cations: (n-1)n(n+1)/6.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.checks import is_whole
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import crystal as as_crystal
from heterodot.structures.crystals.planes import interplanar_spacing, plane_normal
from heterodot.structures.dots.composition import note_formal_charge
from heterodot.structures.dots.lattice import BYTES_PER_ATOM, Facet, cut
from heterodot.structures.memory import usable_memory
from heterodot.structures.pinning import pin

TERMINATIONS = ("anion", "cation")

MARGINS = {"anion": (0.6, 0.9), "cation": (0.35, 0.1)}
"""Where the side facets and a frustum's top lie outside the last cation plane, in plane spacings.

Anion termination keeps the anions 1/4 outside a side (and 3/4 above the top, so that every cation
keeps its four anions); cation termination keeps neither the anions 3/4 outside a side nor those
1/4 above the top, so that every anion keeps its four cations.
"""


@dataclass(frozen=True)
class _Frame:
    """The four facets of a tetrahedron (the base first) and its apex."""

    millers: tuple[tuple[int, int, int], ...]
    apex: np.ndarray
    spacing: float


def pyramid(
    crystal: Atoms | str | Path | Any,
    base: int,
    layers: int | None = None,
    termination: str = "anion",
    *,
    truncate_corners: bool | str | int | Iterable[int] = False,
    facet: int | Sequence[int] = 0,
    apex: str | int = 0,
) -> Atoms:
    """Cut a tetrahedron T_n, or a frustum of one, out of zinc blende or chalcopyrite.

    Parameters
    ----------
    crystal : Atoms, or what :func:`heterodot.structures.crystal` takes
        "ZnS", "InP", "CuInS2", … ({112} facets); an Atoms must come from that function.
    base : int
        Number of cations along an edge of the base, n.
    layers : int, optional
        Number of cation layers, 1…n; default n, the whole tetrahedron. Fewer make a frustum.
    termination : {"anion", "cation"}
        What the facets end on. Anion: every cation keeps its four anions. Cation: every anion
        keeps its four cations.
    truncate_corners : bool, "apex", int or list of int
        Corner atoms of the terminating species to leave out: all of them (True), those at the top
        ("apex"), or by number: 0, 1, 2 at the base, then the top one (3), or the top three (3, 4,
        5) of a frustum.
    facet : int or three int
        Which of the four facets of this polarity the dot stands on: a number 0…3 or its Miller
        indices. Where the crystal has an order of cations, they give different frusta.
    apex : int or str
        Which cation of the crystal's cell stands at the apex: its number among the cations, or an
        element (its first atom). It decides the composition of a dot of chalcopyrite. An apex named
        by its element is pinned (:func:`heterodot.structures.pin`): filling the cations leaves it.

    Returns
    -------
    Atoms
        Standing on its base (outward normal -z, an edge along x), the mean position at the origin,
        ordered by layer; arrays as for :func:`heterodot.structures.cut`, layer 0 at the base.

    Raises
    ------
    StructureError
        The crystal has no {111}-type facets of the zinc-blende kind, a number is out of range, or
        the pyramid would not fit in memory.
    """
    crystal = crystal if isinstance(crystal, Atoms) else as_crystal(crystal)
    layers = base if layers is None else layers
    _check(base, layers, termination)
    _refuse_too_many(int(base), int(layers))
    frame = _frame(crystal, termination, facet, apex)
    side, top = MARGINS[termination]
    d = frame.spacing
    facets = [
        Facet(miller, (side + (base - 1 if number == 0 else 0)) * d)
        for number, miller in enumerate(frame.millers)
    ]
    if layers < base:
        above = tuple(-h for h in frame.millers[0])
        facets.append(Facet((above[0], above[1], above[2]), (layers - base + top) * d))
    dot = cut(crystal, facets, centre=frame.apex)
    corners = _corners(dot, crystal, frame, base, termination)
    if not isinstance(truncate_corners, bool | str | int | np.integer):
        truncate_corners = [int(i) for i in truncate_corners]
    dot = _truncate(dot, corners, truncate_corners)
    dot = _stand(dot, crystal, frame)
    if isinstance(apex, str):
        dot = _pin_apex(dot, base, layers)
    provenance.update(dot, history=provenance.history(crystal))
    provenance.add_step(
        dot,
        "pyramid",
        base=int(base),
        layers=int(layers),
        termination=termination,
        facet=list(frame.millers[0]),
        truncate_corners=_plain(truncate_corners),
        apex=[float(x) for x in frame.apex],
    )
    note_formal_charge(dot)
    return dot


def _pin_apex(dot: Atoms, base: int, layers: int) -> Atoms:
    """Pin the one cation at the tip; a frustum's top holds several, and none of them was named."""
    if layers < base:
        return dot
    cations = np.flatnonzero(dot.arrays["sublattice"] == "cation")
    return pin(dot, [int(cations[dot.positions[cations, 2].argmax()])])


def _check(base: int, layers: int, termination: str) -> None:
    if termination not in TERMINATIONS:
        raise StructureError(f"termination {termination!r}: expected one of {TERMINATIONS}")
    for name, value in (("base", base), ("layers", layers)):
        if not is_whole(value) or value < 1:
            raise StructureError(f"{name} {value!r}: expected a whole number of cations, 1 or more")
    if layers > base:
        raise StructureError(f"layers {layers} with base {base}: a pyramid has at most {base}")


def _refuse_too_many(base: int, layers: int) -> None:
    """Raise where the pyramid would not fit in memory, before any of it is made."""
    whole, top = (n * (n + 1) * (n + 2) // 6 for n in (base, base - layers))
    n_atoms = Decimal(2 * (whole - top))  # about as many anions as cations
    if n_atoms * BYTES_PER_ATOM > usable_memory():
        what = f"base {base}" + (f" with {layers} layers" if layers < base else "")
        raise StructureError(
            f"{what}: about {n_atoms:.2g} atoms would need more than half of this machine's "
            "memory; expected fewer cations along the edge"
        )


def _frame(crystal: Atoms, termination: str, facet: int | Sequence[int], apex: str | int) -> _Frame:
    millers = _polar_facets(crystal)[termination]
    first = _pick_facet(millers, facet)
    ordered = (millers[first], *(m for i, m in enumerate(millers) if i != first))
    cations = np.flatnonzero(crystal.arrays["sublattice"] == "cation")
    scaled = crystal.get_scaled_positions(wrap=False)
    site = scaled[cations[_pick_cation(crystal, cations, apex)]]
    return _Frame(ordered, site, interplanar_spacing(crystal, ordered[0]))


def _polar_facets(crystal: Atoms) -> dict[str, tuple[tuple[int, int, int], ...]]:
    """Sort the eight {111}-type planes by what they end on, seen from the positions themselves.

    A facet ends on anions when they lie a quarter of a spacing outside the cation planes, on
    cations when they lie three quarters outside (a quarter inside).
    """
    sublattice = crystal.arrays.get("sublattice")
    if sublattice is None or not {"cation", "anion"} <= set(sublattice.tolist()):
        raise StructureError("pyramid needs a crystal of cations and anions, from crystal()")
    scaled = crystal.get_scaled_positions(wrap=False)
    cations, anions = scaled[sublattice == "cation"], scaled[sublattice == "anion"]
    lengths = crystal.cell.lengths()
    third = round(lengths[2] / lengths[0])
    found: dict[str, list[tuple[int, int, int]]] = {"anion": [], "cation": []}
    for signs in product((1, -1), repeat=3):
        miller = (signs[0], signs[1], signs[2] * third)
        off = (cations - cations[0]) @ miller
        outside = np.mod((anions - cations[0]) @ miller, 1.0)
        if third not in (1, 2) or np.abs(off - np.round(off)).max() > 0.05:
            continue
        for termination, height in (("anion", 0.25), ("cation", 0.75)):
            if np.abs(outside - height).max() < 0.1:
                found[termination].append(miller)
    if any(len(millers) != 4 for millers in found.values()):
        raise StructureError(
            f"{crystal.get_chemical_formula(empirical=True)}: not the conventional cell of a "
            "zinc-blende or chalcopyrite crystal; use cut() for other structures"
        )
    return {termination: tuple(millers) for termination, millers in found.items()}


def _pick_facet(millers: tuple[tuple[int, int, int], ...], facet: int | Sequence[int]) -> int:
    if isinstance(facet, int | np.integer) and 0 <= facet < 4:
        return int(facet)
    if not isinstance(facet, int | np.integer) and tuple(facet) in millers:
        return millers.index((facet[0], facet[1], facet[2]))
    raise StructureError(
        f"facet {facet!r}: expected 0…3 or one of {', '.join(map(str, millers))} (the other four "
        "have the other termination)"
    )


def _pick_cation(crystal: Atoms, cations: np.ndarray, apex: str | int) -> int:
    symbols = np.asarray(crystal.get_chemical_symbols())[cations].tolist()
    if isinstance(apex, str) and apex in symbols:
        return symbols.index(apex)
    if isinstance(apex, int | np.integer) and 0 <= apex < len(cations):
        return int(apex)
    raise StructureError(
        f"apex {apex!r}: expected 0…{len(cations) - 1} or one of {', '.join(sorted(set(symbols)))}"
    )


def _corners(dot: Atoms, crystal: Atoms, frame: _Frame, base: int, termination: str) -> list[int]:
    """Return the corner atoms of the terminating species: three at the base, then the top."""
    x = dot.positions @ np.linalg.inv(crystal.cell.array)
    depth = -(x @ np.array(frame.millers, float).T)
    depth[:, 0] += base - 1
    outside = 0.25 if termination == "anion" else 0.0
    ends = np.flatnonzero(dot.arrays["sublattice"] == termination)
    m = np.rint(depth[ends] + outside).astype(int)
    top = m[:, 0] == m[:, 0].max()
    total = m.sum(axis=1)
    found = [ends[(m[:, f] == total) & ~top] for f in (1, 2, 3)]
    found += [ends[top & (m[:, f] == total - m[:, 0])] for f in (1, 2, 3)]
    return list(dict.fromkeys(int(i) for part in found for i in part))


def _truncate(dot: Atoms, corners: list[int], which: bool | str | int | Iterable[int]) -> Atoms:
    """Leave out corner atoms; anions that lose a bond become surface atoms."""
    if which is False:
        return dot
    if which is True:
        chosen = list(range(len(corners)))
    elif which == "apex":
        highest = dot.arrays["layer"][corners].max()
        chosen = [i for i, c in enumerate(corners) if dot.arrays["layer"][c] == highest]
    elif isinstance(which, str):
        raise StructureError(f"truncate_corners {which!r}: expected True, 'apex' or numbers")
    else:
        chosen = [int(which)] if isinstance(which, int | np.integer) else [int(i) for i in which]
    if not all(0 <= i < len(corners) for i in chosen):
        raise StructureError(f"truncate_corners {chosen}: expected numbers 0…{len(corners) - 1}")
    removed = {corners[i] for i in chosen}
    if len(removed) == len(dot):
        raise StructureError("truncate_corners would leave no atom: make the pyramid larger")
    bonds = find_bonds(dot)
    for index in removed:
        for neighbour in bonds.neighbours(index):
            if dot.arrays["sublattice"][neighbour] == "anion":
                dot.arrays["role"][neighbour] = "surface"
    return dot[[i for i in range(len(dot)) if i not in removed]]


def _stand(dot: Atoms, crystal: Atoms, frame: _Frame) -> Atoms:
    """Put the dot on its base, centre it, order it by layer and height."""
    down = plane_normal(crystal, frame.millers[0])
    up = -down / np.linalg.norm(down)
    edge = np.cross(up, plane_normal(crystal, frame.millers[1]))
    edge /= np.linalg.norm(edge)
    rotation = np.array([edge, np.cross(up, edge), up])
    positions = dot.positions @ rotation.T
    positions -= positions.mean(axis=0)
    rough = np.round(positions, 2)
    order = np.lexsort((rough[:, 0], rough[:, 1], rough[:, 2], dot.arrays["layer"]))
    standing = dot[order]
    standing.positions = positions[order]
    return standing


def _plain(which: bool | str | int | Iterable[int]) -> bool | str | int | list[int]:
    """Return the same as JSON would have it."""
    if isinstance(which, bool | str):
        return which
    return int(which) if isinstance(which, int | np.integer) else [int(i) for i in which]

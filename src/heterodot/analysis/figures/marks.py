"""Marks on pictures of atoms: rings round the site and vacancies, defects named on lead lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.analysis.figures.style import rich

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VACANCY_STYLE = (0, (2, 1.5))
"""Dashes of the ring around a vacancy."""

VACANCY_RADIUS = 0.55
"""Å, of that ring."""

NAME_SIZE = 6.5
"""Points, of the names of defects."""

MOST = 4
"""Defects that are all marked; of more, those within :data:`NEAR` of the site."""

NEAR = 5.0
"""Å."""


@dataclass(frozen=True)
class Mark:
    """A defect to be shown.

    Attributes
    ----------
    name : str
        In Kröger–Vink notation.
    place : (3,) float array
        Å.
    index : int or None
        The atom it is; None for a vacancy.
    """

    name: str
    place: np.ndarray
    index: int | None


def vacancies(atoms: Atoms) -> np.ndarray:
    """(k, 3) positions (Å) of the recorded vacancies that still lie within the structure.

    A structure that was moved since leaves its record behind: a place on top of an atom, or far
    from all, is not shown.
    """
    places = [mark.place for mark in _recorded(atoms) if mark.index is None]
    return np.array(places, float).reshape(-1, 3)


def defect_marks(atoms: Atoms, site: int | None = None) -> list[Mark]:
    """Return the recorded defects worth a mark: all of a few; of many, those next to the site."""
    found = _recorded(atoms)
    if len(found) <= MOST:
        return found
    if site is None:
        return []
    centre = atoms.positions[site]
    near = [mark for mark in found if np.linalg.norm(mark.place - centre) < NEAR]
    return sorted(near, key=lambda mark: float(np.linalg.norm(mark.place - centre)))[: 2 * MOST]


def _recorded(atoms: Atoms) -> list[Mark]:
    """Return the recorded vacancies that lie within the structure, and the defects at its atoms."""
    found = []
    for record in provenance.details(atoms).get("defects") or []:
        name, index = str(record.get("symbol", "")), record.get("index")
        if name.startswith("V_"):
            place = provenance.defect_position(atoms, record)
            if 1.0 < np.linalg.norm(atoms.positions - place, axis=1).min() < 3.5:
                found.append(Mark(name, place, None))
        elif index is not None and _is_there(atoms, int(index), name):
            found.append(Mark(name, atoms.positions[int(index)].copy(), int(index)))
    return found


def _is_there(atoms: Atoms, index: int, name: str) -> bool:
    """Return whether an atom is still of the element a defect's name begins with."""
    return 0 <= index < len(atoms) and atoms[index].symbol == name.partition("_")[0]


def draw_ring(axes: Axes, centre: np.ndarray, radius: float, style: Any = "-") -> None:
    """Draw a black ring on a white halo, over everything."""
    from matplotlib.patches import Circle

    for colour, line in (("white", 2.4), ("black", 1.1)):
        axes.add_patch(
            Circle(tuple(centre[:2]), radius, fill=False, ec=colour, lw=line, ls=style, zorder=5)
        )


def dashed_circle() -> Any:
    """Return a marker of eight short arcs."""
    from matplotlib.path import Path as Outline

    arcs = []
    for start in np.arange(8) * np.pi / 4:
        angles = start + np.linspace(0, np.pi / 7, 6)
        arcs.append(Outline(np.column_stack([np.cos(angles), np.sin(angles)])))
    return Outline.make_compound_path(*arcs)


def widened(
    extent: tuple[float, float, float, float], marks: Sequence[Mark], places: np.ndarray
) -> tuple[float, float, float, float]:
    """Return the edges of a picture (Å) with room for the names of defects on their sides."""
    room = 0.13 * (extent[1] - extent[0]) + 0.5
    right = places[:, 0] >= 0.5 * (extent[0] + extent[1])
    left_room = room if len(marks) and not right.all() else 0.0
    right_room = room if len(marks) and right.any() else 0.0
    return extent[0] - left_room, extent[1] + right_room, extent[2], extent[3]


def name_marks(
    axes: Axes,
    marks: Sequence[Mark],
    places: np.ndarray,
    radii: np.ndarray,
    extent: tuple[float, float, float, float],
    middle: float,
) -> None:
    """Write the names of defects beside the drawing, a line from each to its place.

    Parameters
    ----------
    axes : matplotlib Axes
        In units of Å.
    marks : sequence of Mark
    places : (m, 3) float array
        Where they are in the picture, Å.
    radii : (m,) float array
        Of the atoms and rings at which the lines end, Å.
    extent : four float
        Left, right, bottom, top of the picture, Å; from :func:`widened`.
    middle : float
        What is right of it is named on the right, Å.
    """
    high = extent[3] - extent[2]
    lowest, apart = extent[2] + 0.2 * high, 0.075 * high
    for side, edge in ((-1, extent[0]), (1, extent[1])):
        own = [k for k in range(len(marks)) if (places[k, 0] >= middle) == (side > 0)]
        level = lowest - apart
        for k in sorted(own, key=lambda k: float(places[k, 1])):
            level = min(max(float(places[k, 1]), level + apart), extent[3] - 0.03 * high)
            where = np.array([edge, level])
            _name(axes, marks[k].name, where, places[k, :2], float(radii[k]), side)


def _name(
    axes: Axes, name: str, where: np.ndarray, place: np.ndarray, radius: float, side: int
) -> None:
    """Write one name at the edge of the picture; a line on a white halo ends at the rim."""
    from matplotlib.patheffects import withStroke

    left, right = axes.get_xlim()
    start = where - np.array([side * 0.1 * (right - left), 0.0])
    way = start - place
    end = place + way * min(1.0, radius / max(float(np.linalg.norm(way)), 1e-9))
    halo = [withStroke(linewidth=2.0, foreground="white")]
    axes.plot(
        [start[0], end[0]], [start[1], end[1]], color="black", lw=0.7, zorder=6,
        path_effects=halo,
    )  # fmt: skip
    axes.text(
        float(where[0]), float(where[1]), rich(name), size=NAME_SIZE,
        ha="right" if side > 0 else "left", va="center", zorder=7, path_effects=halo,
    )  # fmt: skip

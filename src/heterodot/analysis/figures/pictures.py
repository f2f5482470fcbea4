"""Pictures of structures: shaded atoms and bonds, the site ringed, defects named, the cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from heterodot import provenance
from heterodot.adsorbate import find_adsorbate
from heterodot.analysis.figures.canvas import figure_of, formerly_saved
from heterodot.analysis.figures.cells import bounded, whole_cell
from heterodot.analysis.figures.cut import cut_half, direction, is_core_shell
from heterodot.analysis.figures.drawing import (
    drawing_extent,
    drawn_radii,
    element_colour,
    render_atoms,
    scale_bar,
)
from heterodot.analysis.figures.marks import (
    VACANCY_RADIUS,
    VACANCY_STYLE,
    Mark,
    dashed_circle,
    defect_marks,
    draw_ring,
    name_marks,
    widened,
)
from heterodot.analysis.figures.style import (
    COLUMN,
    caption_height,
    captioned_figure,
    figure_style,
    join_caption,
    rich,
    subscript,
    typeset,
)
from heterodot.analysis.figures.view import cell_view, site_view
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.figures.rendering import Canvas

CELL_EDGE = 0.04
"""Radius of the edges of a cell, Å."""

LEGEND_ROW = 0.145
"""Height of a row of the legend below the drawing, inches."""


@formerly_saved("path", "width", "max_height", "rotation", "title", "caption")
def picture(
    atoms: Atoms,
    site: int | None = None,
    *,
    ax: Axes | None = None,
    width: float = COLUMN,
    max_height: float = 3.0,
    rotation: np.ndarray | None = None,
    title: str = "",
    caption: str = "",
) -> Figure:
    """Draw a structure, seen so that the site and its adsorbate face the viewer.

    Formula and charge stand above. Recorded defects are named on lead lines, vacancies ringed by
    dashes too (where there are more than four, those within 5 Å of the site). Crystals and slabs
    have their cell; a core/shell dot without a site is cut open, in the colours of its materials.

    Parameters
    ----------
    atoms : Atoms
        An adsorbate recorded by ``add_adsorbate`` is drawn larger and kept in view.
    site : int, optional
        Atom to ring; the adsorbate's recorded site unless given.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    width : float
        Of the figure, inches.
    max_height : float
        Of the drawing, inches.
    rotation : (3, 3) float array, optional
        Rows: what points right, up and to the viewer; chosen by the site unless given.
    title : str
        Above the drawing.
    caption : str
        Below it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        No atoms, or a site that is not an atom of the structure.
    """
    if len(atoms) == 0:
        raise InputError("no atoms: nothing to draw")
    record = find_adsorbate(atoms) or {}
    site = record.get("site") if site is None else site
    if site is not None and not 0 <= site < len(atoms):
        raise InputError(f"site {site}: expected an index 0…{len(atoms) - 1}")
    if site is None and rotation is None and is_core_shell(atoms):
        return _cut_picture(atoms, ax, width, max_height, title, caption)
    scene = _scene(atoms, site, np.asarray(record.get("indices", []), int), rotation)
    places, marks = scene.places, scene.marks
    aspect = (scene.extent[3] - scene.extent[2]) / (scene.extent[1] - scene.extent[0])
    height = min((width - 0.1) * aspect, max_height)
    n_empty = sum(mark.index is None for mark in marks)
    with figure_style():
        handles = _legend_handles(atoms, site, n_empty)
        rows = _legend_rows([text for _, text in handles], width)
        frame = (width, height, 0.08 + LEGEND_ROW * rows, title, caption)
        figure, axes = _frame(*frame, ax, composition(atoms))
        image = render_atoms(
            scene.atoms, scene.seen, scene.radii, scene.extent,
            pixels=int(height / aspect * 300), overlay=partial(_draw_cell, scene.edges),
        )  # fmt: skip
        axes.imshow(image, extent=scene.extent, origin="lower", interpolation="antialiased")
        if site is not None:
            draw_ring(axes, scene.seen[site], scene.radii[site] + 0.25)
        for mark, place in zip(marks, places, strict=True):
            if mark.index is None:
                draw_ring(axes, place, VACANCY_RADIUS, VACANCY_STYLE)
        rims = [VACANCY_RADIUS if m.index is None else scene.radii[m.index] for m in marks]
        name_marks(axes, marks, places, np.array(rims), scene.extent, scene.middle)
        scale_bar(axes, scene.extent)
        _draw_legend(axes, handles, rows)
    return figure


@dataclass(frozen=True, eq=False)
class _Scene:
    """Atoms and marks as a picture has them, Å; x right, y up, z to the viewer."""

    atoms: Atoms
    seen: np.ndarray
    radii: np.ndarray
    edges: np.ndarray
    marks: list[Mark]
    places: np.ndarray
    extent: tuple[float, float, float, float]
    middle: float


def _scene(
    atoms: Atoms, site: int | None, guest: np.ndarray, rotation: np.ndarray | None
) -> _Scene:
    """Turn a structure with its cell and its defects to the viewer."""
    turn = view_rotation(atoms, site) if rotation is None else np.asarray(rotation, float)
    marks = defect_marks(atoms, site)
    drawn, edges = whole_cell(atoms, wrap=not len(guest) and not marks)
    radii = drawn_radii(drawn, guest)
    seen, corners = drawn.positions @ turn.T, edges @ turn.T
    middle = 0.5 * (seen.max(axis=0) + seen.min(axis=0))
    seen, corners = seen - middle, corners - middle
    places = np.array([mark.place for mark in marks]).reshape(-1, 3) @ turn.T - middle
    ends = corners.reshape(-1, 3)
    within = np.concatenate([seen, ends]), np.concatenate([radii, np.full(len(ends), -0.2)])
    extent = drawing_extent(*within)
    centre = 0.5 * (extent[0] + extent[1])
    return _Scene(
        drawn, seen, radii, corners, marks, places, widened(extent, marks, places), centre
    )


def _draw_cell(edges: np.ndarray, canvas: Canvas) -> None:
    from heterodot.analysis.figures.rendering import draw_stick

    for start, end in edges:
        draw_stick(canvas, start, end, CELL_EDGE, np.full(3, 0.35))


def _cut_picture(
    atoms: Atoms, ax: Axes | None, width: float, max_height: float, title: str, caption: str
) -> Figure:
    """Draw a core/shell dot cut in half, in the colours of its materials: whole it is a thicket."""
    from matplotlib.lines import Line2D

    half = cut_half(atoms, direction((1.0, 0.0, 0.0)))
    extent = drawing_extent(half.seen, half.radii)
    aspect = (extent[3] - extent[2]) / (extent[1] - extent[0])
    height = min((width - 0.1) * aspect, max_height)
    with figure_style():
        handles = [
            (Line2D([], [], ls="", marker="o", ms=5, mec="0.25", mew=0.5, mfc=shade), name)
            for name, shade in half.colours.items()
        ]
        rows = _legend_rows([text for _, text in handles], width)
        frame = (width, height, 0.08 + LEGEND_ROW * rows, title, caption)
        figure, axes = _frame(*frame, ax, f"{composition(atoms)}; cut open")
        image = render_atoms(
            half.atoms, half.seen, half.radii, extent, pixels=int(height / aspect * 300),
            colours=half.shades,
        )  # fmt: skip
        axes.imshow(image, extent=extent, origin="lower", interpolation="antialiased")
        scale_bar(axes, extent)
        _draw_legend(axes, handles, rows)
    return figure


def composition(atoms: Atoms) -> str:
    """Return the formula of a structure, and its charge where it has one."""
    text = subscript(atoms.get_chemical_formula(mode="metal"))
    charge = provenance.total_charge(atoms)
    return text + typeset(f", charge {charge:+d}") if charge else text


def view_rotation(atoms: Atoms, site: int | None = None) -> np.ndarray:
    """Return the (3, 3) rotation a structure is seen from: its rows point right, up, to the viewer.

    Parameters
    ----------
    atoms : Atoms
    site : int, optional
        Turned to the viewer with what stands on it; the adsorbate's recorded one unless given.
    """
    record = find_adsorbate(atoms) or {}
    site = record.get("site") if site is None else site
    if site is None:
        return cell_view(atoms.cell.complete().array, bounded(atoms))
    guest = np.asarray(record.get("indices", []), int)
    seen = np.unique(np.append(guest, site)).astype(int)
    marks = defect_marks(atoms, site)
    empty = np.array([m.place for m in marks if m.index is None], float).reshape(-1, 3)
    others = np.array([m.index for m in marks if m.index is not None], int)
    return site_view(atoms, int(site), seen, drawn_radii(atoms, guest), empty, others)


def draw_frame(
    width: float,
    height: float,
    atoms: Atoms,
    title: str = "",
    caption: str = "",
    ax: Axes | None = None,
) -> tuple[Figure, Axes, Callable[[], None]]:
    """Return a figure, its drawing area, and what draws the legend of the elements below it.

    Parameters
    ----------
    width, height : float
        Of the drawing area, inches.
    atoms : Atoms
    title, caption : str
    ax : matplotlib Axes, optional
        Given by the caller: the drawing area, and its figure; without the caption.
    """
    handles = _legend_handles(atoms, None, 0)
    rows = _legend_rows([text for _, text in handles], width)
    figure, axes = _frame(width, height, 0.08 + LEGEND_ROW * rows, title, caption, ax)
    return figure, axes, lambda: _draw_legend(axes, handles, rows)


def _frame(
    width: float,
    height: float,
    legend: float,
    title: str,
    caption: str,
    ax: Axes | None,
    formula: str = "",
) -> tuple[Figure, Axes]:
    """Figure with a drawing area of a given height (inches), title above, legend below."""
    if ax is not None:
        ax.axis("off")
        ax.set_title("\n".join(line for line in (rich(title), formula) if line))
        return figure_of(ax), ax
    title_height = 0.15 * (1 + title.count("\n")) if title else 0.0
    header = title_height + (0.13 if formula else 0.0) + (0.05 if title or formula else 0.02)
    figure = captioned_figure(width, height + header + legend, caption, layout=None)
    total = figure.get_figheight()
    below = caption_height(width, caption) + legend
    axes = figure.add_axes((0.05 / width, below / total, 1 - 0.1 / width, height / total))
    axes.axis("off")
    if title:
        figure.text(0.5, 1 - 0.04 / total, rich(title), ha="center", va="top", size=7.5)
    if formula:
        top = 1 - (0.05 + title_height) / total
        figure.text(0.5, top, formula, ha="center", va="top", size=6, color="0.35")
    return figure, axes


def picture_caption(atoms: Atoms, level: str = "", caveats: tuple[str, ...] = ()) -> str:
    """Return formula, charge, level and caveats of a structure as a caption."""
    text = f"{subscript(atoms.get_chemical_formula(mode='hill'))}, {len(atoms)} atoms"
    if charge := provenance.total_charge(atoms):
        text += typeset(f", charge {charge:+d}")
    return join_caption([text, f"Geometry: {level}" if level else "", *caveats])


def _legend_handles(atoms: Atoms, site: int | None, n_vacancies: int) -> list[tuple[Any, str]]:
    """Elements from the heaviest to the lightest, then the rings."""
    from matplotlib.lines import Line2D

    handles = []
    for number in sorted(set(atoms.numbers.tolist()), reverse=True):
        symbol = chemical_symbols[number]
        shade = tuple(element_colour(symbol))
        dot = Line2D([], [], ls="", marker="o", ms=5, mec="0.25", mew=0.5, mfc=shade)
        handles.append((dot, symbol))
    if site is not None:
        ring = Line2D([], [], ls="", marker="o", ms=6, mec="black", mew=1.1, mfc="none")
        handles.append((ring, f"site ({atoms[site].symbol})"))
    if n_vacancies:
        ring = Line2D([], [], ls="", marker=dashed_circle(), ms=6, mec="black", mew=1.0)
        handles.append((ring, "vacancy" if n_vacancies == 1 else "vacancies"))
    return handles


def _legend_rows(texts: list[str], width: float) -> int:
    """How many rows the legend takes in ``width`` inches."""
    points = sum(20 + 4.2 * len(text) for text in texts)
    return int(np.ceil(points / (72 * width)))


def _draw_legend(axes: Axes, handles: list[tuple[Any, str]], rows: int) -> None:
    axes.legend(
        [handle for handle, _ in handles],
        [text for _, text in handles],
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=int(np.ceil(len(handles) / rows)),
        handletextpad=0.1,
        columnspacing=0.7,
        labelspacing=0.2,
        borderaxespad=0.3,
    )

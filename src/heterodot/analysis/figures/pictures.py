"""Pictures of dots: shaded atoms and bonds, the site ringed, elements named, a scale bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols, covalent_radii

from heterodot import provenance
from heterodot.adsorbate import find_adsorbate
from heterodot.analysis.figures.canvas import figure_of, formerly_saved
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
from heterodot.bonds import find_bonds
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.figures.rendering import Canvas

ELEMENT_COLOURS = {
    "H": "#F4F4F4",
    "C": "#3C3C3C",
    "N": "#3050F8",
    "O": "#D7191C",
    "P": "#F08A24",
    "S": "#F3D34A",
    "Cl": "#6CBF5A",
    "Cu": "#C8702A",
    "Zn": "#5B8DB8",
    "Se": "#E6A817",
    "Br": "#8C3B2E",
    "Cd": "#D9C08C",
    "In": "#8F7BB5",
    "I": "#7A3E9D",
    "Cs": "#4E3B8C",
    "Pb": "#5A6270",
}
"""Distinct in lightness as well as in hue; other elements have the colours of jmol (ASE)."""

STICK = 0.13
"""Radius of a bond, Å."""

VACANCY_STYLE = (0, (2, 1.5))
"""Dashes of the ring around a vacancy."""

LEGEND_ROW = 0.145
"""Height of a row of the legend below the drawing, inches."""


def element_colour(symbol: str) -> np.ndarray:
    """(3,) colour of an element, 0…1."""
    if symbol in ELEMENT_COLOURS:
        text = ELEMENT_COLOURS[symbol].lstrip("#")
        return np.array([int(text[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    from ase.data.colors import jmol_colors

    return np.asarray(jmol_colors[atomic_numbers[symbol]], float)


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
    """Draw a dot, slab or molecule, seen so that the site and its adsorbate face the viewer.

    Parameters
    ----------
    atoms : Atoms
        An adsorbate recorded by ``add_adsorbate`` is drawn larger and kept in view, recorded
        vacancies are marked by dashed rings (where there are more than four, those within 5 Å
        of the site).
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
    guest = np.asarray(record.get("indices", []), int)
    radii = drawn_radii(atoms, guest)
    turn = view_rotation(atoms, site) if rotation is None else np.asarray(rotation, float)
    seen = atoms.positions @ turn.T
    middle = 0.5 * (seen.max(axis=0) + seen.min(axis=0))
    seen -= middle
    empty = _marked_vacancies(atoms, site) @ turn.T - middle
    extent = drawing_extent(seen, radii)
    aspect = (extent[3] - extent[2]) / (extent[1] - extent[0])
    height = min((width - 0.1) * aspect, max_height)
    with figure_style():
        handles = _legend_handles(atoms, site, len(empty))
        rows = _legend_rows([text for _, text in handles], width)
        legend = 0.08 + LEGEND_ROW * rows
        figure, axes = _frame(width, height, legend, title, caption, ax)
        image = render_atoms(atoms, seen, radii, extent, pixels=int(height / aspect * 300))
        axes.imshow(image, extent=extent, origin="lower", interpolation="antialiased")
        if site is not None:
            _ring(axes, seen[site], radii[site] + 0.25)
        for centre in empty:
            _ring(axes, centre, 0.55, VACANCY_STYLE)
        scale_bar(axes, extent)
        _draw_legend(axes, handles, rows)
    return figure


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
    width: float, height: float, legend: float, title: str, caption: str, ax: Axes | None
) -> tuple[Figure, Axes]:
    """Figure with a drawing area of a given height (inches), title above, legend below."""
    if ax is not None:
        ax.axis("off")
        ax.set_title(rich(title))
        return figure_of(ax), ax
    header = 0.05 + 0.15 * (1 + title.count("\n")) if title else 0.02
    figure = captioned_figure(width, height + header + legend, caption, layout=None)
    total = figure.get_figheight()
    below = caption_height(width, caption) + legend
    axes = figure.add_axes((0.05 / width, below / total, 1 - 0.1 / width, height / total))
    axes.axis("off")
    if title:
        figure.text(0.5, 1 - 0.04 / total, rich(title), ha="center", va="top", size=7.5)
    return figure, axes


def picture_caption(atoms: Atoms, level: str = "", caveats: tuple[str, ...] = ()) -> str:
    """Return formula, charge, level and caveats of a structure as a caption."""
    text = f"{subscript(atoms.get_chemical_formula(mode='hill'))}, {len(atoms)} atoms"
    if charge := provenance.total_charge(atoms):
        text += typeset(f", charge {charge:+d}")
    return join_caption([text, f"Geometry: {level}" if level else "", *caveats])


def drawn_radii(atoms: Atoms, guest: np.ndarray) -> np.ndarray:
    """(N,) radii of the spheres, Å: 0.48 of the covalent ones, the adsorbate's a third larger."""
    radii = 0.48 * covalent_radii[atoms.numbers]
    radii[atoms.numbers == 1] = 0.22
    if len(guest):
        radii[guest] *= 1.35
    return radii


def vacancies(atoms: Atoms) -> np.ndarray:
    """(k, 3) positions (Å) of the recorded vacancies that still lie within the structure.

    A structure that was moved since leaves its record behind: a place on top of an atom, or far
    from all, is not shown.
    """
    records = provenance.details(atoms).get("defects") or []
    found = []
    for record in records:
        if not str(record.get("symbol", "")).startswith("V_"):
            continue
        place = provenance.defect_position(atoms, record)
        nearest = np.linalg.norm(atoms.positions - place, axis=1).min()
        if 1.0 < nearest < 3.5:
            found.append(place)
    return np.array(found, float).reshape(-1, 3)


def _marked_vacancies(atoms: Atoms, site: int | None) -> np.ndarray:
    """(k, 3) vacancies worth a ring: all of a few; of many, those next to the site."""
    found = vacancies(atoms)
    if len(found) <= 4:
        return found
    if site is None:
        return found[:0]
    return found[np.linalg.norm(found - atoms.positions[site], axis=1) < 5.0]


def view_rotation(atoms: Atoms, site: int | None = None) -> np.ndarray:
    """Return the (3, 3) rotation a structure is seen from: its rows point right, up, to the viewer.

    Parameters
    ----------
    atoms : Atoms
    site : int, optional
        Turned to the viewer with what stands on it; the adsorbate's recorded one unless given.
    """
    from heterodot.analysis.figures.view import default_view, site_view

    record = find_adsorbate(atoms) or {}
    site = record.get("site") if site is None else site
    if site is None:
        return default_view()
    guest = np.asarray(record.get("indices", []), int)
    seen = np.unique(np.append(guest, site)).astype(int)
    return site_view(atoms, int(site), seen, drawn_radii(atoms, guest))


def drawing_extent(seen: np.ndarray, radii: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of the picture, Å, with a margin for the ring.

    Parameters
    ----------
    seen : (N, 3) float array
        Right, up and to the viewer, Å.
    radii : (N,) float array
        Of the spheres, Å.
    """
    margin = radii[:, None] + 0.45
    low, high = (seen[:, :2] - margin).min(axis=0), (seen[:, :2] + margin).max(axis=0)
    low[1] -= 0.06 * (high[1] - low[1]) + 0.4  # room for the scale bar
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def render_atoms(
    atoms: Atoms,
    seen: np.ndarray,
    radii: np.ndarray,
    extent: tuple[float, float, float, float],
    pixels: int,
    supersampling: int = 2,
    colours: np.ndarray | None = None,
    overlay: Callable[[Canvas], None] | None = None,
) -> np.ndarray:
    """Return a (h, w, 4) image of the atoms and bonds.

    Parameters
    ----------
    atoms : Atoms
    seen : (N, 3) float array
        Right, up and to the viewer, Å.
    radii : (N,) float array
        Of the spheres, Å.
    extent : four float
        Left, right, bottom, top of the picture, Å.
    pixels : int
        Width of the image.
    supersampling : int
        Pixels drawn for each of the image, along each side.
    colours : (N, 3) float array, optional
        Of the atoms, 0…1; those of the elements unless given.
    overlay : callable, optional
        Draws more on the canvas once the atoms are there.
    """
    from heterodot.analysis.figures.rendering import Canvas, draw_sphere, draw_stick, finish

    if colours is None:
        colours = np.array([element_colour(chemical_symbols[z]) for z in atoms.numbers])
    scale = supersampling * pixels / (extent[1] - extent[0])
    canvas = Canvas.blank(extent, scale)
    for centre, radius, colour in zip(seen, radii, colours, strict=True):
        draw_sphere(canvas, centre, float(radius), colour)
    charges = atoms.arrays.get("formal_charge", np.zeros(len(atoms)))
    for i, j in find_bonds(atoms).pairs:
        if charges[i] * charges[j] > 0:
            continue  # like ions may come close, and are no bond
        if atoms.pbc.any() and np.linalg.norm(seen[i] - seen[j]) > 4.0:
            continue  # bonded to an image outside the picture
        middle = _middle(seen[i], seen[j], float(radii[i]), float(radii[j]))
        draw_stick(canvas, seen[i], middle, STICK, colours[i])
        draw_stick(canvas, middle, seen[j], STICK, colours[j])
    if overlay is not None:
        overlay(canvas)
    return finish(canvas, supersampling)


def _middle(a: np.ndarray, b: np.ndarray, r_a: float, r_b: float) -> np.ndarray:
    """Where the visible part of a bond is halved."""
    share = 0.5 * (1 + (r_a - r_b) / max(float(np.linalg.norm(b - a)), 1e-9))
    return a + np.clip(share, 0.1, 0.9) * (b - a)


def _ring(axes: Axes, centre: np.ndarray, radius: float, style: Any = "-") -> None:
    """Draw a black ring on a white halo, over everything."""
    from matplotlib.patches import Circle

    for colour, line in (("white", 2.4), ("black", 1.1)):
        axes.add_patch(
            Circle(tuple(centre[:2]), radius, fill=False, ec=colour, lw=line, ls=style, zorder=5)
        )


def scale_bar(axes: Axes, extent: tuple[float, float, float, float]) -> None:
    """Draw a bar of a round length at the lower left.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        In units of Å.
    extent : four float
        Left, right, bottom, top of the picture, Å.
    """
    span = extent[1] - extent[0]
    length = max((n for n in (1, 2, 5, 10, 20, 50) if n <= 0.4 * span), default=1)
    x, y = extent[0] + 0.03 * span, extent[2] + 0.02 * span
    axes.plot([x, x + length], [y, y], color="black", lw=1.5, solid_capstyle="butt", zorder=6)
    text = f"{length / 10:g} nm" if length >= 10 else f"{length} Å"
    axes.annotate(
        text,
        (x + length / 2, y),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=6,
        zorder=6,
    )


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
        ring = Line2D([], [], ls="", marker=_dashed_circle(), ms=6, mec="black", mew=1.0)
        handles.append((ring, "vacancy" if n_vacancies == 1 else "vacancies"))
    return handles


def _dashed_circle() -> Any:
    """Return a marker of eight short arcs."""
    from matplotlib.path import Path as Outline

    arcs = []
    for start in np.arange(8) * np.pi / 4:
        angles = start + np.linspace(0, np.pi / 7, 6)
        arcs.append(Outline(np.column_stack([np.cos(angles), np.sin(angles)])))
    return Outline.make_compound_path(*arcs)


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

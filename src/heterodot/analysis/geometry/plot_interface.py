"""The figure of an interface: from two sides, and its two touching layers from above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from heterodot import provenance
from heterodot.analysis.figures.canvas import formerly_saved, panels_for
from heterodot.analysis.figures.drawing import (
    drawing_extent,
    drawn_radii,
    element_colour,
    render_atoms,
    scale_bar,
)
from heterodot.analysis.figures.style import (
    PAGE,
    figure_style,
    rich,
    subscript,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WINDOW = 22.0
"""Å shown from left to right; the interface is repeated to fill it."""

LARGEST_WINDOW = 120.0
"""Å from left to right of the face seen from above; larger cells are shown in part."""

MARGIN = 2.0
"""Å around what is shown."""

DEPTH = 7.0
"""Å behind the front that a side view shows: what is deeper would only crowd it."""


@formerly_saved("path", "width", "caption")
def plot_interface(
    atoms: Atoms,
    *,
    axes: Sequence[Axes] | None = None,
    width: float = PAGE,
    caption: str = "",
) -> Figure:
    """Draw an interface from two sides, and its two touching layers from above.

    Parameters
    ----------
    atoms : Atoms
        From :func:`heterodot.structures.interface`.
    axes : sequence of matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given:
        the two sides, and the faces from above.
    width : float
        Of the figure, inches.
    caption : str
        Below it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        The structure is no interface.
    """
    record = provenance.details(atoms).get("interface")
    if record is None or "domain" not in atoms.arrays:
        raise InputError("the structure has no interface record: build it with interface()")
    tall = (float(np.ptp(atoms.positions[:, 2])) + 5.0) / (WINDOW + 4.0)
    panel = width / 3.0
    height = min(0.76 * panel * max(tall, 1.0), 1.2 * width) + 0.6
    with figure_style():
        figure, panels = panels_for(axes, 3, width, height, caption, ncols=3)
        right = np.array([1.0, 0.0])
        front = np.array([0.0, -1.0])
        for place, u, v in ((panels[0], right, front), (panels[1], -front, right)):
            _draw(place, *_side_view(atoms, u, v), (0.0, WINDOW), int(170 * panel))
        panels[0].set_title("a to the right", fontsize=7)
        panels[1].set_title("a towards the viewer", fontsize=7)
        panels[2].set_title(_face_title(record), fontsize=7)
        _label(panels[0], atoms, record)
        half = _half_window(atoms)
        _draw(panels[2], *_face_view(atoms), (-half, half), int(170 * panel))
        _outline(panels[2], atoms)
        _legend(panels[1], atoms)
    return figure


def _filled(atoms: Atoms, corners: np.ndarray) -> Atoms:
    """Return the periodic structure repeated over a planar region, as a finite one."""
    cell = atoms.cell.array[:2, :2]
    scaled = corners @ np.linalg.inv(cell)
    low, high = np.floor(scaled.min(axis=0)) - 1, np.ceil(scaled.max(axis=0)) + 1
    grid = np.stack(
        np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]), indexing="ij"), -1
    ).reshape(-1, 2)
    many = atoms[np.tile(np.arange(len(atoms)), len(grid))]
    many.positions[:, :2] += np.repeat(grid @ cell, len(atoms), axis=0)
    many.pbc = False
    return many


def _side_view(atoms: Atoms, right: np.ndarray, front: np.ndarray) -> tuple[Atoms, np.ndarray]:
    """Return the atoms of a slice, and what is right, up and to the viewer, Å."""
    region = [x * right - y * front for x in (0, WINDOW) for y in (0, DEPTH)]
    many = _filled(atoms, np.array(region))
    x, y = many.positions[:, :2] @ right, many.positions[:, :2] @ front
    shown = (x > -0.1) & (x < WINDOW - 0.1) & (y < 0.1) & (y > 0.1 - DEPTH)
    return many[shown], np.column_stack([x, many.positions[:, 2], y])[shown]


def _face_view(atoms: Atoms) -> tuple[Atoms, np.ndarray]:
    """Return the two layers that touch, seen from above."""
    layer, film = atoms.arrays["layer"], atoms.arrays["domain"] == "film"
    touching = atoms[(layer == layer[film].min()) | (layer == layer[~film].max())]
    cell = atoms.cell.array[:2, :2]
    middle = 0.5 * cell.sum(axis=0)
    half = _half_window(atoms)
    corners = middle + half * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
    many = _filled(touching, corners)
    seen = many.positions - [*middle, 0.0]
    shown = (np.abs(seen[:, :2]) < half).all(axis=1)
    return many[shown], seen[shown]


def _half_window(atoms: Atoms) -> float:
    """Half the width of the face that is shown, Å: a whole cell if it is not too large."""
    spans = 0.55 * np.abs(atoms.cell.array[:2, :2]).sum(axis=0)
    return float(np.clip(spans.max(), 0.5 * WINDOW, 0.5 * LARGEST_WINDOW))


def _draw(
    axes: Axes, atoms: Atoms, seen: np.ndarray, span: tuple[float, float], pixels: int
) -> None:
    """Render atoms into axes between two abscissae (Å), with a scale bar."""
    radii = drawn_radii(atoms, np.zeros(0, int))
    _, _, bottom, top = drawing_extent(seen, radii)
    extent = (span[0] - MARGIN, span[1] + MARGIN, bottom - 1.0, top)
    image = render_atoms(atoms, seen, radii, extent, pixels=pixels)
    axes.imshow(image, extent=extent, origin="lower", interpolation="antialiased")
    axes.set(xlim=extent[:2], ylim=extent[2:])
    axes.axis("off")
    axes.set_anchor("S")
    scale_bar(axes, extent)


def _face_title(record: dict[str, Any]) -> str:
    film, substrate = record["film"]["bottom"], record["substrate"]["top"]
    return rich(f"{subscript(film)} on {subscript(substrate)}, from above")


def _outline(axes: Axes, atoms: Atoms) -> None:
    """Draw the common cell."""
    a, b = atoms.cell.array[:2, :2]
    loop = np.array([0 * a, a, a + b, b, 0 * a]) - 0.5 * (a + b)
    axes.plot(loop[:, 0], loop[:, 1], color="black", lw=0.8, zorder=6, clip_on=True)


def _label(axes: Axes, atoms: Atoms, record: dict[str, Any]) -> None:
    """Write the planes beside the two sides, and the gap between them."""
    film = atoms.arrays["domain"] == "film"
    for mask, which in ((film, "film"), (~film, "substrate")):
        z = atoms.positions[mask, 2]
        crystal, _, plane = record[which]["plane"].partition("(")
        text = f"{which}\n{rich(subscript(crystal))}({plane}"
        axes.annotate(
            text, (-MARGIN, 0.5 * (z.max() + z.min())), xytext=(-14, 0),
            textcoords="offset points", rotation=90, ha="right", va="center", size=6.5,
            annotation_clip=False,
        )  # fmt: skip
    middle = 0.5 * (atoms.positions[film, 2].min() + atoms.positions[~film, 2].max())
    axes.annotate(
        f"{record['gap']:.2f} Å", (-MARGIN, middle), xytext=(6, 0), textcoords="offset points",
        ha="right", va="center", size=5.5, annotation_clip=False,
    )  # fmt: skip


def _legend(axes: Axes, atoms: Atoms) -> None:
    from matplotlib.lines import Line2D

    numbers = sorted(set(atoms.numbers.tolist()), reverse=True)
    dots = [
        Line2D([], [], ls="", marker="o", ms=5, mec="0.25", mew=0.5,
               mfc=tuple(element_colour(chemical_symbols[n])))
        for n in numbers
    ]  # fmt: skip
    dots.append(Line2D([], [], ls="", marker="s", ms=5, mec="black", mew=0.8, mfc="none"))
    names = [*(chemical_symbols[n] for n in numbers), "common cell"]
    axes.legend(
        dots, names, loc="upper center", bbox_to_anchor=(0.5, 0.0), ncols=len(names),
        handletextpad=0.1, columnspacing=0.7, borderaxespad=0.3,
    )  # fmt: skip

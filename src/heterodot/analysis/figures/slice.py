"""Slices: the values of a field on a plane through atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase.data import chemical_symbols

from heterodot.analysis.figures.canvas import axes_for, formerly_saved
from heterodot.analysis.figures.style import (
    COLUMN,
    figure_style,
    rich,
)
from heterodot.checks import is_whole, positive
from heterodot.data.grid import GridField
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARGIN = 2.0
"""Å shown round the atoms the plane goes through."""

POINTS = 240
"""Values along the longer side."""

IN_PLANE = 0.6
"""Å: atoms further from the plane are not named."""

_DISC = {"boxstyle": "circle,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75}

STRAIGHT = 0.1
"""Å: atoms nearer to one line than this span no plane."""


@dataclass(frozen=True, eq=False)
class Plane:
    """A plane with two directions.

    Attributes
    ----------
    centre : (3,) float array
        Å.
    right, up : (3,) float array
        Unit vectors at right angles.
    """

    centre: np.ndarray
    right: np.ndarray
    up: np.ndarray

    def places(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """(h, w, 3) points of a mesh of (w,) x and (h,) y, Å."""
        return self.centre + x[None, :, None] * self.right + y[:, None, None] * self.up

    def seen(self, positions: np.ndarray) -> np.ndarray:
        """Return (a, 3) distances of (a, 3) positions to the right, up, and out of the plane, Å."""
        axes = np.array([self.right, self.up, np.cross(self.right, self.up)])
        away: np.ndarray = (positions - self.centre) @ axes.T
        return away


def plane_through(field: GridField, indices: Sequence[int]) -> Plane:
    """Return the plane that fits atoms best, the nearest other atoms being below them.

    Atoms on one line (CO2) span no plane: it is then turned to the nearest atom off the line, or,
    where no atom is off it, to the cell vector that is.

    Parameters
    ----------
    field : GridField
    indices : sequence of int
        Two atoms or more.

    Raises
    ------
    InputError
        Fewer than two atoms, no such atoms, or atoms all at one place.
    """
    n = len(field.numbers)
    try:
        own = list(indices)
    except TypeError:
        raise InputError(f"atoms {indices!r}: expected two or more different ones") from None
    whole = all(map(is_whole, own))
    if not whole or len(set(own)) < 2 or not all(0 <= i < n for i in own):
        raise InputError(f"atoms {own}: expected two or more different ones of 0…{n - 1}")
    points = field.positions[own]
    centre = points.mean(axis=0)
    _, sizes, axes = np.linalg.svd(points - centre)
    if sizes[0] < STRAIGHT:
        raise InputError(f"atoms {own}: all at one place, expected a line or a plane")
    first = axes[0]
    if len(own) > 2 and sizes[1] > STRAIGHT:
        second = axes[1]
    else:
        second = _towards(field, own, centre, first)
    rest = np.delete(field.positions, own, axis=0)
    if len(rest):
        apart = np.linalg.norm(rest - centre, axis=1)
        below = (np.exp(-apart)[:, None] * (centre - rest)).sum(axis=0)
        if abs(below @ first) > abs(below @ second):  # what stands upright is drawn upright
            first, second = second, first
        second = second if below @ second >= 0 else -second
    return Plane(centre, first, second)


def _towards(field: GridField, own: list[int], centre: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return the unit vector at right angles to a line, to the nearest atom that is not on it.

    Without such an atom every plane through the line is alike: the cell decides.
    """
    away = field.positions - centre
    off = away - np.outer(away @ line, line)
    distance = np.linalg.norm(away, axis=1)
    distance[own] = np.inf
    distance[np.linalg.norm(off, axis=1) < STRAIGHT] = np.inf
    nearest = int(distance.argmin())
    if np.isinf(distance[nearest]):
        across = field.cell - np.outer(field.cell @ line, line)
        widest = across[int(np.linalg.norm(across, axis=1).argmax())]
        return np.asarray(widest / np.linalg.norm(widest))
    unit: np.ndarray = off[nearest] / np.linalg.norm(off[nearest])
    return unit


@formerly_saved("path", "title", "caption", "margin", "levels")
def plot_slice(
    field: GridField,
    indices: Sequence[int],
    *,
    ax: Axes | None = None,
    title: str = "",
    caption: str = "",
    margin: float = MARGIN,
    levels: Sequence[float] | None = None,
) -> Figure:
    """Draw a field on the plane through atoms, with contour lines and the atoms named.

    Parameters
    ----------
    field : GridField
        An ELF is drawn from 0 to 1; anything else symmetrically about zero if it has both signs.
    indices : sequence of int
        The atoms of the plane, two or more; see :func:`plane_through`.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    title, caption : str
    margin : float
        Å shown round these atoms.
    levels : sequence of float, optional
        Contour lines; ½ and 0.8 of an ELF, five by the range of anything else.

    Raises
    ------
    InputError
        As :func:`plane_through`, or a margin that is not positive.
    """
    margin = positive(margin, "margin", "Å")
    plane = plane_through(field, indices)
    own = plane.seen(field.positions[list(indices)])[:, :2]
    low, high = own.min(axis=0) - margin, own.max(axis=0) + margin
    spacing = float((high - low).max()) / POINTS
    x, y = (np.arange(a, b + spacing, spacing) for a, b in zip(low, high, strict=True))
    values = field.sample(plane.places(x, y))
    with figure_style():
        height = min(COLUMN * 0.78 * len(y) / len(x) + 0.45, 3.4)
        figure, axes = axes_for(ax, COLUMN, height, caption)
        image = axes.imshow(
            values, extent=(x[0], x[-1], y[0], y[-1]), origin="lower", **_colours(field, values)
        )
        lines = _levels(field, values) if levels is None else sorted(levels)
        axes.contour(x, y, values, lines, colors="white", linewidths=0.5)
        _name_atoms(axes, plane, field)
        axes.set_xlabel("in the plane (Å)")
        axes.set_ylabel("in the plane (Å)")
        label = f"{field.what} ({field.unit})" if field.unit else field.what
        figure.colorbar(image, ax=axes, label=label, fraction=0.05, aspect=25)
        if title:
            axes.set_title(rich(title))
    return figure


def _colours(field: GridField, values: np.ndarray) -> dict[str, Any]:
    if field.what == "ELF":
        return {"cmap": "cividis", "vmin": 0.0, "vmax": 1.0}
    if values.min() < 0 < values.max():
        largest = float(np.quantile(np.abs(values), 0.995)) or 1.0
        return {"cmap": "PuOr", "vmin": -largest, "vmax": largest}
    return {"cmap": "cividis", "vmin": 0.0, "vmax": float(np.quantile(values, 0.98)) or 1.0}


def _levels(field: GridField, values: np.ndarray) -> list[float]:
    if field.what == "ELF":
        return [0.5, 0.8]
    largest = float(np.quantile(np.abs(values), 0.98))
    if not largest > 0:
        return []
    steps = [largest * 0.5**n for n in range(5)]
    return sorted({*steps, *(-s for s in steps if values.min() < 0)})


def _name_atoms(axes: Axes, plane: Plane, field: GridField) -> None:
    """Mark the atoms near the plane, images of a periodic cell too, by their symbols."""
    left, right, bottom, top = axes.get_xlim() + axes.get_ylim()
    for shift in _shifts(field):
        for number, (x, y, out) in zip(
            field.numbers, plane.seen(field.positions + shift), strict=True
        ):
            if abs(out) < IN_PLANE and left < x < right and bottom < y < top:
                axes.text(
                    x, y, chemical_symbols[number], ha="center", va="center", size=6.0,
                    color="black", bbox=_DISC,
                )  # fmt: skip


def _shifts(field: GridField) -> np.ndarray:
    """(m, 3) lattice vectors to a cell and its neighbours along periodic directions, Å."""
    ranges = [(-1, 0, 1) if periodic else (0,) for periodic in field.pbc]
    steps = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 3)
    shifts: np.ndarray = steps @ field.cell
    return shifts

"""Pictures of the surfaces on which a field has one value, round the atoms it belongs to.

Seen from far away: the line of sight of each pixel is followed through the grid to the first point
where the field, linear between grid points, reaches the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import formerly_saved
from heterodot.analysis.figures.style import (
    COLOURS,
    COLUMN,
    figure_style,
    join_caption,
)
from heterodot.checks import positive
from heterodot.data.grid import GridField, points_around
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.figures.rendering import Canvas

OPACITY = 0.3
"""Of surfaces that face the viewer, so that atoms keep their colours."""

RIM = 0.95
"""Of surfaces seen edge-on: the rim shows where the surface is."""

NEAR_NUCLEUS = 0.4
"""Å: what lies closer to a nucleus does not count when a value is chosen. Chosen by eye; no number
depends on it."""

SHARE = 0.35
"""Of the density's magnitude that the surfaces of the chosen value enclose. Chosen by eye; the
caption says the value it gives, and ``isovalue`` overrides it."""

SOFT = 1.2
"""Lines of sight over which the edges of surfaces are smoothed."""

LINES = 560
"""Lines of sight across the picture."""

GAIN, LOSS = COLOURS[0], COLOURS[1]


def choose_isovalue(field: GridField) -> float:
    """Return a round value (e/Å³) whose surfaces enclose a third of the density's magnitude.

    Points next to nuclei, where a difference of densities is noisy, are left out.

    Raises
    ------
    InputError
        Zero everywhere else.
    """
    magnitude = np.abs(field.values)
    for place in field.positions:
        magnitude[points_around(field, place, NEAR_NUCLEUS)] = 0.0
    ordered = np.sort(magnitude.ravel())[::-1]
    running = np.cumsum(ordered)
    value = float(ordered[int(np.searchsorted(running, SHARE * running[-1]))])
    if not value > 0:
        raise InputError("density is zero outside the nuclei: no surface to draw")
    digits = 10.0 ** np.floor(np.log10(value))
    return float(f"{np.floor(value / digits) * digits:.1e}")


@dataclass(frozen=True, eq=False)
class Surface:
    """What is seen of the surfaces of ±value.

    Attributes
    ----------
    depth : (h, w) float array
        Height above the picture plane, Å; −inf where there is none.
    sign : (h, w) float array
        +1 or −1.
    normal : (h, w, 3) float array
        Towards lower magnitude; right, up, to the viewer.
    """

    depth: np.ndarray
    sign: np.ndarray
    normal: np.ndarray


def trace_surfaces(
    field: GridField,
    value: float,
    rotation: np.ndarray,
    middle: np.ndarray,
    x: np.ndarray,
    y: np.ndarray,
) -> Surface:
    """Follow each line of sight to the first surface of ±value.

    Parameters
    ----------
    field : GridField
    value : float
        In the field's unit, positive.
    rotation : (3, 3) float array
        Rows: what points right, up and to the viewer.
    middle : (3,) float array
        What the picture's origin is in rotated coordinates, Å.
    x : (w,) float array
        Of the lines of sight, Å.
    y : (h,) float array
        Of the lines of sight, Å.
    """
    depth = np.full((len(y), len(x)), -np.inf)
    sign, normal = np.zeros(depth.shape), np.zeros((*depth.shape, 3))
    inside = np.argwhere(np.abs(field.values) >= value)
    if not len(inside):
        return Surface(depth, sign, normal)
    points = (field.corner + inside @ field.steps) @ rotation.T - middle
    spacing = np.linalg.norm(field.steps, axis=1)
    step = 0.6 * float(spacing.min())
    rows, columns = _possible(points, x, y, float(spacing.max()))
    start = np.column_stack([x[columns], y[rows], np.zeros(len(rows))])
    start = (start + middle) @ rotation
    before = np.zeros(len(rows))
    high, low = points[:, 2].max() + 2 * step, points[:, 2].min() - 3 * step
    for z in np.arange(high, low, -step):
        here = field.sample(start + z * rotation[2], repeat=False)
        hit = np.abs(here) >= value
        if hit.any():
            a, b = np.abs(before[hit]), np.abs(here[hit])
            part = np.where(np.sign(before[hit]) == np.sign(here[hit]), (value - a) / (b - a), 1.0)
            heights = z + step * (1 - np.clip(part, 0, 1))
            at = rows[hit], columns[hit]
            depth[at], sign[at] = heights, np.sign(here[hit])
            places = start[hit] + heights[:, None] * rotation[2]
            normal[at] = _normals(field, places, sign[at]) @ rotation.T
            rows, columns, start, before = (q[~hit] for q in (rows, columns, start, here))
        else:
            before = here
    return Surface(depth, sign, normal)


def _possible(
    points: np.ndarray, x: np.ndarray, y: np.ndarray, spacing: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the lines of sight that pass within reach of the points."""
    from scipy.ndimage import binary_dilation

    steps = np.array([x[1] - x[0], y[1] - y[0]])
    index = np.rint((points[:, :2] - [x[0], y[0]]) / steps).astype(int)
    index = index[((index >= 0) & (index < [len(x), len(y)])).all(axis=1)]
    near = np.zeros((len(y), len(x)), bool)
    near[index[:, 1], index[:, 0]] = True
    reach = int(np.ceil(1.8 * spacing / steps.min()))
    rows, columns = np.nonzero(binary_dilation(near, np.ones((3, 3), bool), reach))
    return rows, columns


def _normals(field: GridField, places: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Return unit vectors of falling magnitude, by central differences over one grid spacing."""
    reach = float(np.linalg.norm(field.steps, axis=1).max())
    slopes = [
        field.sample(places + reach * e, False) - field.sample(places - reach * e, False)
        for e in np.eye(3)
    ]
    down = -sign[:, None] * np.stack(slopes, -1)
    return down / np.maximum(np.linalg.norm(down, axis=1), 1e-12)[:, None]


def blend(canvas: Canvas, surface: Surface, opacity: float = OPACITY) -> None:
    """Lay the surfaces over what the canvas holds, where they are nearer.

    Parameters
    ----------
    canvas : Canvas
        Of more pixels than the surface has lines of sight: these are interpolated.
    surface : Surface
    opacity : float
        0…1.
    """
    from scipy.ndimage import gaussian_filter, map_coordinates

    from heterodot.analysis.figures.rendering import AMBIENT, DIFFUSE, LIGHT

    there = np.isfinite(surface.depth)
    lit = AMBIENT + DIFFUSE * np.clip(surface.normal @ LIGHT, 0, 1)
    edge_on = 1.0 - np.clip(np.abs(surface.normal[..., 2]), 0, 1)
    opacities = opacity + (RIM - opacity) * edge_on**1.5
    shades = np.where(surface.sign[..., None] > 0, _rgb(GAIN), _rgb(LOSS)) * lit[..., None]
    h, w = canvas.depth.shape
    rows = (np.arange(h) + 0.5) / h * there.shape[0] - 0.5
    columns = (np.arange(w) + 0.5) / w * there.shape[1] - 0.5
    grid = np.meshgrid(rows, columns, indexing="ij")

    def spread(layer: np.ndarray) -> np.ndarray:
        return np.asarray(map_coordinates(layer, grid, order=1, mode="nearest"))

    def smooth(layer: np.ndarray) -> np.ndarray:
        return spread(gaussian_filter(np.where(there, layer, 0.0), SOFT))

    cover = smooth(np.ones(there.shape))
    weight = np.maximum(cover, 1e-9)
    depth = smooth(surface.depth) / weight
    inside = np.clip(0.5 + 1.8 * (cover - 0.5), 0, 1)  # the rim falls off over one line of sight
    front = (inside > 0) & (depth > canvas.depth)
    share = np.where(front, inside * smooth(opacities) / weight, 0.0)
    for channel in range(3):
        shade = smooth(shades[..., channel]) / weight
        canvas.colour[..., channel] += share * (shade - canvas.colour[..., channel])
    bare = front & (cover > 0.5) & ~np.isfinite(canvas.depth)
    canvas.depth[bare] = depth[bare]  # atoms keep their own, and with it their outlines


def _rgb(text: str) -> np.ndarray:
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)]) / 255


@formerly_saved("path", "focus", "rotation", "title", "caption", "width", "max_height")
def plot_isosurface(
    field: GridField,
    isovalue: float | None = None,
    *,
    ax: Axes | None = None,
    focus: Sequence[int] = (),
    rotation: np.ndarray | None = None,
    title: str = "",
    caption: str = "",
    width: float = COLUMN,
    max_height: float = 3.0,
) -> Figure:
    """Draw atoms and bonds with the surfaces of ±isovalue over them.

    Parameters
    ----------
    field : GridField
    isovalue : float, optional
        In the field's unit; by :func:`choose_isovalue` unless given. The caption says it.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    focus : indices, optional
        Atoms to be seen best.
    rotation : (3, 3) float array, optional
        Rows: what points right, up and to the viewer; chosen by the focus unless given.
    title, caption : str
    width : float
        Inches.
    max_height : float
        Of the drawing, inches.

    Raises
    ------
    InputError
        No atoms, an isovalue that is not positive, or above the field everywhere.
    """
    from heterodot.analysis.figures.drawing import drawn_radii, render_atoms, scale_bar
    from heterodot.analysis.figures.pictures import draw_frame

    value = _checked(field, isovalue)
    atoms = field.atoms
    atoms.set_celldisp([0, 0, 0])
    radii = drawn_radii(atoms, np.array([], int))
    turn = _view(field, focus, radii) if rotation is None else np.asarray(rotation, float)
    seen = atoms.positions @ turn.T
    middle = 0.5 * (seen.max(axis=0) + seen.min(axis=0))
    extent = _extent(field, value, turn, middle, seen - middle, radii)
    aspect = (extent[3] - extent[2]) / (extent[1] - extent[0])
    height = min((width - 0.1) * aspect, max_height)
    x = np.linspace(extent[0], extent[1], LINES)
    y = np.linspace(extent[2], extent[3], max(2, round(LINES * aspect)))
    surface = trace_surfaces(field, value, turn, middle, x, y)
    said = join_caption(
        [f"Surfaces at ±{_shown(field, value)}: blue more electrons, orange fewer", caption]
    )
    if not (field.values <= -value).any():
        name = "" if field.unit else f"{field.what} = "
        said = join_caption([f"Surface at {name}{_shown(field, value)}", caption])
    with figure_style():
        figure, axes, legend = draw_frame(width, height, atoms, title, said, ax)
        image = render_atoms(
            atoms,
            seen - middle,
            radii,
            extent,
            pixels=int(height / aspect * 300),
            overlay=lambda canvas: blend(canvas, surface),
        )
        axes.imshow(image, extent=extent, origin="lower", interpolation="antialiased")
        scale_bar(axes, extent)
        legend()
    return figure


def _checked(field: GridField, isovalue: float | None) -> float:
    if not len(field.numbers):
        raise InputError(f"{field.what} without atoms: nothing to draw round")
    if isovalue is None:
        return choose_isovalue(field)
    isovalue = positive(isovalue, "isovalue", field.unit)
    largest = float(np.abs(field.values).max())
    if isovalue > largest:
        raise InputError(
            f"isovalue {isovalue:g}: the {field.what} reaches {_shown(field, largest)} only"
        )
    return float(isovalue)


def _shown(field: GridField, value: float) -> str:
    return f"{value:.3g} {field.unit}".rstrip()


def _view(field: GridField, focus: Sequence[int], radii: np.ndarray) -> np.ndarray:
    from heterodot.analysis.figures.view import cell_view, default_view, site_view

    ends = [not periodic for periodic in field.pbc]
    if sum(ends) == 1:  # a slab: its normal is up, and one looks along its surface
        return cell_view(field.cell, ends)
    own = np.asarray(list(focus), int)
    if not len(own) or len(own) == len(field.numbers):
        return default_view()
    apart = field.positions[own][:, None] - field.positions[None]
    apart = np.linalg.norm(apart, axis=-1)
    apart[:, own] = np.inf
    site = int(np.unravel_index(apart.argmin(), apart.shape)[1])
    return site_view(field.atoms, site, np.unique(np.append(own, site)), radii)


def _extent(
    field: GridField,
    value: float,
    turn: np.ndarray,
    middle: np.ndarray,
    seen: np.ndarray,
    radii: np.ndarray,
) -> tuple[float, float, float, float]:
    """Return the picture's edges (Å) round atoms and surfaces."""
    from heterodot.analysis.figures.drawing import drawing_extent

    inside = np.argwhere(np.abs(field.values) >= value)
    places = (field.corner + inside @ field.steps) @ turn.T - middle
    spacing = np.full(len(places), 0.5 * np.linalg.norm(field.steps, axis=1).max() - 0.2)
    return drawing_extent(np.concatenate([seen, places]), np.concatenate([radii, spacing]))

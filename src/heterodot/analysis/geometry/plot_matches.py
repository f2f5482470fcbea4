"""Figure of lattice matches: area against strain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from heterodot.analysis.figures.canvas import axes_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    rich,
    typeset,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

MOST_COLOURS = 6
"""Pairs of planes with a colour of their own: those of the best matches; the others are grey."""

PERCENT = 100.0

MANY = 3000
"""Crosses beyond which an SVG holds them as an image."""

_SIZES = (22.0, 16.0, 11.0, 7.5, 4.5, 2.0)
"""Of the dots: planes of one lattice give the same points, which are drawn on each other."""


class MatchesLike(Protocol):
    """What the figure reads: as returned by ``heterodot.structures.match_lattices``."""

    @property
    def pairs(self) -> Sequence[Any]:
        """Pairs of planes, with ``film.label`` and ``substrate.label``."""

    @property
    def pair(self) -> np.ndarray:
        """(N,) which of them each match is of."""

    @property
    def area(self) -> np.ndarray:
        """(N,) areas, Å²."""

    @property
    def von_mises(self) -> np.ndarray:
        """(N,) equivalent strains."""

    @property
    def rejected(self) -> tuple[np.ndarray, np.ndarray]:
        """Areas, Å², and equivalent strains of what the bounds keep out."""

    @property
    def settings(self) -> dict[str, Any]:
        """Bounds and choices of the search."""


def plot_matches(
    matches: MatchesLike,
    ax: Axes | None = None,
    width: float = COLUMN,
    height: float = 2.4,
    caption: str = "",
) -> Figure:
    """Draw the area of each match against its von Mises strain.

    The pairs of planes of the best matches have colours; the staircase joins the matches that no
    other beats in both; the match with the lowest score is ringed. Pale crosses are what the bounds
    keep out: larger strains, or another relation or twist.

    Parameters
    ----------
    matches : Matches
        From ``heterodot.structures.match_lattices``; ranked.
    ax : matplotlib Axes, optional
        Where to draw; a new figure with a caption unless given.
    width, height : float
        Inches, without the caption.
    caption : str
        Put before the caption's own sentences.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        There are no matches.
    """
    if not len(matches.pair):
        raise InputError("no matches to draw: widen the bounds of the search")
    with figure_style():
        text = join_caption([caption, *_caption(matches)])
        figure, axes = axes_for(ax, width, height, text)
        _draw(axes, matches)
        _draw_rejected(axes, *matches.rejected)
        axes.set_xlabel("area of the common cell (Å²)")
        axes.set_ylabel("von Mises strain (%)")
        axes.margins(x=0.05)
        legend = axes.legend(loc="upper left", handletextpad=0.2, borderaxespad=0.2)
        _make_room(axes, legend)
    return figure


def _make_room(axes: Axes, legend: Legend) -> None:
    """Raise the upper end of the axis until the legend stands above all points."""
    axes.get_figure(root=True).draw_without_rendering()  # type: ignore[union-attr]
    box = legend.get_window_extent().transformed(axes.transAxes.inverted())
    highest = axes.get_ylim()[1]
    free = max(float(box.y0) - 0.02, 0.25)
    axes.set_ylim(-0.03 * highest, highest / free)


def _draw_rejected(axes: Axes, area: np.ndarray, strain: np.ndarray) -> None:
    """Draw what the bounds keep out, behind everything."""
    if not len(area):
        return
    axes.scatter(
        area, PERCENT * strain, s=7, marker="x", lw=0.4, color="0.75", zorder=0,
        label=f"{len(area)} rejected", rasterized=len(area) > MANY,
    )  # fmt: skip


def _draw(axes: Axes, matches: MatchesLike) -> None:
    area, strain = np.asarray(matches.area), PERCENT * np.asarray(matches.von_mises)
    shown = list(dict.fromkeys(matches.pair.tolist()))
    for rank, index in enumerate(shown[:MOST_COLOURS]):
        mine = matches.pair == index
        pair = matches.pairs[index]
        label = rich(f"{pair.film.label} / {pair.substrate.label}")
        axes.scatter(
            area[mine],
            strain[mine],
            s=_SIZES[rank],
            lw=0,
            color=colour(rank),
            label=label,
            zorder=3,
        )
    rest = ~np.isin(matches.pair, shown[:MOST_COLOURS])
    if rest.any():
        label = f"{len(shown) - MOST_COLOURS} other pairs of planes"
        axes.scatter(area[rest], strain[rest], s=4, lw=0, color="0.7", label=label, zorder=2)
    front = _unbeaten(area, strain)
    axes.step(area[front], strain[front], where="post", color="0.4", lw=0.6, zorder=1)
    axes.scatter(
        area[:1], strain[:1], s=48, facecolors="none", edgecolors="black", lw=0.7, zorder=4
    )


def _counted(count: int) -> str:
    return f"{count} inequivalent match{'' if count == 1 else 'es'}"


def _unbeaten(area: np.ndarray, strain: np.ndarray) -> np.ndarray:
    """Return the matches that none beats in both area and strain, by area."""
    order = np.lexsort((strain, np.round(area, 6)))
    best = np.minimum.accumulate(np.concatenate([[np.inf], strain[order]]))[:-1]
    return order[strain[order] < best - 1e-9]


def _caption(matches: MatchesLike) -> list[str]:
    s = matches.settings
    first = (
        f"{_counted(len(matches.pair))} up to {s['max_area']:g} Å² and "
        f"{PERCENT * s['max_strain']:g} % principal strain"
    )
    if s.get("relation"):
        held = s["relation"].replace("||", "∥")
        first += f", with {held} within {s['relation_tolerance']:g}°"
    rejected = "Crosses: kept out by these bounds" if len(matches.rejected[0]) else ""
    parts = [first, rejected, f"Ringed: lowest score ({s['score_meaning']})"]
    return [typeset(part) for part in (*parts, "Line: matches that none beats in both")]

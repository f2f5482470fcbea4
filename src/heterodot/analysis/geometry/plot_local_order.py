"""Figures of coordination shells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import axes_for, legend_above
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    rich,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.figures.drawn import Shells

BROADENING = 0.05
"""Å: standard deviation of the Gaussians drawn for single distances."""


def plot_shells(
    result: Shells,
    published: Mapping[str, tuple[float, float]] | None = None,
    source: str = "",
    width: float = COLUMN,
    height: float = 2.0,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw the neighbours per atom by distance, each shell with its coordination number.

    Parameters
    ----------
    result : CoordinationShells
    published : mapping of str to (value, uncertainty), optional
        Coordination numbers to be set beside, by what they are of.
    source : str
        Where they are from, for the caption.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.

    Raises
    ------
    InputError
        There are no shells.
    """
    if not result.shells:
        raise InputError(f"no neighbours within {result.cutoff} Å: nothing to draw")
    low = min(shell.shortest for shell in result.shells) - 0.4
    r = np.arange(max(0.0, low), result.cutoff + 0.1, 0.005)
    partners = list(dict.fromkeys(shell.partner for shell in result.shells))
    numbers = [f"{k} {v:g} ± {e:g}" for k, (v, e) in (published or {}).items()]
    notes = [
        caption,
        f"{result.label}: {result.n_centres} {result.centre} atoms; each distance a Gaussian of "
        f"{BROADENING:g} Å; N with its standard deviation from atom to atom",
        f"Published N: {', '.join(numbers)} ({source})" if numbers else "",
    ]
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption(notes))
        top = 0.0
        for shell in result.shells:
            d = np.array(shell.lengths)
            curve = np.exp(-0.5 * ((r[:, None] - d) / BROADENING) ** 2).sum(axis=1)
            curve /= BROADENING * np.sqrt(2 * np.pi) * result.n_centres
            shade = colour(partners.index(shell.partner))
            axes.fill_between(r, 0, curve, color=shade, alpha=0.3, lw=0)
            axes.plot(r, curve, color=shade, lw=0.9)
            axes.annotate(
                f"{shell.coordination:.1f} ± {shell.spread:.1f}",
                (r[curve.argmax()], curve.max()),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                size=6,
                color=shade,
                bbox={"fc": "white", "ec": "none", "pad": 0.4, "alpha": 0.75},
            )
            top = max(top, float(curve.max()))
        for rank, partner in enumerate(partners):
            axes.plot([], [], color=colour(rank), label=rich(f"{result.centre}–{partner}"))
        axes.set(xlim=(r[0], r[-1]), ylim=(0, 1.2 * top))
        axes.set_xlabel("Distance (Å)")
        axes.set_ylabel(f"Neighbours per {result.centre} (Å$^{{-1}}$)")
        legend_above(figure, axes, ax is not None, ncols=len(partners), handlelength=1.5)
    return figure

"""Figures of energies along paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import axes_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    number,
    rich,
)
from heterodot.analysis.motion.rates.diffusion import Diffusivity
from heterodot.analysis.motion.rates.profile import PathProfile
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_path(
    profiles: Mapping[str, Sequence[PathProfile]],
    ax: Axes | None = None,
    width: float = COLUMN,
    height: float = 2.2,
    caption: str = "",
) -> Figure:
    """Draw the energy along paths: images as dots, the spline through them, barriers as arrows.

    Parameters
    ----------
    profiles : mapping of str to sequence of PathProfile
        By the name of the system: the pieces between one minimum and the next, in order.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.

    Raises
    ------
    InputError
        No path.
    """
    if not profiles:
        raise InputError("no path: expected at least one")
    said = "Dots: images. Lines: spline through their energies and forces"
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption([caption, said]))
        for index, (label, pieces) in enumerate(profiles.items()):
            _draw(axes, label, pieces, colour(index), len(profiles) == 1)
        axes.axhline(0.0, color="0.6", lw=0.4, zorder=0)
        axes.set_xlabel("Path (Å)")
        axes.set_ylabel("Energy (eV)")
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.12 * (high - low))
        if len(profiles) > 1:
            axes.legend(loc="best", handlelength=1.2)
    return figure


def _draw(
    axes: Axes, label: str, pieces: Sequence[PathProfile], shade: str, with_arrows: bool
) -> None:
    start, base = 0.0, 0.0
    for n, piece in enumerate(pieces):
        fine, energies = piece.curve()
        axes.plot(start + fine, base + energies, color=shade, label="" if n else rich(label))
        axes.plot(start + piece.places, base + piece.energies, "o", ms=3, color=shade)
        highest = int(energies.argmax())
        if with_arrows and 0 < highest < len(fine) - 1:
            _arrow(axes, start + fine[highest], base, base + energies[highest])
        start, base = start + piece.places[-1], base + piece.energies[-1]


def _arrow(axes: Axes, place: float, low: float, high: float) -> None:
    """Mark the barrier from the minimum before it."""
    arrow = {"arrowstyle": "<->", "lw": 0.6, "color": "0.3", "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (place, high), xytext=(place, low), arrowprops=arrow)
    axes.annotate(
        f"{number(high - low, 3)} eV", (place, high), xytext=(0, 3),
        textcoords="offset points", ha="center", va="bottom", size=6, color="0.3",
    )  # fmt: skip


def plot_arrhenius(
    diffusivities: Mapping[str, Diffusivity],
    temperatures: tuple[float, float],
    ax: Axes | None = None,
    width: float = COLUMN,
    height: float = 2.2,
    caption: str = "",
) -> Figure:
    """Draw D over 1000/T: a line for each mechanism, a band where the members of a committee lie.

    Parameters
    ----------
    diffusivities : mapping of str to Diffusivity
    temperatures : (low, high)
        K.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.

    Raises
    ------
    InputError
        No mechanism.
    """
    if not diffusivities:
        raise InputError("no diffusion coefficient: expected at least one")
    kelvins = np.linspace(*temperatures, 60)
    with figure_style():
        said = "D of one jumping halide; vacancies are not counted in"
        figure, axes = axes_for(ax, width, height, join_caption([caption, said]))
        for index, (label, one) in enumerate(diffusivities.items()):
            shade = colour(index)
            axes.semilogy(1e3 / kelvins, [one.at(t) for t in kelvins], color=shade, label=label)
            members = [list(one.of_members(t).values()) for t in kelvins]
            if members[0]:
                low, high = (np.array([f(row) for row in members]) for f in (min, max))
                axes.fill_between(1e3 / kelvins, low, high, color=shade, alpha=0.18, lw=0)
        axes.set_xlabel("1000 K / T")
        axes.set_ylabel("D (cm² s⁻¹)")
        axes.legend(loc="best", handlelength=1.2)
    return figure

"""The funnel of a screening: one level's energies against the next's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import axes_for, formerly_saved
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    rich,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = {"promoted": "o", "control": "s"}


@formerly_saved("path", "title", "caption")
def plot_screening(
    pairs: Mapping[str, tuple[float, float]],
    roles: Mapping[str, str],
    left_behind: Sequence[float],
    levels: tuple[str, str],
    *,
    ax: Axes | None = None,
    title: str = "",
    caption: str = "",
) -> Figure:
    """Draw the energies of the candidates at two levels against each other.

    Parameters
    ----------
    pairs : mapping of str to (float, float)
        Candidate: its energy above the lowest at the cheaper and at the dearer level, eV.
    roles : mapping of str to {"promoted", "control"}
    left_behind : sequence of float
        Energies at the cheaper level of those not promoted, eV; drawn as ticks.
    levels : (str, str)
        Their names, for the axes.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    title, caption : str

    Raises
    ------
    InputError
        No candidate has both energies.
    """
    if not pairs:
        raise InputError("no candidate has an energy at both levels: nothing to draw")
    with figure_style():
        figure, axes = axes_for(ax, COLUMN, 2.7, caption)
        for n, (role, marker) in enumerate(MARKERS.items()):
            points = np.array([pairs[name] for name in pairs if roles[name] == role])
            if len(points):
                axes.plot(
                    points[:, 0], points[:, 1], marker, ms=4, color=colour(n), label=role, mew=0
                )
        for value in left_behind:
            axes.axvline(value, 0, 0.04, color="0.6", lw=0.6)
        lowest = min(pairs, key=lambda name: pairs[name][1])
        axes.annotate(
            rich(lowest), pairs[lowest], xytext=(4, 4), textcoords="offset points", size=5.5
        )
        largest = max(max(pair) for pair in pairs.values())
        axes.plot([0, largest], [0, largest], color="0.6", lw=0.5, ls="--", zorder=1)
        axes.set_xlabel(f"E − lowest (eV), {levels[0]}")
        axes.set_ylabel(f"E − lowest (eV), {levels[1]}")
        axes.legend(loc="best")
        if title:
            axes.set_title(rich(title))
    return figure

"""Plots of densities along a line: plane averages and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import formerly_saved, panels_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    rich,
)
from heterodot.data.density import GridDensity, PlaneProfile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

AXIS_NAMES = "abc"


@formerly_saved("path", "title", "caption")
def plot_profile(
    profile: PlaneProfile,
    density: GridDensity,
    fragments: Mapping[str, Sequence[int]] | None = None,
    *,
    axes: Sequence[Axes] | None = None,
    title: str = "",
    caption: str = "",
) -> Figure:
    """Draw a plane average with its cumulative integral, the atoms marked below.

    Parameters
    ----------
    profile : PlaneProfile
    density : GridDensity
        What it is the average of: gives the atoms.
    fragments : mapping of str to atoms, optional
        Marked in colours of their own.
    axes : sequence of matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given:
        the average and its integral.
    title, caption : str
    """
    with figure_style():
        figure, (upper, lower) = panels_for(
            axes, 2, COLUMN, 2.3, caption, nrows=2, sharex=True, height_ratios=[1.25, 1]
        )
        x = profile.positions
        upper.axhline(0, color="0.6", lw=0.5)
        for sign, shade in ((1, colour(0)), (-1, colour(1))):
            part = np.where(sign * profile.values > 0, profile.values, 0.0)
            upper.fill_between(x, part, color=shade, alpha=0.55, lw=0)
        upper.plot(x, profile.values, color="black", lw=0.8)
        upper.set_ylabel("Δρ (e/Å)" if density.kind == "difference" else "ρ (e/Å)")
        lower.axhline(0, color="0.6", lw=0.5)
        lower.plot(x, profile.cumulative, color="black")
        lower.set_ylabel("∫Δρ (e)" if density.kind == "difference" else "∫ρ (e)")
        lower.set_xlabel(f"height along {AXIS_NAMES[profile.axis]} (Å)")
        lower.set_xlim(float(x[0]), float(x[-1]))
        _mark_atoms(upper, profile, density, fragments)
        if title:
            upper.set_title(rich(title))
    return figure


def _mark_atoms(
    axes: Axes,
    profile: PlaneProfile,
    density: GridDensity,
    fragments: Mapping[str, Sequence[int]] | None,
) -> None:
    """Draw a tick for each atom at the foot of the panel, coloured by fragment."""
    others = [i for i in range(3) if i != profile.axis]
    normal = np.cross(*density.cell[others])
    normal *= np.sign(normal @ density.cell[profile.axis]) / np.linalg.norm(normal)
    height = float(density.cell[profile.axis] @ normal)
    places = (density.positions - density.corner) @ normal
    if density.pbc[profile.axis]:
        places %= height
    groups = fragments or {"atoms": range(len(places))}
    for n, (name, own) in enumerate(groups.items()):
        for i, place in enumerate(places[list(own)]):
            axes.axvline(
                place, 0, 0.07, color=colour(n + 2), lw=1.0, label=None if i else rich(name)
            )
    axes.legend(loc="best", handlelength=0.8)

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

BESIDE = 3.0
"""Å shown beyond the outermost atoms. Chosen by eye."""


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
            own = sign * profile.values >= 0
            upper.fill_between(
                x, profile.values, where=own, interpolate=True, color=shade, alpha=0.55, lw=0
            )
        upper.plot(x, profile.values, color="black", lw=0.8)
        upper.set_ylabel("Δρ (e/Å)" if density.kind == "difference" else "ρ (e/Å)")
        lower.axhline(0, color="0.6", lw=0.5)
        lower.plot(x, profile.cumulative, color="black")
        lower.set_ylabel("∫Δρ (e)" if density.kind == "difference" else "∫ρ (e)")
        places = _places(profile, density)
        lower.set_xlabel(_axis_name(profile, fragments))
        lower.set_xlim(*_shown(profile, places))
        _mark_atoms(upper, places, fragments)
        if title:
            upper.set_title(rich(title))
    return figure


def _axis_name(profile: PlaneProfile, fragments: Mapping[str, Sequence[int]] | None) -> str:
    if profile.axis is not None:
        return f"height along {AXIS_NAMES[profile.axis]} (Å)"
    sizes = {name: len(own) for name, own in (fragments or {}).items()}
    if len(sizes) < 2:
        return "along the axis (Å)"
    to = min(sizes, key=lambda name: sizes[name])
    rest = [name for name in sizes if name != to]
    return rich(f"from {' and '.join(rest)} to {to}, 0 between them (Å)")


def _shown(profile: PlaneProfile, places: np.ndarray) -> tuple[float, float]:
    """Return the ends of the axis, Å: of the cell, or, across it, beside the atoms."""
    x = profile.positions
    if profile.axis is not None:
        return float(x[0]), float(x[-1])
    low, high = float(places.min()) - BESIDE, float(places.max()) + BESIDE
    return max(low, float(x[0])), min(high, float(x[-1]))


def _places(profile: PlaneProfile, density: GridDensity) -> np.ndarray:
    """Return where the atoms are on the axis, (a,) Å."""
    if profile.axis is None:
        zero, direction = profile.zero, profile.direction
        away: np.ndarray = (density.positions - zero) @ np.asarray(direction)
        return away
    others = [i for i in range(3) if i != profile.axis]
    normal = np.cross(*density.cell[others])
    normal *= np.sign(normal @ density.cell[profile.axis]) / np.linalg.norm(normal)
    height = float(density.cell[profile.axis] @ normal)
    places = (density.positions - density.corner) @ normal
    if density.pbc[profile.axis]:
        places %= height
    found: np.ndarray = places
    return found


def _mark_atoms(
    axes: Axes, places: np.ndarray, fragments: Mapping[str, Sequence[int]] | None
) -> None:
    """Draw a tick for each atom at the foot of the panel, coloured by fragment."""
    groups = fragments or {"atoms": range(len(places))}
    for n, (name, own) in enumerate(groups.items()):
        for i, place in enumerate(places[list(own)]):
            axes.axvline(
                place, 0, 0.07, color=colour(n + 2), lw=1.0, label=None if i else rich(name)
            )
    axes.legend(loc="best", handlelength=0.8)

"""Figures of powder patterns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from heterodot.checks import window_of
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.figures.drawn import Pattern, Scan


def plot_powder(
    patterns: Sequence[Pattern],
    marks: Mapping[str, Scan] | None = None,
    lines: Mapping[str, float] | None = None,
    window: tuple[float, float] | None = None,
    width: float = COLUMN,
    height: float = 2.6,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw patterns one above the other, each to its own maximum, over sticks of crystals.

    Parameters
    ----------
    patterns : sequence of PowderPattern
        From the bottom to the top.
    marks : mapping of str to Reflections, optional
        Sticks below, by name.
    lines : mapping of str to float, optional
        Vertical lines at 2θ (degrees), by what they are.
    window : (low, high), optional
        Degrees.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.

    Raises
    ------
    InputError
        Nothing to draw, or different wavelengths.
    """
    sticks = dict(marks or {})
    waves = {round(p.wavelength, 6) for p in patterns}
    waves |= {round(s.wavelength, 6) for s in sticks.values()}
    if len(waves) != 1:
        raise InputError(f"{len(waves)} wavelengths among the patterns: expected one and the same")
    low, high = window_of(window, unit="degrees") if window else _window(patterns, sticks)
    with figure_style():
        notes = dict.fromkeys(p.note for p in patterns)
        text = join_caption([caption, *notes, f"λ = {waves.pop():.4f} Å"])
        figure, axes = axes_for(ax, width, height, text)
        base = 0.32 * len(sticks)
        for rank, pattern in enumerate(patterns):
            _draw_pattern(axes, pattern, base + 1.08 * rank, colour(rank), (low, high))
        for rank, (name, reflections) in enumerate(reversed(sticks.items())):
            _draw_sticks(axes, name, reflections, 0.32 * rank, (low, high))
        top = base + 1.08 * len(patterns) + (0.1 if patterns else 0.0)
        for rank, (name, angle) in enumerate((lines or {}).items()):
            axes.axvline(angle, color="0.3", lw=0.6, ls=("--", ":", "-.")[rank % 3], label=name)
        axes.set(xlim=(low, high), ylim=(0, top), yticks=[], xlabel="2θ (degrees)")
        axes.set_ylabel("Intensity (each to its maximum)")
        if lines:
            options = {"ncols": min(3, len(lines)), "handlelength": 2}
            legend_above(figure, axes, ax is not None, **options)
    return figure


def _window(patterns: Sequence[Pattern], sticks: Mapping[str, Scan]) -> tuple[float, float]:
    angles = [p.two_theta for p in patterns] or [s.two_theta for s in sticks.values()]
    low, high = min(float(a.min()) for a in angles), max(float(a.max()) for a in angles)
    return (low, high) if patterns else (low - 3, high + 3)


def _draw_pattern(
    axes: Axes, pattern: Scan, base: float, shade: str, window: tuple[float, float]
) -> None:
    inside = (pattern.two_theta >= window[0]) & (pattern.two_theta <= window[1])
    values = pattern.intensity[inside]
    top = float(values.max(initial=0.0)) or 1.0
    axes.plot(pattern.two_theta[inside], base + values / top, color=shade, lw=0.9)
    axes.annotate(
        rich(pattern.label),
        (window[1], base + 0.8),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        color=shade,
        size=6.5,
    )


def _draw_sticks(
    axes: Axes, name: str, marks: Scan, base: float, window: tuple[float, float]
) -> None:
    inside = (marks.two_theta >= window[0]) & (marks.two_theta <= window[1])
    angles, heights = marks.two_theta[inside], marks.intensity[inside]
    heights = 0.26 * heights / max(float(np.max(heights, initial=0.0)), 1e-9)
    axes.vlines(angles, base, base + heights, color="0.25", lw=0.8)
    axes.axhline(base, color="0.6", lw=0.4)
    axes.annotate(
        rich(name),
        (window[1], base + 0.15),
        xytext=(-3, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        size=6,
        bbox={"fc": "white", "ec": "none", "pad": 0.6},
    )

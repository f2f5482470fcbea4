"""Figures of trajectories: their course, distances, displacements, spectra, gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import axes_for, legend_above, panels_for
from heterodot.analysis.figures.style import COLUMN, colour, figure_style, join_caption, rich
from heterodot.analysis.motion.trajectories.correlation import Mean
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.motion.trajectories.course import Course
    from heterodot.analysis.motion.trajectories.density_of_states import VibrationalStates
    from heterodot.analysis.motion.trajectories.displacements import MeanSquaredDisplacement
    from heterodot.analysis.motion.trajectories.distances import RadialDistribution
    from heterodot.analysis.motion.trajectories.trajectory import Trajectory
    from heterodot.analysis.motion.trajectories.varshni import Varshni

MOST_POINTS = 2000
"""Of a line: more make the file larger and the figure no finer."""


def plot_course(
    trajectory: Trajectory,
    course: Course,
    width: float = COLUMN,
    height: float = 2.6,
    caption: str = "",
    *,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw temperature, potential energy and what is conserved over time.

    Parameters
    ----------
    trajectory : Trajectory
    course : Course
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    axes : sequence of three matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    """
    n = len(trajectory.atoms)
    every = max(1, len(trajectory) // MOST_POINTS)
    times = trajectory.times[::every] / 1000
    series = [trajectory.column(c)[::every] for c in ("temperature", "energy", "conserved")]
    series[1:] = [1000 * (s - s[0]) / n for s in series[1:]]
    kept = bool(np.isfinite(series[2]).all())
    if not kept:
        series = series[:2]
    labels = ("T (K)", "ΔE$_{pot}$\n(meV/atom)", "conserved\n(meV/atom)")
    t, begun = course.temperature, trajectory.times[course.start] / 1000
    notes = [
        caption,
        f"Mean after {begun:.3g} ps (shaded: left out): {t.value:.0f} ± {t.error:.0f} K",
        f"Drift {course.drift.value:+.2g} ± {course.drift.error:.1g} meV per atom and ps"
        if kept and np.isfinite(course.drift.error)
        else "",
    ]
    with figure_style():
        figure, panels = panels_for(axes, len(series), width, height, join_caption(notes))
        for rank, (panel, values) in enumerate(zip(panels, series, strict=True)):
            panel.plot(times, values, color=colour(rank), lw=0.7)
            panel.set_ylabel(labels[rank])
            if course.start:
                panel.axvspan(0, begun, color="0.9", lw=0)
        panels[0].axhline(t.value, color="0.3", lw=0.6, ls="--")
        panels[-1].set_xlabel("Time (ps)")
        panels[-1].set_xlim(0, times[-1] or 1)
    return figure


def plot_radial(
    found: Sequence[RadialDistribution],
    width: float = COLUMN,
    height: float = 2.0,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw radial distribution functions of pairs of elements.

    Parameters
    ----------
    found : sequence of RadialDistribution
        Of one trajectory.
    width, height : float
        Inches.
    caption : str
    ax : matplotlib Axes, optional

    Raises
    ------
    InputError
        There are none.
    """
    if not found:
        raise InputError("0 radial distributions: nothing to draw")
    first = found[0]
    ideal = "atoms at random in the cell" if first.periodic else "at random in a sphere as large"
    near = first.half_cell < first.distances[-1]
    notes = [
        caption,
        f"Mean of {first.n_frames} frames; 1: {ideal}",
        f"Beyond {first.half_cell:.1f} Å (shaded), half the cell, atoms meet their own images"
        if near
        else "",
    ]
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption(notes))
        for rank, one in enumerate(found):
            label = rich("–".join(one.pair))
            axes.plot(one.distances, one.values, color=colour(rank), lw=0.9, label=label)
        axes.axhline(1, color="0.6", lw=0.5, ls=":")
        if near:
            axes.axvspan(first.half_cell, first.distances[-1], color="0.93", lw=0, zorder=0)
        axes.set(xlim=(0, first.distances[-1]), ylim=(0, None))
        axes.set_xlabel("Distance (Å)")
        axes.set_ylabel("$g(r)$")
        legend_above(figure, axes, ax is not None, ncols=min(4, len(found)), handlelength=1.5)
    return figure


def plot_displacements(
    found: Sequence[MeanSquaredDisplacement],
    width: float = COLUMN,
    height: float = 2.0,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw mean squared displacements up to half of the longest time.

    Parameters
    ----------
    found : sequence of MeanSquaredDisplacement
    width, height : float
        Inches.
    caption : str
    ax : matplotlib Axes, optional

    Raises
    ------
    InputError
        There are none.
    """
    if not found:
        raise InputError("0 mean squared displacements: nothing to draw")
    notes = [caption, "All origins of time; shaded: one standard deviation of the mean by blocks"]
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption(notes))
        for rank, one in enumerate(found):
            half = len(one.times) // 2 + 1
            shown = np.unique(np.linspace(0, half - 1, min(half, MOST_POINTS)).astype(int))
            t, values, errors = one.times[shown] / 1000, one.values[shown], one.errors[shown]
            axes.plot(t, values, color=colour(rank), lw=0.9, label=rich(one.label))
            axes.fill_between(
                t, values - errors, values + errors, color=colour(rank), alpha=0.25, lw=0
            )
        axes.set(xlim=(0, t[-1]), ylim=(0, None))
        axes.set_xlabel("Time (ps)")
        axes.set_ylabel("Mean squared displacement (Å$^2$)")
        legend_above(figure, axes, ax is not None, ncols=min(5, len(found)), handlelength=1.5)
    return figure


def plot_vibrational_states(
    states: VibrationalStates,
    width: float = COLUMN,
    height: float = 2.0,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw a vibrational density of states, in all and by element and domain.

    Parameters
    ----------
    states : VibrationalStates
    width, height : float
        Inches.
    caption : str
    ax : matplotlib Axes, optional
    """
    shown = states.wavenumbers <= 1.15 * states.highest
    x = states.wavenumbers[shown]
    notes = [
        caption,
        f"From velocities, classical; lines nearer than {states.resolution:.0f} cm⁻¹ are one",
    ]
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption(notes))
        axes.fill_between(x, 0, states.total[shown], color="0.88", lw=0, label="total")
        for rank, (name, values) in enumerate(states.parts.items()):
            axes.plot(x, values[shown], color=colour(rank), lw=0.9, label=rich(name))
        axes.set(xlim=(0, x[-1]), ylim=(0, None))
        axes.set_xlabel("Wavenumber (cm$^{-1}$)")
        axes.set_ylabel("Modes per cm$^{-1}$")
        columns = min(4, 1 + len(states.parts))
        legend_above(figure, axes, ax is not None, ncols=columns, handlelength=1.5)
    return figure


def plot_gaps(
    times: np.ndarray,
    gaps: Sequence[np.ndarray],
    labels: Sequence[str],
    width: float = COLUMN,
    height: float = 1.8,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw gaps along trajectories.

    Parameters
    ----------
    times : (f,) array
        fs.
    gaps : sequence of (f,) array
        eV.
    labels : sequence of str
    width, height : float
        Inches.
    caption : str
    ax : matplotlib Axes, optional
    """
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption([caption]))
        for rank, (values, label) in enumerate(zip(gaps, labels, strict=True)):
            axes.plot(times[: len(values)] / 1000, values, color=colour(rank), lw=0.8, label=label)
        axes.set_xlabel("Time (ps)")
        axes.set_ylabel("Gap (eV)")
        axes.margins(x=0)
        if len(gaps) > 1:
            legend_above(figure, axes, ax is not None, ncols=min(4, len(gaps)), handlelength=1.5)
    return figure


def plot_varshni(
    temperatures: Sequence[float],
    gaps: Sequence[Mean],
    fit: Varshni | None,
    width: float = COLUMN,
    height: float = 2.0,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw mean gaps by temperature with Varshni's law through them.

    Parameters
    ----------
    temperatures : sequence of float
        K.
    gaps : sequence of Mean
        eV.
    fit : Varshni or None
    width, height : float
        Inches.
    caption : str
    ax : matplotlib Axes, optional
    """
    notes = [caption]
    if fit is not None:
        notes.append(
            f"Line: {fit.gap:.3f} eV − {1e4 * fit.alpha:.2f}·10⁻⁴ T²/(T + {fit.beta:.0f} K)"
        )
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption(notes))
        axes.errorbar(
            temperatures, [g.value for g in gaps], [g.error for g in gaps], fmt="o", ms=3,
            color=colour(0), capsize=2, lw=0.8,
        )  # fmt: skip
        if fit is not None:
            t = np.linspace(0, 1.05 * max(temperatures), 200)
            axes.plot(t, np.asarray(fit.at(t)), color=colour(1), lw=0.9)
        axes.set_xlim(left=0)
        axes.set_xlabel("Temperature (K)")
        axes.set_ylabel("Mean gap (eV)")
    return figure

"""The figure of a planar potential, its macroscopic average and its plateaus."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from heterodot.analysis.alignment.macroscopic import Plateau, macroscopic_average
from heterodot.analysis.figures.canvas import axes_for, legend_above
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    number,
    rich,
)
from heterodot.data.electronic_structure import PlanarPotential
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_potential(
    potential: PlanarPotential,
    periods: tuple[float, ...] = (),
    plateaus: Mapping[str, Plateau] | None = None,
    fermi: float | None = None,
    level: str = "",
    width: float = COLUMN,
    height: float = 2.0,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw a planar potential, its macroscopic average and the plateaus read from it.

    Parameters
    ----------
    potential : PlanarPotential
    periods : tuple of float
        Å: one or two periods to average over; no average is drawn without.
    plateaus : mapping of str to Plateau, optional
    fermi : float, optional
        Fermi level, eV, drawn as a line.
    level : str
        Level of theory, for the caption.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.

    Raises
    ------
    InputError
        More than two periods, or one that does not fit.
    """
    if len(periods) > 2:
        raise InputError(f"{len(periods)} periods: expected one or two")
    with figure_style():
        text = join_caption([caption, *_potential_caption(potential, periods, plateaus, level)])
        figure, axes = axes_for(ax, width, height, text)
        axes.plot(potential.positions, potential.values, color=colour(5), lw=0.8, label="planar")
        if periods:
            smooth = macroscopic_average(potential, *periods)
            axes.plot(potential.positions, smooth, color=colour(0), lw=1.2, label="macroscopic")
        for name, flat in (plateaus or {}).items():
            axes.plot(flat.region, [flat.value] * 2, color=colour(1), lw=2.0)
            middle = 0.5 * (flat.region[0] + flat.region[1])
            _label_plateau(axes, f"{rich(name)}\n{number(flat.value)} eV", middle, flat.value)
        if fermi is not None:
            axes.axhline(fermi, color="0.35", lw=0.6, ls=(0, (4, 2)), label="$E_\\mathrm{F}$")
        axes.set_xlabel("Position along the normal (Å)")
        axes.set_ylabel("Potential energy (eV)")
        axes.set_xlim(potential.positions[0], potential.positions[-1])
        options = {"ncols": 4, "handlelength": 1.5, "borderaxespad": 0.2}
        legend_above(figure, axes, ax is not None, **options)
    return figure


def _label_plateau(axes: Axes, text: str, x: float, y: float) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=(0, 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=6,
        color=colour(1),
        bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.75},
    )


def _potential_caption(
    potential: PlanarPotential,
    periods: tuple[float, ...],
    plateaus: Mapping[str, Plateau] | None,
    level: str,
) -> list[str]:
    parts = [level, "Electrostatic potential energy of an electron, averaged over planes"]
    if periods:
        over = " and ".join(f"{period:.2f}" for period in periods)
        parts.append(f"Macroscopic: averaged over {over} Å")
    for name, flat in (plateaus or {}).items():
        parts.append(f"{name}: {number(flat.value)} ± {number(flat.ripple)} eV")
    if potential.faces is not None:
        low, high = potential.faces
        parts.append(f"Vacuum levels: {number(low)} eV (low end), {number(high)} eV (high end)")
    return parts

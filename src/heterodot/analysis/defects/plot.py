"""The figure of formation energies over the Fermi level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.defects.charge_states import ChargeState, lowest, transitions
from heterodot.analysis.figures.canvas import axes_for
from heterodot.analysis.figures.style import COLUMN, colour, figure_style, join_caption, rich
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_charge_states(
    defects: Mapping[str, Sequence[ChargeState]],
    gap: float,
    ax: Axes | None = None,
    width: float = COLUMN,
    height: float = 2.4,
    caption: str = "",
) -> Figure:
    """Draw formation energies over the Fermi level: stable charges bold, others thin.

    Parameters
    ----------
    defects : mapping of str to sequence of ChargeState
        By name.
    gap : float
        Of the crystal at the level, eV.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.

    Raises
    ------
    InputError
        No defect.
    """
    if not defects:
        raise InputError("no defect: expected at least one")
    fermi = np.linspace(0.0, max(gap, 0.1), 200)
    with figure_style():
        said = "Dots: the charge changes. Thin: charges that are not stable there"
        figure, axes = axes_for(ax, width, height, join_caption([caption, said]))
        for index, (label, states) in enumerate(defects.items()):
            shade = colour(index)
            for one in states:
                axes.plot(fermi, one.energy + one.charge * fermi, color=shade, lw=0.4, alpha=0.5)
            axes.plot(fermi, lowest(states, fermi), color=shade, lw=1.4, label=rich(label))
            inside = [t.level for t in transitions(states) if 0 < t.level < fermi[-1]]
            axes.plot(inside, lowest(states, np.array(inside)), "o", ms=3, color=shade)
        axes.set(xlim=(0, fermi[-1]), xlabel="Fermi level above the VBM (eV)")
        axes.set_ylabel("Formation energy (eV)")
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.15 * (high - low))
        axes.legend(loc="best", handlelength=1.2)
    return figure

"""One panel a quantity: what every level is off by, item by item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import panels_for
from heterodot.analysis.figures.style import PAGE, colour, figure_style, number
from heterodot.data.validation.measured import Disagreement, LevelRecord, Measured, Quantity
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3
ROW = 0.155
"""Inches a level takes in a panel."""


def plot_validation(
    found: Measured, *, axes: Sequence[Axes] | None = None, caption: str = ""
) -> Figure:
    """Draw the errors of every level in every quantity that has right values.

    A dot is an item, the bar reaches from minus to plus the mean absolute error. Levels without an
    answer have an empty line. Spread and error of several levels together are the last panel, where
    they were judged.

    Parameters
    ----------
    found : Measured
    axes : sequence of matplotlib Axes, optional
        Where to draw, one for each panel, without the caption; a new figure unless given.
    caption : str

    Raises
    ------
    InputError
        No level has an answer to compare.
    """
    panels = {n: q for n, q in found.quantities.items() if _compared(found, n, q)}
    if not panels:
        raise InputError("no level has an answer that can be compared: nothing to draw")
    count = len(panels) + (found.disagreement is not None)
    rows = -(-count // COLUMNS)
    height = rows * (ROW * len(found.levels) + 0.62)
    with figure_style():
        figure, drawn = panels_for(
            axes, count, PAGE, height, caption, nrows=rows, ncols=min(COLUMNS, count)
        )
        for n, (place, (name, quantity)) in enumerate(zip(drawn, panels.items(), strict=False)):
            _panel(place, found.levels, name, quantity, labelled=n % COLUMNS == 0)
        if found.disagreement is not None:
            _spread_panel(drawn[count - 1], found.disagreement)
        for place in drawn[count:]:
            place.remove()
    return figure


def _compared(found: Measured, name: str, quantity: Quantity) -> bool:
    return any(
        quantity.deviations(record.answers[name].values)
        for record in found.levels
        if name in record.answers
    )


def _panel(
    axes: Axes, levels: tuple[LevelRecord, ...], name: str, quantity: Quantity, *, labelled: bool
) -> None:
    axes.axvline(0, color="0.5", lw=0.6, zorder=0)
    axes.use_sticky_edges = False  # else a bar ends in the frame
    for row, record in enumerate(levels):
        answer = record.answers.get(name)
        errors = quantity.errors(answer.values) if answer else None
        if answer is None or errors is None:
            continue
        axes.barh(row, 2 * errors.mae, left=-errors.mae, height=0.62, color="0.88", zorder=1)
        deviations = list(quantity.deviations(answer.values).values())
        axes.plot(
            deviations, np.full(len(deviations), row), "o", ms=2.2, mew=0, color=colour(0), zorder=2
        )
    axes.set_ylim(len(levels) - 0.4, -0.6)
    axes.set_yticks(range(len(levels)), [r.label if labelled else "" for r in levels], size=5.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"error ({quantity.error_unit})")
    axes.set_title(quantity.title, size=6.5)


def _spread_panel(axes: Axes, judged: Disagreement) -> None:
    spreads = np.array([judged.spreads[item] for item in judged.spreads])
    errors = np.abs([judged.errors[item] for item in judged.spreads])
    axes.plot(spreads, errors, "o", ms=2.6, mew=0, color=colour(1))
    axes.axvline(judged.threshold, color="0.4", lw=0.7, ls="--")
    axes.axhline(judged.tolerated, color="0.4", lw=0.7, ls=":")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("spread of the members (eV)")
    axes.set_ylabel("error of their mean (eV)")
    axes.set_title(f"{len(judged.members)} levels; dashed: {number(judged.threshold)} eV", size=6.5)

"""Figures of bonding curves: energy upward, what bonds to the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from heterodot.analysis.bands.plot import SYMBOLS
from heterodot.analysis.figures.canvas import axes_for, legend_above
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    details,
    figure_style,
    join_caption,
    number,
)
from heterodot.checks import window_of
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.figures.drawn import Curves

AXIS = {"COHP": "−COHP (eV/eV)", "COOP": "COOP (electrons/eV)", "COBI": "COBI (1/eV)"}
"""Label of the horizontal axis by kind."""

MOST = 6
"""Curves one figure holds."""


def plot_bonding(
    curves: Curves,
    labels: Sequence[str] | None = None,
    window: tuple[float, float] = (-14.0, 5.0),
    width: float = COLUMN,
    height: float = 2.9,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw COHP (with its sign turned), COOP or COBI against energy.

    Bonding contributions point to the right, antibonding ones to the left; occupied states are
    filled. Of a spin-polarised calculation the second channel is dashed.

    Parameters
    ----------
    curves : BondCurves
    labels : sequence of str, optional
        Which pairs, six at most; the six with the largest integrals unless given.
    window : (low, high)
        eV, relative to the curves' reference.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        Unknown label, more than six, an empty window, or no energies in it.
    """
    chosen = _chosen(curves, labels)
    low, high = window_of(window)
    inside = (curves.energies >= low) & (curves.energies <= high)
    if not high > low or inside.sum() < 2:
        raise InputError(
            f"window {window} eV: expected low < high within {curves.energies[0]:.1f} to "
            f"{curves.energies[-1]:.1f} eV"
        )
    with figure_style():
        text = join_caption([caption, *_caption(curves, len(chosen))])
        figure, axes = axes_for(ax, width, height, text)
        for rank, label in enumerate(chosen):
            _draw(axes, curves, curves.labels.index(label), colour(rank), inside)
        _dress(axes, curves, window)
        _legend(figure, axes, ax is not None, curves, chosen)
    return figure


def _chosen(curves: Curves, labels: Sequence[str] | None) -> list[str]:
    if labels is None:
        order = sorted(curves.integrals.items(), key=lambda item: -abs(item[1]))
        kept = {label for label, _ in order[:MOST]}
        return [label for label in curves.labels if label in kept]
    unknown = [label for label in labels if label not in curves.labels]
    if unknown or not 0 < len(labels) <= MOST:
        raise InputError(
            f"labels {list(labels)}: expected 1 to {MOST} of {', '.join(curves.labels)}"
        )
    return list(labels)


def _draw(axes: Axes, curves: Curves, pair: int, shade: str, inside: np.ndarray) -> None:
    energies = curves.energies[inside]
    filled = energies <= curves.fermi
    styles: tuple[Any, Any] = ("-", (0, (3, 1.2)))
    for channel, dashes in zip(curves.values[pair], styles, strict=False):
        values = curves.bonding_sign * channel[inside]
        axes.plot(values, energies, color=shade, lw=0.8, ls=dashes, zorder=3)
        axes.fill_betweenx(energies, 0, values, where=filled, color=shade, alpha=0.25, lw=0)


def _dress(axes: Axes, curves: Curves, window: tuple[float, float]) -> None:
    """Limits on both sides of zero, the Fermi level, and which side is which."""
    axes.set_ylim(max(window[0], curves.energies[0]), min(window[1], curves.energies[-1]))
    left, right = axes.get_xlim()
    reach = max(-left, right)
    axes.set_xlim(min(left, -0.35 * reach), max(right, 0.35 * reach))
    axes.axvline(0, color="0.5", lw=0.4)
    axes.axhline(curves.fermi, color="0.35", lw=0.6, ls=(0, (4, 2)))
    if np.isfinite(curves.vbm):
        axes.axhline(curves.vbm, color="0.35", lw=0.6, ls=(0, (1, 1.5)))
    axes.set_xlabel(AXIS[curves.kind])
    axes.set_ylabel(f"Energy − {SYMBOLS[curves.reference]} (eV)")
    for x, side, words in ((0.02, "left", "← antibonding"), (0.98, "right", "bonding →")):
        axes.text(
            x, 1.01, words, transform=axes.transAxes, ha=side, va="bottom", size=6, color="0.3"
        )


def _legend(figure: Figure, axes: Axes, given: bool, curves: Curves, chosen: list[str]) -> None:
    """Name each curve with its integral, the Fermi level, the VBM and the spins."""
    from matplotlib.lines import Line2D

    sign = "−" if curves.bonding_sign < 0 else ""
    handles = []
    for rank, label in enumerate(chosen):
        value = number(curves.bonding_sign * curves.integrals[label])
        unit = curves.integral_unit.replace("electrons", "e")
        text = f"{label}: {sign}I{curves.kind} {value}{unit}"
        handles.append(Line2D([], [], color=colour(rank), lw=1.2, label=text))
    lines: list[tuple[str, Any]] = [("$E_\\mathrm{F}$", (0, (4, 2)))]
    lines += [("VBM", (0, (1, 1.5)))] if np.isfinite(curves.vbm) else []
    for text, dashes in lines:
        handles.append(Line2D([], [], color="0.35", lw=0.6, ls=dashes, label=text))
    if curves.at_fermi.shape[1] == 2:
        for text, ls in (("spin up", "-"), ("spin down", "--")):
            handles.append(Line2D([], [], color="0.35", lw=0.8, ls=ls, label=text))
    legend_above(
        figure,
        axes,
        given,
        handles=handles,
        ncols=2,
        handlelength=1.5,
        columnspacing=1.2,
        borderaxespad=0.2,
    )


def _caption(curves: Curves, drawn: int) -> list[str]:
    parts = [curves.level if curves.level != "LOBSTER" else ""]
    if curves.basis != "LOBSTER":
        parts.append(
            f"{curves.kind} in {curves.basis} orbitals, {curves.broadening} broadening "
            f"{curves.width:g} eV; each pair of atoms counted once, pairs of a kind summed"
        )
    parts.append("Filled: occupied. Numbers: integral over the occupied states")
    if drawn < len(curves.labels):
        parts.append(f"{drawn} of {len(curves.labels)} pairs drawn")
    if curves.level == "LOBSTER":  # the caveats say what it is of
        return [*curves.caveats, *parts]
    return [*parts, details(*curves.caveats)]

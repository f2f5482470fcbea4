"""Figures that set densities of states side by side: layer by layer, and two calculations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.bands.compare_dos import difference
from heterodot.analysis.bands.layered_pdos import LayeredPDOS
from heterodot.analysis.bands.pdos import DensityOfStates
from heterodot.analysis.bands.plot import reference_symbol
from heterodot.analysis.figures.canvas import axes_for, panels_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    details,
    figure_style,
    join_caption,
    rich,
)
from heterodot.checks import window_of
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_layered_pdos(
    layered: LayeredPDOS,
    window: tuple[float, float] = (-4.0, 4.0),
    width: float = COLUMN,
    height: float = 2.5,
    caption: str = "",
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw the density of states as a map of layer × energy, with the edges of each layer.

    Parameters
    ----------
    layered : LayeredPDOS
    window : (low, high)
        eV, relative to its reference.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.

    Raises
    ------
    InputError
        A window that is empty or holds no energies.
    """
    inside = (layered.energies >= window[0]) & (layered.energies <= window[1])
    if not inside.any():
        raise InputError(f"window {window} eV: no energies in it")
    n = len(layered.layers)
    energies = layered.energies[inside]
    with figure_style():
        text = join_caption([caption, *_layers_caption(layered)])
        figure, axes = axes_for(ax, width, height, text)
        image = axes.imshow(
            layered.values[:, inside].T,
            origin="lower",
            aspect="auto",
            extent=(-0.5, n - 0.5, energies[0], energies[-1]),
            cmap="cividis",
            interpolation="nearest",
        )
        _draw_edges(axes, layered)
        _name_layers(axes, layered)
        axes.set_ylim(*window)
        axes.set_ylabel(f"Energy − {reference_symbol(layered.reference)} (eV)")
        bar = figure.colorbar(image, ax=axes, pad=0.02, aspect=30)
        bar.set_label("PDOS (states/eV per atom)")
    return figure


def _draw_edges(axes: Axes, layered: LayeredPDOS) -> None:
    """Draw a bar at either edge of each layer, its uncertainty as a thin line."""
    for i in range(len(layered.layers)):
        for value, spread in zip((layered.vbm[i], layered.cbm[i]), layered.spread[i], strict=True):
            if np.isfinite(value):
                for shade, line in (("black", 2.6), ("white", 1.4)):
                    axes.plot([i - 0.42, i + 0.42], [value, value], color=shade, lw=line, zorder=3)
                axes.plot([i, i], [value - spread, value + spread], color="white", lw=0.6, zorder=4)


def _name_layers(axes: Axes, layered: LayeredPDOS) -> None:
    n = len(layered.layers)
    step = int(np.ceil(n / 12))
    axes.set_xticks(range(0, n, step), [str(x) for x in layered.layers[::step]])
    axes.tick_params(axis="x", length=0)
    axes.set_xlabel("Layer")
    domains = layered.domains
    starts = [i for i in range(n) if domains and (i == 0 or domains[i] != domains[i - 1])]
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        if start:
            axes.axvline(start - 0.5, color="white", lw=0.8, ls=(0, (4, 2)))
        axes.text(
            (start + stop - 1) / 2,
            1.02,
            rich(domains[start]),
            transform=axes.get_xaxis_transform(),
            ha="center",
            va="bottom",
            size=7,
        )


def _layers_caption(layered: LayeredPDOS) -> list[str]:
    return [
        layered.level,
        f"{layered.kind} projection, gaussian broadening {layered.width:g} eV",
        f"White bars: edges of each layer, where its states counted from the gap hold "
        f"{layered.edge_weight:g} electrons per atom; thin lines: their shift when that weight is "
        "halved or doubled",
        details(*layered.caveats),
    ]


def plot_dos_difference(
    densities: Mapping[str, DensityOfStates],
    window: tuple[float, float] = (-6.0, 3.0),
    width: float = COLUMN,
    caption: str = "",
    *,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw two densities over each other, and the first minus the second below.

    Parameters
    ----------
    densities : mapping of str to DensityOfStates
        Two of them, by the name of the calculation, on one reference.
    window : (low, high)
        eV, relative to it.
    width : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    axes : sequence of matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given:
        the two densities, and their difference.

    Raises
    ------
    InputError
        Not two densities, or two that cannot be compared.
    """
    if len(densities) != 2:
        raise InputError(f"{len(densities)} densities: expected two, one minus the other")
    window = window_of(window)
    names, (first, second) = list(densities), densities.values()
    change = difference(first, second)
    with figure_style():
        text = join_caption([caption, *_difference_caption(names, first, change)])
        figure, (upper, lower) = panels_for(
            axes, 2, width, 2.3, text, nrows=2, sharex=True, height_ratios=[3, 2]
        )
        for index, (name, dos) in enumerate(densities.items()):
            _signed_lines(
                upper, dos, colour(index), rich(name), ("-", (0, (4, 1.5)))[index], window
            )
            upper.axvline(dos.vbm, color=colour(index), lw=0.6, ls=(0, (1, 1.5)))
        _signed_lines(lower, change, "black", "", "-", window)
        lower.axhline(0, color="0.5", lw=0.4)
        upper.legend(loc="best", handlelength=1.8)
        upper.set_title(rich(first.label), loc="left", size=7, pad=3)
        upper.set_ylabel("PDOS (states/eV)" if first.kind != "total" else "DOS (states/eV)")
        lower.set_ylabel("Difference")
        lower.set_xlabel(f"Energy − {reference_symbol(first.reference)} (eV)")
        lower.set_xlim(*window)
    return figure


def _signed_lines(
    axes: Axes,
    dos: DensityOfStates,
    shade: str,
    label: str,
    line: str | tuple[int, tuple[float, float]],
    window: tuple[float, float],
) -> None:
    """Draw one line for each spin channel, the second pointing down."""
    inside = (dos.energies >= window[0]) & (dos.energies <= window[1])
    for sign, values in zip((1, -1), dos.values, strict=False):
        name = label if sign > 0 else ""
        y = sign * values[inside]
        axes.plot(dos.energies[inside], y, color=shade, lw=0.9, ls=line, label=name)


def _difference_caption(
    names: list[str], dos: DensityOfStates, change: DensityOfStates
) -> list[str]:
    kind = dos.kind if dos.kind == "total" else f"{dos.kind} projection"
    spread = f"{dos.broadening} broadening {dos.width:g} eV"
    return [
        dos.level,
        f"{kind}, {spread}" if dos.broadening != "tetrahedron" else f"{kind}, tetrahedron method",
        f"Below: {names[0]} − {names[1]}. Dotted: highest occupied states",
        details(*change.caveats),
    ]

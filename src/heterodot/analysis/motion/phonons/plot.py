"""Figures of phonons: bands beside densities of states, thermodynamics, the crystal by T."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from ase import units

from heterodot.analysis.figures.style import (
    COLUMN,
    PAGE,
    captioned_figure,
    colour,
    figure_style,
    join_caption,
    rich,
)
from heterodot.analysis.motion.phonons.crystal import WAVENUMBER
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.motion.phonons.quasi_harmonic import QuasiHarmonicCurves
    from heterodot.analysis.motion.phonons.spectra import PhononBands, PhononDensity
    from heterodot.analysis.motion.phonons.thermodynamics import Thermodynamics

ZERO = 0.02
"""THz: an acoustic mode this near to zero is drawn as what it is, not as imaginary."""

_JOULE_PER_MOL = units.mol / units.J
"""J/mol of 1 eV."""


def plot_phonons(
    bands: PhononBands,
    density: PhononDensity,
    title: str = "",
    caption: str = "",
    marks: Mapping[str, float] | None = None,
) -> Figure:
    """Draw bands along the lines of high symmetry, and densities of states beside them.

    Parameters
    ----------
    bands : PhononBands
    density : PhononDensity
        Its domains are drawn dashed, in other colours than the elements.
    title : str
    caption : str
    marks : mapping of str to float, optional
        Measured frequencies at Γ by name, cm⁻¹, drawn as ticks on the left axis.
    """
    with figure_style():
        figure = captioned_figure(PAGE, 2.7, join_caption([caption]))
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(3, 1))
        _draw_bands(left, bands)
        for name, wavenumber in (marks or {}).items():
            left.plot([0.0], [wavenumber / WAVENUMBER], marker="<", ms=3.5, color="0.2",
                      clip_on=False, zorder=5)  # fmt: skip
            left.annotate(rich(name), (0.0, wavenumber / WAVENUMBER), xytext=(4, 1),
                          textcoords="offset points", size=5.5, color="0.2")  # fmt: skip
        _draw_density(right, density)
        low = min(bands.lowest, float(density.frequencies[0]))
        high = max(bands.highest, float(density.frequencies[-1]))
        left.set_ylim(low - 0.02 * (high - low) if low < -0.05 else 0.0, high * 1.03)
        left.set_ylabel("Frequency (THz)")
        if title:
            left.set_title(rich(title), loc="left", size=7, pad=3)
        second = right.secondary_yaxis(
            "right", functions=(lambda f: f * WAVENUMBER, lambda k: k / WAVENUMBER)
        )
        second.set_ylabel("Wavenumber (cm$^{-1}$)")
    return figure


def _draw_bands(axes: Axes, bands: PhononBands) -> None:
    """Draw the lines one after the other; two labels where the path jumps."""
    places: list[tuple[float, str]] = []
    for (start, end), x, f in zip(bands.lines, bands.distances, bands.frequencies, strict=True):
        axes.plot(x, np.where(f < -ZERO, np.nan, f), color=colour(0), lw=0.8)
        axes.plot(x, np.where(f < 0, f, np.nan), color=colour(1), lw=0.8)
        if places and places[-1][1] != start:
            places[-1] = (places[-1][0], f"{places[-1][1]}|{start}")
        elif not places:
            places.append((float(x[0]), start))
        places.append((float(x[-1]), end))
    for place, _ in places:
        axes.axvline(place, color="0.6", lw=0.4, zorder=0)
    axes.axhline(0.0, color="0.5", lw=0.5)
    axes.set_xticks([place for place, _ in places], [_symbol(label) for _, label in places])
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(places[0][0], places[-1][0])
    axes.set_xlabel("Wave vector")
    if bands.lowest < -0.1:
        axes.annotate("imaginary", (0.99, 0.0), xycoords=("axes fraction", "data"), size=5.5,
                      color=colour(1), ha="right", va="top", xytext=(0, -2),
                      textcoords="offset points")  # fmt: skip


def _symbol(label: str) -> str:
    """Return the label of a point, its number as subscript: X_1."""
    head, mark, tail = label.partition("_")
    return f"{head}$_{{{tail}}}$" if mark and "|" not in label else label.replace("_", "")


def _draw_density(axes: Axes, density: PhononDensity) -> None:
    axes.fill_betweenx(density.frequencies, 0, density.total, color="0.88", lw=0, label="total")
    several = len(density.elements) > 1
    for i, (name, share) in enumerate(density.elements.items() if several else ()):
        axes.plot(share, density.frequencies, color=colour(i + 2), lw=0.8, label=name)
    for i, (name, share) in enumerate(density.domains.items()):
        shade = colour(i + 2 + len(density.elements))
        axes.plot(share, density.frequencies, color=shade, lw=0.8, ls=(0, (3, 1.5)), label=name)
    axes.axhline(0.0, color="0.5", lw=0.5)
    axes.set_xlim(0, 1.06 * float(density.total.max()))
    axes.set_xlabel("States per THz and cell")
    axes.legend(loc="best", fontsize=5.5, handlelength=1.2)


def plot_thermodynamics(
    answers: Mapping[str, Thermodynamics], caption: str = "", per: str = "formula unit"
) -> Figure:
    """Draw F, S and Cv by temperature, a line for each system.

    Parameters
    ----------
    answers : mapping of str to Thermodynamics
        By name.
    caption : str
    per : str
        What the quantities are of: for the axes.

    Raises
    ------
    InputError
        Nothing to draw.
    """
    if not answers:
        raise InputError("0 systems: expected one or more")
    with figure_style():
        figure = captioned_figure(PAGE, 1.9, join_caption([caption, f"Per {per}"]))
        panels = figure.subplots(1, 3)
        for i, (name, one) in enumerate(answers.items()):
            T, shade = one.temperatures, colour(i)
            panels[0].plot(T, one.free_energy, color=shade, lw=1.0, label=rich(name))
            panels[1].plot(T, one.entropy * _JOULE_PER_MOL, color=shade, lw=1.0)
            panels[2].plot(T, one.heat_capacity * _JOULE_PER_MOL, color=shade, lw=1.0)
            classical = one.n_modes * units.kB * _JOULE_PER_MOL
            panels[2].axhline(classical, color=shade, lw=0.5, ls=(0, (4, 2)))
        panels[2].annotate("3$N$k", (0.02, classical), xycoords=("axes fraction", "data"),
                           xytext=(0, -6), textcoords="offset points", size=5.5)  # fmt: skip
        texts = ("Vibrational free energy $F$ (eV)", "$S$ (J/mol K)", "$C_V$ (J/mol K)")
        for panel, text in zip(panels, texts, strict=True):
            panel.set(xlabel="Temperature (K)", ylabel=text, xlim=(0, float(T[-1])))
        panels[1].set_ylim(bottom=0)
        panels[2].set_ylim(bottom=0)
        panels[0].axhline(0.0, color="0.6", lw=0.4)
        if len(answers) > 1:
            panels[0].legend(loc="best", fontsize=5.5)
        elif next(iter(answers)):
            panels[0].set_title(rich(next(iter(answers))), loc="left", size=7, pad=3)
    return figure


def plot_quasi_harmonic(
    curves: QuasiHarmonicCurves,
    lengths: np.ndarray,
    per: float,
    title: str = "",
    caption: str = "",
) -> Figure:
    """Draw a(T), α(T), B(T) and G(T).

    Parameters
    ----------
    curves : QuasiHarmonicCurves
    lengths : (n,) float array
        Lattice constant at each temperature, Å.
    per : float
        Formula units in the cell of the curves.
    title, caption : str

    Raises
    ------
    InputError
        The minimum lies beyond the volumes at every temperature.
    """
    if not len(curves.temperatures):
        raise InputError("no temperature has its minimum among the volumes: nothing to draw")
    series = (
        (lengths, "$a$ (Å)"),
        (1e6 * curves.expansion, "$α$ (10$^{-6}$ K$^{-1}$)"),
        (curves.bulk_modulus, "$B_T$ (GPa)"),
        (curves.gibbs / per, "$G$ (eV per formula)"),
    )
    with figure_style():
        figure = captioned_figure(COLUMN, 2.9, join_caption([caption]))
        panels = figure.subplots(2, 2, sharex=True)
        for i, (panel, (values, text)) in enumerate(zip(panels.flat, series, strict=True)):
            panel.plot(curves.temperatures, values, color=colour(i), lw=1.0)
            panel.set_ylabel(text)
            panel.ticklabel_format(useOffset=False)
        panels[0, 0].set_xlim(0, float(max(curves.temperatures[-1], 1.0)))
        for panel in panels[1]:
            panel.set_xlabel("Temperature (K)")
        if title:
            panels[0, 0].set_title(rich(title), loc="left", size=7, pad=3)
    return figure

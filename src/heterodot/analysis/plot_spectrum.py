"""Figures of vibrational spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.style import (
    COLUMN,
    captioned_figure,
    colour,
    figure_style,
    join_caption,
    rich,
)
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.vibrational_spectrum import Mode, VibrationalSpectrum


def plot_spectra(
    spectra: Sequence[VibrationalSpectrum],
    bands: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    source: str = "",
    window: tuple[float, float] = (1000.0, 2500.0),
    broadening: float = 15.0,
    width: float = COLUMN,
    panel_height: float = 0.9,
    caption: str = "",
) -> Figure:
    """Draw spectra one above the other, with their modes as sticks and published bands on top.

    Parameters
    ----------
    spectra : sequence of VibrationalSpectrum
    bands : mapping of str to sequence of (low, high), optional
        Published bands, cm⁻¹, by species: lines, or a bar where low < high.
    source : str
        Where the bands are from, for the caption.
    window : (low, high)
        cm⁻¹; drawn from high to low.
    broadening : float
        Full width at half maximum, cm⁻¹.
    width, panel_height : float
        Inches.
    caption : str
        Put before the caption's own sentences.

    Raises
    ------
    InputError
        Nothing to draw, or an empty window.
    """
    low, high = window
    if not spectra or not 0 <= low < high:
        raise InputError(
            f"{len(spectra)} spectra, window {window}: expected one, and 0 ≤ low < high"
        )
    published = dict(bands or {})
    notes = [caption, *_notes(spectra, broadening), source if published else ""]
    top = 0.16 * len(published) + 0.08
    with figure_style():
        figure = captioned_figure(
            width, panel_height * len(spectra) + top + 0.45, join_caption(notes)
        )
        ratios = [*([top] if published else []), *([panel_height] * len(spectra))]
        panels = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[
            :, 0
        ]
        if published:
            _draw_bands(panels[0], published, (low, high))
        for rank, spectrum in enumerate(spectra):
            _draw_spectrum(
                panels[len(ratios) - len(spectra) + rank],
                spectrum,
                colour(rank),
                (low, high),
                broadening,
            )
        panels[-1].set_xlim(high, low)
        panels[-1].set_xlabel("Wavenumber (cm$^{-1}$)")
        infrared = all(s.infrared for s in spectra)
        figure.supylabel("IR absorption" if infrared else "Modes (no intensities)", size=7.5)
    return figure


def _notes(spectra: Sequence[VibrationalSpectrum], broadening: float) -> list[str]:
    levels = list(dict.fromkeys(s.level for s in spectra if s.level))
    heights = "IR intensities" if all(s.infrared for s in spectra) else "equal heights"
    return [
        *levels,
        f"Harmonic, unscaled; {heights}, Lorentzians of {broadening:g} cm⁻¹; ν stretch, δ bend, "
        "γ out-of-plane bend, τ torsion",
    ]


def _draw_spectrum(
    axes: Axes,
    spectrum: VibrationalSpectrum,
    shade: str,
    window: tuple[float, float],
    broadening: float,
) -> None:
    grid = np.linspace(*window, 2000)
    margin = 3 * broadening  # bands beyond it would only lend their tails
    seen = [m for m in spectrum.visible() if -margin <= m.frequency - window[0]]
    seen = [m for m in seen if m.frequency - window[1] <= margin]
    curve = replace(spectrum, modes=tuple(seen)).curve(grid, broadening)
    curve /= float(curve.max(initial=0.0)) or 1.0
    axes.plot(grid, curve, color=shade, lw=0.9)
    inside = [m for m in seen if window[0] <= m.frequency <= window[1]]
    for mode in inside:
        axes.plot([mode.frequency] * 2, [0, 0.12], color="0.3", lw=0.7)
    _label_modes(axes, inside, grid, curve)
    axes.set(ylim=(0, 1.35), yticks=[])
    axes.set_title(rich(spectrum.label), loc="left", size=7, pad=2, color=shade)


def _label_modes(axes: Axes, modes: list[Mode], grid: np.ndarray, curve: np.ndarray) -> None:
    """Name the modes, the strongest first, where there is room."""
    per_letter = 0.0145 * (grid[-1] - grid[0])
    taken: list[tuple[float, float, float]] = []  # left, right, bottom
    for mode in sorted(modes, key=lambda m: -float(np.interp(m.frequency, grid, curve))):
        name, letters = _short(mode.assignment)
        half = per_letter * (letters + 5) / 2
        middle = float(np.clip(mode.frequency, grid[0] + half, grid[-1] - half))
        nearby = curve[np.abs(grid - middle) < half]
        bottom = max(float(nearby.max(initial=0.0)), 0.12)
        left, right = middle - half, middle + half
        if any(left < r and right > lo and abs(bottom - y) < 0.2 for lo, r, y in taken):
            continue
        taken.append((left, right, bottom))
        axes.annotate(
            f"{mode.frequency:.0f} {name}",
            (middle, bottom),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=5.5,
        )


def _short(assignment: str) -> tuple[str, int]:
    """Abbreviate a motion (ν stretch, δ bend, τ torsion); with the number of letters it takes."""
    for word, mark, letters in (
        ("asymmetric stretch", "ν$_\\mathrm{as}$ ", 3),
        ("symmetric stretch", "ν$_\\mathrm{s}$ ", 3),
        ("out-of-plane bend", "γ ", 2),
        ("stretch", "ν ", 2),
        ("bend", "δ ", 2),
        ("torsion", "τ ", 2),
    ):
        if f" {word}" in assignment:
            who = assignment.partition(f" {word}")[0]
            return mark + who, letters + len(who)
    text = assignment.replace("frustrated ", "f. ")
    return text, len(text)


def _draw_bands(
    axes: Axes,
    bands: Mapping[str, Sequence[tuple[float, float]]],
    window: tuple[float, float],
) -> None:
    for rank, (name, ranges) in enumerate(reversed(list(bands.items()))):
        for low, high in ranges:
            if high > low:
                axes.plot([low, high], [rank, rank], color="0.45", lw=3, solid_capstyle="butt")
            else:
                axes.plot([low, low], [rank - 0.35, rank + 0.35], color="black", lw=1.2)
        axes.annotate(
            rich(name),
            (window[0], rank),
            xytext=(-3, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            size=6,
        )
    axes.set(ylim=(-0.6, len(bands) - 0.4), yticks=[])
    axes.tick_params(axis="x", length=0)

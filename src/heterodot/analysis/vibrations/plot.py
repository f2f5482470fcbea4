"""Figures of vibrational spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import centre_label, label_panels, panels_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    rich,
)
from heterodot.checks import positive, window_of
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.vibrations.modes import Mode, Spectrum

MARGIN = 100.0
"""cm⁻¹ left beside the outermost bands."""

POINTS = 2000
"""Of a curve."""


def plot_spectra(
    spectra: Sequence[Spectrum],
    bands: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    source: str = "",
    window: tuple[float, float] | None = None,
    broadening: float = 15.0,
    width: float = COLUMN,
    panel_height: float = 0.9,
    caption: str = "",
    *,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw spectra one above the other on one scale, with a tick below at each mode.

    A band twice as high as another absorbs twice as much, whichever spectra the two are in. Where
    the intensities of one spectrum are not known, all are drawn without.

    Parameters
    ----------
    spectra : sequence of VibrationalSpectrum
    bands : mapping of str to sequence of (low, high), optional
        Published bands, cm⁻¹, by species, drawn on top: lines, or a bar where low < high.
    source : str
        Where the bands are from, for the caption.
    window : (low, high), optional
        cm⁻¹; drawn from high to low. Without it, all modes and published bands; with it, the modes
        outside are named in the caption.
    broadening : float
        Full width at half maximum, cm⁻¹.
    width, panel_height : float
        Inches.
    caption : str
        Put before the caption's own sentences.
    axes : sequence of matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given:
        one for the published bands, if any, and one for each spectrum.

    Raises
    ------
    InputError
        Nothing to draw, an empty window, or a size that is not positive.
    """
    if not spectra:
        raise InputError("0 spectra: expected one or more")
    broadening = positive(broadening, "broadening", "cm⁻¹")
    width, panel_height = positive(width, "width", "inch"), positive(panel_height, "panel_height")
    published = dict(bands or {})
    low, high = window_of(window, unit="cm⁻¹") if window else _all_in(spectra, published)
    if low < 0:
        raise InputError(f"window {window}: expected 0 ≤ low, cm⁻¹")
    infrared = all(s.infrared for s in spectra)
    spectra = spectra if infrared else [_without_intensities(s) for s in spectra]
    curves = [_curve(spectrum, (low, high), broadening) for spectrum in spectra]
    scale = max(float(curve.max(initial=0.0)) for curve in curves) or 1.0
    notes = [caption, *_notes(spectra, broadening, scale), *_outside(spectra, (low, high))]
    notes.append(source if published else "")
    top = 0.16 * len(published) + 0.08
    with figure_style():
        ratios = [*([top] if published else []), *([panel_height] * len(spectra))]
        figure, panels = panels_for(
            axes,
            len(ratios),
            width,
            panel_height * len(spectra) + top + 0.45,
            join_caption(notes),
            nrows=len(ratios),
            sharex=True,
            height_ratios=ratios,
        )
        if published:
            _draw_bands(panels[0], published, (low, high))
        for rank, (spectrum, curve) in enumerate(zip(spectra, curves, strict=True)):
            panel = panels[len(ratios) - len(spectra) + rank]
            _draw_spectrum(panel, spectrum, colour(rank), (low, high), curve / scale)
        panels[-1].set_xlim(high, low)
        panels[-1].set_xlabel("Wavenumber (cm$^{-1}$)")
        text = "IR absorption" if infrared else "Modes (no intensities)"
        own = panels[len(ratios) - len(spectra) :]
        label_panels(figure, own, axes is not None, text)
        centre_label(figure, own)
    return figure


def _all_in(
    spectra: Sequence[Spectrum], bands: Mapping[str, Sequence[tuple[float, float]]]
) -> tuple[float, float]:
    """Window that holds every mode that can be seen and every published band, cm⁻¹."""
    shown = [mode.frequency for spectrum in spectra for mode in spectrum.visible()]
    shown += [edge for ranges in bands.values() for pair in ranges for edge in pair]
    if not shown:
        return 0.0, 4000.0
    low, high = min(shown) - MARGIN, max(shown) + MARGIN
    return max(0.0, float(np.floor(low / MARGIN) * MARGIN)), float(np.ceil(high / MARGIN) * MARGIN)


def _without_intensities(spectrum: Spectrum) -> Spectrum:
    return spectrum.with_modes(replace(m, intensity=None) for m in spectrum.modes)


def _curve(spectrum: Spectrum, window: tuple[float, float], broadening: float) -> np.ndarray:
    """Return the spectrum on the grid of the figure, of the modes in the window or just beside."""
    margin = 3 * broadening  # bands beyond it would only lend their tails
    seen = [m for m in spectrum.visible() if -margin <= m.frequency - window[0]]
    seen = [m for m in seen if m.frequency - window[1] <= margin]
    return spectrum.with_modes(seen).curve(np.linspace(*window, POINTS), broadening)


def _notes(spectra: Sequence[Spectrum], broadening: float, scale: float) -> list[str]:
    levels = list(dict.fromkeys(s.level for s in spectra if s.level))
    heights = "equal heights"
    if all(s.infrared for s in spectra):
        one = "on one scale, " if len(spectra) > 1 else ""
        heights = f"IR intensities {one}the tallest band {scale:.3g} km/mol per cm⁻¹"
    return [
        *levels,
        f"Harmonic, unscaled; {heights}, Lorentzians of {broadening:g} cm⁻¹; ν stretch, δ bend, "
        "γ out-of-plane bend, τ torsion",
    ]


def _outside(spectra: Sequence[Spectrum], window: tuple[float, float]) -> list[str]:
    """Name the modes a window leaves out."""
    found = []
    for spectrum in spectra:
        modes = [m for m in spectrum.visible() if not window[0] <= m.frequency <= window[1]]
        if modes:
            numbers = ", ".join(f"{m.frequency:.0f}" for m in reversed(modes))
            found.append(f"{spectrum.label} {numbers}")
    return [f"Outside the window: {'; '.join(found)} cm⁻¹"] if found else []


def _draw_spectrum(
    axes: Axes,
    spectrum: Spectrum,
    shade: str,
    window: tuple[float, float],
    curve: np.ndarray,
) -> None:
    grid = np.linspace(*window, len(curve))
    axes.plot(grid, curve, color=shade, lw=0.9)
    inside = [m for m in spectrum.visible() if window[0] <= m.frequency <= window[1]]
    for mode in inside:
        axes.plot([mode.frequency] * 2, [-0.12, -0.03], color="0.3", lw=0.7)  # no intensity
    _label_modes(axes, inside, grid, curve)
    axes.set(ylim=(-0.15, 1.35), yticks=[])
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
        bottom = float(nearby.max(initial=0.0))
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

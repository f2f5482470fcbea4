"""What a figure of projected densities shows: its window, and the projections worth a curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from heterodot.analysis.bands.centre import BandMoments
from heterodot.analysis.bands.pdos import DensityOfStates
from heterodot.analysis.figures.style import number

LEAST_SHARE = 0.02
"""Share of a panel's projected states in the window below which a curve is left out: it would lie
on the axis. Chosen by eye; no number depends on it."""

BELOW, ABOVE = 5.0, 2.0
"""eV shown below the highest occupied and above the lowest empty level. Chosen by eye."""

EMPTY = ("empty-shell", "little-weight")
"""Flags of bands that are none: polarisation functions, or the tails of another."""

FWHM = {"gaussian": 2.0 * float(np.sqrt(2.0 * np.log(2.0))), "lorentzian": 2.0}
"""Full width at half maximum of a broadening of width 1; tetrahedra have none."""

Curves = Mapping[str, Sequence[DensityOfStates]]
Bands = Mapping[str, Sequence[BandMoments]]


def chosen_window(curves: Curves) -> tuple[float, float]:
    """Return a window (eV) that holds the edges of every system and what lies beside them."""
    every = [dos for group in curves.values() for dos in group]
    low = min(min(dos.vbm, dos.fermi) for dos in every) - BELOW
    high = max(max(dos.fermi, dos.vbm if dos.cbm is None else dos.cbm) for dos in every) + ABOVE
    return float(np.floor(2 * low) / 2), float(np.ceil(2 * high) / 2)


def left_out(curves: Curves, marks: Bands, window: tuple[float, float]) -> dict[str, str]:
    """Return why a projection is not drawn, by its label; nothing where none would be left.

    In no system is there enough of it: less than :data:`LEAST_SHARE` of the projected states in the
    window, or in each its band is flagged as an empty shell.
    """
    shares: dict[str, float] = {}
    for group in curves.values():
        weights = [_weight(dos, window) for dos in group]
        for dos, weight in zip(group, weights, strict=True):
            share = weight / (sum(weights) or 1.0)
            shares[dos.label] = max(share, shares.get(dos.label, 0.0))
    found = {
        label: f"{number(100 * share, 1)} % of the projected states"
        for label, share in shares.items()
        if share < LEAST_SHARE
    }
    bands: dict[str, list[bool]] = {}
    for mark in (mark for group in marks.values() for mark in group):
        bands.setdefault(mark.label, []).append(any(f.name in EMPTY for f in mark.flags))
    found |= {label: "no occupied shell" for label, empty in bands.items() if all(empty)}
    return found if set(shares) - set(found) else {}


def _weight(dos: DensityOfStates, window: tuple[float, float]) -> float:
    inside = (dos.energies >= window[0]) & (dos.energies <= window[1])
    return float(np.trapezoid(dos.total[inside], dos.energies[inside]))


def broadened_over(curves: Curves) -> str:
    """Say for which systems the broadening is wider than the gap; nothing where for none."""
    found = {}
    for name, group in curves.items():
        dos = group[0]
        wide = dos.width * FWHM.get(dos.broadening, 0.0)
        gap = 0.0 if dos.cbm is None else dos.cbm - dos.vbm
        if 0.0 < gap < wide:
            found[name.split(":")[0]] = (gap, wide)
    if not found:
        return ""
    gaps = ", ".join(f"{number(gap)} eV {name}".strip() for name, (gap, _) in found.items())
    wide = max(wide for _, wide in found.values())
    return f"Broadening (full width {number(wide)} eV) wider than the gap: {gaps}"

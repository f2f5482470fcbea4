"""The spectral density of a gap that fluctuates along a trajectory, and whose motion its lines are.

I(ω) = |1/√(2π) ∫ C(t) exp(−iωt) dt|² of the un-normalised autocorrelation C(t) = ⟨δE(t) δE(0)⟩, as
in L. Qiu et al., Adv. Sci. 2023, 2206560: peaks stand at the vibrations that couple to the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase import Atoms

from heterodot.analysis.motion.trajectories.correlation import (
    CM_PER_FS,
    autocorrelation,
    cosine_transform,
)
from heterodot.data.flags import Marked
from heterodot.errors import InputError
from heterodot.records import Record

LEAST_HEIGHT = 0.03
"""Of a line's √I over that of the strongest: chosen, above the side lobes of Hann's window (2.7 %).
"""

SEGMENTS = 7
"""Half-overlapping pieces a signal is cut into to tell what moves with the gap from chance. Chosen:
the fewest that leave chance a coherence of 1/7, which is taken off."""

LINES_TOLD = 8
"""Strongest lines in tables and figures."""

LINES_KEPT = 100
"""Strongest lines that are kept and assigned: noise of a million frames has 10⁵ maxima."""

_Shares = tuple[dict[str, float], dict[str, float], float]

FEWEST_FRAMES = 16
"""Below which a series has no spectrum worth the name."""


@dataclass(frozen=True)
class Line(Record):
    """A line of a spectral density.

    Attributes
    ----------
    wavenumber : float
        cm⁻¹.
    height : float
        √I over that of the strongest line.
    elements, domains : dict of str to float
        Shares of the kinetic energy that moves in step with the gap at the line; empty where no
        velocities were given, or where nothing moves with it beyond chance.
    coherence : float
        Share of the gap's motion at the line that the best-coupled coordinate follows, 0 to 1,
        after what chance gives.
    """

    wavenumber: float
    height: float
    elements: dict[str, float]
    domains: dict[str, float]
    coherence: float

    def assignment(self) -> str:
        """Return the elements and domains that hold most of the line, in words."""
        if not self.elements:
            return "not assigned"
        parts = []
        for shares in (self.elements, self.domains):
            ranked = sorted(shares.items(), key=lambda item: -item[1])
            main = [f"{name} {100 * share:.0f} %" for name, share in ranked if share >= 0.2]
            parts.append(", ".join(main or [f"{ranked[0][0]} {100 * ranked[0][1]:.0f} %"]))
        return " · ".join(parts if len(self.domains) > 1 else parts[:1])


@dataclass(frozen=True)
class SpectralDensity(Record):
    """What a gap's fluctuation is made of.

    Attributes
    ----------
    times : (n,) float array
        Lags, fs.
    correlation : (n,) float array
        C(t), eV².
    wavenumbers : (k,) float array
        cm⁻¹.
    intensities : (k,) float array
        I, eV⁴ fs².
    resolution : float
        cm⁻¹, of the longest lag and the window.
    window : str
    mean, deviation : float
        Of the gap, eV.
    lines : tuple of Line
        The strongest hundred at most, by wavenumber.
    """

    times: np.ndarray
    correlation: np.ndarray
    wavenumbers: np.ndarray
    intensities: np.ndarray
    resolution: float
    window: str
    mean: float
    deviation: float
    lines: tuple[Line, ...]

    def strongest(self, number: int = LINES_TOLD) -> list[Line]:
        """Return the strongest lines, by wavenumber."""
        ranked = sorted(self.lines, key=lambda line: -line.height)[:number]
        return sorted(ranked, key=lambda line: line.wavenumber)

    def line_values(self) -> dict[str, float | str | Marked]:
        """Return the strongest lines with what moves in them, by name."""
        values: dict[str, float | str | Marked] = {}
        for rank, line in enumerate(self.strongest(), 1):
            values[f"line {rank} (cm⁻¹)"] = line.wavenumber
            values[f"line {rank} of"] = line.assignment()
        return values


def spectral_density(
    gap: np.ndarray,
    interval: float,
    *,
    velocities: np.ndarray | None = None,
    atoms: Atoms | None = None,
    longest: float | None = None,
    window: Literal["hann", "none"] = "hann",
) -> SpectralDensity:
    """Return the spectral density of a gap's series, its lines assigned to what moves.

    Parameters
    ----------
    gap : (f,) array
        eV.
    interval : float
        fs.
    velocities : (f, a, 3) array, optional
        Of the same frames, Å/fs; with ``atoms`` the lines are assigned.
    atoms : Atoms, optional
        Elements, masses and the array ``domain``.
    longest : float, optional
        Longest lag, fs; half of the series by default, beyond which lags have too few pairs.
    window : {"hann", "none"}

    Raises
    ------
    InputError
        Fewer than 16 frames, or arrays that do not fit.
    """
    series = np.asarray(gap, float)
    if series.ndim != 1 or len(series) < FEWEST_FRAMES:
        raise InputError(
            f"a gap of shape {series.shape}: expected one value for each of {FEWEST_FRAMES} frames "
            "or more"
        )
    n_lags = len(series) // 2 if longest is None else int(longest / interval) + 1
    if not 2 <= n_lags <= len(series):
        raise InputError(
            f"longest lag {longest} fs: expected {interval:g} to "
            f"{interval * (len(series) - 1):g} fs"
        )
    correlation = autocorrelation(series, n_lags)
    spectrum = cosine_transform(correlation, interval, window)
    amplitude = np.abs(spectrum.intensities) / np.sqrt(2 * np.pi)
    found = _peaks(spectrum.wavenumbers, amplitude, spectrum.resolution)
    shares: list[_Shares] = [({}, {}, 0.0)] * len(found)
    if velocities is not None and atoms is not None and found:
        shares = _assigned(series, np.asarray(velocities), atoms, interval, [w for w, _ in found])
    return SpectralDensity(
        times=interval * np.arange(n_lags),
        correlation=correlation,
        wavenumbers=spectrum.wavenumbers,
        intensities=amplitude**2,
        resolution=spectrum.resolution,
        window=window,
        mean=float(series.mean()),
        deviation=float(series.std()),
        lines=tuple(Line(w, h, *share) for (w, h), share in zip(found, shares, strict=True)),
    )


def _peaks(
    wavenumbers: np.ndarray, amplitude: np.ndarray, resolution: float
) -> list[tuple[float, float]]:
    """Return wavenumber and relative height of the lines that stand out by LEAST_HEIGHT."""
    from scipy.signal import find_peaks

    step = wavenumbers[1] - wavenumbers[0]
    beyond = wavenumbers > resolution / 2  # nearer to zero it is the drift, not a vibration
    top = float(amplitude[beyond].max(initial=0.0))
    if top == 0:
        return []
    apart = max(1, int(resolution / step))
    peaks, _ = find_peaks(amplitude, prominence=LEAST_HEIGHT * top, distance=apart)
    peaks = peaks[beyond[peaks]]
    peaks = np.sort(peaks[np.argsort(-amplitude[peaks], kind="stable")[:LINES_KEPT]])
    before, here, after = amplitude[peaks - 1], amplitude[peaks], amplitude[peaks + 1]
    shift = 0.5 * (before - after) / (before - 2 * here + after)  # vertex of a parabola
    places, heights = wavenumbers[peaks] + shift * step, here / top
    return list(zip(places.tolist(), heights.tolist(), strict=True))


def _assigned(
    gap: np.ndarray,
    velocities: np.ndarray,
    atoms: Atoms,
    interval: float,
    lines: list[float],
) -> list[_Shares]:
    """Return for each line the shares of elements and domains, and the largest coherence."""
    if velocities.shape != (len(gap), len(atoms), 3):
        raise InputError(
            f"velocities of shape {velocities.shape}: expected {(len(gap), len(atoms), 3)}"
        )
    length = max(FEWEST_FRAMES // 2, 2 * len(gap) // (SEGMENTS + 1))
    starts = np.arange(0, len(gap) - length + 1, max(1, length // 2))
    taper = np.hanning(length + 2)[1:-1]
    angles = 2 * np.pi * interval / CM_PER_FS * np.outer(lines, np.arange(length))
    waves = taper * np.exp(-1j * angles)
    signal = np.array([waves @ (gap[s : s + length] - gap[s : s + length].mean()) for s in starts])
    moved = np.array([np.tensordot(waves, velocities[s : s + length], 1) for s in starts])
    shared = np.abs(np.einsum("sl,slad->lad", signal.conj(), moved)) ** 2
    own = (np.abs(moved) ** 2).sum(axis=0)
    whole = (np.abs(signal) ** 2).sum(axis=0)[:, None, None]
    coherence = shared / np.maximum(whole * own, np.finfo(float).tiny)
    chance = 1 / len(starts)
    real = np.clip((coherence - chance) / max(1 - chance, 1e-12), 0, 1)
    energy = (real * own).sum(axis=2) * atoms.get_masses()
    found: list[_Shares] = []
    for k in range(len(lines)):
        total = energy[k].sum()
        if total <= 0:
            found.append(({}, {}, 0.0))
            continue
        weights = energy[k] / total
        domain = atoms.arrays.get("domain", np.full(len(atoms), "all"))
        found.append(
            (
                _summed(weights, np.array(atoms.get_chemical_symbols())),
                _summed(weights, np.asarray(domain).astype(str)),
                float(real[k].max()),
            )
        )
    return found


def _summed(weights: np.ndarray, names: np.ndarray) -> dict[str, float]:
    return {str(name): float(weights[names == name].sum()) for name in np.unique(names)}

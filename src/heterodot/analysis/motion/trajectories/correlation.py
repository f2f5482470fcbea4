"""Autocorrelation and power spectra of series by fast Fourier transform, a million values at once.

M. P. Allen, D. J. Tildesley, Computer Simulation of Liquids, 2nd ed. (2017), ch. 8.3: the direct
sum over pairs of times takes n² products, the transform of the series padded with zeros n log n.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from heterodot.errors import InputError

WINDOWS = ("hann", "none")
"""Windows a correlation function is multiplied with before it is transformed."""

CM_PER_FS = 1e15 / 29979245800.0
"""Wavenumber (cm⁻¹) of one cycle per fs: 10¹⁵ Hz over the speed of light in cm/s (exact)."""


def autocorrelation(
    series: np.ndarray, n_lags: int | None = None, centred: bool = True
) -> np.ndarray:
    """Return the un-normalised autocorrelation ⟨δx(t) δx(0)⟩ of series, for each lag.

    Each lag is averaged over as many pairs as there are (the unbiased estimator).

    Parameters
    ----------
    series : (f,) or (f, …) array
        Along the first axis.
    n_lags : int, optional
        Lags at most, the zeroth counted; all f by default.
    centred : bool
        Take the mean off first.

    Returns
    -------
    (n_lags, …) float array
        In the square of the series' unit.

    Raises
    ------
    InputError
        The series is empty or holds numbers that are not finite.
    """
    values = _checked(series)
    n = len(values)
    lags = n if n_lags is None else min(int(n_lags), n)
    if lags < 1:
        raise InputError(f"n_lags {n_lags}: expected 1 or more")
    if centred:
        values = values - values.mean(axis=0)
    found = correlate(values, values)[:lags]
    return found / _counts(n, lags, found.ndim)


def correlate(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return Σ_t first(t + lag)·second(t) for the lags 0 … f − 1, along the first axis.

    Parameters
    ----------
    first, second : (f, …) array

    Returns
    -------
    (f, …) float array
    """
    from scipy import fft

    n = len(first)
    size = fft.next_fast_len(2 * n - 1, real=True)
    transformed = fft.rfft(first, size, axis=0)
    if second is first:
        product = transformed.real**2 + transformed.imag**2
    else:
        product = transformed * fft.rfft(second, size, axis=0).conj()
    found: np.ndarray = fft.irfft(product, size, axis=0)[:n]
    return found


def _counts(n: int, lags: int, n_dim: int) -> np.ndarray:
    """(lags, 1, …) number of pairs of times for each lag."""
    return (n - np.arange(lags, dtype=float)).reshape(-1, *[1] * (n_dim - 1))


def _checked(series: np.ndarray) -> np.ndarray:
    values = np.asarray(series, float)
    if not values.ndim or not len(values):
        raise InputError("an empty series: expected one value or more")
    if not np.isfinite(values).all():
        raise InputError(f"{int((~np.isfinite(values)).sum())} values of the series are not finite")
    return values


@dataclass(frozen=True)
class PowerSpectrum:
    """A spectral density.

    Attributes
    ----------
    wavenumbers : (k,) float array
        cm⁻¹.
    intensities : (k,) float array
        See what made it.
    resolution : float
        cm⁻¹: two lines nearer than this are one. Of the longest lag and the window.
    window : str
    """

    wavenumbers: np.ndarray
    intensities: np.ndarray
    resolution: float
    window: str


def cosine_transform(
    correlation: np.ndarray,
    interval: float,
    window: Literal["hann", "none"] = "hann",
    padding: int = 4,
) -> PowerSpectrum:
    """Return ∫ C(t) cos(ωt) dt over positive and negative times of an even correlation function.

    Parameters
    ----------
    correlation : (n,) float array
        From lag 0 on.
    interval : float
        fs.
    window : {"hann", "none"}
        What the function is multiplied with, one at lag 0; Hann's is zero at the last lag.
    padding : int
        Points of the spectrum for each that is independent: smoother, not sharper.

    Returns
    -------
    PowerSpectrum
        In the unit of ``correlation`` times fs. Full width of a sharp line at half its height: 1.21
        over twice the longest time without a window, 2.00 with Hann's.
    """
    from scipy import fft

    values = np.asarray(correlation, float)
    if values.ndim != 1 or len(values) < 2:
        raise InputError(f"correlation of shape {values.shape}: expected 2 values or more")
    if not interval > 0:
        raise InputError(f"interval {interval}: expected a positive time, fs")
    if window not in WINDOWS:
        raise InputError(f"window {window!r}: expected {' or '.join(map(repr, WINDOWS))}")
    n = len(values)
    lags = np.arange(n)
    tapered = values * (0.5 * (1 + np.cos(np.pi * lags / n)) if window == "hann" else 1.0)
    size = fft.next_fast_len(max(1, padding) * 2 * n, real=True)
    one_sided = fft.rfft(tapered, size).real
    wavenumbers = np.arange(len(one_sided)) / (size * interval) * CM_PER_FS
    width = (2.0 if window == "hann" else 1.21) / (2 * n * interval) * CM_PER_FS
    return PowerSpectrum(wavenumbers, interval * (2 * one_sided - tapered[0]), width, window)


def statistical_inefficiency(series: np.ndarray) -> float:
    """Return how many values in a row of a series are worth one that is independent: 1 + 2τ.

    The normalised autocorrelation is summed up to its first value below zero, each lag weighted
    by the share of pairs it has (J. D. Chodera et al., J. Chem. Theory Comput. 3, 26 (2007),
    doi:10.1021/ct0502864).

    Parameters
    ----------
    series : (f,) array

    Returns
    -------
    float
        1 or more; of a series that does not change, its length.
    """
    values = _checked(series)
    n = len(values)
    found = autocorrelation(values)
    if n < 3 or found[0] <= 1e-24 * max(1.0, float(np.mean(values) ** 2)):
        return float(n)
    normalised = found / found[0]
    below = np.flatnonzero(normalised[1:] <= 0)
    last = int(below[0]) + 1 if len(below) else n
    lags = np.arange(1, last)
    return max(1.0, float(1 + 2 * np.sum((1 - lags / n) * normalised[1:last])))


@dataclass(frozen=True)
class Mean:
    """The mean of a correlated series.

    Attributes
    ----------
    value : float
    error : float
        One standard deviation of the mean, by the effective number of values.
    inefficiency : float
        Values in a row that are worth one.
    n_effective : float
        Independent values.
    """

    value: float
    error: float
    inefficiency: float
    n_effective: float


def correlated_mean(series: np.ndarray) -> Mean:
    """Return the mean of a series with its error bar, correlation taken into account.

    Parameters
    ----------
    series : (f,) array
    """
    values = _checked(series)
    worth = statistical_inefficiency(values)
    n = len(values) / worth
    spread = float(values.var(ddof=1)) if len(values) > 1 else 0.0
    return Mean(float(values.mean()), float(np.sqrt(spread / n)), worth, n)


@dataclass(frozen=True)
class Equilibration:
    """Where a series has forgotten its start.

    Attributes
    ----------
    start : int
        Values to be left out.
    inefficiency : float
        Of what is left.
    n_effective : float
        Independent values in what is left: the largest that any start leaves.
    """

    start: int
    inefficiency: float
    n_effective: float


def detect_equilibration(series: np.ndarray, n_starts: int = 40) -> Equilibration:
    """Return the start that leaves the most independent values.

    J. D. Chodera, J. Chem. Theory Comput. 12, 1799 (2016), doi:10.1021/acs.jctc.5b00784: values
    from before the equilibrium make what follows seem correlated, so that leaving them out gains
    more than it costs.

    Parameters
    ----------
    series : (f,) array
    n_starts : int
        Starts to be tried, evenly over the series but its last tenth.
    """
    values = _checked(series)
    starts = np.unique(np.linspace(0, 0.9 * len(values), n_starts).astype(int))
    best = Equilibration(0, float(len(values)), 0.0)
    for start in starts:
        left = values[start:]
        worth = statistical_inefficiency(left)
        n = len(left) / worth
        if n > best.n_effective:
            best = Equilibration(int(start), worth, n)
    return best

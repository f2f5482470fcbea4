"""Pure dephasing of two states whose gap fluctuates, by the second-order cumulant.

D(t) = exp(−g(t)), g(t) = 1/ħ² ∫₀ᵗ dτ₁ ∫₀^τ₁ dτ₂ C(τ₂), C the un-normalised autocorrelation of the
gap (S. Mukamel, Principles of Nonlinear Optical Spectroscopy, Oxford 1995, ch. 8; for pairs of
states along a trajectory: A. V. Akimov, O. V. Prezhdo, J. Phys. Chem. Lett. 4, 3857 (2013),
doi:10.1021/jz402035z).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.errors import InputError
from heterodot.records import Record

HBAR = 0.6582119569509066
"""eV fs (CODATA 2018, exact)."""


@dataclass(frozen=True)
class Dephasing(Record):
    """How two states lose their phase.

    Attributes
    ----------
    times : (n,) float array
        fs.
    decoherence : (n,) float array
        D(t), 1 at the start.
    time : float
        fs, at which D is 1/e; infinite where it does not fall so far.
    gaussian_time : float
        √2 ħ/σ, fs: the same where the gap stood still (σ its deviation); infinite for none.
    linewidth : float
        Full width at half height of the optical line Re ∫ D exp(iωt) dt, eV; NaN where D does not
        fall to 1/e.
    """

    times: np.ndarray
    decoherence: np.ndarray
    time: float
    gaussian_time: float
    linewidth: float


def dephasing(correlation: np.ndarray, interval: float) -> Dephasing:
    """Return decoherence function, time and line width of a gap's autocorrelation.

    Parameters
    ----------
    correlation : (n,) array
        C(t) from lag 0 on, eV².
    interval : float
        fs.

    Raises
    ------
    InputError
        Fewer than two lags, or a negative variance.
    """
    values = np.asarray(correlation, float)
    if values.ndim != 1 or len(values) < 2 or values[0] < 0:
        raise InputError(
            f"correlation of shape {values.shape}: expected 2 lags or more, the first not negative"
        )
    from scipy.interpolate import CubicSpline

    lags = interval * np.arange(len(values))
    spline = CubicSpline(lags, values, bc_type=((1, 0.0), "not-a-knot"))  # even in time
    fine = np.linspace(0, lags[-1], max(2000, 4 * len(values)))
    exponent = spline.antiderivative(2)(fine) / HBAR**2
    decay = np.exp(-exponent)
    below = np.flatnonzero(exponent >= 1)
    time = np.inf
    if len(below):
        k = int(below[0])
        part = (1 - exponent[k - 1]) / (exponent[k] - exponent[k - 1])
        time = float(fine[k - 1] + part * (fine[k] - fine[k - 1]))
    sigma = float(np.sqrt(values[0]))
    return Dephasing(
        times=fine,
        decoherence=decay,
        time=time,
        gaussian_time=np.sqrt(2) * HBAR / sigma if sigma > 0 else np.inf,
        linewidth=_full_width(fine, decay, time),
    )


def _full_width(times: np.ndarray, decay: np.ndarray, time: float) -> float:
    """Return the full width at half height of the line's Fourier transform, eV."""
    if not np.isfinite(time):
        return float("nan")
    from scipy.optimize import brentq

    end = int(np.searchsorted(times, 12 * time))
    lowest = int(np.argmin(decay[:end])) + 1  # what comes back later is the noise of long lags
    t, d = times[:lowest], decay[:lowest]

    def height(energy: float) -> float:
        return float(np.trapezoid(d * np.cos(energy * t / HBAR), t))

    half = 0.5 * height(0.0)
    far = HBAR / time
    while height(far) > half:
        far *= 1.5
    return 2 * float(brentq(lambda energy: height(energy) - half, 0.0, far))


def pair_times(energies: np.ndarray, interval: float) -> np.ndarray:
    """Return the (s, s) pure-dephasing time of each pair of states, fs; infinite on the diagonal.

    Parameters
    ----------
    energies : (f, s) array
        eV, along a trajectory.
    interval : float
        fs.
    """
    from heterodot.analysis.motion.trajectories.correlation import autocorrelation

    n_states = energies.shape[1]
    times = np.full((n_states, n_states), np.inf)
    for j in range(n_states):
        for k in range(j):
            gap = energies[:, j] - energies[:, k]
            found = dephasing(autocorrelation(gap, max(2, len(gap) // 2)), interval)
            times[j, k] = times[k, j] = (
                found.time if np.isfinite(found.time) else found.gaussian_time
            )
    return times

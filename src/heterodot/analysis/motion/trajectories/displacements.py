"""Mean squared displacements and diffusion coefficients, with error bars.

Every frame is an origin of time; by Fourier transform all of them cost n log n (V. Calandrini et
al., Collection SFN 12, 201 (2011), doi:10.1051/sfn/201112010). Neighbouring origins overlap, so
that scatter about the fit says nothing of the error: it is that of independent blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.analysis.motion.trajectories.correlation import correlate
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.errors import InputError

FIT = (0.1, 0.5)
"""Shares of the longest time between which a line is fitted: after the ballistic start, before too
few origins are left (L. Maginn et al., Living J. Comput. Mol. Sci. 1, 6324 (2019): the middle)."""

BLOCKS = 5
"""Parts of a trajectory whose slopes are compared."""


@dataclass(frozen=True)
class MeanSquaredDisplacement:
    """⟨|r(t) − r(0)|²⟩ of some atoms, and what a line through it says.

    Attributes
    ----------
    label : str
        Whose.
    times : (k,) float array
        fs.
    values : (k,) float array
        Å².
    errors : (k,) float array
        One standard deviation of the mean, by blocks, Å²; NaN where a block is too short.
    diffusion : float
        cm²/s, from the slope (slope = 2·3·D).
    diffusion_error : float
        One standard deviation of it, by blocks.
    window : (float, float)
        Where the line was fitted, fs.
    exponent : float
        Of t in that window: 1 for diffusion, 0 for atoms that stay where they are.
    """

    label: str
    times: np.ndarray
    values: np.ndarray
    errors: np.ndarray
    diffusion: float
    diffusion_error: float
    window: tuple[float, float]
    exponent: float


CM2_PER_S = 0.1
"""Å²/fs in cm²/s: 10⁻¹⁶ cm² over 10⁻¹⁵ s."""


def squared_displacements(
    positions: np.ndarray, atoms: np.ndarray | None = None, drift: np.ndarray | None = None
) -> np.ndarray:
    """Return ⟨|r(t + lag) − r(t)|²⟩ for every lag, over all origins and atoms.

    Parameters
    ----------
    positions : (f, a, 3) array
        Unwrapped, Å.
    atoms : (n,) int array, optional
        Indices of those that count; all by default.
    drift : (f, 3) array, optional
        Taken off, Å.

    Returns
    -------
    (f,) float array
        Å².
    """
    n = len(positions)
    chosen = np.arange(positions.shape[1]) if atoms is None else atoms
    total, lags = np.zeros(n), np.arange(n)
    for atom in chosen:  # one after another: a million frames fit into memory
        r = np.asarray(positions[:, atom], float) - (0.0 if drift is None else drift)
        r -= r.mean(axis=0)
        ends = np.concatenate([[0.0], (r**2).sum(axis=1).cumsum()])
        # Σ of |r(t)|² over the origins, and over the ends, of each lag
        total += ends[n - lags] + (ends[n] - ends[lags]) - 2 * correlate(r, r).sum(axis=1)
    return np.maximum(total / (len(chosen) * (n - lags)), 0.0)


def mean_squared_displacement(
    trajectory: Trajectory,
    elements: str | None = None,
    domain: str | None = None,
    fit: tuple[float, float] = FIT,
) -> MeanSquaredDisplacement:
    """Return the mean squared displacement of all atoms, an element or a domain.

    The drift of the whole is taken off.

    Parameters
    ----------
    trajectory : Trajectory
        20 frames or more.
    elements, domain : str, optional
    fit : (float, float)
        Shares of the longest time between which the line is fitted.

    Raises
    ------
    InputError
        Too few frames, no such atoms, or a window that is none.
    """
    n = len(trajectory)
    if n < 4 * BLOCKS:
        raise InputError(f"{n} frames: expected {4 * BLOCKS} or more")
    if not 0 <= fit[0] < fit[1] <= 1:
        raise InputError(f"fit {fit}: expected shares of the longest time, 0 ≤ low < high ≤ 1")
    chosen = trajectory.chosen(elements, domain)
    drift = _drift(trajectory)
    positions = trajectory.positions
    values = squared_displacements(positions, chosen, drift)
    times = trajectory.times
    slope, window = _slope(times, values, fit)
    size = n // BLOCKS
    blocks = [slice(k * size, (k + 1) * size) for k in range(BLOCKS)]
    parts = [squared_displacements(positions[b], chosen, drift[b]) for b in blocks]
    slopes = [_slope(times[:size], part, fit)[0] for part in parts]
    errors = np.full(n, np.nan)
    errors[:size] = np.std(parts, axis=0, ddof=1) / np.sqrt(BLOCKS)
    label = " ".join(filter(None, (domain, elements))) or "all"
    return MeanSquaredDisplacement(
        label,
        times,
        values,
        errors,
        slope / 6 * CM2_PER_S,
        float(np.std(slopes, ddof=1) / np.sqrt(BLOCKS)) / 6 * CM2_PER_S,
        window,
        _exponent(times, values, window),
    )


def _drift(trajectory: Trajectory) -> np.ndarray:
    """(f, 3) displacement of the centre of mass."""
    shares = trajectory.masses / trajectory.masses.sum()
    centre = np.einsum("fax,a->fx", trajectory.positions, shares)
    return np.asarray(centre - centre[0])


def _slope(
    times: np.ndarray, values: np.ndarray, fit: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    last = len(times) - 1
    low, high = max(1, int(fit[0] * last)), max(3, int(fit[1] * last))
    inside = slice(low, high + 1)
    slope = float(np.polyfit(times[inside], values[inside], 1)[0])
    return slope, (float(times[low]), float(times[high]))


def _exponent(times: np.ndarray, values: np.ndarray, window: tuple[float, float]) -> float:
    inside = (times >= window[0]) & (times <= window[1]) & (values > 0)
    if inside.sum() < 2:
        return 0.0
    return float(np.polyfit(np.log(times[inside]), np.log(values[inside]), 1)[0])

"""Exponential decays fitted to hopping trajectories, with error bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.errors import InputError
from heterodot.records import Record

POOR = 0.8
"""R² below which a curve is no exponential. Chosen."""


@dataclass(frozen=True)
class Decay(Record):
    """y(t) = y0 exp(−t/τ).

    Attributes
    ----------
    time : float
        τ, fs; infinite where nothing decays.
    low, high : float
        16th and 84th percentile of τ over resampled starts, fs; NaN for one start.
    start : float
        y0.
    r_squared : float
        1 − Σ(y − fit)²/Σ(y − ȳ)².
    """

    time: float
    low: float
    high: float
    start: float
    r_squared: float

    @property
    def error(self) -> float:
        """Half the width between the percentiles, fs."""
        return 0.5 * (self.high - self.low)

    def told(self, within: float, mark: str = "") -> str:
        """Return the time with its error in words; that there is none within twice ``within`` fs.

        Parameters
        ----------
        within : float
            The last time, fs.
        mark : str
            Put behind the number.
        """
        if not self.time < 2 * within:
            return f"none within {within:g} fs{mark}"
        digits = max(0, 2 - int(np.floor(np.log10(self.time))))
        error = f" ± {self.error:.{digits}f}" if np.isfinite(self.error) else ""
        return f"{self.time:.{digits}f}{mark}{error} fs"


def fit_decay(
    times: np.ndarray, curves: np.ndarray, n_resampled: int = 200, seed: int = 0
) -> Decay:
    """Fit y0 exp(−t/τ) to the mean of curves, y0 being its first value.

    Parameters
    ----------
    times : (t,) array
        fs.
    curves : (b, t) array
        One for each start; starts are resampled for the error bar (B. Efron, Ann. Statist. 7, 1
        (1979), doi:10.1214/aos/1176344552).
    n_resampled, seed : int

    Raises
    ------
    InputError
        Shapes that do not fit, fewer than three times, or a mean that starts at or below zero.
    """
    values = np.atleast_2d(np.asarray(curves, float))
    if values.shape[1] != len(times) or len(times) < 3:
        raise InputError(
            f"times ({len(times)},), curves {values.shape}: expected three times or more, and a "
            "value of each curve for each"
        )
    mean = values.mean(axis=0)
    if not mean[0] > 0:
        raise InputError(f"a curve that starts at {mean[0]:.3g}: expected a positive value")
    time = _time(times, mean)
    fitted = mean[0] * np.exp(-times / time)
    spread = float(((mean - mean.mean()) ** 2).sum())
    quality = 1 - float(((mean - fitted) ** 2).sum()) / spread if spread > 0 else float("nan")
    low = high = float("nan")
    if len(values) > 1:
        rng = np.random.default_rng(seed)
        picks = rng.integers(0, len(values), (n_resampled, len(values)))
        means = [values[pick].mean(axis=0) for pick in picks]
        again = [_time(times, one) if one[0] > 0 else np.inf for one in means]
        low, high = (float(q) for q in np.percentile(again, [16, 84], method="nearest"))
    return Decay(time, low, high, float(mean[0]), quality)


def _time(times: np.ndarray, mean: np.ndarray) -> float:
    """Return the τ of least squares; infinite where the curve does not fall."""
    from scipy.optimize import minimize_scalar

    relative = mean / mean[0]

    def misfit(log_rate: float) -> float:
        return float(((relative - np.exp(-times * np.exp(log_rate))) ** 2).sum())

    slowest, fastest = np.log(1e-4 / times[-1]), np.log(20 / times[1])
    grid = np.linspace(slowest, fastest, 80)
    best = int(np.argmin([misfit(g) for g in grid]))
    if best == 0:
        return float("inf")
    around = (grid[best - 1], grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(misfit, bounds=around, method="bounded", options={"xatol": 1e-6})
    return float(np.exp(-found.x))

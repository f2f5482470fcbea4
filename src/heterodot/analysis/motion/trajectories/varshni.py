"""The gap of a semiconductor by temperature: Varshni's law.

E(T) = E0 − α T²/(T + β); Y. P. Varshni, Physica 34, 149 (1967).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.errors import InputError


@dataclass(frozen=True)
class Varshni:
    """A fit of Varshni's law.

    Attributes
    ----------
    gap : float
        E0, eV.
    alpha : float
        eV/K; negative where the gap opens on heating.
    beta : float
        K.
    errors : (float, float, float)
        One standard deviation of each.
    chi2 : float
        Squared residuals over the squared errors, for each degree of freedom; NaN for none.
    """

    gap: float
    alpha: float
    beta: float
    errors: tuple[float, float, float]
    chi2: float

    def at(self, temperature: np.ndarray | float) -> np.ndarray | float:
        """Return the gap (eV) at temperatures in K."""
        return _law(temperature, self.gap, self.alpha, self.beta)


def _law(t: np.ndarray | float, gap: float, alpha: float, beta: float) -> np.ndarray | float:
    return gap - alpha * t**2 / (t + beta)


def fit_varshni(
    temperatures: np.ndarray, gaps: np.ndarray, errors: np.ndarray | None = None
) -> Varshni:
    """Fit Varshni's law to gaps at several temperatures.

    Parameters
    ----------
    temperatures : (k,) array
        K, three different ones or more.
    gaps : (k,) array
        eV.
    errors : (k,) array, optional
        One standard deviation of each, eV.

    Raises
    ------
    InputError
        Fewer than three temperatures, or a fit that does not end.
    """
    from scipy.optimize import curve_fit

    t, e = np.asarray(temperatures, float), np.asarray(gaps, float)
    if len(t) != len(e) or len(set(t.tolist())) < 3:
        raise InputError(f"{len(set(t.tolist()))} temperatures: expected three or more")
    sigma = None if errors is None else np.maximum(np.asarray(errors, float), 1e-6)
    slope = -(e[t.argmax()] - e[t.argmin()]) / np.ptp(t)
    start = (float(e[t.argmin()]), float(slope) or 1e-5, 200.0)
    bounds = ([-np.inf, -np.inf, 1.0], [np.inf, np.inf, 5000.0])
    try:
        found, covariance = curve_fit(
            _law, t, e, start, sigma, sigma is not None, bounds=bounds, x_scale=(1, 1e-4, 100)
        )
    except RuntimeError as error:
        raise InputError(f"Varshni's law does not fit: {error}") from error
    residuals = (e - _law(t, *found)) / (1 if sigma is None else sigma)
    left = len(t) - 3
    chi2 = float((residuals**2).sum() / left) if left and sigma is not None else float("nan")
    gap, alpha, beta = (float(x) for x in found)
    spread = np.sqrt(np.maximum(np.diag(covariance), 0))
    return Varshni(gap, alpha, beta, (float(spread[0]), float(spread[1]), float(spread[2])), chi2)

"""How far two levels of theory agree on the order of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heterodot.errors import InputError
from heterodot.records import Record

FEW = 6
"""Below so many candidates a correlation says nothing: five in perfect order come by chance in 1 of
120 cases, but one exchanged pair moves Spearman's ρ by 0.1 to 0.4."""


@dataclass(frozen=True)
class RankCorrelation(Record, none_for_nan=True):
    """Rank correlation of one quantity at two levels.

    Attributes
    ----------
    n : int
        Candidates that have it at both.
    spearman, kendall : float
        ρ and τ-b, −1…1; NaN below three candidates, or where one level tells none apart.
    low, high : float
        95 % interval of ρ by Fisher's transformation, with the variance 1.06/(n − 3) of E. C.
        Fieller, H. O. Hartley, E. S. Pearson, Biometrika 44, 470 (1957); of a perfect order by that
        of a ρ half a step (the smallest change there is, 12/(n³ − n)) below; NaN below four.
    """

    n: int
    spearman: float
    kendall: float
    low: float
    high: float

    @property
    def says_something(self) -> bool:
        """Whether there are enough candidates."""
        return self.n >= FEW and bool(np.isfinite(self.spearman))

    def statement(self) -> str:
        """Return the correlation in words, or why it says nothing."""
        if not np.isfinite(self.spearman):
            return f"rank correlation of {self.n} candidates: not defined"
        text = f"Spearman ρ {self.spearman:+.2f}, Kendall τ {self.kendall:+.2f}, n = {self.n}"
        if not self.says_something:
            return f"{text}: too few to say"
        return f"{text}, 95 % interval of ρ {self.low:+.2f} to {self.high:+.2f}"


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> RankCorrelation:
    """Correlate the ranks of a quantity at two levels.

    Parameters
    ----------
    first, second : sequence of float
        The quantity of the same candidates.

    Raises
    ------
    InputError
        Different numbers of candidates, or values that are not finite.
    """
    from scipy.stats import kendalltau, spearmanr

    a, b = np.asarray(first, float), np.asarray(second, float)
    if a.shape != b.shape or a.ndim != 1 or not np.isfinite([a, b]).all():
        raise InputError(
            f"ranks of {a.shape} and {b.shape} values: expected as many finite numbers in both"
        )
    nothing = float("nan")
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return RankCorrelation(len(a), nothing, nothing, nothing, nothing)
    rho = float(spearmanr(a, b).statistic)
    tau = float(kendalltau(a, b).statistic)
    low, high = nothing, nothing
    if len(a) > 3:
        # a perfect order would leave no room at all: half a step of ρ short of it
        most = 1 - 6 / (len(a) ** 3 - len(a))
        middle = np.arctanh(np.clip(rho, -most, most))
        half = 1.96 * np.sqrt(1.06 / (len(a) - 3))
        low, high = (float(x) for x in np.tanh([middle - half, middle + half]))
        low, high = min(low, rho), max(high, rho)
    return RankCorrelation(len(a), rho, tau, low, high)

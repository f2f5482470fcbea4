"""What a cheap level misses of a dear one along a path, learnt in Cartesian coordinates.

A Gaussian process with a squared-exponential covariance on the difference of two potential-energy
surfaces, gradients included (E. Garijo del Río, J. J. Mortensen and K. W. Jacobsen, Phys. Rev. B
100, 104103 (2019), who learn the whole surface). The difference is the smoother of the two: bonds
and their angles are in the cheap level already. Distances are measured where stiff directions count
more than soft ones; the length scale and the size of the difference are those of greatest
likelihood on a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

LENGTHS = (0.3, 0.5, 0.7, 1.0, 1.5, 2.5, 4.0, 6.0)
"""Å, about; length scales tried."""

FIRST_LENGTH = 1.0
"""Å: of fewer points than tell a length scale."""

FORCES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""eV/Å, about; sizes of the difference of forces tried."""

ENERGY_NOISE = 1e-3
"""eV: what differs between two answers for the same geometry (loosened SCF criteria, the grid). As
in a pilot with GPAW's LCAO."""

LARGEST = 1200
"""Rows of the matrix that is inverted: the nearest geometries are kept. Chosen; a tenth of a second
each time."""

_TOLD_FROM = 3
"""Geometries from which a length scale is learnt."""


@dataclass(frozen=True)
class _Fit:
    """What the data say with one length scale and size: log likelihood, weights, mean energy."""

    likely: float
    weights: np.ndarray
    mean: float
    factor: np.ndarray


class LearntDifference:
    """A Gaussian process on a difference of energies, eV, in d coordinates, Å.

    Parameters
    ----------
    hessian : (d, d) array
        Positive definite, eV/Å²: the fourth root of it, of mean size 1, stretches the coordinates.
    largest : int
        Rows of the matrix at most.
    """

    def __init__(self, hessian: np.ndarray, largest: int = LARGEST) -> None:
        values, vectors = np.linalg.eigh(hessian)
        sizes = values**0.25
        sizes = sizes / np.exp(np.log(sizes).mean())
        self._root = (vectors * sizes) @ vectors.T
        self._inverse = (vectors / sizes) @ vectors.T
        self._data: list[tuple[np.ndarray, float, np.ndarray, float]] = []
        self._points = np.empty((0, len(values)))
        self._weights = np.empty(0)
        self._mean = 0.0
        self._factor = np.empty((0, 0))
        self._largest = largest
        self._place = (LENGTHS.index(FIRST_LENGTH), 0)

    def add(self, x: np.ndarray, energy: float, gradient: np.ndarray, error: float) -> None:
        """Take up what the difference is at ``x`` ((d,), Å): eV and (d,) eV/Å.

        ``error`` is that of the gradient, eV/Å.
        """
        self._data.append((x.copy(), float(energy), gradient.copy(), error))

    def fit(self, centre: np.ndarray) -> None:
        """Learn from the data nearest to ``centre`` ((d,), Å)."""
        most = max(2, self._largest // (1 + len(centre)))
        far = [float(np.linalg.norm(x - centre)) for x, *_ in self._data]
        kept = [self._data[i] for i in sorted(np.argsort(far, kind="stable")[:most])]
        points = np.array([x for x, *_ in kept]) @ self._root
        gradients = np.array([g for _, _, g, _ in kept]) @ self._inverse
        energies = np.array([e for _, e, *_ in kept])
        data = np.column_stack([energies, gradients]).ravel()
        ones = np.column_stack([np.ones(len(kept)), np.zeros_like(gradients)]).ravel()
        noises = self._noises([error for *_, error in kept])

        def fit(place: tuple[int, int]) -> _Fit:
            length, force = LENGTHS[place[0]], FORCES[place[1]]
            shape = _covariance(points, points, length)
            factor = np.linalg.cholesky((force * length) ** 2 * shape + noises)
            solved = _solve(factor, np.column_stack([data, ones]))
            mean = float(ones @ solved[:, 0] / (ones @ solved[:, 1]))
            weights = solved[:, 0] - mean * solved[:, 1]
            likely = -0.5 * (data - mean * ones) @ weights - np.log(np.diag(factor)).sum()
            return _Fit(float(likely), weights, mean, factor)

        self._place, best = _climb(fit, self._place, len(kept) >= _TOLD_FROM)
        self._weights, self._mean, self._points = best.weights, best.mean, points
        self._factor = best.factor

    def _noises(self, errors: Sequence[float]) -> np.ndarray:
        """(k (1 + d), k (1 + d)): covariance of the noise of k geometries."""
        n = 1 + len(self._root)
        found = np.zeros((len(errors), n, len(errors), n))
        shape = self._inverse @ self._inverse
        for i, error in enumerate(errors):
            found[i, 0, i, 0] = ENERGY_NOISE**2
            found[i, 1:, i, 1:] = error**2 * shape
        return found.reshape(len(errors) * n, -1)

    @property
    def length(self) -> float:
        """The length scale learnt, Å about."""
        return LENGTHS[self._place[0]]

    @property
    def force(self) -> float:
        """The size of the difference of forces learnt, eV/Å about."""
        return FORCES[self._place[1]]

    def at(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return what is expected at ``x`` ((d,), Å): eV and (d,) eV/Å."""
        rows = _covariance((x @ self._root)[None], self._points, self.length)
        found = (self.force * self.length) ** 2 * rows @ self._weights
        return float(found[0]) + self._mean, self._root @ found[1:]

    def spread(self, x: np.ndarray) -> float:
        """Return how uncertain the energy expected at ``x`` ((d,), Å) is: one σ, eV."""
        from scipy.linalg import solve_triangular

        size = (self.force * self.length) ** 2
        rows = size * _covariance((x @ self._root)[None], self._points, self.length)[0]
        known = solve_triangular(self._factor, rows, lower=True)
        return float(np.sqrt(max(0.0, size - known @ known)))


def _climb(
    fit: Callable[[tuple[int, int]], _Fit], start: tuple[int, int], lengths: bool
) -> tuple[tuple[int, int], _Fit]:
    """Go to the likeliest neighbour on the grid of length scales and sizes while there is one.

    Of ``lengths`` only if told so: one geometry fits any.
    """
    known = {start: fit(start)}
    place = start
    steps = [(0, 1), (0, -1), *([(1, 0), (-1, 0)] if lengths else [])]
    while True:
        around = [(place[0] + i, place[1] + j) for i, j in steps]
        for near in around:
            if near not in known and 0 <= near[0] < len(LENGTHS) and 0 <= near[1] < len(FORCES):
                known[near] = fit(near)
        best = max((p for p in [place, *around] if p in known), key=lambda p: known[p].likely)
        if best == place:
            return place, known[place]
        place = best


def _solve(factor: np.ndarray, right: np.ndarray) -> np.ndarray:
    from scipy.linalg import cho_solve

    solved: np.ndarray = cho_solve((factor, True), right)
    return solved


def _covariance(a: np.ndarray, b: np.ndarray, length: float) -> np.ndarray:
    """Of energy and gradient at each row of ``a`` with those at each of ``b``; 1 for one energy."""
    (m, d), n = a.shape, len(b)
    apart = (a[:, None] - b[None]) / length  # m, n, d
    energies = np.exp(-0.5 * (apart**2).sum(axis=-1))
    slopes = energies[..., None] * apart / length
    found = np.empty((m, 1 + d, n, 1 + d))
    found[:, 0, :, 0] = energies
    found[:, 0, :, 1:] = slopes
    found[:, 1:, :, 0] = -slopes.transpose(0, 2, 1)
    found[:, 1:, :, 1:] = (
        np.einsum("mn,ij->minj", energies, np.eye(d))
        - np.einsum("mn,mni,mnj->minj", energies, apart, apart)
    ) / length**2
    return found.reshape(m * (1 + d), n * (1 + d))

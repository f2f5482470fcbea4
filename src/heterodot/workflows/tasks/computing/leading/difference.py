"""What a cheap level misses of a dear one, learnt from energies and forces as they come.

A Gaussian process with a squared-exponential covariance on the difference of two potential-energy
surfaces, gradients included (E. Garijo del Río, J. J. Mortensen and K. W. Jacobsen, Phys. Rev. B
100, 104103 (2019), who learn the whole surface). The difference is the smoother of the two: bonds
and their angles are in the cheap level already. How far apart two geometries are is measured by
the inverse distances between atoms (O.-P. Koistinen, V. Ásgeirsson, A. Vehtari and H. Jónsson,
J. Chem. Theory Comput. 15, 6738 (2019)): what turns as a whole has hardly moved, and short
distances count most. The length scale and the size of the difference are those of greatest
likelihood on a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

LENGTHS = (0.3, 0.5, 0.7, 1.0, 1.5, 2.5, 4.0, 6.0)
"""Å, about; length scales tried."""

FIRST_LENGTH = 1.0
"""Å: of fewer points than tell a length scale."""

FORCES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""eV/Å, about; sizes of the difference of forces tried."""

UNIT = 2.0
"""Å: a change of a distance of this length counts as it is, of others by the square of the ratio.
A bond of a metal, so that length scales are those of its positions, about."""

ENERGY_NOISE = 1e-3
"""eV: what differs between two answers for the same geometry (loosened SCF criteria, the grid). As
in a pilot with GPAW's LCAO."""

LARGEST = 1200
"""Rows of the matrix that is inverted: the nearest geometries are kept. Chosen; a tenth of a second
each time."""

Measure = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Gives for d coordinates (Å) the p numbers (Å) by which geometries are told apart, and how they
change, (p, d)."""

_TOLD_FROM = 3
"""Geometries from which a length scale is learnt."""


@dataclass(frozen=True)
class _Fit:
    """What the data say with one length scale and size: log likelihood, weights, mean energy."""

    likely: float
    weights: np.ndarray
    mean: float
    factor: np.ndarray


@dataclass(frozen=True)
class _Seen:
    """Geometries as the covariance has them.

    Attributes
    ----------
    places : (n, p) array
        What tells them apart, Å.
    slopes : (n, p, d) array
        How these change with the coordinates.
    """

    places: np.ndarray
    slopes: np.ndarray


class LearntDifference:
    """A Gaussian process on a difference of energies, eV, in the d coordinates of atoms, Å.

    Parameters
    ----------
    measure : callable
        What tells geometries apart: :func:`coordinates`,
        :func:`inverse_distances`, :func:`..pairs.near_pairs`.
    largest : int
        Rows of the matrix at most.
    """

    def __init__(self, measure: Measure, largest: int = LARGEST) -> None:
        self._measure = measure
        self._largest = largest
        self._data: list[tuple[np.ndarray, float, np.ndarray, float]] = []
        self._points = _Seen(np.empty((0, 0)), np.empty((0, 0, 0)))
        self._weights = np.empty((0, 0))
        self._pulls = np.empty((0, 0))
        self._factor = np.empty((0, 0))
        self._mean = 0.0
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
        points = self._seen([x for x, *_ in kept])
        gradients = np.array([g for _, _, g, _ in kept])
        energies = np.array([e for _, e, *_ in kept])
        data = np.column_stack([energies, gradients]).ravel()
        ones = np.column_stack([np.ones(len(kept)), np.zeros_like(gradients)]).ravel()
        errors = np.array([error for *_, error in kept])
        noise = np.full((len(kept), 1 + len(centre)), ENERGY_NOISE**2)
        noise[:, 1:] = errors[:, None] ** 2
        covariance = _Covariance(points, points)

        def fit(place: tuple[int, int]) -> _Fit:
            length, force = LENGTHS[place[0]], FORCES[place[1]]
            shape = covariance.of_length(length)
            factor = np.linalg.cholesky((force * length) ** 2 * shape + np.diag(noise.ravel()))
            solved = _solve(factor, np.column_stack([data, ones]))
            mean = float(ones @ solved[:, 0] / (ones @ solved[:, 1]))
            weights = solved[:, 0] - mean * solved[:, 1]
            likely = -0.5 * (data - mean * ones) @ weights - np.log(np.diag(factor)).sum()
            return _Fit(float(likely), weights, mean, factor)

        self._place, best = _climb(fit, self._place, len(kept) >= _TOLD_FROM)
        self._mean, self._points, self._factor = best.mean, points, best.factor
        self._weights = best.weights.reshape(len(kept), -1)
        self._pulls = np.einsum("npj,nj->np", points.slopes, self._weights[:, 1:])

    def _seen(self, places: list[np.ndarray]) -> _Seen:
        found = [self._measure(x) for x in places]
        return _Seen(np.array([i for i, _ in found]), np.array([s for _, s in found]))

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
        place, slopes = self._measure(x)
        apart = place - self._points.places
        square = self.length**2
        size = self.force**2 * square * np.exp(-0.5 * (apart**2).sum(axis=1) / square)
        along = self._weights[:, 0] + (apart * self._pulls).sum(axis=1) / square
        pull = (size @ self._pulls - (size * along) @ apart) / square
        return float(size @ along) + self._mean, pull @ slopes

    def spread(self, x: np.ndarray) -> float:
        """Return how uncertain the energy expected at ``x`` ((d,), Å) is: one σ, eV."""
        from scipy.linalg import solve_triangular

        size = (self.force * self.length) ** 2
        rows = size * _Covariance(self._seen([x]), self._points).of_length(self.length)[0]
        known = solve_triangular(self._factor, rows, lower=True)
        return float(np.sqrt(max(0.0, size - known @ known)))

    def hessian(self, x: np.ndarray) -> np.ndarray:
        """(d, d): the second derivatives expected at ``x``, eV/Å², by differences of ``at``."""
        step = 1e-3
        rows = [
            (self.at(x + shift)[1] - self.at(x - shift)[1]) / (2 * step)
            for shift in step * np.eye(len(x))
        ]
        found = np.array(rows)
        symmetric: np.ndarray = (found + found.T) / 2
        return symmetric


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


def coordinates(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tell geometries apart by their coordinates as they are."""
    return x, np.eye(len(x))


def inverse_distances(held: np.ndarray) -> Measure:
    """Tell geometries apart by ``UNIT``² over the distance of each pair of which an atom moves.

    Parameters
    ----------
    held : (m, 3) array
        Where atoms are that do not move, Å. Nothing is periodic.
    """

    def measure(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        moved = x.reshape(-1, 3)
        n = len(moved)
        first, second = np.triu_indices(n, 1)
        ways = np.concatenate(
            [moved[first] - moved[second], (moved[:, None] - held).reshape(-1, 3)]
        )
        squares = (ways**2).sum(axis=1)
        inverse = UNIT**2 / np.sqrt(squares)
        change = -(inverse / squares)[:, None] * ways
        slopes = np.zeros((len(ways), n, 3))
        pairs, others = np.arange(len(first)), np.arange(len(first), len(ways))
        slopes[pairs, first] = change[: len(first)]
        slopes[pairs, second] = -change[: len(first)]
        slopes[others, np.repeat(np.arange(n), len(held))] = change[len(first) :]
        return inverse, slopes.reshape(len(ways), 3 * n)

    return measure


class _Covariance:
    """Of energy and gradient at each of some geometries with those at each of others.

    What does not depend on the length scale is kept.
    """

    def __init__(self, a: _Seen, b: _Seen) -> None:
        self._apart = a.places[:, None] - b.places[None]  # m, n, p
        self._of_a = np.einsum("mnp,mpi->mni", self._apart, a.slopes)
        self._of_b = np.einsum("mnp,npj->mnj", self._apart, b.slopes)
        (m, p, i), (n, _, j) = a.slopes.shape, b.slopes.shape
        left = a.slopes.transpose(0, 2, 1).reshape(m * i, p)
        right = b.slopes.transpose(1, 0, 2).reshape(p, n * j)
        self._shared = (left @ right).reshape(m, i, n, j)

    def of_length(self, length: float) -> np.ndarray:
        """(m (1 + d), n (1 + d)): with a length scale (Å); 1 for an energy with itself."""
        energies = np.exp(-0.5 * (self._apart**2).sum(axis=-1) / length**2)
        m, d, n, _ = self._shared.shape
        found = np.empty((m, 1 + d, n, 1 + d))
        found[:, 0, :, 0] = energies
        found[:, 0, :, 1:] = energies[..., None] * self._of_b / length**2
        found[:, 1:, :, 0] = -(energies[..., None] * self._of_a).transpose(0, 2, 1) / length**2
        outer = np.einsum("mni,mnj->minj", self._of_a, self._of_b)
        found[:, 1:, :, 1:] = energies[:, None, :, None] * (
            self._shared / length**2 - outer / length**4
        )
        return found.reshape(m * (1 + d), n * (1 + d))

"""Second derivatives at a dear level from those of a cheap one and a few displaced geometries.

A displacement along a normal mode of the cheap level tells how the dear forces bend along it, all
at once; what the others miss follows from how wrong the cheap ones were where it is known. The
correction of each pair of modes is taken as normally distributed, of a size that grows with the
curvatures of both from a floor; share and floor are those of greatest likelihood. So the
vibrational free energy has an error of its own, and geometries are added where they lessen it most
until it is as small as asked.

The displacement goes one way: what the potential's third derivatives add to the difference of
forces is that of the cheap level, subtracted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from ase import units

from heterodot.data.conditions import STANDARD_TEMPERATURE

LEAST_WAVENUMBER = 50.0
"""cm⁻¹: softer modes count as this in the free energy whose error is wanted, as their harmonic
entropy would be no entropy. That of :data:`heterodot.analysis.thermo.free_energy.LOW_MODE`."""

LEAST_DISPLACED = 3
"""Displaced geometries from which the sizes of the corrections are believed. Chosen."""

SHARES = tuple(0.02 * 1.5**k for k in range(8))
"""Corrections of stiff modes as a share of their curvatures, tried."""

FLOORS = (1.0, 2.0, 4.0, 8.0)
"""Corrections of soft modes, in curvatures of one of 100 cm⁻¹, tried. No cheap level is believed to
know soft modes better than the first: GFN1-xTB has 107 and 230 cm⁻¹ for 224 and 292 of half an
ethanol (GFN2-xTB), SevenNet an imaginary one for 79 of COOH*, where stiff ones are a few per cent
off."""

_FIRST = (0.07, 1.0)  # before anything is known; they order the directions only

_NEW = 0.3
"""Norm of what is new in a direction, at least. Chosen: the noise grows at most threefold."""

_PER_ROOT = 0.06465415
"""eV: energy quantum of a mode of 1 eV/(Å² u), ħ √(e/u)/Å (CODATA 2014, as ASE's units)."""


def mode_free_energies(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return harmonic free energies at 298.15 K, and how they change with the curvatures.

    Parameters
    ----------
    values : (n,) array
        Mass-weighted curvatures, eV/(Å² u).

    Returns
    -------
    (n,) array, (n,) array
        eV; Å² u.
    """
    temperature = units.kB * STANDARD_TEMPERATURE
    quanta = _PER_ROOT * np.sqrt(np.maximum(values, _value(LEAST_WAVENUMBER)))
    free = quanta / 2 + temperature * np.log1p(-np.exp(-quanta / temperature))
    slopes = 0.5 / np.tanh(quanta / (2 * temperature)) * _PER_ROOT**2 / (2 * quanta)
    return free, slopes


def _value(wavenumber: float) -> float:
    """Return the curvature of a mode of so many cm⁻¹, eV/(Å² u)."""
    return float((wavenumber * units.invcm / _PER_ROOT) ** 2)


@dataclass(frozen=True)
class CorrectedHessian:
    """A mass-weighted Hessian and how far its free energy may be off.

    Attributes
    ----------
    matrix : (n, n) array
        eV/(Å² u).
    error : float
        One standard deviation of the free energy at 298.15 K, eV.
    """

    matrix: np.ndarray
    error: float


class HessianCorrection:
    """What is known of the difference between two mass-weighted Hessians.

    Parameters
    ----------
    cheap : (n, n) array
        eV/(Å² u).
    masses : (n,) array
        Of each coordinate, u.
    force_error : float
        Of the dear forces, eV/Å.
    """

    def __init__(self, cheap: np.ndarray, masses: np.ndarray, force_error: float) -> None:
        self._values, self._modes = np.linalg.eigh(cheap)
        self._inverse_masses = self._modes.T @ (self._modes / masses[:, None])
        self._force_error = force_error
        self._along: list[np.ndarray] = []  # in the cheap modes
        self._bent: list[np.ndarray] = []
        self._noise: list[np.ndarray] = []
        self._share, self._floor = _FIRST

    def learn(self, direction: np.ndarray, bent: np.ndarray, length: float) -> None:
        """Take up the difference of the Hessians applied to a direction.

        Parameters
        ----------
        direction : (n,) array
            Mass-weighted, of norm 1.
        bent : (n,) array
            eV/(Å² u).
        length : float
            Of the displacement it was found with, Å √u.
        """
        self._along.append(self._modes.T @ direction)
        self._bent.append(self._modes.T @ bent)
        self._noise.append(2 * (self._force_error / length) ** 2 * self._inverse_masses)
        tried = [(self._likelihood(s, f), s, f) for s in SHARES for f in FLOORS]
        _, self._share, self._floor = max(tried)

    def _scales(self, share: float, floor: float) -> np.ndarray:
        """(n,): root of each mode's part in the size of a correction."""
        scaled: np.ndarray = floor * _value(100.0) + share * np.abs(self._values)
        return scaled

    def _covariance(self, scales: np.ndarray, along: list[np.ndarray]) -> np.ndarray:
        """(k n, k n): of what bends along each of k directions, before any is known.

        Elements i, j and j, i are one number of variance s_i s_j, that of a diagonal one is twice
        it: the Gaussian orthogonal ensemble, scaled.
        """
        n = len(scales)
        found = np.empty((len(along), n, len(along), n))
        for a, one in enumerate(along):
            for b, other in enumerate(along):
                block = np.outer(scales * other, scales * one)
                found[a, :, b, :] = block + np.diag(scales * (one @ (scales * other)))
        return found.reshape(len(along) * n, -1)

    def _noises(self, noise: list[np.ndarray]) -> np.ndarray:
        from scipy.linalg import block_diag

        found: np.ndarray = block_diag(*noise)
        return found

    def _likelihood(self, share: float, floor: float) -> float:
        scales = self._scales(share, floor)
        matrix = self._covariance(scales, self._along) + self._noises(self._noise)
        factor = np.linalg.cholesky(matrix)
        data = np.linalg.solve(factor, np.concatenate(self._bent))
        return float(-0.5 * data @ data - np.log(np.diag(factor)).sum())

    def best(self) -> CorrectedHessian:
        """Return the likeliest Hessian, and the error of its free energy."""
        scales = self._scales(self._share, self._floor)
        correction = np.zeros((len(scales), len(scales)))
        if self._along:
            matrix = self._covariance(scales, self._along) + self._noises(self._noise)
            weights = np.linalg.solve(matrix, np.concatenate(self._bent))
            for along, weight in zip(
                self._along, weights.reshape(len(self._along), -1), strict=True
            ):
                half = np.outer(scales * weight, scales * along)
                correction += half + half.T
        found = np.diag(self._values) + correction
        whole = self._modes @ found @ self._modes.T
        return CorrectedHessian(whole, np.sqrt(self._variance(found, self._along, self._noise)))

    def _variance(
        self, inner: np.ndarray, along: list[np.ndarray], noise: list[np.ndarray]
    ) -> float:
        """Variance of the free energy (eV²), to first order in what is not known."""
        scales = self._scales(self._share, self._floor)
        values, vectors = np.linalg.eigh(inner)
        slopes = (vectors * mode_free_energies(values)[1]) @ vectors.T
        scaled = scales[:, None] * slopes * scales  # S W S
        before = 2 * float(np.sum(slopes * scaled))
        if not along:
            return before
        shared = np.concatenate([2 * scaled @ one for one in along])
        matrix = self._covariance(scales, along) + self._noises(noise)
        return max(0.0, before - float(shared @ np.linalg.solve(matrix, shared)))

    def next_direction(self, length: Callable[[np.ndarray], float]) -> np.ndarray:
        """Return the (n,) direction, of norm 1, that lessens the error of the free energy most.

        Parameters
        ----------
        length : callable
            Gives the length (Å √u) of the displacement along a direction.
        """
        best = self._modes.T @ self.best().matrix @ self._modes
        values, vectors = np.linalg.eigh(best)
        candidates = self._unknown(
            [*vectors.T, *_sums(vectors, mode_free_energies(values)[1] * values)]
        )
        if len(self._along) < LEAST_DISPLACED:  # soft, stiff, between: how errors go with curvature
            overlaps = vectors.T @ np.array(candidates).T
            place = (0, len(values) - 1, len(values) // 2)[len(self._along)]
            return self._modes @ candidates[int(np.argmax(np.abs(overlaps[place])))]
        left = []
        for candidate in candidates:
            noise = 2 * (self._force_error / length(self._modes @ candidate)) ** 2
            left.append(
                self._variance(
                    best,
                    [*self._along, candidate],
                    [*self._noise, noise * self._inverse_masses],
                )
            )
        chosen: np.ndarray = self._modes @ candidates[int(np.argmin(left))]
        return chosen

    def _unknown(self, directions: list[np.ndarray]) -> list[np.ndarray]:
        """Return what directions have beyond those displaced along, of norm 1."""
        n = len(self._values)
        known = np.array(self._along).reshape(len(self._along), n)
        basis = np.linalg.qr(known.T, mode="complete")[0]
        rest = basis[:, len(known) :]
        projected = [rest @ (rest.T @ d) for d in directions]
        new = [d / np.linalg.norm(d) for d in projected if np.linalg.norm(d) > _NEW]
        return new or list(rest.T)


def _sums(vectors: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
    """Return directions between two or more modes, those that matter most with each other."""
    order = np.argsort(-np.abs(weights))
    found = []
    for size in (2, 3, 4):
        for first in range(0, len(order) - size + 1, size):
            total = vectors[:, order[first : first + size]].sum(axis=1)
            found.append(total / np.linalg.norm(total))
    return found

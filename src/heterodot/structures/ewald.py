"""Electrostatic energies between the sites of a periodic structure, by Ewald's sum."""

from __future__ import annotations

import numpy as np

from heterodot.structures.coulomb import COULOMB

ACCURACY = 6.0
"""Both sums end where their terms are about exp(−36) of the first."""


def pair_potentials(cell: np.ndarray, targets: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Return the potential that a unit charge at each source and all its images make, (n, N) eV/e.

    In the field of a uniform charge that neutralises it (P. P. Ewald, Ann. Phys. 1921, 369, 253;
    conducting surroundings); at a source's own place that of its images only. The energy of the
    charges q of a neutral cell is ½ q·W q.

    Parameters
    ----------
    cell : (3, 3) float array
        Rows, Å.
    targets, sources : (n, 3), (N, 3) float arrays
        Å.
    """
    volume = abs(float(np.linalg.det(cell)))
    alpha = np.sqrt(np.pi) / volume ** (1 / 3)
    inverse = np.linalg.inv(cell).T
    fractional = (targets[:, None] - sources[None]) @ inverse.T
    apart = (fractional - np.rint(fractional)) @ cell
    total = np.full(apart.shape[:2], -np.pi / (alpha**2 * volume))
    shifts = _lattice_points(cell, ACCURACY / alpha + np.linalg.norm(cell, axis=1).sum() / 2)
    total += _near(apart, shifts, alpha)
    for g in _lattice_points(2 * np.pi * inverse, 2 * alpha * ACCURACY):
        squared = g @ g
        if squared > 1e-12:
            weight = 4 * np.pi / volume * np.exp(-squared / (4 * alpha**2)) / squared
            phases = np.exp(1j * targets @ g)[:, None] * np.exp(-1j * sources @ g)[None]
            total += weight * phases.real
    return COULOMB * total


def _near(apart: np.ndarray, shifts: np.ndarray, alpha: float) -> np.ndarray:
    """Σ erfc(αr)/r over the images; at r = 0 the limit that leaves the source itself out."""
    from scipy.special import erfc

    total = np.zeros(apart.shape[:2])
    for shift in shifts:
        r = np.linalg.norm(apart + shift, axis=2)
        here = r < 1e-6
        safe = np.where(here, 1.0, r)
        total += np.where(here, -2 * alpha / np.sqrt(np.pi), erfc(alpha * safe) / safe)
    return total


def _lattice_points(rows: np.ndarray, radius: float) -> np.ndarray:
    """(m, 3) lattice points no further than a radius from the origin."""
    reach = np.ceil(radius * np.linalg.norm(np.linalg.inv(rows), axis=0)).astype(int)
    axes = [np.arange(-n, n + 1) for n in reach]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) @ rows
    return np.asarray(points[np.linalg.norm(points, axis=1) <= radius])

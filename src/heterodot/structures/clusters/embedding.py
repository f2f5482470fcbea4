"""A cage's graph in space: drawn in the plane, wrapped around a sphere, blown up evenly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heterodot.structures.clusters.cages import Cage

_STIFFNESS = 20.0
"""Of the bonds, in units of the repulsion of two atoms a bond apart."""
_POLE = 0.1
"""Polar angle of the first ring, in units of π."""


def embed(cage: Cage) -> np.ndarray:
    """Return positions of a cage's atoms with bonds of length one, (2n, 3).

    The graph is drawn without crossings (W. T. Tutte, Proc. London Math. Soc. 1963, s3-13, 743):
    the first ring is the outer polygon and every other atom the mean of its neighbours. The
    azimuths of that drawing, and as latitude the harmonic function between the first ring and the
    one farthest from it, put the atoms on a sphere. Springs along the bonds and a repulsion 1/r
    between all atoms then make the cage even and convex.
    """
    adjacency = np.zeros((2 * cage.n, 2 * cage.n))
    adjacency[tuple(cage.edges.T)] = 1.0
    adjacency += adjacency.T
    start = 0.6 * np.sqrt(2 * cage.n) * _on_sphere(cage, adjacency)
    x = _blown_up(start, cage.edges)
    lengths = np.linalg.norm(x[cage.edges[:, 0]] - x[cage.edges[:, 1]], axis=1)
    x = x / lengths.mean()
    return x - x.mean(axis=0)


def _on_sphere(cage: Cage, adjacency: np.ndarray) -> np.ndarray:
    north = list(cage.rings[0])
    south = list(_opposite_ring(cage, adjacency))
    turn = 2 * np.pi * np.arange(len(north)) / len(north)
    flat = _harmonic(adjacency, north, np.column_stack([np.cos(turn), np.sin(turn)]))
    inner = 1 - np.linalg.norm(flat, axis=1, keepdims=True) ** 2
    flat = flat - flat[south].mean(axis=0) * inner
    azimuth = np.arctan2(flat[:, 1], flat[:, 0])
    ends = [*north, *(a for a in south if a not in north)]
    values = np.array([[1.0]] * len(north) + [[0.0]] * (len(ends) - len(north)))
    height = _harmonic(adjacency, ends, values)[:, 0]
    polar = np.pi * (_POLE + (1 - 2 * _POLE) * (1 - height))
    ring = np.sin(polar)
    return np.column_stack([ring * np.cos(azimuth), ring * np.sin(azimuth), np.cos(polar)])


def _opposite_ring(cage: Cage, adjacency: np.ndarray) -> tuple[int, ...]:
    """Return the ring farthest from the first, in bonds."""
    steps = np.where(adjacency > 0, 1.0, np.inf)
    np.fill_diagonal(steps, 0.0)
    for middle in range(len(steps)):
        steps = np.minimum(steps, steps[:, middle, None] + steps[None, middle])
    north = list(cage.rings[0])
    return max(cage.rings, key=lambda ring: round(float(steps[np.ix_(north, ring)].mean()), 6))


def _harmonic(adjacency: np.ndarray, fixed: Sequence[int], values: np.ndarray) -> np.ndarray:
    """Values on all atoms: given on some, elsewhere the mean over the neighbours."""
    known = np.asarray(fixed)
    free = np.setdiff1d(np.arange(len(adjacency)), known)
    laplacian = np.diag(adjacency.sum(axis=1)) - adjacency
    out = np.zeros((len(adjacency), values.shape[1]))
    out[known] = values
    pull = laplacian[np.ix_(free, known)] @ values
    out[free] = -np.linalg.solve(laplacian[np.ix_(free, free)], pull)
    return out


def _blown_up(start: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Minimise the springs along the bonds and the repulsion between all atoms."""
    from scipy.optimize import minimize

    def energy(flat: np.ndarray) -> tuple[float, np.ndarray]:
        x = flat.reshape(-1, 3)
        apart = x[:, None] - x[None]
        r = np.sqrt((apart**2).sum(axis=-1) + 1e-12)
        np.fill_diagonal(r, 1e9)
        total = 0.5 * float((1 / r).sum())
        gradient = -(apart / r[:, :, None] ** 3).sum(axis=1)
        bonds = x[edges[:, 0]] - x[edges[:, 1]]
        lengths = np.linalg.norm(bonds, axis=1)
        total += _STIFFNESS * float(((lengths - 1) ** 2).sum())
        pull = (2 * _STIFFNESS * (1 - 1 / lengths))[:, None] * bonds
        np.add.at(gradient, edges[:, 0], pull)
        np.add.at(gradient, edges[:, 1], -pull)
        return total, gradient.ravel()

    found = minimize(energy, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    return np.asarray(found.x).reshape(-1, 3)

"""A cage's graph in space: drawn in the plane, wrapped around a sphere, blown up evenly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from heterodot.structures.clusters.cages import Cage

_STIFFNESS = 20.0
"""Of the bonds, in units of the repulsion of two atoms a bond apart."""
_POLE = 0.1
"""Polar angle of the first ring, in units of π."""
_FOLDED = 1.0
"""Bond lengths: unbonded atoms nearer than this lie in a fold (the narrowest tubes have 1.05)."""
_LOWEST = 10
"""Eigenvectors of the graph that are tried as coordinates."""


def embed(cage: Cage) -> np.ndarray:
    """Return positions of a cage's atoms with bonds of length one, (2n, 3).

    The graph is drawn without crossings (W. T. Tutte, Proc. London Math. Soc. 1963, s3-13, 743):
    the first ring is the outer polygon and every other atom the mean of its neighbours. The
    azimuths of that drawing, and as latitude the harmonic function between the first ring and the
    one farthest from it, put the atoms on a sphere. Springs along the bonds and a repulsion 1/r
    between all atoms then make the cage even and convex.

    Long tubes may come out folded so. They are then started from eigenvectors of the graph as
    coordinates (D. E. Manolopoulos and P. W. Fowler, J. Chem. Phys. 1992, 96, 7603), and the lowest
    energy of all is taken.
    """
    adjacency = np.zeros((2 * cage.n, 2 * cage.n))
    adjacency[tuple(cage.edges.T)] = 1.0
    adjacency += adjacency.T
    start = 0.6 * np.sqrt(2 * cage.n) * _on_sphere(cage, adjacency)
    energy, x = _blown_up(start, cage.edges)
    if _nearest_unbonded(x, adjacency) < _FOLDED:
        others = (_blown_up(other, cage.edges) for other in _spectral(cage, adjacency))
        energy, x = min([(energy, x), *others], key=lambda found: found[0])
    x = x / _lengths(x, cage.edges).mean()
    return x - x.mean(axis=0)


def _lengths(x: np.ndarray, edges: np.ndarray) -> np.ndarray:
    return np.linalg.norm(x[edges[:, 0]] - x[edges[:, 1]], axis=1)


def _nearest_unbonded(x: np.ndarray, adjacency: np.ndarray) -> float:
    """Return the shortest distance of unbonded atoms, in bond lengths."""
    apart = np.linalg.norm(x[:, None] - x[None], axis=-1)
    unbonded = (adjacency == 0) & ~np.eye(len(x), dtype=bool)
    return float(apart[unbonded].min() / apart[adjacency > 0].mean())


def _spectral(cage: Cage, adjacency: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the smoothest eigenvectors as coordinates: the first of all, along a tube, and two."""
    values, vectors = np.linalg.eigh(np.diag(adjacency.sum(axis=1)) - adjacency)
    smooth = vectors / np.sqrt(np.maximum(values, 1e-9))
    for pair in combinations(range(2, 1 + _LOWEST), 2):
        start = smooth[:, [1, *pair]]
        yield start / _lengths(start, cage.edges).mean()


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


def _blown_up(start: np.ndarray, edges: np.ndarray) -> tuple[float, np.ndarray]:
    """Minimise the springs along the bonds and the repulsion between all atoms; energy, places."""
    from scipy.optimize import minimize

    def energy(flat: np.ndarray) -> tuple[float, np.ndarray]:
        x = flat.reshape(-1, 3)
        apart = x[:, None] - x[None]
        r = np.sqrt((apart**2).sum(axis=-1) + 1e-12)
        np.fill_diagonal(r, 1e9)
        total = 0.5 * float((1 / r).sum())
        gradient = -(apart / r[:, :, None] ** 3).sum(axis=1)
        bonds = x[edges[:, 0]] - x[edges[:, 1]]
        lengths = np.sqrt((bonds**2).sum(axis=1) + 1e-12)
        total += _STIFFNESS * float(((lengths - 1) ** 2).sum())
        pull = (2 * _STIFFNESS * (1 - 1 / lengths))[:, None] * bonds
        np.add.at(gradient, edges[:, 0], pull)
        np.add.at(gradient, edges[:, 1], -pull)
        return total, gradient.ravel()

    found = minimize(energy, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 1000})
    return float(found.fun), np.asarray(found.x).reshape(-1, 3)

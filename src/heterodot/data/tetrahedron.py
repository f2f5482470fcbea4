"""Densities of states by the linear tetrahedron method.

The integrated density of states is taken from the integration weights of P. E. Blöchl, O. Jepsen,
O. K. Andersen, Phys. Rev. B 49, 16223 (1994), appendix B, doi:10.1103/PhysRevB.49.16223; the
density is its increase over each step of the grid, so that areas are exact and flat bands are kept.
"""

from __future__ import annotations

from itertools import permutations

import numpy as np

from heterodot.data.electronic_structure import KMesh

_SPLIT = 1e-8
"""eV between corners of one energy: no difference in a denominator is zero."""

_CHUNK = 512
"""Tetrahedra at once."""


def tetrahedron_dos(
    mesh: KMesh, energies: np.ndarray, weights: np.ndarray, grid: np.ndarray
) -> np.ndarray:
    """Density of states of one spin channel, each state counted once.

    Parameters
    ----------
    mesh : KMesh
    energies, weights : (k, b) float array
        At the irreducible k-points; eV and dimensionless.
    grid : (E,) float array
        Evenly spaced energies, eV.

    Returns
    -------
    (E,) float array
        1/eV: the mean over each step, centred on the grid's points.
    """
    corners = tetrahedra(mesh)
    spacing = (grid[-1] - grid[0]) / (len(grid) - 1)
    edges = grid[0] + spacing * (np.arange(len(grid) + 1) - 0.5)
    e = np.moveaxis(energies[corners], 2, 1).reshape(-1, 4)
    w = np.moveaxis(weights[corners], 2, 1).reshape(-1, 4)
    order = np.argsort(e, axis=1, kind="stable")
    e = np.take_along_axis(e, order, 1) + _SPLIT * np.arange(4)
    w = np.take_along_axis(w, order, 1)
    return np.diff(_integrated(e, w, edges)) / (spacing * len(corners))


def tetrahedra(mesh: KMesh) -> np.ndarray:
    """(n, 4) irreducible k-points at the corners of the mesh's tetrahedra, six for each point.

    Each cell of the mesh is cut along the shortest of its four diagonals.
    """
    steps = np.linalg.inv(mesh.cell).T / np.array(mesh.size)[:, None]
    diagonals = np.array([[1, 1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, -1]])
    best = diagonals[np.argmin(np.linalg.norm(diagonals @ steps, axis=1))]
    start, axes = (best < 0).astype(int), np.eye(3, dtype=int) * best
    paths = np.array(
        [
            [start, start + axes[i], start + axes[i] + axes[j], start + best]
            for i, j, _ in permutations(range(3))
        ]
    )
    points = np.indices(mesh.size).reshape(3, -1).T
    index = (points[:, None, None] + paths) % np.array(mesh.size)
    flat = np.ravel_multi_index(tuple(np.moveaxis(index, -1, 0)), mesh.size)
    found: np.ndarray = mesh.irreducible[flat].reshape(-1, 4)
    return found


def _integrated(e: np.ndarray, w: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Sum over the tetrahedra of the weighted states below each edge."""
    order = np.argsort(e[:, 0], kind="stable")
    total = np.zeros(len(edges))
    for part in np.array_split(order, len(order) // _CHUNK + 1):
        low, high = np.searchsorted(edges, (e[part, 0].min(), e[part, 3].max()))
        total[high:] += 0.25 * w[part].sum()
        if high > low:
            total[low:high] += _below(e[part], w[part], edges[low:high])
    return total


def _below(e: np.ndarray, w: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(E,) weighted states below x of sorted tetrahedra e, w of shape (n, 4)."""
    e1, e2, e3, e4 = (e[:, i, None] for i in range(4))
    w1, w2, w3, w4 = (w[:, i, None] for i in range(4))
    t = np.clip(x, e1, e4)
    e21, e31, e41, e32, e42, e43 = e2 - e1, e3 - e1, e4 - e1, e3 - e2, e4 - e2, e4 - e3
    up, down = t - e1, e4 - t
    c = 0.25 * up**3 / (e21 * e31 * e41)
    first = c * (
        w1 * (4 - up * (1 / e21 + 1 / e31 + 1 / e41)) + up * (w2 / e21 + w3 / e31 + w4 / e41)
    )
    c = 0.25 * down**3 / (e41 * e42 * e43)
    last = 0.25 * (w1 + w2 + w3 + w4) - c * (
        down * (w1 / e41 + w2 / e42 + w3 / e43) + w4 * (4 - down * (1 / e41 + 1 / e42 + 1 / e43))
    )
    c1 = 0.25 * up**2 / (e41 * e31)
    c2 = c1 + 0.25 * up * (t - e2) * (e3 - t) / (e41 * e32 * e31)
    c3 = 0.25 * (t - e2) ** 2 * down / (e42 * e32 * e41)
    middle = (
        w1 * (c1 + c2 * (e3 - t) / e31 + (c2 + c3) * down / e41)
        + w2 * (c2 + c3 + (c2 - c1 + c3) * (e3 - t) / e32 + c3 * down / e42)
        + w3 * (c2 * up / e31 + (c2 - c1 + c3) * (t - e2) / e32)
        + w4 * ((c2 + c3) * up / e41 + c3 * (t - e2) / e42)
    )
    found: np.ndarray = np.where(t < e2, first, np.where(t < e3, middle, last)).sum(axis=0)
    return found

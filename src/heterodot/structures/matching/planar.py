"""Lattices in two dimensions as integer matrices: sublattices, reduced bases, symmetry.

A sublattice is a (2, 2) integer matrix T whose rows are its basis in terms of the basis of the
lattice; T and U T, with U unimodular, are the same sublattice. All functions work on stacks.
"""

from __future__ import annotations

import numpy as np


def sublattices(largest: int) -> np.ndarray:
    """Return every sublattice of index 1…largest once, in Hermite normal form.

    Parameters
    ----------
    largest : int
        Largest index (ratio of the areas).

    Returns
    -------
    (N, 2, 2) int array
        [[p, q], [0, r]] with p, r > 0 and 0 <= q < r.
    """
    r = np.arange(1, largest + 1, dtype=np.int64)
    fits = largest // r
    p_of = np.repeat(r, fits)
    p = np.arange(len(p_of)) - np.repeat(np.cumsum(fits) - fits, fits) + 1
    n = np.repeat(np.arange(len(p)), p_of)
    q = np.arange(len(n)) - np.repeat(np.cumsum(p_of) - p_of, p_of)
    out = np.zeros((len(n), 2, 2), np.int64)
    out[:, 0, 0], out[:, 0, 1], out[:, 1, 1] = p[n], q, p_of[n]
    return out


def reduce_bases(bases: np.ndarray, gram: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Replace bases by reduced ones of the same lattices and handedness (Lagrange and Gauss).

    Parameters
    ----------
    bases : (N, 2, 2) int array
        Rows in terms of a lattice's basis.
    gram : (2, 2) float array
        Scalar products of that basis, Å².

    Returns
    -------
    reduced : (N, 2, 2) int array
        Shortest vector and the shortest one independent of it; same determinant.
    metric : (N, 3) float array
        a · a, b · b and a · b of the reduced bases, Å².
    """
    a, b = bases[:, 0].copy(), bases[:, 1].copy()
    aa, bb, ab = (_products(x, y, gram) for x, y in ((a, a), (b, b), (a, b)))
    active = np.arange(len(a))
    while len(active):
        x, y = a[active], b[active]
        xx, yy, xy = aa[active], bb[active], ab[active]
        n = np.rint(xy / xx)
        y -= n.astype(np.int64)[:, None] * x
        yy += n * (n * xx - 2 * xy)
        xy -= n * xx
        swap = yy < xx * (1 - 1e-12)
        old = x[swap]
        x[swap], y[swap] = y[swap], -old
        xx[swap], yy[swap], xy[swap] = yy[swap], xx[swap], -xy[swap]
        a[active], b[active], aa[active], bb[active], ab[active] = x, y, xx, yy, xy
        active = active[swap]
    reduced = np.stack([a, b], axis=1)
    return reduced, np.stack([_products(x, y, gram) for x, y in ((a, a), (b, b), (a, b))], axis=1)


def _products(x: np.ndarray, y: np.ndarray, gram: np.ndarray) -> np.ndarray:
    """(N,) scalar products of integer vectors (N, 2)."""
    x0, x1, y0, y1 = x[:, 0], x[:, 1], y[:, 0], y[:, 1]
    cross = x0 * y1 + x1 * y0
    out: np.ndarray = gram[0, 0] * (x0 * y0) + gram[1, 1] * (x1 * y1) + gram[0, 1] * cross
    return out


def lattice_operations(cell: np.ndarray, tolerance: float = 1e-5) -> np.ndarray:
    """Return the point group of a lattice as integer matrices.

    Parameters
    ----------
    cell : (2, 2) float array
        A reduced basis, rows, Å.
    tolerance : float
        Relative deviation of the scalar products that still counts as equal.

    Returns
    -------
    (G, 2, 2) int array
        Every W with W (cell cellᵀ) Wᵀ = cell cellᵀ; coefficients c go to c @ W.
    """
    gram = cell @ cell.T
    values = np.arange(-2, 3)
    grid = np.stack(np.meshgrid(*[values] * 4, indexing="ij"), axis=-1).reshape(-1, 2, 2)
    unimodular = grid[np.abs(determinants(grid)) == 1]
    moved = unimodular @ gram @ np.swapaxes(unimodular, 1, 2)
    scale = np.sqrt(np.outer(np.diag(gram), np.diag(gram)))
    return unimodular[np.all(np.abs(moved - gram) < tolerance * scale, axis=(1, 2))]


def determinants(matrices: np.ndarray) -> np.ndarray:
    """(…,) exact determinants of integer matrices (…, 2, 2)."""
    m = matrices
    out: np.ndarray = m[..., 0, 0] * m[..., 1, 1] - m[..., 0, 1] * m[..., 1, 0]
    return out


def multiply(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """(…, 2, 2) products of integer matrices: numpy's own are slow for many small ones."""
    shape = np.broadcast_shapes(left.shape, right.shape)
    out = np.empty(shape, np.int64)
    for i in (0, 1):
        for j in (0, 1):
            np.multiply(left[..., i, 0], right[..., 0, j], out=out[..., i, j])
            out[..., i, j] += left[..., i, 1] * right[..., 1, j]
    return out


def row_echelon(rows: np.ndarray) -> np.ndarray:
    """Bring integer matrices (…, 2, K) to Hermite normal form by unimodular row operations.

    The first two columns must be independent. They become [[p, q], [0, r]] with p, r > 0 and
    0 <= q < r; the other columns follow. Two matrices have the same form exactly when their rows
    generate the same lattice.
    """
    shape = rows.shape
    flat = rows.reshape(-1, 2, shape[-1])
    top, low = flat[:, 0].copy(), flat[:, 1].copy()
    active = np.flatnonzero(low[:, 0])
    while len(active):
        everything = len(active) == len(top)
        x, y = (top, low) if everything else (top[active], low[active])
        x = x - (x[:, 0] // y[:, 0])[:, None] * y
        if everything:
            top, low = y, x
        else:
            top[active], low[active] = y, x
        active = active[x[:, 0] != 0]
    top *= np.sign(top[:, 0])[:, None]
    low *= np.sign(low[:, 1])[:, None]
    top -= (top[:, 1] // low[:, 1])[:, None] * low
    return np.stack([top, low], axis=1).reshape(shape)

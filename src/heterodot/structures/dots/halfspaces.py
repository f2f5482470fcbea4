"""The lattice points inside a convex body, found without looking at the ones outside.

The body is given in fractional coordinates x by half-spaces ``normals @ x <= bounds`` and,
optionally, an ellipsoid ``x @ metric @ x <= radius²``. The last coordinate is eliminated from both
(Fourier–Motzkin for the half-spaces, the Schur complement for the ellipsoid), then the one before;
going back up, every coordinate of a lattice point runs over an interval that is known exactly. The
work and the memory are proportional to the points found, whatever the shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.errors import StructureError

OPEN_BODY = "the half-spaces do not close: give more facets, a sphere or a box around them"


@dataclass(frozen=True)
class ConvexBody:
    """Half-spaces and an optional ellipsoid in d fractional coordinates.

    Attributes
    ----------
    normals : (F, d) float array
        Outward normals in fractional coordinates.
    bounds : (F,) float array
        ``normals @ x <= bounds``.
    metric : (d, d) float array or None
        Of the ellipsoid, Å².
    radius : float
        Of the ellipsoid, Å.
    """

    normals: np.ndarray
    bounds: np.ndarray
    metric: np.ndarray | None = None
    radius: float = 0.0

    def permuted(self, axes: tuple[int, ...]) -> ConvexBody:
        """Return the same body with its coordinates in another order."""
        order = list(axes)
        metric = None if self.metric is None else self.metric[np.ix_(order, order)]
        return ConvexBody(self.normals[:, order], self.bounds, metric, self.radius)

    def shadow(self) -> ConvexBody:
        """Project along the last coordinate: a body of d - 1 coordinates that covers this one."""
        a, b = self.normals, self.bounds
        last = a[:, -1]
        up, down, flat = last > 1e-12, last < -1e-12, np.abs(last) <= 1e-12
        up_n, up_b = a[up] / last[up, None], b[up] / last[up]
        down_n, down_b = a[down] / -last[down, None], b[down] / -last[down]
        pair_n = (up_n[:, None] + down_n[None]).reshape(-1, a.shape[1])
        pair_b = (up_b[:, None] + down_b[None]).ravel()
        normals = np.concatenate([a[flat], pair_n])[:, :-1]
        bounds = np.concatenate([b[flat], pair_b])
        metric = None
        if self.metric is not None:
            g = self.metric
            metric = g[:-1, :-1] - np.outer(g[:-1, -1], g[-1, :-1]) / g[-1, -1]
        return ConvexBody(*_strictest(normals, bounds), metric, self.radius)

    def interval(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the range of the last coordinate, (M,) and (M,), for the first d - 1 (M, d-1)."""
        low, high = np.full(len(x), -np.inf), np.full(len(x), np.inf)
        for normal, bound in zip(self.normals, self.bounds, strict=True):
            room = bound - x @ normal[:-1]
            if normal[-1] > 1e-12:
                np.minimum(high, room / normal[-1], out=high)
            elif normal[-1] < -1e-12:
                np.maximum(low, room / normal[-1], out=low)
            else:
                high[room < 0] = -np.inf
        if self.metric is not None:
            g = self.metric
            middle = -(x @ g[:-1, -1]) / g[-1, -1]
            rest = np.einsum("ij,jk,ik->i", x, g[:-1, :-1], x) - g[-1, -1] * middle**2
            with np.errstate(invalid="ignore"):
                half = np.sqrt((self.radius**2 - rest) / g[-1, -1])
            np.maximum(low, middle - half, out=low)
            high = np.where(np.isnan(half), -np.inf, np.minimum(high, middle + half))
            low = np.where(np.isnan(low), np.inf, low)
        return low, high


def _strictest(normals: np.ndarray, bounds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of half-spaces with the same normal keep the strictest."""
    sizes = np.linalg.norm(normals, axis=1)
    real = sizes > 1e-12
    keys = np.round(normals[real] / sizes[real, None], 9) + 0.0
    scaled = bounds[real] / sizes[real]
    unique, inverse = np.unique(keys, axis=0, return_inverse=True)
    strict = np.full(len(unique), np.inf)
    np.minimum.at(strict, inverse.ravel(), scaled)
    if np.any(bounds[~real] < 0):  # 0 <= negative: nothing is inside
        unique = np.concatenate([unique, np.eye(1, normals.shape[1]), -np.eye(1, normals.shape[1])])
        strict = np.concatenate([strict, [-1.0, -1.0]])
    return unique, strict


@dataclass(frozen=True)
class Columns:
    """Lattice points as columns: for each pair (n1, n2), n3 runs from ``low`` to ``high``.

    Attributes
    ----------
    rows : (M, 2) int array
        n1 and n2 of each column.
    low, high : (M,) int array
        First and last n3 of each column.
    """

    rows: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def count(self) -> int:
        """Number of lattice points."""
        return int((self.high - self.low + 1).sum())

    def points(self) -> np.ndarray:
        """Return (N, 3) integer coordinates of the points."""
        return _expand(self.rows, self.low, self.high)


def estimated_points(body: ConvexBody) -> float:
    """Estimate how many lattice points lie in a body, at a cost that does not grow with it.

    Its coordinates are squeezed to at most about 64 cells (by factors without common measure, so
    that thin plates are not hit or missed as a whole), counted, and the count scaled up.

    Raises
    ------
    StructureError
        The body is unbounded.
    """
    squeeze = np.ones(3)
    for axis, cells in enumerate((64.0, 20.0 * np.pi, 23.0 * np.e)):
        axes = (axis, (axis + 1) % 3, (axis + 2) % 3)
        line = body.permuted(axes).shadow().shadow()
        low, high = line.interval(np.zeros((1, 0)))
        if np.isinf(high[0] - low[0]) and low[0] < high[0]:
            raise StructureError(OPEN_BODY)
        squeeze[axis] = max(1.0, float(high[0] - low[0]) / cells)
    metric = None if body.metric is None else body.metric * np.outer(squeeze, squeeze)
    small = ConvexBody(body.normals * squeeze, body.bounds, metric, body.radius)
    return columns(small, np.zeros(3)).count * float(np.prod(squeeze))


def columns(body: ConvexBody, shift: np.ndarray, limit: float = np.inf) -> Columns:
    """Find the lattice points n whose x = n + shift lies in a body of three coordinates.

    Parameters
    ----------
    body : ConvexBody
        In three coordinates.
    shift : (3,) float array
        Fractional offset of the lattice.
    limit : float
        Most columns to look through.

    Raises
    ------
    StructureError
        The body is unbounded, or has more columns than ``limit``.
    """
    plane = body.shadow()
    line = plane.shadow()
    rows = np.zeros((1, 0), int)
    for part, size in ((line, 1), (plane, 2)):
        low, high = _integers(part, rows, shift[:size])
        n_rows = float((high - low + 1).sum())
        if n_rows > limit:
            raise StructureError(f"{n_rows:.2g} rows of the lattice to fill do not fit in memory")
        rows = _expand(rows, low, high)
    low, high = _integers(body, rows, shift)
    filled = high >= low
    return Columns(rows[filled], low[filled], high[filled])


def _integers(
    body: ConvexBody, rows: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last integer n of each row with (row, n) + shift inside the body."""
    low, high = body.interval(rows + shift[:-1])
    inside = low <= high
    if np.any(np.isinf(low[inside]) | np.isinf(high[inside])):
        raise StructureError(OPEN_BODY)
    first, last = np.ceil(low - shift[-1]), np.floor(high - shift[-1])
    empty = ~inside | (last < first)
    first[empty], last[empty] = 0, -1
    if np.abs(first).max(initial=0) > 2**62 or np.abs(last).max(initial=0) > 2**62:
        raise StructureError(
            "the body is too large: its lattice coordinates exceed 64-bit integers"
        )
    return first.astype(np.int64), last.astype(np.int64)


def _expand(rows: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Append to each row every integer from its low to its high: (M, d) to (N, d + 1)."""
    lengths = high - low + 1
    starts = np.cumsum(lengths) - lengths
    out = np.empty((int(lengths.sum()), rows.shape[1] + 1), np.int64)
    for axis in range(rows.shape[1]):
        out[:, axis] = np.repeat(rows[:, axis], lengths)
    out[:, -1] = np.arange(len(out)) + np.repeat(low - starts, lengths)
    return out

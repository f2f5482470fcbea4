"""Find the pairs of supercell shapes that are equal up to a strain.

Take a reduced basis f1, f2 of the film's supercell. A deformation with principal stretches
between λ- and λ+ sends it to a basis s1, s2 of the substrate's supercell that need not be reduced,
but is nearly so: with κ = λ+/λ- and m1, m2 the successive minima of the substrate's supercell,
|s1| <= κ m1 and |s2| <= κ m2, since m_i >= λ- |f_i|. All such bases of every substrate shape are
listed, so that no match is missed where the shortest vectors of the two sides do not correspond.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.errors import StructureError
from heterodot.structures.matching.side import Side, spread
from heterodot.structures.memory import usable_memory

LARGEST_STRAIN = 0.25
"""Above this the list of nearly reduced bases would not be complete (κ < √3 is needed)."""

SLACK = 1e-7
"""Strains this much beyond a bound still pass here; the exact test comes later."""

_HEADS = (((1, 0), (0, 1)), ((0, 1), (-1, 0)), ((1, 1), (0, 1)), ((1, -1), (0, 1)))
"""First vectors of nearly reduced bases, up to sign, each with a second that makes det = 1."""

_BYTES_PER_PAIR = 120


@dataclass(frozen=True, eq=False)
class NearBases:
    """Nearly reduced bases of the shapes of a side; of a basis and its negative, one.

    Attributes
    ----------
    shape : (K,) int array
        The shape each belongs to.
    basis : (K, 2, 2) int array
        In terms of the reduced basis; det = 1.
    metric : (K, 3) float array
        a · a, b · b and a · b, Å².
    """

    shape: np.ndarray
    basis: np.ndarray
    metric: np.ndarray


def near_bases(shapes: np.ndarray, low: float, high: float) -> NearBases:
    """List the nearly reduced bases of reduced metrics (C, 3) for stretches from low to high."""
    ratio = (high / low) ** 2 * (1 + SLACK)
    parts = []
    for head, base in _HEADS:
        first = _transformed(shapes, np.array([head, base]))[:, 0]
        able = np.flatnonzero(first <= ratio * shapes[:, 0])
        for direction in (1, -1):
            k, alive = min(direction, 0), able
            while len(alive) and (head == (1, 0) or abs(k) <= 2):
                u = np.array([head, np.add(base, k * np.array(head))])
                metric = _transformed(shapes[alive], u)
                fits = _is_near(shapes[alive], metric, low, high)
                parts.append((alive[fits], np.broadcast_to(u, (fits.sum(), 2, 2)), metric[fits]))
                k += direction
                if head == (1, 0):  # what does not fit will not with more of the first vector
                    alive = alive[fits]
    return NearBases(*(np.concatenate([part[i] for part in parts]) for i in range(3)))


def _transformed(metric: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Metrics (K, 3) in another basis u (2, 2)."""
    aa, bb, ab = metric.T
    (p, q), (r, s) = u.tolist()
    return np.stack(
        [
            p * p * aa + q * q * bb + 2 * p * q * ab,
            r * r * aa + s * s * bb + 2 * r * s * ab,
            p * r * aa + q * s * bb + (p * s + q * r) * ab,
        ],
        axis=1,
    )


def _is_near(reduced: np.ndarray, metric: np.ndarray, low: float, high: float) -> np.ndarray:
    """Whether metrics (K, 3) can be images of reduced bases."""
    ratio = (high / low) ** 2 * (1 + SLACK)
    skew = ratio * metric[:, 0] / 2
    skew += (high**2 - low**2) / (2 * low**2) * np.sqrt(metric[:, 0] * metric[:, 1])
    near: np.ndarray = (
        (metric[:, 0] <= ratio * reduced[:, 0])
        & (metric[:, 1] <= ratio * reduced[:, 1])
        & (np.abs(metric[:, 2]) <= skew * (1 + SLACK))
    )
    return near


def pair_shapes(
    film: Side, substrate: Side, low: float, high: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the pairs of shapes whose principal stretches (film to substrate) are in bounds.

    Parameters
    ----------
    film, substrate : Side
        The supercells.
    low, high : float
        Smallest and largest stretch.

    Returns
    -------
    film_shape, substrate_shape : (P,) int arrays
    basis : (P, 2, 2) int array
        The substrate's basis, in terms of its reduced one, that the film's reduced basis goes to;
        its negative stands for another match.

    Raises
    ------
    StructureError
        There are too many candidates for the memory.
    """
    if len(film.shapes) >= len(substrate.shapes):
        i, j, basis = _paired(film.shapes, substrate.shapes, low, high)
        return i, j, basis
    j, i, inverse = _paired(substrate.shapes, film.shapes, 1 / high, 1 / low)
    basis = np.empty_like(inverse)  # rows U Tf and Ts generate what Tf and U⁻¹ Ts do
    basis[:, 0, 0], basis[:, 1, 1] = inverse[:, 1, 1], inverse[:, 0, 0]
    basis[:, 0, 1], basis[:, 1, 0] = -inverse[:, 0, 1], -inverse[:, 1, 0]
    return i, j, basis


def _paired(
    shapes: np.ndarray, others: np.ndarray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair reduced shapes with nearly reduced bases of the other side's, which are best fewer."""
    near = near_bases(others, low, high)
    width = 2 * np.log(high / low) + 4 * SLACK
    logs_f, logs_s = np.log(shapes[:, :2]), np.log(near.metric[:, :2])
    drop = 2 * np.log(low) - 2 * SLACK
    stride = 4 * width + np.ptp(np.concatenate([logs_f[:, 0], logs_s[:, 0]]))
    base = min(logs_f[:, 0].min() + drop, logs_s[:, 0].min())
    keys = np.floor(logs_s[:, 1] / width) * stride + (logs_s[:, 0] - base)
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first_bin = np.floor((logs_f[:, 1] + drop) / width)
    found = []
    for bins in (first_bin, first_bin + 1):
        at = bins * stride + (logs_f[:, 0] + drop - base)
        left, right = np.searchsorted(keys, at), np.searchsorted(keys, at + width)
        found.append(_tested(shapes, near, order, left, right - left, low, high))
    i, j = (np.concatenate([part[k] for part in found]) for k in (0, 1))
    return i, near.shape[j], near.basis[j]


def _tested(
    shapes: np.ndarray,
    near: NearBases,
    order: np.ndarray,
    left: np.ndarray,
    counts: np.ndarray,
    low: float,
    high: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the candidates of each film shape whose principal stretches are in bounds."""
    total = int(counts.sum())
    if total * _BYTES_PER_PAIR > usable_memory():
        raise StructureError(
            f"{total:.2g} pairs of supercells to compare do not fit in memory: give a smaller "
            "max_area or max_strain"
        )
    i = np.repeat(np.arange(len(shapes)), counts)
    j = order[spread(left, counts)[0]]
    window = ((low - SLACK) ** 2, (high + SLACK) ** 2)
    ratio = near.metric[j, 1] / shapes[i, 1]
    fits = (ratio >= window[0]) & (ratio <= window[1])
    i, j = i[fits], j[fits]
    f11, f22, f12 = shapes[i].T
    s11, s22, s12 = near.metric[j].T
    volume = f11 * f22 - f12 * f12
    half = (f22 * s11 + f11 * s22 - 2 * f12 * s12) / (2 * volume)
    product = (s11 * s22 - s12 * s12) / volume
    root = np.sqrt(np.maximum(half * half - product, 0.0))
    fits = (half - root >= window[0]) & (half + root <= window[1])
    return i[fits], j[fits]

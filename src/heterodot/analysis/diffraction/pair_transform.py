"""Pair sums of large dots from their structure factors, without visiting pairs.

The autocorrelation A(r) of a dot of diameter D vanishes beyond r = D, so that it is known exactly
from the structure factors F(k) on a cubic lattice of wave vectors of spacing 2π/L, L > 2 D. With a
window χ(r) that is 1 up to D and 0 from L − D on,

    Σ_ij sinc(q r_ij) = ∫ χ(r) A(r) sinc(q r) d³r
                      = 4π/L³ ∫ χ(r) r² sinc(q r) Σ_k |F(k)|² sinc(k r) dr,

sinc x = sin(x)/x, where only the lengths of the k are left. The F(k) are fast Fourier transforms of
the atoms spread over a grid by a narrow kernel, divided by the transform of the kernel: the
non-uniform FFT of type 1 with the kernel of A. H. Barnett, J. Magland, L. af Klinteberg, SIAM J.
Sci. Comput. 41, C479 (2019). In single precision; the largest error seen is in the tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heterodot.errors import InputError

MEMORY_LIMIT = 4e9
"""Bytes a transform may take. Chosen; what needs more is summed by distances."""

_KERNEL = 7  # grid points the kernel covers along an axis
_OVERSAMPLING = 1.25
_SHAPE = 0.97 * np.pi * _KERNEL * (1 - 0.5 / _OVERSAMPLING)  # Barnett et al., eq. 4.5
_TAPER = 20.0  # Å over which the window falls
_EDGE = 3.5  # standard deviations of the window's edge on each side
_SECONDS_PER_POINT = 6e-9
"""Measured by benchmarks/debye.py on one core; decides only which way "auto" goes."""


@dataclass(frozen=True)
class TransformPlan:
    """Sizes of a transform.

    Attributes
    ----------
    diameter : float
        Largest distance between two atoms, Å.
    period : float
        L, Å.
    n_waves : int
        Largest index of a wave vector along an axis.
    n_fft : int
        Length of the FFTs.
    shape : three int
        Points of the grid the atoms are spread over.
    n_kinds : int
        Kinds of atoms.
    limit : float
        Bytes it may take.
    """

    diameter: float
    period: float
    n_waves: int
    n_fft: int
    shape: tuple[int, int, int]
    n_kinds: int
    limit: float = MEMORY_LIMIT

    @property
    def spacing(self) -> float:
        """Spacing of the grid, Å."""
        return self.period / self.n_fft

    @property
    def bytes(self) -> float:
        """Memory at most, bytes."""
        plane = float(self.shape[1]) * self.shape[2]
        planes = 8.0 * plane * (self.n_waves + 1) * self.n_kinds
        return planes + 4.0 * plane * self.shape[0] + 64.0 * self.n_fft**2

    @property
    def seconds(self) -> float:
        """Time it should take on one core."""
        return _SECONDS_PER_POINT * self.n_kinds * float(self.n_fft) ** 3


def estimate(groups: Sequence[np.ndarray], q_max: float) -> TransformPlan:
    """Plan the transform.

    Parameters
    ----------
    groups : sequence of (N_a, 3) float arrays
        Å.
    q_max : float
        Å⁻¹.
    """
    from scipy.fft import next_fast_len

    positions = np.concatenate(groups)
    diameter = _diameter(positions)
    period = 2 * diameter + _TAPER
    k_max = q_max + 2 * _EDGE**2 / _TAPER
    n_waves = int(np.ceil(k_max * period / (2 * np.pi)))
    n_fft = next_fast_len(int(np.ceil(2 * _OVERSAMPLING * n_waves)) + 1, real=True)
    extent = np.ptp(positions, axis=0) * n_fft / period
    mx, my, mz = (int(e) + _KERNEL + 2 for e in extent)
    return TransformPlan(diameter, period, n_waves, n_fft, (mx, my, mz), len(groups))


def _diameter(positions: np.ndarray) -> float:
    """Largest distance, or the diagonal of the box where there is no hull."""
    from scipy.spatial import ConvexHull, QhullError
    from scipy.spatial.distance import pdist

    try:
        corners = positions[ConvexHull(positions).vertices]
    except QhullError:
        return float(np.linalg.norm(np.ptp(positions, axis=0)))
    if len(corners) > 4000:
        return float(np.linalg.norm(np.ptp(positions, axis=0)))
    return float(pdist(corners).max())


def transform_sums(groups: Sequence[np.ndarray], q: np.ndarray) -> np.ndarray:
    """Sum sin(q r)/(q r) over the pairs of different atoms, by the kinds of the two.

    See :func:`heterodot.analysis.diffraction.pair_sums.pair_sums`.

    Raises
    ------
    InputError
        It would not fit into memory.
    """
    plan = estimate(groups, float(q.max()))
    if plan.bytes > plan.limit:
        raise InputError(
            f"a transform of {plan.bytes / 1e9:.1f} GB for a dot of {plan.diameter:.0f} Å: "
            f"expected {plan.limit / 1e9:g} GB at most; take method='distances' or a smaller q"
        )
    origin = np.concatenate(groups).min(axis=0)
    grid = np.zeros(plan.shape, np.float32)  # one for all kinds: fresh memory is slow
    planes = [_planes(group - origin, plan, grid) for group in groups]
    r, weights = _radial(_shells(planes, plan), plan)
    n = len(groups)
    sums = np.zeros((n, n, len(q)))
    a, b = np.triu_indices(n)
    sums[a, b] = sums[b, a] = sinc_sum(r, weights, q)
    for kind, group in enumerate(groups):
        sums[kind, kind] -= len(group)  # each atom with itself
    return sums


def _planes(positions: np.ndarray, plan: TransformPlan, grid: np.ndarray) -> np.ndarray:
    """(n_waves + 1, my, mz) spread atoms of one kind, transformed along x for k_x ≥ 0."""
    from scipy.fft import rfft

    grid[:] = 0.0
    _spread(positions / plan.spacing, grid)
    _, my, mz = plan.shape
    planes = np.empty((plan.n_waves + 1, my, mz), np.complex64)
    step = max(1, (1 << 20) // (plan.n_fft * mz))  # a block fits into the cache
    for start in range(0, my, step):
        rows = slice(start, start + step)
        planes[:, rows] = rfft(grid[:, rows], n=plan.n_fft, axis=0)[: plan.n_waves + 1]
    return planes


def _spread(u: np.ndarray, grid: np.ndarray) -> None:
    """Add the kernel of every point at u (grid units, from 0) to the grid, in place."""
    flat_grid = grid.reshape(-1)
    _, my, mz = grid.shape
    offsets = np.arange(_KERNEL)
    for start in range(0, len(u), 4096):
        block = u[start : start + 4096]
        first = np.ceil(block).astype(np.int64)  # kernel centred on u + width/2
        z = (first[:, :, None] + offsets - block[:, :, None] - _KERNEL / 2) / (_KERNEL / 2)
        w = np.exp(_SHAPE * (np.sqrt(np.maximum(1 - z**2, 0.0)) - 1)) * (np.abs(z) <= 1)
        values = np.einsum("ai,aj,ak->aijk", w[:, 0], w[:, 1], w[:, 2], optimize=False)
        i, j, k = (first[:, axis, None] + offsets for axis in range(3))
        flat = (i[:, :, None, None] * my + j[:, None, :, None]) * mz
        np.add.at(
            flat_grid, (flat + k[:, None, None, :]).ravel(), values.astype(np.float32).ravel()
        )


def _kernel_transform(plan: TransformPlan) -> np.ndarray:
    """(n_waves + 1,) transform of the kernel at the wave vectors, by Gauss–Legendre quadrature."""
    z, weight = np.polynomial.legendre.leggauss(80)
    kernel = weight * np.exp(_SHAPE * (np.sqrt(1 - z**2) - 1))
    phase = np.outer(np.arange(plan.n_waves + 1) * np.pi * _KERNEL / plan.n_fft, z)
    return np.asarray(_KERNEL / 2 * (np.cos(phase) @ kernel))


def _shells(planes: list[np.ndarray], plan: TransformPlan) -> np.ndarray:
    """Sum Re F_a F_b* over the wave vectors of each squared length, in units of (2π/L)²."""
    n = plan.n_waves
    scale = _kernel_transform(plan) ** -2
    squares = np.arange(n + 1) ** 2
    pairs = list(zip(*np.triu_indices(len(planes)), strict=True))
    shells = np.zeros((len(pairs), n**2 + 1))
    for i in range(n + 1):
        edge = int(np.sqrt(n**2 - i**2))
        waves = [_wave_plane(p[i], edge, plan.n_fft) for p in planes]
        length = (squares[i] + squares[: edge + 1, None] + squares[: edge + 1]).ravel()
        keep = length <= n**2
        length = length[keep]
        weight = (scale[i] * np.outer(scale[: edge + 1], scale[: edge + 1])).ravel()[keep]
        weight *= 1 if i == 0 else 2  # k and −k
        for row, (a, b) in enumerate(pairs):
            product = waves[a].real * waves[b].real + waves[a].imag * waves[b].imag
            folded = _fold(product, edge).ravel()[keep]
            shells[row] += np.bincount(length, weight * folded, minlength=n**2 + 1)
    return shells


def _wave_plane(plane: np.ndarray, edge: int, n_fft: int) -> np.ndarray:
    """(2e + 1, 2e + 1) structure factors of a plane, 0 … e, then −e … −1 along both axes."""
    from scipy.fft import fft

    def cut(values: np.ndarray) -> np.ndarray:
        tail = values[:, n_fft - edge :] if edge else values[:, :0]
        return np.concatenate([values[:, : edge + 1], tail], axis=1)

    along_z = cut(fft(plane, n=n_fft, axis=1))
    return cut(fft(np.ascontiguousarray(along_z.T), n=n_fft, axis=1))


def _fold(values: np.ndarray, edge: int) -> np.ndarray:
    """Add the values at ±j and ±l; (e + 1, e + 1)."""
    half = values[: edge + 1].copy()
    half[1:] += values[:edge:-1]
    quarter = half[:, : edge + 1].copy()
    quarter[:, 1:] += half[:, :edge:-1]
    return quarter


def _radial(shells: np.ndarray, plan: TransformPlan) -> tuple[np.ndarray, np.ndarray]:
    """Distances and weights (one row for each pair of kinds) that stand for all pairs."""
    from scipy.special import erfc

    filled = np.flatnonzero(np.any(shells != 0, axis=0))
    k = 2 * np.pi / plan.period * np.sqrt(filled)
    step = np.pi / (2 * np.pi / plan.period * plan.n_waves + 1.0)
    r = np.arange(1, int((plan.period - plan.diameter) / step) + 2) * step
    width = _TAPER / (2 * _EDGE)
    window = 0.5 * erfc((r - plan.period / 2) / (np.sqrt(2) * width))
    measure = 4 * np.pi / plan.period**3 * step * window * r**2
    return r, measure * sinc_sum(k, shells[:, filled], r)


def sinc_sum(r: np.ndarray, weights: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Sum w(r) sin(q r)/(q r) over r, in blocks.

    Parameters
    ----------
    r : (m,) float array
    weights : (p, m) float array
    q : (n,) float array

    Returns
    -------
    (p, n) float array
    """
    total = np.zeros((len(weights), len(q)))
    step = max(1, (1 << 18) // max(1, len(q)))
    for start in range(0, len(r), step):
        part = slice(start, start + step)
        x = np.maximum(np.outer(r[part], q), 1e-30)
        total += weights[:, part] @ np.divide(np.sin(x), x, out=x)
    return total

"""Sums of sin(q r)/(q r) over the pairs of atoms of two kinds: what Debye's equation is made of.

Two ways, chosen by what they would cost:

- **Distances** (small dots): every distance is calculated and counted in bins of 0.005 Å, of which
  the mean distance is kept; the error of a term is at most (q · 0.005 Å)²/24, 4e-5 at q = 6 Å⁻¹.
- **Transform** (:mod:`heterodot.analysis.diffraction.pair_transform`, large compact dots): the
  orientational
  average of the structure factors on a grid of wave vectors, without any pair.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heterodot.analysis.diffraction.pair_transform import estimate, sinc_sum, transform_sums
from heterodot.errors import InputError

BIN = 0.005
"""Å: width of the bins of distances. Each counts at the mean of its distances, so that what is lost
is of second order: (q BIN)²/24, 4e-4 of a term at 20 Å⁻¹; benchmarks/debye.py compares the two
ways."""

METHODS = ("auto", "distances", "transform")

_BLOCK = 1 << 18
"""Pairs in memory at a time: some megabytes; no result depends on it."""
_SECONDS_PER_PAIR = 9e-9
"""Measured by benchmarks/debye.py on one core; decides only which way "auto" goes."""
_MAX_BINS = 20_000_000
"""160 MB of bins for each pair of kinds; chosen."""


def pair_sums(groups: Sequence[np.ndarray], q: np.ndarray, method: str = "auto") -> np.ndarray:
    """Sum sin(q r)/(q r) over the pairs of different atoms, by the kinds of the two.

    Parameters
    ----------
    groups : sequence of (N_a, 3) float arrays
        Positions of the atoms of each kind, Å.
    q : (n,) float array
        Lengths of the scattering vector, Å⁻¹.
    method : {"auto", "distances", "transform"}
        "auto" takes the one that should be faster.

    Returns
    -------
    (K, K, n) float array
        Symmetric; entry (a, b) holds the sum over i in a and j in b, i ≠ j (each pair of one kind
        is in it twice).

    Raises
    ------
    InputError
        Unknown method, or a transform that would not fit into memory.
    """
    if method not in METHODS:
        raise InputError(f"method {method!r}: expected one of {', '.join(METHODS)}")
    n_atoms = sum(len(g) for g in groups)
    if method == "auto":
        plan = estimate(groups, float(q.max()))
        by_pairs = _SECONDS_PER_PAIR * n_atoms**2 / 2
        fits = plan.bytes <= plan.limit
        method = "transform" if fits and plan.seconds < by_pairs else "distances"
    if method == "transform":
        return transform_sums(groups, q)
    return _distance_sums(groups, q)


def _distance_sums(groups: Sequence[np.ndarray], q: np.ndarray) -> np.ndarray:
    everything = np.concatenate(groups)
    reach = float(np.linalg.norm(np.ptp(everything, axis=0)))
    n_bins = int(reach / BIN) + 2
    if n_bins > _MAX_BINS:
        raise InputError(f"a structure of {reach:.3g} Å: expected one below {_MAX_BINS * BIN:g} Å")
    centre = everything.mean(axis=0)
    sums = np.zeros((len(groups), len(groups), len(q)))
    for a, first in enumerate(groups):
        for b in range(a, len(groups)):
            second = first if a == b else groups[b]
            counts, means = _mean_distances(first - centre, second - centre, a == b, n_bins)
            total = sinc_sum(means, counts[None, :], q)[0]
            sums[a, b] = sums[b, a] = 2 * total if a == b else total
    return sums


def _mean_distances(
    first: np.ndarray, second: np.ndarray, same: bool, n_bins: int
) -> tuple[np.ndarray, np.ndarray]:
    """Count the distances of each filled bin, and return their means; a pair counts once."""
    counts, totals = np.zeros(n_bins), np.zeros(n_bins)
    rows = max(1, _BLOCK // max(1, len(second)))
    for start in range(0, len(first), rows):
        block = first[start : start + rows]
        others = second[start:] if same else second
        squared = (block**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * block @ others.T
        distance = np.sqrt(np.maximum(squared, 0.0, out=squared), out=squared)
        parts = [distance]
        if same:  # among the block's own rows, each pair once
            n = len(block)
            parts = [distance[:, :n][np.triu_indices(n, 1)], distance[:, n:]]
        for part in parts:
            flat = part.ravel()
            bins = (flat * (1 / BIN)).astype(np.int64)
            counts += np.bincount(bins, minlength=n_bins)
            totals += np.bincount(bins, flat, minlength=n_bins)
    filled = counts > 0
    return counts[filled], totals[filled] / counts[filled]

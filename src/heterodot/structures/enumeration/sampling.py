"""Random colourings: uniform over all of them, or uniform over their orbits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heterodot.structures.enumeration.counting import (
    cycle_roots,
    cycle_types,
    fixed_colourings,
    pool_of,
    times_cycle,
)
from heterodot.structures.enumeration.orderly import Group, chunks

UNIFORM = ("orbits", "configurations")


def random_colourings(
    allowed: np.ndarray, counts: Sequence[int], number: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw colourings, each of all equally likely.

    Parameters
    ----------
    allowed : (C, n) bool array
        Sites each colour may take; two colours share all of them or none.
    counts : (C,) sequence of int
        Sites of each colour.
    number : int
        How many to draw.
    rng : numpy Generator
        Source of the random numbers.

    Returns
    -------
    (number, Σ counts) int array
        The sites of the first colour in ascending order, then those of the second, …
    """
    order = {}
    columns = []
    for mask, count in zip(allowed, counts, strict=True):
        pool = np.flatnonzero(mask)
        key = mask.tobytes()
        if key not in order:
            order[key] = pool[np.argsort(rng.random((number, len(pool))), axis=1)]
        columns.append(np.sort(order[key][:, :count], axis=1))
        order[key] = order[key][:, count:]
    return np.concatenate(columns, axis=1)


class OrbitSampler:
    """Draws colourings so that every orbit is equally likely.

    A permutation is drawn in proportion to the number of colourings it leaves in place, then one
    of those: each orbit gets Σ over its members of the order of their stabilisers, the same for
    all (J. D. Dixon and H. S. Wilf, J. Algorithms 1983, 4, 205,
    doi:10.1016/0196-6774(83)90021-4).

    Parameters
    ----------
    permutations : (G, n) int array
        A group.
    allowed, counts
        As for :func:`random_colourings`.
    """

    def __init__(
        self, permutations: np.ndarray, allowed: np.ndarray, counts: Sequence[int]
    ) -> None:
        self.allowed, self.counts = allowed, tuple(counts)
        self.pool = pool_of(allowed)
        self.permutations = permutations
        self.types, self.type_of = cycle_types(permutations, self.pool)
        weights = [
            int(m) * fixed_colourings(kind, allowed, self.counts)
            for kind, m in zip(self.types, np.bincount(self.type_of), strict=True)
        ]
        self.probability = np.array([w / max(sum(weights), 1) for w in weights])
        self._tails: dict[int, list[np.ndarray]] = {}

    def draw(self, number: int, rng: np.random.Generator) -> np.ndarray:
        """Return (number, Σ counts) sites, as :func:`random_colourings`."""
        kinds = rng.choice(len(self.types), size=number, p=self.probability)
        drawn = np.empty((number, sum(self.counts)), np.intp)
        n = self.allowed.shape[1]
        for kind in np.unique(kinds):
            rows = np.flatnonzero(kinds == kind)
            if sum(m for _, _, m in self.types[kind]) == n:
                drawn[rows] = random_colourings(self.allowed, self.counts, len(rows), rng)
            else:
                members = np.flatnonzero(self.type_of == kind)
                for row in rows:
                    drawn[row] = self._fixed(int(kind), int(rng.choice(members)), rng)
        return drawn

    def _fixed(self, kind: int, member: int, rng: np.random.Generator) -> np.ndarray:
        """Draw one of the colourings that a permutation leaves in place."""
        left = list(self.counts)
        taken: list[list[int]] = [[] for _ in left]
        for cycle, tail in zip(self._cycles(member), self._tails_of(kind), strict=True):
            options, weights = [-1], [tail[tuple(left)]]
            for c in np.flatnonzero(self.allowed[:, cycle[0]]).tolist():
                rest = [m - len(cycle) * (c == d) for d, m in enumerate(left)]
                if rest[c] >= 0:
                    options.append(c)
                    weights.append(tail[tuple(rest)])
            total = sum(weights)
            chosen = options[rng.choice(len(options), p=[w / total for w in weights])]
            if chosen >= 0:
                left[chosen] -= len(cycle)
                taken[chosen] += cycle
        return np.array([site for sites in taken for site in sorted(sites)], np.intp)

    def _cycles(self, member: int) -> list[list[int]]:
        """Return the cycles of a permutation in the order of its type: by pool, then length."""
        roots = cycle_roots(self.permutations[member : member + 1])[0]
        cycles = [np.flatnonzero(roots == root).tolist() for root in np.unique(roots)]
        return sorted(cycles, key=lambda cycle: (str(self.pool[cycle[0]]), len(cycle)))

    def _tails_of(self, kind: int) -> list[np.ndarray]:
        """Return for each cycle the numbers of ways to colour the cycles after it."""
        if kind not in self._tails:
            polynomial = np.zeros([k + 1 for k in self.counts], object)
            polynomial[(0,) * len(self.counts)] = 1
            tails = []
            for pool, length, number in reversed(self.types[kind]):
                colours = [c for c in range(len(self.counts)) if pool >> c & 1]
                for _ in range(number):
                    tails.append(polynomial)
                    polynomial = times_cycle(polynomial, colours, length)
            self._tails[kind] = tails[::-1]
        return self._tails[kind]


def canonical_form(
    group: Group, sites: np.ndarray, counts: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the colouring that stands for the orbit of each of some colourings.

    Parameters
    ----------
    group : Group
        The symmetry.
    sites : (M, Σ counts) int array
        As :func:`random_colourings` returns them.
    counts : (C,) sequence of int
        Sites of each colour.

    Returns
    -------
    canonical : (M, Σ counts) int array
        The lexicographically lowest image, colour by colour.
    stabiliser : (M,) int array
        Number of permutations that keep the colouring.
    """
    canonical, stabiliser = sites.copy(), np.ones(len(sites), np.intp)
    for part in chunks(np.arange(len(sites)), len(group) * sites.shape[1]):
        images = group.permutations[:, sites[part]].swapaxes(0, 1)
        best = np.ones(images.shape[:2], bool)
        start = 0
        for count in counts:
            for bits in group.bits:
                key = bits[images[..., start : start + count]].sum(axis=-1)
                best &= key == np.where(best, key, 0).max(axis=1, keepdims=True)
            start += count
        stabiliser[part] = best.sum(axis=1)
        image = images[np.arange(len(part)), best.argmax(axis=1)]
        start = 0
        for count in counts:
            block = slice(start, start + count)
            canonical[part, block] = np.sort(image[:, block], axis=1)
            start += count
    return canonical, stabiliser

"""Random colourings: uniform over all of them, or uniform over their orbits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from heterodot.structures.enumeration.counting import (
    FixedColourings,
    cycle_types,
    pool_of,
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
        self.types, self.type_of = cycle_types(permutations, self.pool, max(counts, default=0))
        self.fixed = [FixedColourings(kind, allowed, self.counts) for kind in self.types]
        numbers = np.bincount(self.type_of).tolist()
        weights = [m * fixed.ways() for m, fixed in zip(numbers, self.fixed, strict=True)]
        self.probability = np.array([w / max(sum(weights), 1) for w in weights])

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
        fixed, left = self.fixed[kind], self.counts
        taken: list[list[int]] = [[] for _ in left]
        for place, cycles in enumerate(self._cycles(fixed, member)):
            options = fixed.options(place, left)
            weights = [ways * fixed.ways(place + 1, rest) for rest, ways in options]
            total = sum(weights)
            rest = options[rng.choice(len(options), p=[w / total for w in weights])][0]
            shuffled = iter(rng.permutation(len(cycles)).tolist())
            for c, (before, after) in enumerate(zip(left, rest, strict=True)):
                for _ in range((before - after) // fixed.groups[place][1]):
                    taken[c] += cycles[next(shuffled)]
            left = rest
        return np.array([site for sites in taken for site in sorted(sites)], np.intp)

    def _cycles(self, fixed: FixedColourings, member: int) -> list[list[list[int]]]:
        """Return the cycles of a permutation, sorted into the groups of its type."""
        permutation = self.permutations[member].tolist()
        found: dict[tuple[int, int], list[list[int]]] = {}
        seen: set[int] = set()
        for start in range(len(permutation)):
            cycle, site = [], start
            while site not in seen:
                seen.add(site)
                cycle.append(site)
                site = permutation[site]
            if cycle:
                found.setdefault((int(self.pool[start]), len(cycle)), []).append(cycle)
        return [found[pool, length] for pool, length, _ in fixed.groups]


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

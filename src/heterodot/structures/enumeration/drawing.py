"""All configurations of a compound, a random choice of them, or a random draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heterodot.structures.enumeration.filters import PairFilter
from heterodot.structures.enumeration.orderly import Group, orbit_representatives
from heterodot.structures.enumeration.request import Compound
from heterodot.structures.enumeration.sampling import (
    OrbitSampler,
    canonical_form,
    random_colourings,
)

Found = tuple[np.ndarray, np.ndarray]
"""Sites (M, K) and multiplicities (M,)."""

TRIES = 200_000
"""Least number of draws, and 1000 per configuration wanted, before a sample is left smaller."""


def all_colourings(
    permutations: np.ndarray,
    allowed: np.ndarray,
    counts: Sequence[int],
    compatible: np.ndarray | None,
    limit: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Generate as :func:`orbit_representatives`, by the sites left over where they are fewer.

    Without distances, the most frequent colour of every pool takes the part of the sites without
    colour: then no size on the way has more orbits than the last (D. Livingstone and A. Wagner,
    Math. Z. 1965, 90, 393, doi:10.1007/BF01112361).
    """
    if compatible is not None:
        return orbit_representatives(permutations, allowed, counts, compatible, limit)
    numbers = list(counts)
    swapped = []
    for c in range(len(numbers)):
        pool = [d for d in range(len(numbers)) if (allowed[d] == allowed[c]).all()]
        rest = int(allowed[c].sum()) - sum(counts[d] for d in pool)
        if c == max(pool, key=lambda d: counts[d]) and counts[c] > rest:
            numbers[c] = rest
            swapped.append((c, pool))
    order = sorted(range(len(numbers)), key=lambda c: numbers[c])
    sites, stabiliser = orbit_representatives(
        permutations, allowed[order], [numbers[c] for c in order]
    )
    ends = np.cumsum([numbers[c] for c in order])
    blocks = dict(zip(order, np.split(sites, ends[:-1], axis=1), strict=True)) if order else {}
    for c, pool in swapped:
        free = np.repeat(allowed[c][None], len(sites), axis=0)
        for d in pool:
            np.put_along_axis(free, blocks[d], False, axis=1)
        blocks[c] = np.nonzero(free)[1].reshape(len(sites), counts[c])
    columns = [blocks[c] for c in range(len(numbers))]
    return np.concatenate([sites[:, :0], *columns], axis=1), stabiliser


def choose(
    found: Sequence[Found], number: int, rng: np.random.Generator, uniform: str
) -> list[Found]:
    """Choose some of the configurations at random, without repetition."""
    weights = np.concatenate([multiplicity for _, multiplicity in found]).astype(float)
    if uniform == "orbits":
        weights[:] = 1.0
    chosen = np.sort(rng.choice(len(weights), number, replace=False, p=weights / weights.sum()))
    out, start = [], 0
    for sites, multiplicity in found:
        mine = chosen[(chosen >= start) & (chosen < start + len(sites))] - start
        out.append((sites[mine], multiplicity[mine]))
        start += len(sites)
    return out


def draw(
    permutations: np.ndarray,
    compounds: Sequence[Compound],
    counted: Sequence[tuple[int, int]],
    pairs: PairFilter | None,
    number: int,
    rng: np.random.Generator,
    uniform: str,
) -> list[Found]:
    """Draw distinct configurations that pass the filter.

    Parameters
    ----------
    permutations : (G, n) int array
        The symmetry.
    compounds : sequence of Compound
        What to draw from.
    counted : sequence of (orbits, configurations)
        How many each compound has.
    pairs : PairFilter or None
        Conditions on the distances.
    number : int
        How many to draw; fewer are given where ``TRIES`` draws find no more.
    rng, uniform
        As for :func:`heterodot.structures.enumerate_configurations`.

    Returns
    -------
    list of (sites, multiplicity)
        For each compound.
    """
    lottery = _Lottery(permutations, compounds, counted, uniform)
    found: dict[tuple[int, bytes], tuple[np.ndarray, int]] = {}
    tries = 0
    while len(found) < number and tries < max(TRIES, 1000 * number):
        size = int(np.clip(max(2 * (number - len(found)), tries), 16, 4096))
        tries += size
        for which, sites, multiplicity in lottery.round(size, pairs, rng):
            if len(found) < number:
                found.setdefault((which, sites.tobytes()), (sites, multiplicity))
    out = []
    for index, compound in enumerate(compounds):
        mine = [value for (c, _), value in found.items() if c == index]
        drawn = np.array([s for s, _ in mine], np.intp).reshape(len(mine), sum(compound.counts))
        out.append((drawn, np.array([m for _, m in mine], np.intp)))
    return out


@dataclass
class _Lottery:
    permutations: np.ndarray
    compounds: Sequence[Compound]
    counted: Sequence[tuple[int, int]]
    uniform: str

    def __post_init__(self) -> None:
        self.group = Group(self.permutations)
        weights = [numbers[self.uniform == "configurations"] for numbers in self.counted]
        self.share = np.array([w / sum(weights) for w in weights])
        self.samplers: dict[int, OrbitSampler] = {}

    def round(
        self, size: int, pairs: PairFilter | None, rng: np.random.Generator
    ) -> list[tuple[int, np.ndarray, int]]:
        """Draw some; return those that pass, with their multiplicities, in the order drawn."""
        compound_of = rng.choice(len(self.compounds), size=size, p=self.share)
        passed: list[tuple[int, int, np.ndarray, int]] = []
        for index in np.unique(compound_of).tolist():
            turns = np.flatnonzero(compound_of == index)
            sites = self._draw(index, len(turns), rng)
            if pairs is not None:
                good = pairs.passes(sites)
                turns, sites = turns[good], sites[good]
            sites, kept = canonical_form(self.group, sites, self.compounds[index].counts)
            numbers = (len(self.group) // kept).tolist()
            passed += zip(turns.tolist(), [index] * len(turns), sites, numbers, strict=True)
        return [entry[1:] for entry in sorted(passed, key=lambda entry: entry[0])]

    def _draw(self, index: int, number: int, rng: np.random.Generator) -> np.ndarray:
        compound = self.compounds[index]
        if self.uniform == "configurations":
            return random_colourings(compound.allowed, compound.counts, number, rng)
        if index not in self.samplers:
            self.samplers[index] = OrbitSampler(
                self.permutations, compound.allowed, compound.counts
            )
        return self.samplers[index].draw(number, rng)

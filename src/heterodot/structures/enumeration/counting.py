"""Counting before generating: Burnside's lemma for sites of several kinds and several colours."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from heterodot.checks import is_whole
from heterodot.errors import StructureError

CycleType = tuple[tuple[int, int, int], ...]
"""(pool, length, number) of the cycles of a permutation; a pool is sites of the same colours."""


def count_configurations(
    permutations: np.ndarray,
    counts: int | Sequence[int],
    pools: Sequence[Sequence[int]] | None = None,
) -> int:
    """Count the inequivalent ways to colour some of N sites, exactly (Burnside's lemma).

    The number is the mean over the group of the colourings each permutation leaves in place: the
    coefficient of Π x_c^k_c in the product over its cycles of 1 + Σ_c x_c^length, where c runs
    over the colours the cycle's sites may take (G. Pólya, Acta Math. 1937, 68, 145,
    doi:10.1007/BF02546665).

    Parameters
    ----------
    permutations : (G, N) int array
        A group, for example from :func:`heterodot.structures.point_group_permutations`.
    counts : int or sequence of int
        Number of sites of each colour; the other sites stay as they are.
    pools : sequence of sequences of int, optional
        For each colour the sites it may take, a set that the group keeps; by default all.

    Returns
    -------
    int

    Raises
    ------
    StructureError
        If these are no permutations, a count is negative, or a permutation moves a site out of
        its pool.
    """
    group = _checked_permutations(permutations)
    several = isinstance(counts, Sequence | np.ndarray) and not isinstance(counts, str)
    numbers = [checked_count(k) for k in (counts if several else [counts])]  # type: ignore[union-attr]
    return count_orbits(group, allowed_sites(group.shape[1], len(numbers), pools), numbers)


def _checked_permutations(permutations: np.ndarray) -> np.ndarray:
    """(G, N) int array of permutations."""
    try:
        table = np.asarray(permutations)
        good = table.ndim == 2 and np.issubdtype(table.dtype, np.integer) and table.size > 0
    except ValueError:
        good = False
    if not good or (np.sort(table, axis=1) != np.arange(table.shape[1])).any():
        raise StructureError("permutations: expected (G, N) integers, each row a permutation")
    return table


def checked_count(k: object, what: str = "count") -> int:
    """Return k as an int of 0 or more.

    Raises
    ------
    StructureError
        If it is not one.
    """
    if not is_whole(k) or k < 0:
        raise StructureError(f"{what} {k!r}: expected a whole number of 0 or more")
    return int(k)


def allowed_sites(
    n: int, n_colours: int, pools: Sequence[Sequence[int]] | None = None
) -> np.ndarray:
    """Return the (C, N) bool array of the sites each colour may take."""
    if pools is None:
        return np.ones((n_colours, n), bool)
    if not isinstance(pools, Sequence) or len(pools) != n_colours:
        raise StructureError(f"pools {pools!r}: expected one for each of {n_colours} colours")
    allowed = np.zeros((n_colours, n), bool)
    for row, pool in zip(allowed, pools, strict=True):
        row[checked_sites(pool, n)] = True
    return allowed


def checked_sites(sites: Sequence[int], n: int) -> np.ndarray:
    """Return indices of some of n atoms, negative ones counted from the end.

    Raises
    ------
    StructureError
        They are no integers, or beyond the last.
    """
    try:
        found = np.asarray(sites)
    except ValueError:
        found = np.zeros(0)
    if found.ndim == 1 and found.size == 0:
        return np.zeros(0, np.intp)
    whole = found.ndim == 1 and np.issubdtype(found.dtype, np.integer)
    if not whole or found.min() < -n or found.max() >= n:
        raise StructureError(f"sites {sites!r}: expected indices of {n} atoms, 0…{n - 1}")
    return found.astype(np.intp) % n


def count_orbits(permutations: np.ndarray, allowed: np.ndarray, counts: Sequence[int]) -> int:
    """Count the orbits of the colourings with the (C, n) allowed sites of each colour."""
    types, type_of = cycle_types(permutations, pool_of(allowed), max(counts, default=0))
    total = sum(
        int(m) * fixed_colourings(kind, allowed, counts)
        for kind, m in zip(types, np.bincount(type_of), strict=True)
    )
    return total // len(permutations)


def count_colourings(allowed: np.ndarray, counts: Sequence[int]) -> int:
    """Count the colourings without regard to symmetry; the sum of the orbits' multiplicities."""
    pool = pool_of(allowed)
    identity = np.arange(allowed.shape[1])[None]
    return fixed_colourings(cycle_types(identity, pool, 1)[0][0], allowed, counts)


def pool_of(allowed: np.ndarray) -> np.ndarray:
    """Return for each site the number (N,) of the set of colours it may take, as binary digits."""
    digits = 2 ** np.arange(len(allowed), dtype=object)
    return np.asarray(digits @ allowed.astype(object) if len(allowed) else 0 * allowed.sum(0))


def cycle_types(
    permutations: np.ndarray, pool: np.ndarray, longest: int
) -> tuple[list[CycleType], np.ndarray]:
    """Sort permutations by the lengths and pools of their cycles.

    Parameters
    ----------
    permutations : (G, N) int array
        Permutations that keep the pools.
    pool : (N,) array of int
        Pool of each site.
    longest : int
        Longer cycles do not count: no colour has so many sites.

    Returns
    -------
    types : list of CycleType
        The different ones.
    type_of : (G,) int array
        Which of them each permutation has.
    """
    names, pool_index = np.unique(pool.astype(str), return_inverse=True)
    if np.any(pool_index[permutations] != pool_index):
        raise StructureError("a permutation moves a site out of its pool: expected pools it keeps")
    member = (pool_index == np.arange(len(names))[:, None]).astype(float).T
    n = permutations.shape[1]
    power, open_ = permutations, np.ones(permutations.shape, bool)
    lengths, numbers = [], []
    for length in range(1, min(longest, n) + 1):
        back = open_ & (power == np.arange(n))
        if back.any():
            lengths.append(length)
            numbers.append(np.rint(back @ member).astype(np.intp) // length)
            open_ &= ~back
            if not open_.any():
                break
        power = np.take_along_axis(permutations, power, axis=1)
    table = np.stack(numbers, 1) if numbers else np.zeros((len(permutations), 0, len(names)), int)
    distinct, type_of = np.unique(table.reshape(len(permutations), -1), axis=0, return_inverse=True)
    types = [
        tuple(
            (int(names[p]), lengths[k], int(row[k, p]))
            for p, k in zip(*np.nonzero(row.T), strict=True)
        )
        for row in distinct.reshape(len(distinct), len(lengths), len(names))
    ]
    return types, type_of.reshape(-1)


class FixedColourings:
    """The colourings with given counts that a permutation of a cycle type leaves in place.

    Cycles of one pool and length are coloured together: j_c of m of them by each colour c in
    m! / (Π j_c! (m − Σ j_c)!) ways.

    Parameters
    ----------
    kind : CycleType
        The cycles.
    allowed : (C, n) bool array
        Sites each colour may take.
    counts : (C,) sequence of int
        Sites of each colour.
    """

    def __init__(self, kind: CycleType, allowed: np.ndarray, counts: Sequence[int]) -> None:
        self.counts = tuple(counts)
        self.groups = sorted(kind, key=lambda group: group[2])
        self.colours = [
            [c for c in range(len(allowed)) if pool >> c & 1] for pool, _, _ in self.groups
        ]
        later = [set().union(*self.colours[n + 1 :]) for n in range(len(self.groups))]
        self.last = [set(own) - after for own, after in zip(self.colours, later, strict=True)]
        self._ways: dict[tuple[int, tuple[int, ...]], int] = {}

    def ways(self, place: int = 0, left: tuple[int, ...] | None = None) -> int:
        """Count the colourings of the groups of cycles from ``place`` on, with counts ``left``."""
        left = self.counts if left is None else left
        if place == len(self.groups):
            return int(not any(left))
        if (place, left) not in self._ways:
            self._ways[place, left] = sum(
                choices * self.ways(place + 1, rest) for rest, choices in self.options(place, left)
            )
        return self._ways[place, left]

    def options(self, place: int, left: tuple[int, ...]) -> list[tuple[tuple[int, ...], int]]:
        """List what one group of cycles may leave of the counts, and in how many ways."""
        _, length, number = self.groups[place]
        partial = [(left, number, 1)]
        for c in self.colours[place]:
            partial = [
                ((*rest[:c], rest[c] - j * length, *rest[c + 1 :]), free - j, ways * comb(free, j))
                for rest, free, ways in partial
                for j in self._numbers(place, c, rest[c], free)
            ]
        return [(rest, ways) for rest, _, ways in partial]

    def _numbers(self, place: int, colour: int, left: int, free: int) -> Sequence[int]:
        """How many cycles of a group may take a colour: all it still needs, if it is the last."""
        length = self.groups[place][1]
        if colour in self.last[place]:
            return [left // length] if left % length == 0 and left // length <= free else []
        return range(min(left // length, free) + 1)


def fixed_colourings(kind: CycleType, allowed: np.ndarray, counts: Sequence[int]) -> int:
    """Count the colourings with given counts that a permutation of a cycle type leaves in place."""
    return FixedColourings(kind, allowed, counts).ways()

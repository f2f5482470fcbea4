"""Counting, generating and drawing colourings, against brute force on small groups."""

from collections import Counter
from itertools import combinations
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot.errors import StructureError
from heterodot.structures import count_configurations
from heterodot.structures.enumeration.counting import count_colourings, count_orbits
from heterodot.structures.enumeration.drawing import all_colourings
from heterodot.structures.enumeration.orderly import Group, TooMany, orbit_representatives
from heterodot.structures.enumeration.sampling import (
    OrbitSampler,
    canonical_form,
    random_colourings,
)

MAX_ORDER = 200


def generated(generators, n):
    """Return the group a few permutations generate, or None where it grows too large."""
    group = {tuple(range(n))}
    frontier = list(group)
    while frontier:
        new = {tuple(g[i] for i in h) for h in frontier for g in generators} - group
        group |= new
        frontier = list(new)
        if len(group) > MAX_ORDER:
            return None
    return np.array(sorted(group))


def every_colouring(allowed, counts):
    """Yield every colouring as a tuple of sorted tuples, one per colour."""

    def extend(colour, used):
        if colour == len(counts):
            yield ()
            return
        free = [i for i in np.flatnonzero(allowed[colour]).tolist() if i not in used]
        for chosen in combinations(free, counts[colour]):
            for rest in extend(colour + 1, used | set(chosen)):
                yield (chosen, *rest)

    yield from extend(0, frozenset())


def brute_force(group, allowed, counts):
    """Return the orbits as a list of sets of colourings."""
    left = set(every_colouring(allowed, counts))
    orbits = []
    while left:
        start = next(iter(left))
        orbit = {tuple(tuple(sorted(g[i] for i in c)) for c in start) for g in group.tolist()}
        assert orbit <= left
        orbits.append(orbit)
        left -= orbit
    return orbits


def as_colouring(row, counts):
    blocks = np.split(row, np.cumsum(counts)[:-1])
    return tuple(tuple(sorted(block.tolist())) for block in blocks)


@st.composite
def problems(draw):
    """A random group on two pools, and random numbers of colours on each pool."""
    sizes = [draw(st.integers(2, 6)), draw(st.integers(0, 3))]
    n = sum(sizes)

    def permutation():
        first = draw(st.permutations(range(sizes[0])))
        second = draw(st.permutations(range(sizes[0], n)))
        return tuple(first) + tuple(second)

    group = None
    while group is None:
        group = generated([permutation() for _ in range(draw(st.integers(0, 2)))], n)
    pools = [np.arange(n) < sizes[0], np.arange(n) >= sizes[0]]
    allowed, counts = [], []
    for pool in pools:
        room = int(pool.sum())
        for _ in range(draw(st.integers(0, 2))):
            counts.append(draw(st.integers(0, room)))
            allowed.append(pool)
            room -= counts[-1]
    return group, np.array(allowed, bool).reshape(len(counts), n), counts


@settings(max_examples=60, deadline=None)
@given(problems())
def test_every_orbit_once_whatever_the_group(problem):
    group, allowed, counts = problem
    orbits = brute_force(group, allowed, counts)
    for search in (orbit_representatives, lambda *a: all_colourings(*a, None, 0)):
        sites, stabiliser = search(group, allowed, counts)
        found = {as_colouring(row, counts) if counts else () for row in sites}
        assert len(sites) == len(orbits) == count_orbits(group, allowed, counts)
        assert all(len(found & orbit) == 1 for orbit in orbits)
        sizes = {as_colouring(r, counts) if counts else (): len(group) // s
                 for r, s in zip(sites, stabiliser, strict=True)}  # fmt: skip
        for orbit in orbits:
            assert sizes[next(iter(found & orbit))] == len(orbit)
        assert sum(sizes.values()) == count_colourings(allowed, counts) == sum(map(len, orbits))


@settings(max_examples=30, deadline=None)
@given(problems(), st.integers(0, 2**32 - 1))
def test_draws_stay_in_their_orbit_and_name_its_size(problem, seed):
    group, allowed, counts = problem
    if not counts:
        return
    orbits = brute_force(group, allowed, counts)
    rng = np.random.default_rng(seed)
    drawn = np.concatenate(
        [
            OrbitSampler(group, allowed, counts).draw(20, rng),
            random_colourings(allowed, counts, 20, rng),
        ]
    )
    standing, stabiliser = canonical_form(Group(group), drawn, counts)
    for row, image, kept in zip(drawn, standing, stabiliser, strict=True):
        orbit = next(o for o in orbits if as_colouring(row, counts) in o)
        assert min(orbit) == as_colouring(image, counts)
        assert len(orbit) == len(group) // kept


@settings(max_examples=30, deadline=None)
@given(problems(), st.integers(0, 2**32 - 1))
def test_forbidden_pairs_leave_exactly_the_orbits_without_them(problem, seed):
    group, allowed, counts = problem
    n = group.shape[1]
    table = np.random.default_rng(seed).random((n, n))
    table = sum(table[np.ix_(g, g)] + table[np.ix_(g, g)].T for g in group)
    good = table > np.median(table)
    np.fill_diagonal(good, True)
    sites, _ = orbit_representatives(group, allowed, counts, good)
    expected = [
        orbit
        for orbit in brute_force(group, allowed, counts)
        if all(good[i, j] for i in sum(min(orbit), ()) for j in sum(min(orbit), ()))
    ]
    assert len(sites) == len(expected)


def cyclic(n):
    return np.array([np.roll(np.arange(n), k) for k in range(n)])


@pytest.mark.parametrize("n", [63, 64, 65, 130])
def test_more_sites_than_bits_of_a_word(n):
    """Necklaces with two black beads: the distance between them, up to half the way."""
    sites, stabiliser = orbit_representatives(cyclic(n), np.ones((1, n), bool), [2])
    assert len(sites) == n // 2 == count_configurations(cyclic(n), 2)
    assert sorted(set((n // stabiliser).tolist())) == ([n // 2, n] if n % 2 == 0 else [n])


def test_necklaces_of_three_colours():
    """Ten beads, 3 red, 3 blue, 4 white: 10!/(3! 3! 4!)/10, no rotation keeps one."""
    assert count_configurations(cyclic(10), [3, 3]) == 420
    assert len(orbit_representatives(cyclic(10), np.ones((2, 10), bool), [3, 3])[0]) == 420


def test_count_of_very_many_is_exact():
    """Without symmetry the number is the multinomial coefficient."""
    n = count_configurations(np.arange(100)[None], [20, 30])
    assert n == prod(range(51, 101)) // prod(range(1, 21)) // prod(range(1, 31))


def test_most_of_the_sites_is_as_quick_as_the_rest():
    """53 of 56 have the orbits of 3 of 56; on the way there are 10^14."""
    sites, _ = all_colourings(cyclic(56), np.ones((1, 56), bool), [53], None, 0)
    assert len(sites) == count_configurations(cyclic(56), 3)
    assert sites.shape[1] == 53


def test_the_limit_stops_a_search_within_distances():
    with pytest.raises(TooMany):
        orbit_representatives(cyclic(30), np.ones((1, 30), bool), [4], np.ones((30, 30), bool), 9)


@pytest.mark.parametrize("counts", [[-1], [True], [1.5], -2])
def test_bad_numbers_are_refused(counts):
    with pytest.raises(StructureError, match="expected a whole number"):
        count_configurations(cyclic(4), counts)


def test_a_pool_the_group_does_not_keep_is_refused():
    with pytest.raises(StructureError, match="out of its pool"):
        count_configurations(cyclic(4), [1], [[0, 1]])


def test_draws_have_the_weights_stated():
    """χ² of 6000 draws: 2 red and 2 blue of 8 beads, bracelets that may be turned over."""
    group = np.concatenate([cyclic(8), cyclic(8)[:, ::-1]])
    allowed, counts, number = np.ones((2, 8), bool), [2, 2], 6_000
    orbits = brute_force(group, allowed, counts)
    rng = np.random.default_rng(7)
    for drawn, weights in (
        (OrbitSampler(group, allowed, counts).draw(number, rng), [1.0] * len(orbits)),
        (random_colourings(allowed, counts, number, rng), [float(len(o)) for o in orbits]),
    ):
        standing, _ = canonical_form(Group(group), drawn, counts)
        seen = Counter(as_colouring(row, counts) for row in standing)
        expected = number * np.array(weights) / sum(weights)
        found = np.array([seen[min(orbit)] for orbit in orbits])
        freedom = len(orbits) - 1
        chi2 = float(((found - expected) ** 2 / expected).sum())
        assert abs(chi2 - freedom) < 4 * np.sqrt(2 * freedom)

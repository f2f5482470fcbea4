"""Cages of four- and six-rings: the graphs, and a count by another road."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot.errors import StructureError
from heterodot.structures import cages
from heterodot.structures.clusters.cages import best_cage
from heterodot.structures.clusters.embedding import embed
from heterodot.structures.clusters.recipes import hollow

SIZES = st.integers(4, 16).filter(lambda n: n != 5)


@settings(max_examples=20, deadline=None)
@given(n=SIZES, pick=st.integers(0, 100))
def test_a_cage_is_a_trivalent_bipartite_map_of_the_sphere(n, pick):
    found = cages(n)
    cage = found[pick % len(found)]
    degree = np.bincount(cage.edges.ravel(), minlength=2 * n)
    assert (degree == 3).all()
    assert len(cage.edges) == 3 * n
    assert 2 * n - len(cage.edges) + len(cage.rings) == 2  # Euler
    sizes = [len(ring) for ring in cage.rings]
    assert sizes.count(4) == 6
    assert sizes.count(6) == n - 4
    assert list(cage.spiral) == sizes
    assert (cage.colours[cage.edges[:, 0]] != cage.colours[cage.edges[:, 1]]).all()
    assert cage.colours.sum() == n
    bonds = {tuple(sorted(e)) for e in cage.edges.tolist()}
    sides = [tuple(sorted((ring[i - 1], ring[i]))) for ring in cage.rings for i in range(len(ring))]
    assert set(sides) == bonds  # rings run along bonds,
    assert all(sides.count(bond) == 2 for bond in bonds)  # two to each


def _canonical(triangles: frozenset) -> tuple:
    """A label of a triangulated sphere that does not depend on names or handedness."""
    third = {}
    for t in triangles:
        for i in range(3):
            third[t[i], t[(i + 1) % 3]] = t[(i + 2) % 3]
    mirrored = {(b, a): c for (a, b), c in third.items()}
    best = None
    for apex in (third, mirrored):
        for start in apex:
            names = {start[0]: 0, start[1]: 1}
            code, queue, done = [], [start], set()
            while queue:
                a, b = queue.pop(0)
                if (a, b) in done:
                    continue
                c = apex[a, b]
                done |= {(a, b), (b, c), (c, a)}
                names.setdefault(c, len(names))
                code.append((names[a], names[b], names[c]))
                queue += [(b, a), (c, b), (a, c)]
            key = tuple(code)
            best = key if best is None or key < best else best
    return best


def _flips(triangles: frozenset):
    """Every triangulation one flip of an edge away."""
    third = {}
    for t in triangles:
        for i in range(3):
            third[t[i], t[(i + 1) % 3]] = t[(i + 2) % 3]
    for (a, b), c in third.items():
        d = third[b, a]
        if a < b and (c, d) not in third:
            rest = {t for t in triangles if not ({a, b} <= set(t))}
            yield frozenset(rest | {(a, d, c), (d, b, c)})


def _count_by_flips(vertices: int) -> int:
    """Triangulations with degrees 4 and 6 only, among all that flips of edges reach (Wagner)."""
    ring = list(range(2, vertices))
    start = [(0, ring[i - 1], ring[i]) for i in range(len(ring))]
    start += [(1, ring[i], ring[i - 1]) for i in range(len(ring))]
    first = frozenset(start)
    seen, queue, found = {_canonical(first)}, [first], 0
    while queue:
        now = queue.pop()
        degree = np.bincount([v for t in now for v in t], minlength=vertices)
        found += set(degree.tolist()) <= {4, 6}
        for other in _flips(now):
            key = _canonical(other)
            if key not in seen:
                seen.add(key)
                queue.append(other)
    return found


@pytest.mark.parametrize("n", [4, 5, 6, *(pytest.param(n, marks=pytest.mark.slow) for n in (7, 8))])
def test_the_spirals_find_as_many_cages_as_flipping_all_triangulations(n):
    assert len(cages(n)) == _count_by_flips(n + 2)


def test_numbers_of_cages_and_the_octahedral_ones():
    numbers = [len(cages(n)) for n in range(4, 19)]
    assert numbers == [1, 0, 1, 1, 1, 1, 3, 1, 3, 3, 3, 2, 8, 3, 7]
    for k, m in [(1, 0), (1, 1), (2, 0), (2, 1)]:
        cage = best_cage(4 * (k * k + k * m + m * m))
        assert cage.order == (24 if (k, m) == (2, 1) else 48)  # (2, 1) is chiral
    assert [best_cage(n).isolated_squares for n in (4, 12, 13, 16, 28)] == [0, 1, 0, 1, 1]


TUBES = [
    *[(16, 2), (19, 1), (22, 3), (22, 7), (28, 8)],
    pytest.param(40, 26, marks=pytest.mark.slow),
]
"""Cages that fold when they are blown up from a sphere."""


@settings(max_examples=10, deadline=None)
@given(n=SIZES, pick=st.integers(0, 100))
def test_an_embedded_cage_is_convex_with_even_bonds(n, pick):
    check_embedding(cages(n)[pick % len(cages(n))])


@pytest.mark.parametrize(("n", "pick"), TUBES)
def test_a_long_tube_does_not_fold(n, pick):
    check_embedding(cages(n)[pick])


def check_embedding(cage):
    x = embed(cage)
    bonds = np.linalg.norm(x[cage.edges[:, 0]] - x[cage.edges[:, 1]], axis=1)
    assert bonds.mean() == pytest.approx(1.0)
    assert bonds.min() > 0.8
    assert bonds.max() < 1.25
    apart = np.linalg.norm(x[:, None] - x[None], axis=-1) + 9 * np.eye(len(x))
    apart[tuple(cage.edges.T)] = apart[tuple(cage.edges.T[::-1])] = 9
    assert apart.min() > 1.0


def test_all_cages_with_isolated_squares_hold_in_the_pair_potential():
    for n in (12, 15, 16, 18):
        for cage in cages(n):
            if cage.isolated_squares:
                assert hollow(cage).relaxed


@pytest.mark.parametrize("n", [3, 0, -4, 41, 10**9, True, 12.0, float("nan"), "12"])
def test_sizes_without_meaning_are_refused_in_one_line(n):
    with pytest.raises(StructureError, match="whole number from 4 to 40") as error:
        cages(n)
    assert "\n" not in str(error.value)


def test_there_is_no_cage_of_five():
    assert cages(5) == []
    with pytest.raises(StructureError, match="n=5"):
        best_cage(5)

"""Point groups as permutations, and the sites they make equivalent."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111, molecule
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from heterodot.errors import StructureError
from heterodot.structures import (
    count_configurations,
    crystal,
    cut,
    distinct_sites,
    point_group_permutations,
    pyramid,
)


def cations(name, n):
    dot = pyramid(crystal(name), n)
    return dot[dot.arrays["sublattice"] == "cation"]


def test_bare_t6_has_the_full_tetrahedral_group():
    group = point_group_permutations(cations("ZnS", 6))
    assert group.shape == (24, 56)
    assert [count_configurations(group, k) for k in range(5)] == [1, 6, 90, 1282, 15911]
    assert len(point_group_permutations(pyramid(crystal("ZnS"), 6))) == 24


def test_chalcopyrite_order_leaves_two_operations():
    group = point_group_permutations(cations("CuInS2", 6))
    assert len(group) == 2
    assert [count_configurations(group, k) for k in (1, 2, 3, 4)] == [28, 784, 13860, 183834]
    assert len(point_group_permutations(pyramid(crystal("CuInS2"), 6))) == 2


def test_equal_labels_see_the_bare_lattice_of_a_strained_dot():
    dot = cations("CuInS2", 6)
    assert len(point_group_permutations(dot, labels=[0] * len(dot), tolerance=0.2)) == 24


@pytest.mark.parametrize(
    ("name", "n_operations"),
    [("CH4", 24), ("NH3", 6), ("H2O", 2), ("CO2", 2), ("C6H6", 12), ("C60", 120), ("CO", 1)],
)
def test_molecules(name, n_operations):
    """Operations that act alike on the atoms of a planar or linear molecule count once."""
    assert len(point_group_permutations(molecule(name), tolerance=0.05)) == n_operations


def test_cubic_cluster_has_48_operations_in_any_orientation():
    ball = cut(crystal("Cu"), sphere=6.0)
    turned = ball.copy()
    turned.positions = turned.positions @ Rotation.from_euler("xyz", [0.3, 1.1, 2.0]).as_matrix().T
    turned.translate([5, -3, 1])
    assert len(point_group_permutations(ball)) == len(point_group_permutations(turned)) == 48


def test_group_axioms_and_isometry():
    dot = pyramid(crystal("ZnS"), 3)
    group = point_group_permutations(dot)
    assert np.array_equal(group[0], np.arange(len(dot)))
    members = {tuple(g) for g in group}
    assert len(members) == len(group)
    assert {tuple(g[h]) for g in group for h in group} == members
    d = dot.get_all_distances()
    for g in group:
        assert np.array_equal(dot.numbers[g], dot.numbers)
        assert d[np.ix_(g, g)] == pytest.approx(d, abs=1e-6)


@settings(deadline=None, max_examples=15)
@given(
    angles=st.tuples(*[st.floats(-3, 3)] * 3), seed=st.integers(0, 100), noise=st.floats(0, 0.003)
)
def test_rotation_permutation_and_small_noise_do_not_matter(angles, seed, noise):
    dot = pyramid(crystal("ZnS"), 2)
    rng = np.random.default_rng(seed)
    shuffled = dot[rng.permutation(len(dot))]
    shuffled.positions = shuffled.positions @ Rotation.from_euler("xyz", angles).as_matrix().T
    shuffled.positions += noise * rng.uniform(-1, 1, (len(dot), 3))
    assert len(point_group_permutations(shuffled)) == 24


def test_a_vacancy_breaks_the_symmetry():
    dot = pyramid(crystal("ZnS"), 3)
    corner = distinct_sites(dot, np.flatnonzero(dot.symbols == "S").tolist())[0][0]
    broken = dot.copy()
    del broken[corner]
    assert len(point_group_permutations(broken)) < 24


def test_pseudo_hydrogens_of_other_charge_are_other_atoms():
    water = molecule("H2O")
    water.set_array("pseudo_hydrogen", np.array([0.0, 0.5, 1.5]))
    assert len(point_group_permutations(water)) == 1


def test_distinct_sites_of_a_dot():
    dot = pyramid(crystal("ZnS"), 3)
    zinc = np.flatnonzero(dot.symbols == "Zn").tolist()
    classes = distinct_sites(dot, zinc)
    assert sorted(len(members) for _, members in classes) == [4, 6]
    assert all(representative == min(members) for representative, members in classes)
    assert sorted(i for _, members in classes for i in members) == zinc
    every = distinct_sites(dot)
    assert sum(len(members) for _, members in every) == len(dot)


def test_distinct_sites_of_a_crystal_and_a_slab():
    assert len(distinct_sites(crystal("CuInS2"))) == 3
    for vacuum in (None, 8.0):
        slab = fcc111("Cu", (2, 2, 3), vacuum=vacuum)
        assert [len(members) for _, members in distinct_sites(slab)] == [8, 4]


def test_single_atom_and_subset():
    assert point_group_permutations(Atoms("Cu")).tolist() == [[0]]
    assert distinct_sites(molecule("CH4"), [3, 1]) == [(1, (1, 3))]
    assert distinct_sites(molecule("CH4"), []) == []


def test_count_configurations_agrees_with_enumeration():
    group = point_group_permutations(cations("ZnS", 3))
    from itertools import combinations

    for k in (1, 2, 3):
        subsets = combinations(range(10), k)
        canonical = {min(tuple(sorted(g[list(s)])) for g in group) for s in subsets}
        assert count_configurations(group, k) == len(canonical)


def test_refusals():
    with pytest.raises(StructureError, match="no atoms"):
        point_group_permutations(Atoms())
    with pytest.raises(StructureError, match="tolerance"):
        point_group_permutations(Atoms("Cu"), tolerance=0)
    with pytest.raises(StructureError, match="labels"):
        point_group_permutations(Atoms("Cu"), labels=[1, 2])
    with pytest.raises(StructureError, match="indices"):
        distinct_sites(Atoms("Cu"), [1])
    with pytest.raises(StructureError, match="finite"):
        point_group_permutations(Atoms("Cu2", [[0, 0, 0], [np.nan, 0, 0]]))

"""Choices by geometry: the same structure however the atoms are numbered and turned."""

import numpy as np
import pytest
from ase import Atoms
from scipy.spatial.transform import Rotation

from heterodot.structures import crystal, fill_cations, passivate, pyramid
from heterodot.structures.chemistry.dangling import lattice_bonds, missing_directions
from heterodot.structures.chemistry.ties import across, first_of, surroundings
from heterodot.structures.core_shell.ligand_sites import ligand_sites
from heterodot.structures.dots.adsorbates import add_adsorbate
from heterodot.structures.dots.sites import outward_normal, surface_sites


def fingerprint(atoms):
    """Sorted distances of every pair of elements: equal for congruent structures only, Å."""
    distances = atoms.get_all_distances()
    kinds = sorted(set(atoms.numbers.tolist()))
    return np.concatenate([
        np.sort(distances[np.ix_(atoms.numbers == a, atoms.numbers == b)], axis=None)
        for a in kinds for b in kinds
    ])  # fmt: skip


def permuted(atoms, seed):
    order = np.random.default_rng(seed).permutation(len(atoms))
    new = atoms[order]
    return new, order


def dots():
    yield "zns-3", pyramid("ZnS", 3)
    yield "zns-3-cations", pyramid("ZnS", 3, termination="cation")
    yield "cuins2-3", pyramid("CuInS2", 3)
    yield "cuins2-4-cations", pyramid("CuInS2", 4, termination="cation")
    yield "zcis-4", fill_cations(pyramid("CuInS2", 4), "8/12", seed=2)
    yield "inp-3-cations", pyramid(crystal("InP"), 3, termination="cation")


DOTS = dict(dots())
HYDROGEN = ("zns-3", "cuins2-3", "zcis-4")
CASES = [(name, agent) for name in HYDROGEN for agent in ("H", "pseudo-H")]
CASES += [(name, a) for name in DOTS if "cations" in name for a in ("Cl", "I", "SH", "pseudo-H")]


@pytest.mark.parametrize(("name", "agent"), CASES)
def test_passivation_does_not_depend_on_the_order_of_the_atoms(name, agent):
    dot = DOTS[name]
    expected = fingerprint(passivate(dot, agent))
    for seed in range(4):
        other, _ = permuted(dot, seed)
        assert np.abs(fingerprint(passivate(other, agent)) - expected).max() < 1e-5


@pytest.mark.parametrize(("name", "agent"), CASES)
def test_the_passivated_dot_turns_with_the_dot(name, agent):
    dot = DOTS[name]
    expected = passivate(dot, agent)
    for seed in range(3):
        turn = Rotation.random(random_state=seed).as_matrix()
        turned = dot.copy()
        turned.positions = dot.positions @ turn.T + (3.0, -1.0, 7.0)
        made = passivate(turned, agent)
        assert (made.numbers == expected.numbers).all()
        assert np.abs(fingerprint(made) - fingerprint(expected)).max() < 1e-5


@pytest.mark.parametrize("count", [1, 3, 5])
def test_part_of_the_ligands_goes_where_geometry_says(count):
    dot = fill_cations(pyramid("CuInS2", 4), "4/12", seed=5)
    expected = fingerprint(passivate(dot, count=count))
    for seed in range(6):
        other, _ = permuted(dot, seed)
        assert np.abs(fingerprint(passivate(other, count=count)) - expected).max() < 1e-5


def test_an_adsorbate_is_turned_over_the_bond_geometry_says():
    dot = fill_cations(pyramid("CuInS2", 4), "8/12", seed=2)
    site = surface_sites(dot)[0].index
    expected = fingerprint(add_adsorbate(dot, site, "COOH"))
    for seed in range(4):
        other, order = permuted(dot, seed)
        made = add_adsorbate(other, int(np.flatnonzero(order == site)[0]), "COOH")
        assert np.abs(fingerprint(made) - expected).max() < 1e-5


def turned(atoms, seed):
    turn = Rotation.random(random_state=seed).as_matrix()
    new = atoms.copy()
    new.positions = atoms.positions @ turn.T + (3.0, -1.0, 7.0)
    return new, turn


@pytest.mark.parametrize("adsorbate", ["CO2", "COOH", "HCOO"])
@pytest.mark.parametrize("name", ["zns-3-cations", "zcis-4"])
def test_adsorbates_stand_the_same_whatever_the_numbers_and_the_frame(name, adsorbate):
    dot = DOTS[name]
    for site in surface_sites(dot)[:4]:
        expected = fingerprint(add_adsorbate(dot, site.index, adsorbate))
        for seed in range(3):
            other, order = permuted(turned(dot, seed)[0], seed)
            made = add_adsorbate(other, int(np.flatnonzero(order == site.index)[0]), adsorbate)
            assert np.abs(fingerprint(made) - expected).max() < 1e-5


def test_the_normal_of_a_linear_site_turns_with_the_structure():
    """Zn in the middle, between two S: which way is out, the other atoms decide."""
    far = [(4, 3, 0), (-4, 3, 0), (4, -3, 0), (-4, -3, 0)]
    atoms = Atoms("ZnS2Zn4", [(0, 0, 0), (2.3, 0, 0), (-2.3, 0, 0), *far])
    distances = [sorted(np.linalg.norm(atoms.positions - outward_normal(atoms, 0), axis=1))]
    for seed in range(6):
        other, order = permuted(turned(atoms, seed)[0], seed)
        index = int(np.flatnonzero(order == 0)[0])
        tip = other.positions[index] + outward_normal(other, index)
        distances.append(sorted(np.linalg.norm(other.positions - tip, axis=1)))
    assert np.ptp(distances, axis=0).max() < 1e-6


def test_an_ion_without_bonds_is_closed_as_its_surroundings_are_turned():
    far = [(6.0, 1.0, 0.5), (-1.0, 7.0, 2.0), (0.5, -2.0, -6.5)]
    atoms = Atoms("SZn3", [(0, 0, 0), *far])
    ways = missing_directions(atoms, lattice_bonds(atoms), 0)
    assert ways @ ways.T == pytest.approx(np.where(np.eye(4) > 0, 1, -1 / 3))
    for seed in range(4):
        other, turn = turned(atoms, seed)
        found = missing_directions(other, lattice_bonds(other), 0)
        gaps = np.linalg.norm(found[:, None] - (ways @ turn.T)[None], axis=2)
        assert gaps.min(axis=1).max() < 1e-6


def test_planar_ligands_turn_with_the_dot():
    """The places of the halides of MX2 on one anion, as distances to all atoms of the dot."""
    dot = fill_cations(pyramid("CuInS2", 4), "8/12", seed=2)
    hosts = np.flatnonzero(dot.symbols == "S")

    def distances(atoms):
        sites, _ = ligand_sites(atoms, lattice_bonds(atoms), hosts, "Zn", "Cl")
        halides = [site.halides.reshape(-1, 3) for site in sites if len(site.hosts) == 1]
        apart = np.linalg.norm(np.concatenate(halides)[:, None] - atoms.positions[None], axis=2)
        return np.sort(apart, axis=None)

    expected = distances(dot)
    for seed in range(3):
        assert np.abs(distances(turned(dot, seed)[0]) - expected).max() < 1e-5


def test_planar_anion_points_away_from_the_rest_of_the_dot():
    """The normal of three bonds in a plane has two senses; the neighbours decide."""
    zinc = [(2.3 * np.cos(a), 2.3 * np.sin(a), 0) for a in (0.3, 2.394395, 4.48879)]
    lower = [(1.2 * x, 1.2 * y, -2.2) for x, y, _ in zinc]
    dot = Atoms("SZn3S3", [(0, 0, 0), *zinc, *lower])
    for seed in range(6):
        other, order = permuted(dot, seed)
        made = passivate(other, "H", count=1, keep_bare=np.flatnonzero(order != 0).tolist())
        assert made.positions[-1] == pytest.approx((0, 0, 1.336), abs=1e-6)


def test_of_equal_keys_the_next_decides():
    assert first_of([np.array([1.0, 0.0, 1e-9]), np.array([0.0, 2.0, 1.0])]) == 2
    assert first_of([np.array([np.inf, 3.0])]) == 1


def test_surroundings_tell_inequivalent_atoms_apart_and_equivalent_ones_not():
    dot = pyramid("ZnS", 4)
    from heterodot.structures.crystals.symmetry import distinct_sites

    values = surroundings(dot, dot.positions)
    sets = [list(same) for _, same in distinct_sites(dot, list(range(len(dot))))]
    means = np.array([values[same].mean() for same in sets])
    assert all(np.ptp(values[same]) < 1e-9 for same in sets)
    assert np.diff(np.sort(means)).min() > 1e-5


def test_across_follows_the_surroundings():
    axis = np.array([0.0, 0.0, 2.0])
    three = np.array([[1, 0, 1], [-0.5, 3**0.5 / 2, 1], [-0.5, -(3**0.5) / 2, 1]])
    found = across(axis, three, np.ones(3))
    assert np.abs(three @ found - 1).min() < 1e-9
    assert across(axis, np.array([[0, 0, 1.0]]), np.ones(1)) is None

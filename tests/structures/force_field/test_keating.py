"""The valence force field: its constants, its energy and gradient, and what relaxing gives."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import bulk
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.errors import ConvergenceError, StructureError
from heterodot.structures import (
    crystal,
    cut,
    keating_parameters,
    memory,
    relax_valence_force_field,
    valence_force_field,
)
from heterodot.structures.core_shell import keating_table
from heterodot.structures.crystals.elastic_constants import ELASTIC, ElasticEntry
from heterodot.structures.force_field.keating_parameters import MARTIN

CUBIC = [name for name, entry in ELASTIC.items() if len(entry.constants) == 3]


def zinc_blende(name: str) -> Atoms:
    cation, anion = name.split("-")
    return crystal(bulk(cation + anion, "zincblende", a=ELASTIC[name].a, cubic=True))


def mixed_dot() -> Atoms:
    """A little ZnS in a little InP, all four kinds of bonds in it."""
    dot = cut(crystal("InP"), sphere=6.5)
    half = dot.positions[:, 0] > 0.3
    dot.symbols[half & (dot.symbols == "In")] = "Zn"
    dot.symbols[half & (dot.symbols == "P")] = "S"
    charges = {"In": 3.0, "P": -3.0, "Zn": 2.0, "S": -2.0}
    dot.set_array("formal_charge", np.array([charges[s] for s in dot.symbols]))
    return dot


# constants


def test_parameters_and_free_atoms_of_another_kind_are_refused():
    with pytest.raises(StructureError, match="parameters 5: expected a mapping"):
        keating_parameters("In", "P", parameters=5)
    with pytest.raises(StructureError, match="free 5: expected the indices"):
        relax_valence_force_field(crystal("ZnS"), free=5)


@pytest.mark.parametrize("name", CUBIC)
def test_constants_give_back_the_measured_elastic_constants(name):
    c11, c12, c44 = ELASTIC[name].constants
    bond = keating_table()[name]
    assert bond.elastic_constants()[:2] == pytest.approx((c11, c12), rel=1e-12)
    identity = (c11 - c12) * (c11 + 3 * c12) / (2 * (c11 + c12))  # Keating's
    assert bond.elastic_constants()[2] == pytest.approx(identity, rel=1e-12)
    assert abs(identity / c44 - 1) < 0.37


@pytest.mark.parametrize("name", MARTIN)
def test_constants_are_near_those_of_martin(name):
    bond = keating_table()[name]
    assert bond.alpha == pytest.approx(MARTIN[name][0], rel=0.11)
    assert bond.beta == pytest.approx(MARTIN[name][1], rel=0.13)


def test_wurtzite_constants_turn_into_those_of_zinc_blende():
    wurtzite = ElasticEntry(5.409, (123.4, 58.5, 45.5, 139.6, 28.85), "ZnS, Berlincourt 1963")
    assert wurtzite.cubic() == pytest.approx(ELASTIC["Zn-S"].constants, rel=0.06)


def test_a_cubic_crystal_seen_along_111_turns_back_into_itself_where_it_is_isotropic():
    c12, c44 = 40.0, 25.0
    c11 = c12 + 2 * c44
    entry = ElasticEntry(5.0, (c11, c12, c12, c11, c44), "isotropic")
    assert entry.cubic() == pytest.approx((c11, c12, c44))


def test_pairs_without_a_crystal_are_estimated_and_said_to_be():
    bond = keating_parameters("In", "Se")
    assert bond.length == pytest.approx(1.44 + 1.14)
    assert bond.estimated
    assert not keating_parameters("In", "P").estimated
    assert keating_parameters("In", "Se", {"In-Se": {"length": 2.7}}).length == 2.7
    full = {"length": 2.0, "alpha": 30.0, "beta": 3.0}
    assert keating_parameters("Pb", "S", {"Pb-S": full}).alpha == 30.0


# energy and gradient


def brute_force(atoms: Atoms) -> float:
    """The energy by loops over bonds and angles, nothing shared with the code."""
    unit = units.J / units.m**2
    cation = atoms.arrays["formal_charge"] > 0
    symbols, x = atoms.get_chemical_symbols(), atoms.positions
    near = {i: [] for i in range(len(atoms))}
    energy = 0.0
    for i, j in itertools.permutations(range(len(atoms)), 2):
        if cation[i] and not cation[j]:
            bond = keating_parameters(symbols[i], symbols[j])
            if np.linalg.norm(x[j] - x[i]) < 1.35 * bond.length:
                near[i].append((j, bond))
                near[j].append((i, bond))
                off = np.sum((x[j] - x[i]) ** 2) - bond.length**2
                energy += 3 / 8 * bond.alpha * unit * off**2 / bond.length**2
    for i, neighbours in near.items():
        for (j, one), (k, two) in itertools.combinations(neighbours, 2):
            product = one.length * two.length
            off = (x[j] - x[i]) @ (x[k] - x[i]) + product / 3
            energy += 3 / 8 * (one.beta + two.beta) / 2 * unit * off**2 / product
    return energy


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), size=st.floats(0.0, 0.12))
def test_energy_gradient_and_shares(seed, size):
    dot = mixed_dot()
    energy = valence_force_field(dot)
    rng = np.random.default_rng(seed)
    dot.positions += size * rng.normal(size=dot.positions.shape).clip(-2, 2)
    value, gradient = energy(dot.positions)
    assert value == pytest.approx(brute_force(dot), rel=1e-10)
    assert energy.of_atoms(dot.positions).sum() == pytest.approx(value, rel=1e-12)
    assert gradient.sum(axis=0) == pytest.approx(0, abs=1e-9)
    step = rng.normal(size=dot.positions.shape)
    h = 1e-5
    there, back = (energy(dot.positions + s * h * step)[0] for s in (1, -1))
    assert (there - back) / (2 * h) == pytest.approx(np.sum(gradient * step), rel=1e-5, abs=1e-6)


def test_every_component_of_the_gradient_by_finite_differences():
    dot = mixed_dot()
    energy = valence_force_field(dot)
    x = dot.positions + 0.05 * np.random.default_rng(1).normal(size=dot.positions.shape)
    gradient = energy(x)[1]
    h = 1e-4
    for i, k in itertools.product(range(len(dot)), range(3)):
        step = np.zeros_like(x)
        step[i, k] = h
        difference = (energy(x + step)[0] - energy(x - step)[0]) / (2 * h)
        assert difference == pytest.approx(gradient[i, k], abs=1e-5)


def test_energy_does_not_change_when_the_dot_turns_or_its_atoms_change_places():
    dot = mixed_dot()
    dot.rattle(0.05, seed=3)
    value = valence_force_field(dot)(dot.positions)[0]
    turned = dot.copy()
    turned.rotate(37, (1, 2, 3))
    turned.translate((5, -3, 1))
    assert valence_force_field(turned)(turned.positions)[0] == pytest.approx(value)
    order = np.random.default_rng(0).permutation(len(dot))
    mixed = dot[order]
    assert valence_force_field(mixed)(mixed.positions)[0] == pytest.approx(value)


def test_the_part_around_free_atoms_has_their_gradient():
    dot = mixed_dot()
    dot.rattle(0.05, seed=3)
    energy = valence_force_field(dot)
    free = np.zeros(len(dot), bool)
    free[[0, 17]] = True
    part = energy.around(free)
    assert len(part.angles) < len(energy.angles) / 2
    assert part(dot.positions)[1][free] == pytest.approx(energy(dot.positions)[1][free])


# the crystal


def energy_density(atoms: Atoms, strain: np.ndarray) -> float:
    """Energy per volume (GPa) of a strained crystal, its atoms relaxed in the fixed cell."""
    strained = atoms.copy()
    strained.set_cell(atoms.cell.array @ (np.eye(3) + strain), scale_atoms=True)
    relaxed = relax_valence_force_field(strained, fmax=1e-6)
    energy = provenance.details(relaxed)["valence_force_field"]["energy"]
    return energy / atoms.cell.volume / units.GPa


@pytest.mark.parametrize("name", ["In-P", "Zn-S", "Cd-Te"])
def test_the_periodic_crystal_has_the_elastic_constants_of_the_table(name):
    atoms = zinc_blende(name)
    c11, c12, _ = ELASTIC[name].constants
    e = 1e-3
    modes = {
        "bulk": (np.eye(3), 4.5 * (c11 + 2 * c12) / 3),
        "tetragonal": (np.diag([1.0, -1.0, 0.0]), c11 - c12),
        "uniaxial": (np.diag([1.0, 0.0, 0.0]), c11 / 2),
        "shear": (
            np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]),
            keating_table()[name].elastic_constants()[2] / 2,
        ),
    }
    for strain, expected in modes.values():
        curvature = (energy_density(atoms, e * strain) + energy_density(atoms, -e * strain)) / 2
        assert curvature / e**2 == pytest.approx(expected, rel=2e-3)


@pytest.mark.parametrize("handed", [1, -1])
def test_a_primitive_cell_of_either_hand_is_the_same_crystal(handed):
    primitive = bulk("ZnS", "zincblende", a=5.409 * 1.01)
    if handed < 0:
        primitive.set_cell(primitive.cell.array[[1, 0, 2]], scale_atoms=False)
    cubic = bulk("ZnS", "zincblende", a=5.409 * 1.01, cubic=True)
    one, four = (valence_force_field(a)(a.positions)[0] for a in (primitive, cubic))
    c11, c12, _ = ELASTIC["Zn-S"].constants
    harmonic = 4.5 * (c11 + 2 * c12) / 3 * units.GPa * 0.01**2 * primitive.get_volume()
    assert one == pytest.approx(harmonic, rel=0.03)
    assert four == pytest.approx(4 * one)


def test_a_rattled_crystal_returns_and_a_perfect_one_stays():
    atoms = crystal("ZnSe").repeat(2)
    still = relax_valence_force_field(atoms)
    assert still.positions == pytest.approx(atoms.positions, abs=1e-9)
    atoms.rattle(0.1, seed=1)
    back = relax_valence_force_field(atoms, fmax=1e-5)
    assert provenance.details(back)["valence_force_field"]["energy"] < 1e-8
    assert np.abs(back.arrays["bond_strain"]).max() < 1e-4


# relaxation


def test_relaxing_reaches_the_force_asked_for_and_leaves_the_input():
    dot = mixed_dot()
    before = dot.copy()
    relaxed = relax_valence_force_field(dot, fmax=1e-4)
    assert dot == before
    assert "bond_strain" not in dot.arrays
    energy = valence_force_field(relaxed)
    value, gradient = energy(relaxed.positions)
    assert np.linalg.norm(gradient, axis=1).max() <= 1e-4
    record = provenance.details(relaxed)["valence_force_field"]
    assert record["energy"] == pytest.approx(value)
    assert value < energy(dot.positions)[0] / 2
    assert relaxed.arrays["strain_energy"].sum() == pytest.approx(value)
    assert sum(kind["count"] for kind in record["bonds"].values()) == len(energy.network.pairs)
    json.dumps(provenance.details(relaxed))


def test_atoms_that_are_not_free_stay():
    dot = mixed_dot()
    relaxed = relax_valence_force_field(dot, free=(i for i in (0, 1, -1)))
    moved = np.linalg.norm(relaxed.positions - dot.positions, axis=1) > 1e-6
    assert set(np.flatnonzero(moved)) <= {0, 1, len(dot) - 1}
    assert moved.any()


def test_relaxing_commutes_with_rotation():
    dot = mixed_dot()
    turned = dot.copy()
    turned.rotate(50, (1, 1, 2), center=(0, 0, 0))
    here, there = (relax_valence_force_field(d, fmax=1e-6) for d in (dot, turned))
    distances = [d.get_all_distances() for d in (here, there)]
    assert distances[0] == pytest.approx(distances[1], abs=1e-3)


def test_other_bond_lengths_can_be_given():
    dot = cut(crystal("InP"), sphere=7)
    relaxed = relax_valence_force_field(dot, parameters={"In-P": {"length": 2.6}})
    kind = provenance.details(relaxed)["valence_force_field"]["bonds"]["In-P"]
    assert kind["mean"] == pytest.approx(2.6, abs=1e-4)
    assert kind["source"].endswith("length given by the user")


def _refused(**changes: object) -> None:
    dot = mixed_dot()
    relax_valence_force_field(dot, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fmax": -1.0}, "fmax"),
        ({"fmax": float("nan")}, "fmax"),
        ({"fmax": True}, "fmax"),
        ({"steps": 0}, "steps"),
        ({"reach": 3.0}, "reach"),
        ({"free": [10**6]}, "index"),
        ({"parameters": {"In-P": {"lenght": 2.5}}}, "In-P"),
        ({"parameters": {"In-P": {"alpha": -2.5}}}, "alpha"),
        ({"parameters": [1]}, "mapping"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(changes, words):
    with pytest.raises(StructureError, match=words) as error:
        _refused(**changes)
    assert "\n" not in str(error.value)


def test_what_the_force_field_does_not_know_is_refused():
    with pytest.raises(StructureError, match="cations and anions"):
        relax_valence_force_field(bulk("Cu", cubic=True))
    with pytest.raises(StructureError, match="hydrogen"):
        relax_valence_force_field(Atoms("ZnSH", [(0, 0, 0), (2.3, 0, 0), (3.7, 0, 0)]))
    with pytest.raises(StructureError, match="Pb-S"):
        relax_valence_force_field(Atoms("PbS", [(0, 0, 0), (2.6, 0, 0)]))
    with pytest.raises(StructureError, match="too close"):
        relax_valence_force_field(Atoms("ZnS", [(0, 0, 0), (0.4, 0, 0)]))
    with pytest.raises(StructureError, match="no cation within"):
        relax_valence_force_field(Atoms("ZnS", [(0, 0, 0), (9.0, 0, 0)]))


def test_too_few_steps_are_an_error():
    with pytest.raises(ConvergenceError, match="more steps"):
        relax_valence_force_field(mixed_dot(), steps=1, fmax=1e-6)


def test_what_does_not_fit_in_memory_is_refused(monkeypatch):
    monkeypatch.setattr(memory, "usable_memory", lambda: 1e5)
    with pytest.raises(StructureError, match="memory"):
        relax_valence_force_field(mixed_dot())

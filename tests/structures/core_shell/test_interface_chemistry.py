"""Oxygen and halides at the interface, metal halides on the surface."""

from __future__ import annotations

import json

import numpy as np
import pytest
from ase import Atoms
from hypothesis import given, settings
from hypothesis import strategies as st

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures import (
    add_z_ligands,
    core_shell,
    crystal,
    cut,
    electron_count,
    interface_anions,
    oxidize_interface,
    passivate,
    relax_valence_force_field,
    substitute_halide,
)
from heterodot.structures.core_shell.ligand_space import COVALENT_SHARE


@pytest.fixture(scope="module")
def inp() -> Atoms:
    return core_shell(
        "InP", ["ZnSe:1ml", "ZnS:1ml"], radius=8, lattice="relaxed", core_termination="cation"
    )


@pytest.fixture(scope="module")
def cdse() -> Atoms:
    return core_shell("CdSe", ["ZnS:2ml"], radius=8, lattice="relaxed")


def formal(atoms: Atoms) -> float:
    total = electron_count(atoms).formal_charge_sum
    assert total is not None
    return total


# the interface


def test_interface_anions_touch_metals_on_both_sides(inp):
    found = set(interface_anions(inp).tolist())
    bonds = find_bonds(inp)
    symbols = inp.get_chemical_symbols()
    expected = {
        i
        for i in range(len(inp))
        if symbols[i] in ("P", "Se", "S")
        and {"In", "Zn"} <= {symbols[j] for j in bonds.neighbours(i)}
    }
    assert found == expected
    assert {symbols[i] for i in found} == {"Se"}


def test_oxygen_takes_the_place_of_selenium_without_charge(inp):
    before = inp.copy()
    oxidised = oxidize_interface(inp, 0.25)
    assert inp == before
    sites = len(interface_anions(inp))
    oxygen = np.flatnonzero(oxidised.symbols == "O")
    assert len(oxygen) == int(0.25 * sites + 0.5)
    assert set(oxygen) <= set(interface_anions(inp).tolist())
    assert formal(oxidised) == formal(inp)
    assert (oxidised.arrays["domain"] == "oxide").sum() == len(oxygen)
    bonds = find_bonds(oxidised)
    for i in oxygen:
        metals = [oxidised.symbols[j] for j in bonds.neighbours(i)]
        assert "In" in metals
        assert len(metals) == 4
        assert np.linalg.norm(bonds.directions(i), axis=1).max() < 2.5
    json.dumps(provenance.details(oxidised))


def test_oxygen_for_phosphorus_and_chlorine_for_oxygen_change_the_charge():
    dot = core_shell("InP", ["ZnSe:1ml"], radius=8)
    oxidised = oxidize_interface(dot, count=6, replace="P", relax=False)
    assert formal(oxidised) == formal(dot) + 6
    assert (oxidised.positions == dot.positions).all()
    repaired = substitute_halide(oxidised, "Cl", count=4, relax=False)
    assert formal(repaired) == formal(dot) + 10
    assert list(repaired.symbols).count("O") == 2
    assert (repaired.arrays["domain"] == "halide").sum() == 4
    assert any("charges change by +4 e" in note for note in provenance.notes(repaired))
    assert any("In–Cl" in note for note in provenance.notes(repaired))


def test_cadmium_bonds_are_reported(cdse):
    oxidised = oxidize_interface(cdse, count=3)
    assert any("Cd–O" in note and "Zn–O" in note for note in provenance.notes(oxidised))
    brominated = substitute_halide(oxidised, "Br", 1.0)
    assert "O" not in brominated.symbols
    assert formal(brominated) == formal(cdse) + 3


def test_relaxing_moves_only_the_neighbourhood_and_shortens_the_bonds(inp):
    still = oxidize_interface(inp, count=1, relax=False)
    moved = oxidize_interface(inp, count=1)
    oxygen = int(np.flatnonzero(np.array(still.symbols == "O"))[0])
    shift = np.linalg.norm(moved.positions - still.positions, axis=1)
    far = np.linalg.norm(inp.positions - inp.positions[oxygen], axis=1) > 6
    assert shift[far].max() == 0
    lengths = [
        np.sort(np.linalg.norm(d.positions - d.positions[oxygen], axis=1))[1:5].mean()
        for d in (still, moved)
    ]
    assert lengths[1] < lengths[0] - 0.2


def test_spread_sites_are_farther_apart_than_random_ones(inp):
    def closest(dot: Atoms) -> float:
        points = dot.positions[np.array(dot.symbols == "O")]
        return min(np.linalg.norm(p - q) for n, p in enumerate(points) for q in points[:n])

    spread, drawn = (
        oxidize_interface(inp, count=8, order=order, relax=False) for order in ("spread", "random")
    )
    assert closest(spread) > closest(drawn)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), count=st.integers(0, 20))
def test_the_seed_decides_which_sites(inp, seed, count):
    one, same = (oxidize_interface(inp, count=count, seed=seed, relax=False) for _ in range(2))
    assert one == same
    assert list(one.symbols).count("O") == count


def test_sites_can_be_named(inp):
    site = int(interface_anions(inp)[3])
    assert oxidize_interface(inp, sites=[site - len(inp)], relax=False).symbols[site] == "O"
    with pytest.raises(StructureError, match="not among"):
        oxidize_interface(inp, sites=[int(np.flatnonzero(inp.symbols == "In")[0])])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "one of fraction, count and sites"),
        ({"fraction": 0.1, "count": 2}, "one of fraction, count and sites"),
        ({"fraction": 1.5}, "0…1"),
        ({"fraction": float("nan")}, "0…1"),
        ({"count": -1}, "count -1"),
        ({"count": True}, "count True"),
        ({"count": 10**6}, "there are"),
        ({"count": 1, "order": "even"}, "random, spread"),
        ({"count": 1, "shell": 7}, "shells 1…2"),
        ({"count": 1, "shell": 0}, "shells 1…2"),
        ({"count": 1, "replace": "Te"}, "0 Te"),
    ],
)
def test_what_cannot_be_oxidised_is_refused(inp, arguments, words):
    with pytest.raises(StructureError, match=words) as error:
        oxidize_interface(inp, **arguments)
    assert "\n" not in str(error.value)


def test_a_dot_without_shells_or_oxygen_is_refused(inp):
    with pytest.raises(StructureError, match="has none"):
        oxidize_interface(core_shell("InP", radius=8), 0.5)
    with pytest.raises(StructureError, match="has none"):
        oxidize_interface(Atoms("InP", [(0, 0, 0), (2.5, 0, 0)]), 0.5)
    with pytest.raises(StructureError, match="there are 0 O"):
        substitute_halide(inp, "Cl", count=1)
    with pytest.raises(StructureError, match="halogen"):
        substitute_halide(inp, "S", count=1)


# Z-type ligands


def ligand_atoms(dot: Atoms) -> np.ndarray:
    return np.flatnonzero(dot.arrays["domain"] == "ligand").reshape(-1, 3)


@pytest.mark.parametrize("ligand", ["ZnCl2", "ZnBr2", "ZnI2", "CdCl2"])
@pytest.mark.parametrize("relaxed", [True, False])
def test_ligands_are_bound_whole_neutral_and_clear_of_each_other(cdse, ligand, relaxed):
    dot = cdse if relaxed else core_shell("CdSe", ["ZnS:2ml"], radius=8)
    before = dot.copy()
    capped = add_z_ligands(dot, ligand, coverage=0.6)
    assert dot == before
    assert (capped.positions[: len(dot)] == dot.positions).all()
    assert formal(capped) == formal(dot)
    metal, halogen = ligand[:2], ligand[2:-1]
    bonds = find_bonds(capped)
    groups = ligand_atoms(capped)
    assert len(groups) > 10
    for m, *halides in groups.tolist():
        assert [capped.symbols[i] for i in (m, *halides)] == [metal, halogen, halogen]
        mine = set(bonds.neighbours(m).tolist())
        assert set(halides) <= mine
        anions = mine - set(halides)
        assert len(anions) in (1, 2)
        assert {capped.symbols[i] for i in anions} <= {"S", "Se"}
    shells = np.concatenate(groups)
    radii = find_bonds(capped, COVALENT_SHARE - 0.01)
    for i, j in radii.pairs[np.isin(radii.pairs, shells).any(axis=1)]:
        kinds = {capped.arrays["formal_charge"][i] > 0, capped.arrays["formal_charge"][j] > 0}
        assert kinds == {True, False}  # never metal to metal or halide to anion


def test_coverage_is_that_of_the_bare_anions(cdse):
    bare = (find_bonds(cdse).coordination < 4) & (cdse.arrays["sublattice"] == "anion")
    for coverage in (0.0, 0.2, 0.4):
        capped = add_z_ligands(cdse, "ZnCl2", coverage=coverage)
        bonds = find_bonds(capped)
        metals = ligand_atoms(capped)[:, 0].tolist()
        bound = {j for m in metals for j in bonds.neighbours(m).tolist() if j < len(cdse)}
        assert abs(len(bound) - coverage * bare.sum()) <= 1
        assert bound <= set(np.flatnonzero(bare).tolist())


def test_what_could_not_be_placed_is_said(cdse):
    note = provenance.notes(add_z_ligands(cdse, "ZnI2", coverage=1.0))[-1]
    assert "no room at" in note
    assert "under-coordinated anions bound" in note
    with pytest.raises(StructureError, match=r"room for \d+ of 100000"):
        add_z_ligands(cdse, "ZnI2", count=100_000)


def test_ligands_carry_their_labels_and_are_no_hosts(cdse):
    once = add_z_ligands(cdse, "ZnCl2", count=5)
    mine = ligand_atoms(once)
    assert mine.shape == (5, 3)
    assert (once.arrays["formal_charge"][mine] == [2, -1, -1]).all()
    assert (once.arrays["role"][mine] == "passivant").all()
    assert (once.arrays["layer"][mine] == 1).all()
    twice = add_z_ligands(once, "ZnBr2", count=5)
    bonds = find_bonds(twice)
    for m in ligand_atoms(twice)[:, 0].tolist():
        assert not set(bonds.neighbours(m).tolist()) & set(mine[:, 0].tolist())
    assert add_z_ligands(cdse, "ZnCl2", count=5, seed=0) == once
    assert (add_z_ligands(cdse, "ZnCl2", count=5, seed=1).positions != once.positions).any()


def test_capped_and_repaired_dots_still_relax_and_passivate(inp):
    dot = substitute_halide(oxidize_interface(inp, count=4), "Cl", count=2)
    capped = add_z_ligands(dot, "ZnCl2", coverage=0.3)
    relaxed = relax_valence_force_field(capped)
    assert formal(relaxed) == formal(capped)
    assert len(find_bonds(relaxed).pairs) >= len(find_bonds(dot).pairs)
    balanced = passivate(capped, "Cl" if formal(capped) > 0 else "H")
    assert formal(balanced) == 0


def test_any_dot_can_be_capped():
    capped = add_z_ligands(cut(crystal("ZnS"), sphere=7), "ZnCl2", coverage=0.5)
    assert len(ligand_atoms(capped)) > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"ligand": "NaCl"}, "MX2"),
        ({"ligand": "ZnS2"}, "MX2"),
        ({"ligand": "InCl2"}, "MX2"),
        ({"ligand": 3}, "MX2"),
        ({}, "coverage or count"),
        ({"coverage": 0.5, "count": 2}, "coverage or count"),
        ({"coverage": 1.2}, "0…1"),
        ({"coverage": float("nan")}, "0…1"),
        ({"count": -2}, "count"),
        ({"count": True}, "count"),
        ({"count": 2, "seed": -1}, "seed"),
    ],
)
def test_what_is_no_ligand_is_refused(cdse, arguments, words):
    with pytest.raises(StructureError, match=words) as error:
        add_z_ligands(cdse, **arguments)
    assert "\n" not in str(error.value)

from __future__ import annotations

import numpy as np
import pytest
from tests.structures.small_dots import zcis, zns

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.electrons import electron_count
from heterodot.structures.crystals.crystal import crystal
from heterodot.structures.dots.passivation import AGENTS, bond_strength_deficits, passivate
from heterodot.structures.dots.pyramids import pyramid


def hosts_of_hydrogens(atoms):
    bonds = lattice_bonds(atoms)
    return [int(bonds.neighbours(i)[0]) for i in np.flatnonzero(atoms.numbers == 1)]


def test_deficits_of_anions_sum_to_minus_the_formal_charge():
    dot, _ = zcis()
    deficits = bond_strength_deficits(dot)
    anions = dot.arrays["sublattice"] == "anion"
    assert deficits[anions].sum() == pytest.approx(-electron_count(dot).formal_charge_sum)


def test_inner_ions_of_a_regular_crystal_have_no_deficit():
    assert bond_strength_deficits(crystal("ZnS")) == pytest.approx(0.0)


def test_hydrogen_balances_the_formal_charges():
    dot, apex = zcis()
    before = dot.copy()
    passivated = passivate(dot, keep_bare=[apex])
    count = electron_count(passivated)
    assert passivated.get_chemical_formula() == "H18Cu4In4S19Zn2"
    assert count.formal_charge_sum == count.charge == 0
    assert not count.odd
    assert dot == before
    assert any("not charge-balanced" in note for note in provenance.notes(dot))
    assert not any("not charge-balanced" in note for note in provenance.notes(passivated))
    assert "18 H" in provenance.notes(passivated)[-1]


def test_the_charge_of_the_dot_sets_the_number_of_hydrogens():
    dot, _ = zcis()
    charged = passivate(provenance.with_charge(dot, -1))
    assert list(charged.symbols).count("H") == 17
    assert electron_count(charged).formal_charge_sum == -1


def test_hydrogens_sit_on_sulphur_at_the_hydrogen_sulphide_length():
    dot, _ = zcis()
    passivated = passivate(dot)
    bonds = lattice_bonds(passivated)
    for i in np.flatnonzero(passivated.numbers == 1):
        assert [passivated.symbols[j] for j in bonds.neighbours(i)] == ["S"]
        assert np.linalg.norm(bonds.directions(i)[0]) == pytest.approx(1.336)


def test_hydrogens_on_different_sulphurs_keep_apart():
    passivated = passivate(zns(4))
    hydrogens = np.flatnonzero(passivated.numbers == 1)
    hosts = np.array(hosts_of_hydrogens(passivated))
    distances = passivated.get_all_distances()[np.ix_(hydrogens, hydrogens)]
    distances[hosts[:, None] == hosts[None]] = np.inf
    assert distances.min() > 1.5


def test_the_bonds_are_tetrahedral():
    passivated = passivate(zns(2))
    bonds = lattice_bonds(passivated)
    for i in np.flatnonzero(passivated.symbols == "S"):
        unit = bonds.directions(i) / np.linalg.norm(bonds.directions(i), axis=1)[:, None]
        angles = (unit @ unit.T)[np.triu_indices(len(unit), 1)]
        assert angles == pytest.approx(-1 / 3, abs=0.02)


def test_the_largest_deficit_is_served_first():
    dot = zns(3)
    bonds = lattice_bonds(dot)
    hosts = hosts_of_hydrogens(passivate(dot, count=16))
    assert all(bonds.coordination[h] <= 2 for h in hosts)  # corners and edges, no face atom
    assert len(set(hosts)) == 16


def test_same_input_same_output():
    dot, apex = zcis()
    assert passivate(dot, keep_bare=[apex]) == passivate(dot, keep_bare=[apex])


def test_passivated_twice_adds_nothing():
    once = passivate(zns(3))
    assert len(passivate(once)) == len(once)


def test_a_bare_anion_stays_bare():
    dot = zns(3)
    corner = int(lattice_bonds(dot).coordination.argmin())
    assert corner not in hosts_of_hydrogens(passivate(dot, keep_bare=[corner]))


def test_pseudo_hydrogens_close_a_ii_vi_dot():
    passivated = passivate(zns(3), "pseudo-H")
    charges = passivated.arrays["pseudo_hydrogen"][passivated.numbers == 1]
    assert set(charges) == {0.5}
    assert len(charges) == 4 * 3 + 12 * 2 + 4
    count = electron_count(passivated)
    assert count.formal_charge_sum == pytest.approx(0.0)
    assert count.n_electrons == pytest.approx(10 * 30 + 20 * 16 + 20)


def test_pseudo_hydrogens_on_both_ions_of_a_iii_v_crystal_sphere():
    dot = pyramid(crystal("InP"), 3, termination="cation")
    passivated = passivate(dot, "pseudo-H")
    pseudo = passivated.arrays["pseudo_hydrogen"]
    assert set(pseudo[pseudo > 0]) <= {1.25, 0.75}
    assert (pseudo[: len(dot)] == 0).all()


@pytest.mark.parametrize("agent", ["Cl", "Br", "I", "SH"])
def test_anionic_ligands_balance_a_cation_rich_dot(agent):
    dot = pyramid(crystal("ZnS"), 3, termination="cation")
    excess = electron_count(dot).formal_charge_sum
    assert excess > 0
    passivated = passivate(dot, agent)
    assert electron_count(passivated).formal_charge_sum == pytest.approx(0.0)
    ligand = "S" if agent == "SH" else agent
    assert passivated.symbols[len(dot) :].get_chemical_formula().startswith(("Br", "Cl", "I", "H"))
    assert list(passivated.symbols[len(dot) :]).count(ligand) == excess
    assert set(passivated.arrays["role"][len(dot) :]) == {"passivant"}
    distances = passivated.get_all_distances() + 10 * np.eye(len(passivated))
    assert distances.min() > 1.2


def test_nothing_points_into_a_vacancy():
    dot, _ = zcis()
    inner = int(np.flatnonzero(dot.symbols == "Cu")[0])
    position = dot.positions[inner].copy()
    del dot[inner]
    provenance.update(dot, defects=[{"symbol": "V_Cu'", "position": position.tolist()}])
    passivated = passivate(dot)
    hydrogens = passivated.positions[passivated.numbers == 1]
    assert np.linalg.norm(hydrogens - position, axis=1).min() > 1.5


def test_every_array_is_filled():
    passivated = passivate(zcis()[0])
    n = len(passivated)
    for name, values in passivated.arrays.items():
        assert len(values) == n, name
    new = passivated.numbers == 1
    assert set(passivated.arrays["sublattice"][new]) == {"passivant"}
    assert set(passivated.arrays["domain"][new]) == {"dot"}
    assert set(passivated.arrays["formal_charge"][new]) == {1.0}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: passivate(zns(2), "He"), "expected one of H"),
        (lambda: passivate(zns(2), "Cl"), "use H"),
        (lambda: passivate(zns(2), count=-1), "0 or more"),
        (lambda: passivate(zns(2), count=500), "dangling bonds"),
        (lambda: passivate(zns(2), keep_bare=[99]), "expected an atom index"),
        (lambda: passivate(zns(2), "pseudo-H", count=3), "keep_bare"),
        (lambda: passivate(pyramid(crystal("ZnS"), 2, termination="cation")), "use Cl"),
    ],
)
def test_errors_say_what_was_expected(call, message):
    with pytest.raises(StructureError, match=message) as error:
        call()
    assert "\n" not in str(error.value)


def test_agents_are_those_of_the_manual():
    assert AGENTS == ("H", "pseudo-H", "Cl", "Br", "I", "SH")

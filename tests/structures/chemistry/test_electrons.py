from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.cluster import Octahedron
from tests.structures.small_dots import zcis, zns

from heterodot import provenance
from heterodot.errors import InputError
from heterodot.structures.chemistry.electrons import electron_count, formal_charges
from heterodot.structures.crystals.crystal import crystal
from heterodot.structures.dots.adsorbates import add_adsorbate
from heterodot.structures.dots.passivation import passivate


def test_all_electrons_and_formal_charges_of_a_dot():
    dot, _ = zcis()
    count = electron_count(dot)
    assert count.n_electrons == 4 * 29 + 4 * 49 + 2 * 30 + 19 * 16
    assert count.formal_charge_sum == 4 + 12 + 4 - 38
    assert count.imbalance == -18
    assert not count.odd
    assert "not balanced" in count.summary()


def test_the_charge_takes_electrons_away():
    dot = provenance.with_charge(zns(2), 1)
    assert electron_count(dot).n_electrons == zns(2).numbers.sum() - 1
    assert electron_count(dot).odd
    assert electron_count(provenance.with_charge(dot, -2)).n_electrons == dot.numbers.sum() + 2


def test_a_crystal_is_neutral():
    for name in ("CuInS2", "ZnS", "CdSe-wurtzite", "InP", "CsPbBr3", "TiO2-anatase", "MoS2"):
        assert electron_count(crystal(name)).formal_charge_sum == pytest.approx(0.0)


def test_elements_are_enough_without_arrays():
    water = Atoms("OH2", [[0, 0, 0], [0.76, 0, 0.59], [-0.76, 0, 0.59]])
    assert formal_charges(water).tolist() == [-2, 1, 1]
    salt = Atoms("ZnSH", [[0, 0, 0], [2.3, 0, 0], [-1.6, 0, 0]])
    assert formal_charges(salt).tolist() == [2, -2, -1]  # a hydride on the cation


def test_a_metal_has_no_formal_charges():
    assert electron_count(Octahedron("Cu", 3)).formal_charge_sum == 0
    assert electron_count(bulk("Cu")).odd
    assert not formal_charges(Octahedron("Cu", 2)).any()


def test_unknown_elements_are_said_to_be():
    count = electron_count(Atoms("XeF2", [[0, 0, 0], [2, 0, 0], [-2, 0, 0]]))
    assert count.formal_charge_sum is None
    assert count.imbalance is None
    assert "unknown" in count.summary()


def test_the_array_wins():
    atoms = Atoms("CuS", [[0, 0, 0], [2.2, 0, 0]])
    atoms.set_array("formal_charge", np.array([2.0, -2.0]))
    assert electron_count(atoms).formal_charge_sum == 0


def test_pseudo_hydrogens_count_with_their_own_charge():
    dot = zns(2)
    passivated = passivate(dot, "pseudo-H")
    n = len(passivated) - len(dot)
    count = electron_count(passivated)
    assert count.n_electrons == dot.numbers.sum() + 0.5 * n
    single = passivated[: len(dot) + 1]
    assert not electron_count(single).whole
    assert not electron_count(single).odd
    assert "not a whole number" in electron_count(single).summary()


def test_adsorbates_add_electrons_but_no_formal_charge():
    dot, apex = zcis()
    dot = passivate(dot, keep_bare=[apex])
    with_co = electron_count(add_adsorbate(dot, apex, "CO"))
    assert with_co.n_electrons == electron_count(dot).n_electrons + 14
    assert with_co.formal_charge_sum == 0
    assert electron_count(add_adsorbate(dot, apex, "COOH")).odd


@pytest.mark.parametrize("charge", [0.5, float("nan"), True])
def test_a_charge_is_a_whole_number(charge):
    with pytest.raises(InputError, match="whole number"):
        provenance.with_charge(Atoms("H"), charge)
    assert provenance.total_charge(provenance.with_charge(Atoms("H"), np.int64(-1))) == -1

from __future__ import annotations

import numpy as np
import pytest
from ase.cluster import Octahedron
from tests.structures.small_dots import zcis, zns

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.chemistry.electrons import electron_count, formal_charges
from heterodot.structures.defects.point_defects import (
    antisite_pair,
    apply_defect,
    defect_sites,
    substitute,
    vacancy,
)
from heterodot.structures.defects.types import defect_type
from heterodot.structures.dots.adsorbates import add_adsorbate
from heterodot.structures.dots.passivation import passivate
from heterodot.structures.dots.selection import select_sites


@pytest.fixture(scope="module")
def passivated():
    dot, apex = zcis()
    return passivate(dot, keep_bare=[apex]), apex


def first(atoms, element):
    return int(np.flatnonzero(atoms.symbols == element)[0])


def symbols(atoms):
    return [d["symbol"] for d in provenance.details(atoms)["defects"]]


def test_an_ionic_defect_keeps_the_balance(passivated):
    dot, _ = passivated
    for text in ("V_Cu'", "V_In'''", "Zn_Cu*", "Cu_In''", "In_Cu**", "Zn_In'", "V_S**"):
        site = text.split("_")[1].strip("'*")
        new = apply_defect(dot, text, first(dot, site))
        count = electron_count(new)
        assert count.imbalance == pytest.approx(0.0), text
        assert not count.odd, text
        assert symbols(new) == [text]


def test_a_trapped_hole_makes_the_electrons_odd(passivated):
    dot, apex = passivated
    new = apply_defect(dot, "Cu_Cu•", apex)
    assert formal_charges(new)[apex] == 2
    assert provenance.total_charge(new) == 1
    assert electron_count(new).odd
    with pytest.raises(StructureError, match="already carries"):
        apply_defect(new, "Cu_Cu•", apex)


def test_a_neutral_vacancy_leaves_the_charge(passivated):
    dot, _ = passivated
    new = vacancy(dot, first(dot, "Cu"))
    assert provenance.total_charge(new) == 0
    assert electron_count(new).imbalance == -1
    assert electron_count(new).odd
    assert symbols(new) == ["V_Cux"]
    assert "odd" in provenance.notes(new)[-1]
    assert len(new) == len(dot) - 1


def test_a_substitution_says_what_it_does_to_the_electrons(passivated):
    dot, _ = passivated
    new = substitute(dot, first(dot, "Cu"), "Zn")
    assert electron_count(new).imbalance == 1
    assert electron_count(new).odd
    assert symbols(new) == ["Zn_Cu*"]


def test_substituting_a_metal_cluster_needs_no_charges():
    new = substitute(Octahedron("Cu", 3), 0, "Au")
    assert new.symbols[0] == "Au"
    assert "formal_charge" not in new.arrays


def test_an_antisite_pair_changes_nothing_but_the_places(passivated):
    dot, _ = passivated
    cu, indium = first(dot, "Cu"), first(dot, "In")
    new = antisite_pair(dot, cu, indium)
    assert new.symbols[cu] == "In"
    assert new.symbols[indium] == "Cu"
    assert formal_charges(new)[cu] == 3
    assert electron_count(new) == electron_count(dot)
    assert sorted(symbols(new)) == ["Cu_In''", "In_Cu**"]
    with pytest.raises(StructureError, match="same sublattice"):
        antisite_pair(dot, cu, first(dot, "S"))


def test_the_input_is_never_changed(passivated):
    dot, _ = passivated
    before = dot.copy()
    vacancy(dot, 3)
    substitute(dot, 3, "Se")
    defect_type(dot, "C")
    assert dot == before
    assert dot.info == before.info


def test_records_follow_the_atoms(passivated):
    dot, apex = passivated
    cu = first(dot, "Cu")
    new = apply_defect(dot, "Cu_Cu*", apex)
    new = apply_defect(new, "V_Cu'", cu)
    assert provenance.details(new)["defects"][0]["index"] == apex - 1
    loaded = add_adsorbate(dot, apex, "CO")
    entry = provenance.details(vacancy(loaded, cu))["adsorbate"]
    assert entry["site"] == apex - 1
    assert entry["indices"] == [len(loaded) - 3, len(loaded) - 2]
    assert entry["binding_atom"] == len(loaded) - 3


def test_vacancies_remember_their_surroundings(passivated):
    dot, _ = passivated
    i = first(dot, "Cu")
    bonded = {"S"}
    new = vacancy(dot, i)
    around = provenance.details(new)["defects"][0]["neighbours"]
    assert bonded <= set(new.symbols[around])
    assert "H" not in set(new.symbols[around])
    assert defect_sites(new, "V_Cu^x")[0] == pytest.approx(dot.positions[i])


def test_type_a_exchanges_a_neighbouring_pair(passivated):
    dot, apex = passivated
    new = defect_type(dot, "A")
    count = electron_count(new)
    assert len(new) == len(dot)
    assert new.symbols[apex] == "Cu"
    assert (count.odd, count.charge, count.imbalance) == (False, 0, 0)
    assert sorted(symbols(new)) == ["Cu_In''", "In_Cu**"]
    positions = [d["position"] for d in provenance.details(new)["defects"]]
    assert np.linalg.norm(np.subtract(*positions)) == pytest.approx(3.93, abs=0.1)


def test_type_b_is_closed_shell_with_a_charge(passivated):
    dot, _ = passivated
    new = defect_type(dot, "B")
    count = electron_count(new)
    assert (count.odd, count.charge, count.imbalance) == (False, -1, 0)
    assert symbols(new) == ["V_Cu'"]


def test_type_b_is_closed_shell_with_ions(passivated):
    dot, apex = passivated
    new = defect_type(dot, "B", compensation="ionic", next_to=apex)
    count = electron_count(new)
    assert (count.odd, count.charge, count.imbalance) == (False, 0, 0)
    assert sorted(symbols(new)) == ["In_Cu**", "V_Cu'", "V_Cu'"]
    active = provenance.details(new)["defect_type"]["active_site"]
    assert new.positions[active] == pytest.approx(dot.positions[apex])
    assert new.symbols[active] == "Cu"


def test_type_c_is_a_neutral_radical(passivated):
    dot, apex = passivated
    new = defect_type(dot, "C")
    count = electron_count(new)
    record = provenance.details(new)["defect_type"]
    assert (count.odd, count.charge, count.imbalance) == (True, 0, 0)
    assert count.n_electrons == electron_count(dot).n_electrons - 29
    assert record["active_site"] == record["hole_site"]
    assert formal_charges(new)[record["hole_site"]] == 2
    assert new.positions[record["hole_site"]] == pytest.approx(dot.positions[apex])
    assert sorted(symbols(new)) == ["Cu_Cu*", "V_Cu'"]
    assert "spin-polarised" in provenance.notes(new)[-1]
    (seeded,) = np.flatnonzero(new.get_initial_magnetic_moments())
    assert seeded == record["hole_site"]


@pytest.mark.parametrize(
    ("kind", "compensation", "odd", "charge"),
    [
        ("A", "charge", False, 0),
        ("B", "charge", False, -1),
        ("B", "ionic", False, 0),
        ("C", "charge", True, 0),
    ],
)
def test_passivating_afterwards_gives_the_same_electrons(
    kind, compensation, odd, charge, passivated
):
    bare, _ = zcis()
    later = passivate(defect_type(bare, kind, compensation=compensation))
    before = defect_type(passivated[0], kind, compensation=compensation)
    assert electron_count(later) == electron_count(before)
    assert later.get_chemical_formula() == before.get_chemical_formula()
    assert (electron_count(later).odd, electron_count(later).charge) == (odd, charge)


def test_the_copper_to_remove_can_be_named(passivated):
    dot, _ = passivated
    coppers = select_sites(dot, element="Cu")
    for cu in coppers:
        new = defect_type(dot, "C", site=cu)
        assert defect_sites(new, "V_Cu'")[0] == pytest.approx(dot.positions[cu])


def test_sites_by_rule(passivated):
    dot, apex = passivated
    assert select_sites(dot, element="Cu", coordination=3) == [apex]
    assert select_sites(dot, element="Cu", kind="corner") == [apex]
    assert select_sites(dot, element="Cu", nearest_to=apex)[0] != apex
    ordered = select_sites(dot, element="Cu", nearest_to=dot.positions[apex])
    assert ordered[0] == apex
    assert len(ordered) == 4
    new = defect_type(dot, "C")
    hole = provenance.details(new)["defect_type"]["hole_site"]
    assert select_sites(new, element="Cu", nearest_to="V_Cu′")[0] in select_sites(new, element="Cu")
    assert hole in select_sites(new, element="Cu", coordination=3)
    neighbours = select_sites(new, neighbour_of="V_Cu'")
    assert {"S"} < set(new.symbols[neighbours])
    assert "H" not in set(new.symbols[neighbours])
    assert len(select_sites(dot, role="passivant")) == 18


def test_distinct_sites_of_a_tetrahedron():
    dot = zns(3)
    assert len(select_sites(dot, element="Zn")) == 10
    assert len(select_sites(dot, element="Zn", distinct=True)) == 2
    corners = select_sites(dot, element="Zn", kind="corner")
    assert len(corners) == 4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda d: apply_defect(d, "V_Cu''", 0), "write V_Cu'"),
        (lambda d: apply_defect(d, "V_Cu'", 0), "expected Cu"),
        (lambda d: apply_defect(d, "Cu_i*", 0), "interstitial"),
        (lambda d: apply_defect(d, "V_S**", 999), "expected an atom index"),
        (lambda d: substitute(d, 0, "S"), "already"),
        (lambda d: substitute(d, 0, "Sx"), "not an element"),
        (lambda d: substitute(d, 0, "Xe"), "no formal charge"),
        (lambda d: defect_type(d, "D"), "one of A, B, C"),
        (lambda d: defect_type(d, "B", compensation="magic"), "one of charge, ionic"),
        (lambda d: defect_type(d, "B", site=0), "expected Cu"),
        (lambda d: defect_type(zns(2), "B"), "two or more"),
        (lambda d: select_sites(d, element="Cu", coordination=1), "no atom of"),
        (lambda d: select_sites(d, role="outer"), "expected one of inner"),
        (lambda d: select_sites(d, neighbour_of="V_Cu'"), "it has none"),
        (lambda d: select_sites(d, kind="tip"), "face, edge or corner"),
        (lambda d: select_sites(d, nearest_to=(1, 2)), "expected an index"),
    ],
)
def test_errors_say_what_was_expected(call, message, passivated):
    with pytest.raises(StructureError, match=message) as error:
        call(passivated[0])
    assert "\n" not in str(error.value)

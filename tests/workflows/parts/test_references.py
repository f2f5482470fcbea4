"""What was subtracted from what: the terms add up to the numbers of the result."""

from dataclasses import replace

import pytest
from ase.cluster import Octahedron

from heterodot.calculators import Level
from heterodot.structures import add_adsorbate, metal_cluster
from heterodot.workflows import Adsorption, ChargeTransfer, CO2Reduction, Relaxation, Runner
from heterodot.workflows.parts.references import difference, references_table

EMT = Level("emt")


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with Runner(tmp_path_factory.mktemp("store"), executor="serial") as runner:
        yield runner


@pytest.fixture(scope="module")
def reduction(runner):
    copper = Octahedron("Cu", 3, cutoff=1)
    return CO2Reduction(copper, 1, EMT, n_starts=1, steps=30).run(runner)


def counts(reference):
    return {term.what: term.coefficient for term in reference.terms}


def levels_of(result):
    return [one for one in result.references() if one.name.startswith("G(")]


def test_a_difference_is_the_sum_of_its_terms():
    one = difference("E", (1, "whole", -3.0), (-0.5, "part", -2.0))
    assert one.value == -2.0
    assert references_table([one]).splitlines() == [
        "E = -2.0000 eV",
        "    +1 × -3.0000 eV  whole",
        "  -0.5 × -2.0000 eV  part",
    ]
    assert references_table([]) == "no energy differences"


def test_an_adsorption_energy_is_bound_less_dot_less_gas(runner):
    copper = Octahedron("Cu", 3, cutoff=1)
    found = Adsorption(copper, "CO", 1, EMT, n_starts=1, steps=30).run(runner)
    (reference,) = found.references()
    assert counts(reference) == {"E(dot+CO)": 1, "E(dot)": -1, "E(CO gas)": -1}
    assert reference.value == pytest.approx(found.energy, abs=1e-12)
    assert found.to_dict()["differences"] == [reference.to_dict()]
    assert found.to_dict()["references"] == found.energies  # as in files of before


def test_the_levels_of_a_reduction_are_states_and_gases_less_the_first_state(reduction):
    """Balanced by hand: dot + CO2 + H2 is the zero, (H+ + e−) is ½ H2."""
    by_hand = {
        "G(CO2*)": {"G(dot+CO2)": 1, "E(dot)": -1, "G(CO2 gas)": -1},
        "G(COOH*)": {"G(dot+COOH)": 1, "E(dot)": -1, "G(CO2 gas)": -1, "G(H2 gas)": -0.5},
        "G(CO*)": {
            "G(dot+CO)": 1, "G(H2O gas)": 1, "E(dot)": -1, "G(CO2 gas)": -1, "G(H2 gas)": -1,
        },
        "G(CO(g))": {"G(CO gas)": 1, "G(H2O gas)": 1, "G(CO2 gas)": -1, "G(H2 gas)": -1},
    }  # fmt: skip
    assert {one.name: counts(one) for one in levels_of(reduction)} == by_hand
    values = [one.value for one in levels_of(reduction)]
    assert values == pytest.approx(reduction.diagram.levels[1:].tolist(), abs=1e-9)


def test_adsorption_energies_of_a_reduction_are_against_closed_shell_gases(reduction):
    """COOH against CO2 + ½ H2."""
    found = {one.name: one for one in reduction.references() if one.name.startswith("E_ads")}
    assert counts(found["E_ads(COOH)"]) == {
        "E(dot+COOH)": 1, "E(dot)": -1, "E(CO2 gas)": -1, "E(H2 gas)": -0.5,
    }  # fmt: skip
    for name, energy in reduction.adsorption_energies.items():
        assert found[f"E_ads({name})"].value == pytest.approx(energy, abs=1e-12)


def test_the_potential_is_a_term_of_what_took_up_electrons(reduction):
    moved = replace(reduction, diagram=reduction.diagram.at(U=-0.5, pH=7.0, scale="SHE"))
    u = -0.5 + 8.617333262e-5 * 298.15 * 2.302585 * 7  # against RHE
    terms = [{t.what: t for t in one.terms} for one in levels_of(moved)]
    pairs = [(found["e·U against RHE"].coefficient) for found in terms[1:]]
    assert "e·U against RHE" not in terms[0]
    assert pairs == [1, 2, 2]
    assert terms[1]["e·U against RHE"].energy == pytest.approx(u, abs=1e-5)
    values = [one.value for one in levels_of(moved)]
    assert values == pytest.approx(moved.diagram.levels[1:].tolist(), abs=1e-9)


def test_what_was_done_to_the_gases_is_a_term_of_its_own(runner):
    copper = Octahedron("Cu", 3, cutoff=1)
    asked = CO2Reduction(copper, 1, EMT, n_starts=1, steps=30, gas_reference="experiment")
    found = asked.run(runner)
    last = levels_of(found)[-1]
    (shift,) = (t for t in last.terms if t.what.startswith("corrections of the gases"))
    # CO2 + H2 → CO + H2O: 0.2 eV with liquid water at 0.035 bar, whatever was computed
    assert last.value == pytest.approx(found.diagram.levels[-1], abs=1e-9)
    assert last.value - shift.energy == pytest.approx(
        sum(t.coefficient * t.energy for t in last.terms if t is not shift), abs=1e-9
    )
    assert 0.1 < last.value < 0.3


def test_an_interaction_energy_is_the_complex_less_its_parts(runner):
    complex_ = add_adsorbate(metal_cluster("Cu", 2), 0, "CO")
    found = ChargeTransfer(complex_, Level("gfn1-xtb")).run(runner)
    (reference,) = found.references()
    assert [term.coefficient for term in reference.terms] == [1, -1, -1]
    assert reference.value == pytest.approx(found.interaction_energy, abs=1e-12)


def test_a_relaxation_is_no_difference(runner):
    found = Relaxation(Octahedron("Cu", 2), EMT).run(runner)
    assert found.references() == ()
    assert found.to_dict()["differences"] == []

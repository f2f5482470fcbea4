"""The computational hydrogen electrode against hand calculations."""

import json

import numpy as np
import pytest
from ase import units

from heterodot.analysis import Flag, FreeEnergyDiagram, Step
from heterodot.errors import InputError

KT_LN10 = units.kB * 298.15 * np.log(10)

STEPS = (
    Step("CO2(g)", -100.0, 0),
    Step("CO2*", -99.9, 0),
    Step("COOH*", -98.8, 1),
    Step("CO*", -99.2, 2),
    Step("CO(g)", -98.5, 2),
)


@pytest.fixture
def diagram():
    return FreeEnergyDiagram(STEPS, references=("CO2(g), ½ H2(g), clean dot",), level="PBE")


def test_levels_by_hand(diagram):
    assert diagram.levels == pytest.approx([0, 0.1, 1.2, 0.8, 1.5])
    assert diagram.at(U=-0.5).levels == pytest.approx([0, 0.1, 0.7, -0.2, 0.5])


def test_limiting_step_and_potential(diagram):
    assert diagram.limiting_step.label == "CO2* → COOH*"
    assert diagram.limiting_step.delta_g == pytest.approx(1.1)
    assert diagram.limiting_potential == pytest.approx(-1.1)
    assert [c.label for c in diagram.chemical_steps] == ["CO2(g) → CO2*", "CO* → CO(g)"]
    at_limit = diagram.at(U=diagram.limiting_potential)
    assert max(c.delta_g for c in at_limit.electrochemical_steps) == pytest.approx(0)


def test_chemical_steps_do_not_move(diagram):
    for U in (-1.0, 0.3):
        moved = diagram.at(U=U, pH=7, scale="SHE").chemical_steps
        assert [c.delta_g for c in moved] == pytest.approx([0.1, 0.7])


def test_scales(diagram):
    assert diagram.at(pH=7).levels == pytest.approx(diagram.levels)
    she = diagram.at(U=0.0, pH=7, scale="SHE")
    assert she.levels[2] == pytest.approx(1.2 + 7 * KT_LN10)
    assert she.levels[3] == pytest.approx(0.8 + 14 * KT_LN10)
    same = she.at(scale="RHE")
    assert same.levels == pytest.approx(she.levels)
    potentials = [same.U, same.at(scale="SHE").U]
    assert potentials == pytest.approx([7 * KT_LN10, 0.0])
    assert she.limiting_potential == pytest.approx(-1.1 - 7 * KT_LN10)
    shift = 7 * KT_LN10
    assert shift == pytest.approx(7 * 0.0592, abs=1e-3)


def test_limiting_potential_does_not_depend_on_u(diagram):
    assert diagram.at(U=-0.7).limiting_potential == pytest.approx(-1.1)
    assert diagram.at(U=-0.7).limiting_step.delta_g == pytest.approx(0.4)


def test_multi_pair_and_oxidation():
    two = FreeEnergyDiagram((Step("A", 0.0), Step("B", 1.0, 2), Step("C", 1.7, 3)))
    assert two.limiting_step.label == "B → C"
    assert two.limiting_potential == pytest.approx(-0.7)
    water = FreeEnergyDiagram((Step("H2O", 0.0), Step("OH*", 1.6, -1), Step("O*", 2.8, -2)))
    assert water.limiting_potential == pytest.approx(1.6)
    assert water.at(U=1.6).levels[1] == pytest.approx(0.0)


def test_no_electrochemical_step():
    diagram = FreeEnergyDiagram((Step("A", 0.0), Step("A*", -1.0)))
    assert diagram.limiting_step is None
    assert diagram.limiting_potential is None
    assert "no electrochemical step" in diagram.table()


def test_round_trip_through_json():
    flagged = Step("X*", 0.5, 1, energy=0.2, flags=(Flag("imaginary-mode", "80i cm⁻¹"),))
    diagram = FreeEnergyDiagram(
        (STEPS[0], flagged),
        310.0,
        "SHE",
        -0.3,
        7.0,
        ("ref",),
        "GFN1-xTB",
        (Flag("a", "b"),),
        ("c",),
    )
    again = FreeEnergyDiagram.from_dict(json.loads(json.dumps(diagram.to_dict())))
    assert again == diagram
    assert again.levels == pytest.approx(diagram.levels)


@pytest.mark.parametrize("name", ["steps", "temperature", "scale", "U", "pH", "references"])
def test_a_diagram_without_its_conditions_is_not_read_as_one_at_others(diagram, name):
    data = {key: value for key, value in diagram.to_dict().items() if key != name}
    with pytest.raises(InputError, match=f"FreeEnergyDiagram.{name}: not given"):
        FreeEnergyDiagram.from_dict(data)


def test_whole_numbers_are_written_as_what_they_stand_for():
    given = FreeEnergyDiagram((Step("a", 0), Step("b", 1, 1.0)), U=-1, pH=7, temperature=300)
    data = json.loads(json.dumps(given.to_dict()))
    assert repr([data[name] for name in ("U", "pH", "temperature")]) == "[-1.0, 7.0, 300.0]"
    assert repr([data["steps"][1][name] for name in ("gibbs", "n_electrons_transferred")]) == (
        "[1.0, 1]"
    )


def test_table_says_everything():
    flagged = Step("COOH*", 1.2, 1, flags=(Flag("imaginary-mode", "80i cm⁻¹"),))
    diagram = FreeEnergyDiagram(
        (STEPS[0], flagged),
        scale="SHE",
        pH=7,
        references=("CO2(g) at 1 bar",),
        level="GFN1-xTB",
        caveats=("not quantitative",),
    )
    text = diagram.table()
    for expected in ("SHE", "pH 7", "298.15 K", "CO2(g) at 1 bar", "GFN1-xTB", "COOH*: 80i"):
        assert expected in text
    assert "not quantitative" in text
    assert diagram.summary() == text


@pytest.mark.parametrize(
    "call",
    [
        lambda: FreeEnergyDiagram((STEPS[0],)),
        lambda: FreeEnergyDiagram(STEPS, scale="NHE"),
        lambda: FreeEnergyDiagram(STEPS, temperature=0),
        lambda: FreeEnergyDiagram(STEPS, U=float("nan")),
        lambda: FreeEnergyDiagram(STEPS).at(scale="Ag/AgCl"),
        lambda: Step("x", float("inf")),
        lambda: FreeEnergyDiagram(STEPS, temperature=float("inf")),
        lambda: FreeEnergyDiagram(STEPS, temperature="298 K"),
        lambda: FreeEnergyDiagram(STEPS, pH="7"),
        lambda: FreeEnergyDiagram(STEPS, U=True),
        lambda: FreeEnergyDiagram(STEPS).at(U="-0.3"),
        lambda: FreeEnergyDiagram(STEPS).at(pH=float("nan")),
        lambda: Step("x", "1.1"),
        lambda: Step("x", 0.0, float("nan")),
        lambda: Step("x", 0.0, "1"),
        lambda: Step("x", 0.0, 1, energy=float("nan")),
        lambda: Step("x", 0.0, 0.5),
        lambda: (
            FreeEnergyDiagram((Step("A", 0.0), Step("B", 1.0, 1), Step("C", 0.0, 0))).limiting_step
        ),
    ],
)
def test_bad_input(call):
    with pytest.raises(InputError):
        call()

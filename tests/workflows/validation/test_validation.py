"""Levels asked for quantities: values, reasons for empty cells, stored results found again."""

import json
from pathlib import Path

import numpy as np
import pytest

from heterodot.calculators import Level
from heterodot.data.validation.measured import FILE, measured, read_measured
from heterodot.errors import InputError
from heterodot.workflows.validation.campaign import chosen, comparisons, validate
from heterodot.workflows.validation.levels import named_levels, usual_levels
from heterodot.workflows.validation.quantities.crystals import Elastic
from heterodot.workflows.validation.report import page, summary, write_results

DOCS = Path(__file__).parents[3] / "docs" / "validation.md"
WATER_GAS = "CO2 + H2 → CO + H2O"


def test_the_right_values_are_those_of_the_literature():
    """As the design notes and the source have them, not as we calculate."""
    enthalpies = comparisons()["reaction-enthalpies"].quantity().reference
    assert enthalpies[WATER_GAS] == pytest.approx(0.427, abs=1e-3)
    assert comparisons()["reaction-gibbs"].quantity().reference[WATER_GAS] == pytest.approx(
        0.297, abs=1e-3
    )
    surface = comparisons()["copper-surface"].quantity().reference
    assert surface["CO2 + ½ H2 → COOH*"] == pytest.approx(0.56, abs=5e-3)
    assert surface["CO2 + H2 → CO* + H2O"] == pytest.approx(0.04, abs=5e-3)


def test_a_level_answers_or_says_why_not(serial):
    asked = chosen(["lattice", "d-bands", "reaction-enthalpies", "elastic"])
    found = validate(serial, {"EMT": Level("emt")}, asked)
    answers = found.levels[0].answers
    assert set(answers["lattice"].values) == {"Cu a", "Ag a", "Au a"}
    assert "no parameters for In, S" in answers["lattice"].missing["CuInS2"]
    assert "cannot treat orbitals" in answers["d-bands"].missing[""]
    assert "placeholders" in answers["reaction-enthalpies"].missing[""]
    assert not any(answer.failed for answer in answers.values())
    page_text = page(found)
    assert "| EMT |" in page_text
    assert "no parameters for In, S" in page_text
    assert "lattice constants" in summary(found)


def test_some_crystals_of_a_quantity_alone(serial):
    """A dear level is asked of a few; the others are missing and say that nobody asked."""
    found = validate(serial, {"EMT": Level("emt")}, chosen(["elastic", "lattice:Cu"]))
    answer = found.levels[0].answers["lattice"]
    assert set(answer.values) == {"Cu a"}
    assert answer.missing["Ag"] == answer.missing["CuInS2"] == "not asked"
    assert not answer.failed
    assert set(found.levels[0].answers["elastic"].missing.values()) != {"not asked"}
    assert chosen(["lattice"])[0].only == ()
    with pytest.raises(InputError, match="lattice: given Cr, expected some of CuInS2"):
        chosen(["lattice:Cu,Cr"])
    with pytest.raises(InputError, match="lattice: given nothing, expected some of"):
        chosen(["lattice:"])
    with pytest.raises(InputError, match="cost: given Cu, expected no parts after a colon"):
        chosen(["cost:Cu"])


def test_parts_asked_one_after_the_other_are_put_together(serial):
    answers = [
        validate(serial, {"EMT": Level("emt")}, chosen([f"lattice:{part}"])).levels[0]
        for part in ("Cu,CdS", "Ag")
    ]
    first, second = (record.answers["lattice"] for record in answers)
    both = second.replacing(first)
    assert set(both.values) == {"Cu a", "Ag a"}
    assert "no parameters" in both.missing["CdS"]
    assert both.missing["Au"] == "not asked"
    assert "Cu" not in both.missing
    assert "Ag" not in both.missing
    assert first.replacing(None) is first


def test_the_bulk_modulus_is_that_of_the_equation_of_state(serial):
    from ase.build import bulk
    from ase.eos import EquationOfState
    from ase.units import GPa

    volumes, energies = [], []
    for factor in np.linspace(0.985, 1.015, 7):
        cell = bulk("Cu", a=3.59 * factor)
        cell.calc = Level("emt").calculator(cell)
        volumes.append(cell.get_volume())
        energies.append(cell.get_potential_energy())
    expected = EquationOfState(volumes, energies).fit()[2] / GPa
    found = validate(serial, {"EMT": Level("emt")}, [Elastic()])
    values = found.levels[0].answers["elastic"].values
    assert values["Cu B"] == pytest.approx(expected, rel=0.02)
    assert values["Cu C11"] > values["Cu C12"] > values["Cu C44"] > 0


def test_xtb_sees_crystals_at_gamma_only(serial):
    found = validate(serial, {"GFN1": Level("gfn1-xtb")}, chosen(["lattice", "copper-surface"]))
    for answer in found.levels[0].answers.values():
        assert "Γ point only" in answer.missing[""]


def test_gfn1_gives_the_stored_number_again(serial):
    again = _again(serial, Level("gfn1-xtb"))
    assert again == pytest.approx(_stored("gfn1-xtb", {}), abs=2e-3)


@pytest.mark.mlip
def test_a_potential_gives_the_stored_number_again(serial):
    level = Level("sevennet")
    known_as = level.implementation.known_as(level.settings)
    assert _again(serial, level) == pytest.approx(_stored("sevennet", known_as), abs=5e-3)


def _again(runner, level):
    found = validate(runner, {"again": level}, chosen(["reaction-enthalpies"]))
    return found.levels[0].answers["reaction-enthalpies"].values[WATER_GAS]


def _stored(code, known_as):
    return measured().record_of(code, known_as).answers["reaction-enthalpies"].values[WATER_GAS]


def test_the_page_is_that_of_the_stored_results():
    assert DOCS.read_text() == page(measured(), "validation.png")


def test_right_values_in_the_store_are_those_of_the_code():
    for name, quantity in measured().quantities.items():
        now = comparisons()[name].quantity()
        assert now.reference == pytest.approx(quantity.reference, rel=1e-5), name
        assert (now.title, now.against, now.where) == (
            quantity.title, quantity.against, quantity.where,
        )  # fmt: skip


def test_caveats_are_read_from_the_store():
    from heterodot.structures import molecule

    record = measured().record_of("gfn1-xtb", {})
    errors = (
        measured()
        .quantities["reaction-enthalpies"]
        .errors(record.answers["reaction-enthalpies"].values)
    )
    said = " ".join(Level("gfn1-xtb").caveats(molecule("CO2")))
    where = "on average in ΔH of gas reactions"
    assert f"{errors.mae:.2f} eV {where} (at most {abs(errors.largest):.2f}, {errors.item})" in said
    warm = Level("gfn1-xtb", overrides={"electronic_temperature": 500})
    assert f"{errors.mae:.2f} eV" in " ".join(warm.caveats(molecule("CO2"))), "the same method"
    wet = Level("gfn1-xtb", overrides={"solvation": ["alpb", "water"]})
    assert "measured" not in " ".join(wet.caveats(molecule("CO2"))), "never validated"


def test_results_come_back_from_their_file(serial, tmp_path):
    found = validate(serial, {"EMT": Level("emt")}, chosen(["lattice"]))
    write_results(found, tmp_path / "m.json")
    again = read_measured(tmp_path / "m.json")
    assert again.levels[0].label == "EMT"
    np.testing.assert_allclose(
        list(again.levels[0].answers["lattice"].values.values()),
        list(found.levels[0].answers["lattice"].values.values()), rtol=1e-5,
    )  # fmt: skip
    (tmp_path / "m.json").write_text("{")
    with pytest.raises(InputError, match="no results of a validation"):
        read_measured(tmp_path / "m.json")
    assert json.loads(FILE.read_text())["levels"]


def test_newer_answers_take_the_place_of_older_ones(serial):
    one = validate(serial, {"EMT": Level("emt")}, chosen(["lattice"]))
    other = validate(serial, {"EMT": Level("emt")}, chosen(["elastic"]))
    merged = one.merged(other)
    assert set(merged.levels[0].answers) == {"lattice", "elastic"}
    assert set(merged.quantities) == {"lattice", "elastic"}


def test_levels_by_name_and_by_file(tmp_path):
    levels = named_levels(["emt", "gfn1-xtb:electronic_temperature=500"])
    assert list(levels) == ["EMT", "GFN1-xTB, 500 K"]
    file = tmp_path / "levels.yaml"
    file.write_text("cold: {code: gfn1-xtb, overrides: {electronic_temperature: 0}}\n")
    assert named_levels([str(file)])["cold"].settings["electronic_temperature"] == 0
    assert "Lennard-Jones" not in " ".join(usual_levels()), "a toy"
    assert not any(level.implementation.dear for level in usual_levels().values())
    file.write_text("- a\n")
    with pytest.raises(InputError, match="expected levels as a study writes them"):
        named_levels([str(file)])
    with pytest.raises(InputError, match="unknown code 'emd'"):
        named_levels(["emd"])
    with pytest.raises(InputError, match="expected one of reaction-enthalpies"):
        chosen(["enthalpy"])

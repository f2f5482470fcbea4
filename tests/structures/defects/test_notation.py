from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heterodot.errors import StructureError
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES
from heterodot.structures.defects.notation import Defect, parse_defect


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("V_Cu'", Defect("V", "Cu", -1)),
        ("V_Cu′", Defect("V", "Cu", -1)),
        ("V_{Cu}^{'}", Defect("V", "Cu", -1)),
        ("Vᴄᵤ′", Defect("V", "Cu", -1)),
        (r"$V_{Cu}^{\prime}$", Defect("V", "Cu", -1)),
        ("V_Cux", Defect("V", "Cu", 0)),
        ("V_S**", Defect("V", "S", 2)),
        ("V_S•", Defect("V", "S", 1)),
        ("Cu_In''", Defect("Cu", "In", -2)),
        ('Cu_In"', Defect("Cu", "In", -2)),
        ("Cu_In″", Defect("Cu", "In", -2)),
        ("Cuɪₙ′′", Defect("Cu", "In", -2)),
        ("In_Cu**", Defect("In", "Cu", 2)),
        ("In_Cu••", Defect("In", "Cu", 2)),
        ("In_Cu··", Defect("In", "Cu", 2)),
        ("In_Cu^{2•}", Defect("In", "Cu", 2)),
        (r"In_{Cu}^{\bullet\bullet}", Defect("In", "Cu", 2)),
        ("Cu_Cu*", Defect("Cu", "Cu", 1)),
        ("Cu_Cu•", Defect("Cu", "Cu", 1)),
        ("Zn_Cu•", Defect("Zn", "Cu", 1)),
        ("Zn_In'", Defect("Zn", "In", -1)),
        ("Zn_Zn^x", Defect("Zn", "Zn", 0)),
        ("S_S×", Defect("S", "S", 0)),
        ("S_Sx", Defect("S", "S", 0)),
        ("Cd_Znx", Defect("Cd", "Zn", 0)),
        ("Cl_S•", Defect("Cl", "S", 1)),
        ("Cu_i•", Defect("Cu", "i", 1)),
        ("V_I•", Defect("V", "I", 1)),
        ("Vᴄᴅ′′", Defect("V", "Cd", -2)),
    ],
)
def test_all_typographic_forms_are_read(text, expected):
    assert parse_defect(text) == expected


def test_it_is_written_as_in_the_literature():
    assert parse_defect("V_Cu'").unicode == "Vᴄᵤ′"
    assert str(parse_defect("In_Cu**")) == "Inᴄᵤ••"
    assert parse_defect("Cu_In''").ascii == "Cu_In''"
    assert parse_defect("Zn_Zn^x").ascii == "Zn_Znx"


elements = st.sampled_from(sorted(FORMAL_CHARGES))


@given(species=elements, site=elements)
def test_round_trip(species, site):
    defect = Defect(species, site, FORMAL_CHARGES[species] - FORMAL_CHARGES[site])
    assert parse_defect(defect.ascii) == defect
    assert parse_defect(defect.unicode) == defect


@given(site=elements)
def test_vacancies_round_trip(site):
    for defect in (Defect("V", site, -FORMAL_CHARGES[site]), Defect("V", site, 0)):
        assert parse_defect(defect.ascii) == defect
        assert parse_defect(defect.unicode) == defect


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("V_Cu''", "write V_Cu'"),
        ("V_Cu*", "write V_Cu'"),
        ("In_Cu*'", "primes"),
        ("In_Cu*", r"write In_Cu\*\*"),
        ("In_Cu***", r"write In_Cu\*\*"),
        ("Zn_Cu'", r"write Zn_Cu\*"),
        ("V_Cu", "primes"),
        ("VCu'", "expected species_site"),
        ("Q_Cu'", "not an element"),
        ("V_Qq'", "does not begin with an element"),
        ("V_Au'", "give formal_charges"),
        ("In_Cu^{2''}", "one mark"),
        ("", "expected species_site"),
    ],
)
def test_wrong_defects_give_one_line(text, message):
    with pytest.raises(StructureError, match=message) as error:
        parse_defect(text)
    assert "\n" not in str(error.value)


def test_trapped_carriers_are_allowed():
    assert parse_defect("Cu_In'") == Defect("Cu", "In", -1)  # Cu2+ on In3+
    assert parse_defect("S_S*") == Defect("S", "S", 1)  # a hole on sulphur


def test_formal_charges_can_be_given():
    assert parse_defect("V_Au'", {"Au": 1}) == Defect("V", "Au", -1)
    with pytest.raises(StructureError, match="write"):
        parse_defect("Zn_Cu*", {"Cu": 2})

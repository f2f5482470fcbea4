"""Keywords that were renamed: the old ones answer for one version, with a warning."""

import ast
import inspect
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ase.build import molecule

import heterodot
from heterodot import analysis, structures
from heterodot.calculators import Level
from heterodot.deprecation import formerly_mapping, renamed
from heterodot.errors import InputError
from heterodot.workflows import (
    Adsorption,
    AdsorptionResult,
    ChargeTransfer,
    CO2Adsorption,
    CO2AdsorptionResult,
    CO2Reduction,
    InterfaceAdhesion,
    InterfaceAdhesionResult,
    Screening,
)


@renamed(dot="atoms")
def count(atoms, factor=1):
    return len(atoms) * factor


@renamed(dot="atoms")
@dataclass(frozen=True)
class Pair:
    atoms: str
    site: int = 0


def test_an_old_keyword_is_the_new_one():
    with pytest.warns(DeprecationWarning, match=r"count\(dot=…\) is now atoms=…") as said:
        assert count(dot="abc", factor=2) == 6
    assert said[0].filename == __file__


def test_a_frozen_class_takes_and_shows_the_old_name():
    with pytest.warns(DeprecationWarning, match=r"Pair\(dot=…\) is now atoms=…"):
        pair = Pair(dot="abc", site=3)
    assert pair == Pair("abc", 3)
    with pytest.warns(DeprecationWarning, match=r"Pair\.dot is now atoms"):
        assert pair.dot == "abc"
    assert replace(pair, site=4).site == 4
    assert list(inspect.signature(Pair).parameters) == ["atoms", "site"]


@renamed(terms="energies")
@dataclass(frozen=True)
class Difference:
    energies: dict[str, float]

    @formerly_mapping("energies")
    def terms(self, factor=1):
        """Return the terms."""
        return tuple(factor * energy for energy in self.energies.values())


@renamed(terms="energies")
@dataclass(frozen=True)
class Further(Difference):
    more: int = 0


@pytest.mark.parametrize("cls", [Difference, Further])
def test_a_mapping_that_became_a_method_is_still_read(cls):
    with pytest.warns(DeprecationWarning, match=r"\(terms=…\) is now energies=…"):
        made = cls(terms={"dot": -3.0, "gas": -1.0})
    with pytest.warns(DeprecationWarning, match=rf"{cls.__name__}\.terms is now energies") as said:
        assert made.terms["dot"] == -3.0
    assert said[0].filename == __file__
    with pytest.warns(DeprecationWarning, match="is now energies"):
        assert dict(made.terms.items()) == made.energies
    with warnings.catch_warnings(action="error"):
        assert made.terms(factor=2) == cls.terms(made, 2) == (-6.0, -2.0)
        assert cls.terms.__doc__ == made.terms.__doc__ == "Return the terms."


@pytest.mark.parametrize(
    "cls",
    [AdsorptionResult, CO2AdsorptionResult, InterfaceAdhesionResult],
    ids=lambda c: c.__name__,
)
def test_the_energies_of_a_result_are_read_by_their_old_name(cls):
    result = object.__new__(cls)
    object.__setattr__(result, "energies", {"dot": -3.0})
    with pytest.warns(DeprecationWarning, match=rf"{cls.__name__}\.references is now energies"):
        assert result.references["dot"] == -3.0


@pytest.mark.filterwarnings("error")
def test_the_new_name_warns_of_nothing():
    assert count(atoms="abc") == count("abc") == 3
    assert Pair(atoms="abc").atoms == "abc"


def test_both_names_of_one_argument_are_refused():
    with pytest.raises(InputError, match="count got dot and atoms: they are one, give atoms"):
        count(dot="a", atoms="b")


@pytest.mark.parametrize(
    ("question", "old", "further"),
    [
        (Adsorption, "dot", {"adsorbate": "CO2", "site": 0}),
        (CO2Adsorption, "dot", {"site": 0}),
        (CO2Reduction, "dot", {"site": 0}),
        (ChargeTransfer, "complex", {"fragments": ((0,), (1, 2))}),
    ],
)
def test_a_question_takes_its_structure_by_the_old_name(question, old, further):
    water, level = molecule("H2O"), Level("gfn2-xtb")
    with pytest.warns(DeprecationWarning, match="is now atoms"):
        asked = question(**{old: water}, level=level, **further)
    assert asked.atoms == water
    with pytest.warns(DeprecationWarning, match=rf"{question.__name__}\.{old} is now atoms"):
        assert getattr(asked, old) == water


def test_a_screening_takes_its_structure_by_the_old_name():
    water, levels = molecule("H2O"), (Level("gfn1-xtb"), Level("gfn2-xtb"))
    with pytest.warns(DeprecationWarning, match=r"Screening\(dot=…\) is now atoms=…"):
        asked = Screening(dot=water, levels=levels, candidates={"a": water, "b": water})
    assert asked.atoms == water


def test_the_adhesion_of_an_interface_takes_its_old_name():
    with (
        pytest.warns(DeprecationWarning, match="is now atoms"),
        pytest.raises(InputError, match="no interface record"),
    ):
        InterfaceAdhesion(interface=molecule("H2O"), level=Level("emt"))


@pytest.mark.parametrize(
    ("function", "old", "further"),
    [
        (structures.pin, "dot", {"indices": [0]}),
        (structures.vacancy, "dot", {"index": 0}),
        (structures.substitute, "dot", {"index": 0, "element": "S"}),
        (structures.select_sites, "dot", {"element": "O"}),
        (structures.largest_void, "host", {}),
    ],
)
def test_a_builder_takes_its_structure_by_the_old_name(function, old, further):
    water = molecule("H2O", pbc=True, cell=(8, 8, 8))
    with pytest.warns(DeprecationWarning, match=rf"{function.__name__}\({old}=…\) is now atoms=…"):
        by_old = function(**{old: water}, **further)
    assert repr(by_old) == repr(function(atoms=water, **further))


def test_an_enumeration_takes_its_structure_by_the_old_name():
    with pytest.warns(DeprecationWarning, match=r"\(structure=…\) is now atoms=…"):
        found = structures.enumerate_configurations(structure=molecule("H2O"), request={"S_O^x": 1})
    assert [one.apply().get_chemical_formula() for one in found] == ["H2S"]


def test_the_modes_of_a_molecule_take_its_old_name():
    modes = [-20.0, 5.0, 3.0, 2.0, 1.0, 0.5, 1600.0, 3650.0, 3750.0]
    with pytest.warns(DeprecationWarning, match=r"harmonic\(structure=…\) is now atoms=…"):
        by_old = analysis.harmonic(0.0, modes, structure=molecule("H2O"))
    assert by_old == analysis.harmonic(0.0, modes, atoms=molecule("H2O"))


def test_the_charge_transfer_of_analysis_is_that_of_a_fragment():
    with pytest.warns(
        DeprecationWarning, match=r"analysis\.ChargeTransfer is now .*FragmentTransfer"
    ):
        assert analysis.ChargeTransfer is analysis.FragmentTransfer
    with pytest.raises(AttributeError, match="no attribute 'Charges'"):
        _ = analysis.Charges


def test_a_class_name_is_given_once():
    """Of two public classes of one name, a reader takes one for the other."""
    found = {}
    for path in Path(heterodot.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(path.name)
    assert {name: where for name, where in found.items() if len(where) > 1} == {}

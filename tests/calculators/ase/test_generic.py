"""Any ASE calculator by its import path."""

from __future__ import annotations

import pytest
from ase.build import molecule

from heterodot.calculators import Level
from heterodot.errors import CapabilityError, LevelError, MissingDependencyError, RefusedError
from heterodot.provenance import with_charge


def test_it_is_the_calculator_itself():
    level = Level.from_ase("ase.calculators.morse:MorsePotential", epsilon=2.0)
    atoms = molecule("N2")
    from ase.calculators.morse import MorsePotential

    mine, its = level.calculator(atoms), MorsePotential(epsilon=2.0)
    assert mine.get_potential_energy(atoms) == its.get_potential_energy(atoms)
    assert level.label == "MorsePotential(epsilon=2.0)"
    assert Level.from_dict(level.to_dict()) == level


@pytest.mark.parametrize(
    ("path", "error", "expected"),
    [
        ("no_such_package:Thing", MissingDependencyError, "cannot import"),
        ("ase.calculators.morse:Mors", LevelError, "no class 'Mors'"),
    ],
)
def test_what_cannot_be_loaded_is_named(path, error, expected):
    with pytest.raises(error, match=expected):
        Level.from_ase(path).calculator(molecule("N2"))


def test_misspelt_parameters_are_refused():
    # ASE calculators keep keywords they do not know and say nothing
    with pytest.raises(LevelError, match="did you mean 'asap_cutoff'"):
        Level.from_ase("ase.calculators.emt:EMT", asap_cutof=True).calculator(molecule("N2"))
    with pytest.raises(LevelError, match="did you mean 'electronic_temperature'"):
        Level.from_ase("tblite.ase:TBLite", electronic_temperatur=5.0).calculator(molecule("N2"))


def test_a_charged_structure_needs_a_charge_parameter():
    atoms = with_charge(molecule("CO2"), -1)
    with pytest.raises(CapabilityError, match="total charge"):
        Level.from_ase("ase.calculators.morse:MorsePotential").check(atoms)
    anion = Level.from_ase("tblite.ase:TBLite", charge=-1)
    assert anion.check(atoms).charge == -1
    with pytest.raises(RefusedError, match="charge = -1, but the structure's total charge is"):
        anion.check(molecule("CO2"))  # a neutral reference at the level of an anion


def test_an_odd_electron_count_is_never_silent():
    level = Level.from_ase("ase.calculators.morse:MorsePotential")
    assert level.caveats(molecule("CO2")) == ()
    (caveat,) = level.caveats(molecule("OH"))
    assert "odd number of electrons" in caveat


def test_moments_reach_a_calculator_that_knows_them_or_are_refused():
    oxygen = molecule("O2")  # ASE gives it moments that sum to two
    deaf = Level.from_ase("ase.calculators.morse:MorsePotential")
    with pytest.raises(CapabilityError, match="knows no magnetic moments"):
        deaf.calculator(oxygen)
    told = Level.from_ase("tblite.ase:TBLite", multiplicity=3)
    assert told.calculator(oxygen) is not None
    with pytest.raises(RefusedError, match="multiplicity = 1, but the structure's initial magn"):
        Level.from_ase("tblite.ase:TBLite", multiplicity=1).check(oxygen)

"""The charge and the spin of a structure: what is said of them is read in one module."""

import re
from pathlib import Path

import numpy as np
import pytest
from ase.build import molecule

import heterodot
from heterodot import provenance
from heterodot.errors import RefusedError

SOURCE = Path(heterodot.__file__).parent


def test_charge_and_spin_are_read_in_one_module():
    read = re.compile(
        r"get_initial_magnetic_moments|\.get\(['\"]unpaired_electrons['\"]"
        r"|KEY, \{\}\)\.get\(['\"]charge['\"]"
    )
    found = [str(p.relative_to(SOURCE)) for p in SOURCE.rglob("*.py") if read.search(p.read_text())]
    assert found == ["provenance.py"]


def test_what_is_said_of_a_charge():
    water = molecule("H2O")
    assert not provenance.states_charge(water)
    assert provenance.sum_of_charges(water) is None
    beside = water.copy()
    beside.info["total_charge"] = -1
    assert provenance.states_charge(beside)
    assert provenance.total_charge(beside) == -1
    water.set_initial_charges([-0.8, 0.4, 0.4])
    assert provenance.sum_of_charges(water) == pytest.approx(0)
    assert provenance.states_charge(provenance.with_charge(water, 0))


def test_what_is_said_of_a_spin():
    oxygen = molecule("O2")  # ASE's moments: one on each atom
    assert provenance.unpaired_electrons(oxygen) is None
    assert provenance.magnetic_moments(oxygen).tolist() == [1, 1]
    assert provenance.has_moments(oxygen)
    assert provenance.spin_of_moments(oxygen) == 2
    provenance.update(oxygen, unpaired_electrons=2)
    assert provenance.unpaired_electrons(oxygen) == 2
    assert not provenance.has_moments(oxygen)  # the record says how much; they say where


def test_moments_are_a_copy_and_have_no_direction():
    oxygen = molecule("O2")
    moments = provenance.magnetic_moments(oxygen)
    moments += 1.0
    assert oxygen.get_initial_magnetic_moments().tolist() == [1, 1]
    assert provenance.magnetic_moments(molecule("H2O")).tolist() == [0, 0, 0]
    del oxygen.arrays["initial_magmoms"]
    oxygen.set_initial_magnetic_moments(np.ones((2, 3)))
    with pytest.raises(RefusedError, match="expected one number for each atom"):
        provenance.magnetic_moments(oxygen)
    del oxygen.arrays["initial_magmoms"]
    oxygen.set_initial_magnetic_moments([np.nan, 1.0])
    with pytest.raises(RefusedError, match="expected finite numbers"):
        provenance.magnetic_moments(oxygen)

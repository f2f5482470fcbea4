"""Gibbs energies against NIST tables and closed forms."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule

from heterodot.analysis import (
    EXPERIMENTAL,
    FreeEnergy,
    IdealGas,
    anchor_gas,
    correct_gas,
    harmonic,
    ideal_gas,
    no_correction,
    quasi_harmonic,
    reaction_gibbs,
    reaction_gibbs_experiment,
)
from heterodot.errors import InputError

J_PER_MOL_K = units.J / units.mol
KJ = units.kJ / units.mol

# Experimental geometries (Å) and fundamentals (cm-1): NIST Computational Chemistry Comparison and
# Benchmark Database, release 22.
MOLECULES = {
    "H2": (Atoms("H2", [[0, 0, 0], [0, 0, 0.7414]]), [4161.2]),
    "CO": (Atoms("CO", [[0, 0, 0], [0, 0, 1.1282]]), [2143.3]),
    "CO2": (
        Atoms("OCO", [[0, 0, -1.1621], [0, 0, 0], [0, 0, 1.1621]]),
        [667.4, 667.4, 1333.0, 2349.1],
    ),
    "H2O": (
        Atoms("OH2", [[0, 0, 0], [0, 0.7572, 0.5865], [0, -0.7572, 0.5865]]),
        [1594.7, 3657.1, 3755.9],
    ),
}


@pytest.mark.parametrize("name", MOLECULES)
def test_ideal_gas_matches_the_nist_tables(name):
    atoms, frequencies = MOLECULES[name]
    record = EXPERIMENTAL[name]
    result = ideal_gas(-10.0, frequencies, atoms, name)
    assert result.entropy / J_PER_MOL_K == pytest.approx(record.entropy, abs=0.5)
    # The classical rotor of H2 (rotational temperature 87.6 K) lacks the quantum term -R theta / 3.
    quantum = 87.6 / 3 * units.kB / KJ if name == "H2" else 0.0
    increment = result.enthalpy_correction / KJ - quantum
    assert increment == pytest.approx(record.enthalpy_increment, abs=0.05)
    assert result.gibbs == pytest.approx(
        -10.0 + result.zpe + result.enthalpy_correction - 298.15 * result.entropy
    )
    assert result.zpe == pytest.approx(0.5 * sum(frequencies) * units.invcm)
    assert result.flags == ()


def test_pressure_term():
    atoms, frequencies = MOLECULES["H2O"]
    at_bar = ideal_gas(0, frequencies, atoms, "H2O")
    wet = ideal_gas(0, frequencies, atoms, "H2O", pressure=3500.0)
    assert wet.gibbs - at_bar.gibbs == pytest.approx(units.kB * 298.15 * np.log(0.035))


def test_all_modes_or_vibrations_only_give_the_same():
    atoms, frequencies = MOLECULES["CO2"]
    full = [-12.0, -3.0, 0.0, 4.0, 20.0, *frequencies]
    assert ideal_gas(0, full, atoms, "CO2").gibbs == ideal_gas(0, frequencies, atoms, "CO2").gibbs


def test_large_imaginary_mode_of_a_gas_is_kept_and_flagged():
    atoms, _ = MOLECULES["CO2"]
    result = ideal_gas(0, [0, 1, 2, 3, 4, 667, -650, 1333, 2349], atoms, "CO2")
    assert result.imaginary == (-650.0,)
    assert [flag.name for flag in result.flags] == ["imaginary-mode"]
    assert "650i" in str(result.flags[0])


def test_large_external_mode_is_flagged():
    atoms, frequencies = MOLECULES["CO"]
    result = ideal_gas(0, [0, 1, 2, 3, 180, *frequencies], atoms, "CO")
    assert [flag.name for flag in result.flags] == ["large-external-mode"]


def test_atom_and_doublet():
    hydrogen = ideal_gas(0, [], Atoms("H"), "H")
    spinless = ideal_gas(0, [], Atoms("H"), IdealGas(1, "monatomic", 0.0))
    assert hydrogen.entropy / J_PER_MOL_K == pytest.approx(114.717, abs=0.01)  # CODATA
    assert hydrogen.entropy - spinless.entropy == pytest.approx(units.kB * np.log(2))


def test_harmonic_limits():
    # k_B T >> h nu: S -> k (1 - ln x), U - ZPE -> kT - h nu / 2
    cold = harmonic(1.0, [3000.0], temperature=10.0)
    assert cold.gibbs == pytest.approx(1.0 + 1500 * units.invcm)
    hot = harmonic(0.0, [60.0], temperature=5000.0)
    x = 60.0 * units.invcm / (units.kB * 5000.0)
    assert hot.entropy / units.kB == pytest.approx(1 - np.log(x), abs=1e-3)
    assert hot.pressure is None


def test_imaginary_and_low_modes_never_vanish_silently():
    clean = harmonic(0, [400.0, 800.0])
    result = harmonic(0, [-220.0, 400.0, 800.0])
    assert result.gibbs == clean.gibbs
    assert result.imaginary == (-220.0,)
    assert "220i" in result.flags[0].message
    assert harmonic(0, [20.0]).flags[0].name == "low-mode"


def test_quasi_harmonic_raises_low_and_imaginary_modes():
    raised = quasi_harmonic(0, [-80.0, 30.0, 900.0])
    assert raised.gibbs == pytest.approx(harmonic(0, [100.0, 100.0, 900.0]).gibbs)
    assert raised.imaginary == (-80.0,)
    assert [flag.name for flag in raised.flags] == ["imaginary-mode"]
    assert quasi_harmonic(0, [300.0, 900.0]).gibbs == harmonic(0, [300.0, 900.0]).gibbs


def test_no_modes():
    assert harmonic(-3.0, []).gibbs == -3.0
    assert no_correction(-3.0).gibbs == -3.0


def test_round_trip_and_no_output(capsys):
    result = quasi_harmonic(-1.0, [-80.0, 300.0])
    assert FreeEnergy.from_dict(result.to_dict()) == result
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "call",
    [
        lambda: harmonic(0, [100 + 3j]),
        lambda: harmonic(0, [np.nan]),
        lambda: harmonic(0, [100.0], temperature=0),
        lambda: quasi_harmonic(0, [100.0], cutoff=0),
        lambda: ideal_gas(0, [667, 667, 1333], molecule("CO2"), "CO2"),
        lambda: ideal_gas(0, [1000], molecule("CO"), "XY"),
        lambda: ideal_gas(0, [2143], molecule("CO"), "CO", pressure=-1),
        lambda: ideal_gas(0, [], molecule("CO"), IdealGas(1, "monatomic")),
        lambda: IdealGas(1, "bent"),
        lambda: IdealGas(0, "linear"),
        lambda: IdealGas(1, "linear", 0.3),
    ],
)
def test_bad_input_is_one_line(call):
    with pytest.raises(InputError) as error:
        call()
    assert "\n" not in str(error.value)


def test_measured_reaction():
    assert reaction_gibbs_experiment() / KJ == pytest.approx(28.6, abs=0.1)
    wet = reaction_gibbs_experiment(pressures={"H2O": 3500.0})
    assert wet - reaction_gibbs_experiment() == pytest.approx(units.kB * 298.15 * np.log(0.035))
    with pytest.raises(InputError):
        reaction_gibbs_experiment(900.0)
    with pytest.raises(InputError):
        reaction_gibbs_experiment(pressures={"CO": 0.0})


@pytest.mark.parametrize("shift", ["CO", "CO2"])
def test_anchoring_reproduces_the_measured_reaction(shift):
    gibbs = {"CO2": -10.0, "H2": -1.0, "CO": -6.0, "H2O": -3.0, "X": 1.0}
    anchored, note = anchor_gas(gibbs, shift)
    assert reaction_gibbs(anchored) == pytest.approx(reaction_gibbs_experiment())
    assert {k for k in gibbs if gibbs[k] != anchored[k]} == {shift}
    assert f"G({shift})" in note
    assert gibbs["CO"] == -6.0


def test_anchoring_refuses_what_it_cannot():
    with pytest.raises(InputError, match="missing"):
        anchor_gas({"CO2": 0.0, "H2": 0.0})
    with pytest.raises(InputError, match="expected 'CO' or 'CO2'"):
        anchor_gas({"CO2": 0, "H2": 0, "CO": 0, "H2O": 0}, "H2")


def test_named_correction():
    corrected, note = correct_gas({"CO2": -10.0, "CO": -6.0}, "RPBE-OCO")
    assert corrected == {"CO2": -9.55, "CO": -6.0}
    assert "10.1039" in note
    with pytest.raises(InputError):
        correct_gas({}, "magic")

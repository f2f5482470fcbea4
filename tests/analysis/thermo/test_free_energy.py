"""Gibbs energies against NIST tables and closed forms."""

import numpy as np
import pytest
from ase import Atoms, units
from ase.build import molecule
from ase.constraints import FixAtoms

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
from heterodot.analysis.thermo.external_modes import n_external
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


# Entropies at 298.15 K and 1 bar, J/mol/K: M. W. Chase, NIST-JANAF Thermochemical Tables, 4th ed.
# (1998); geometries (Å) and harmonic frequencies or fundamentals (cm⁻¹): K. P. Huber, G. Herzberg,
# Constants of Diatomic Molecules (1979), and NIST CCCBDB.
OPEN_SHELLS = {
    "OH": (Atoms("OH", [[0, 0, 0], [0, 0, 0.96966]]), [3569.6], 183.708),
    "NO": (Atoms("NO", [[0, 0, 0], [0, 0, 1.15077]]), [1876.0], 210.758),
    "SH": (Atoms("SH", [[0, 0, 0], [0, 0, 1.3409]]), [2599.0], 195.626),
    "CH": (Atoms("CH", [[0, 0, 0], [0, 0, 1.1199]]), [2732.5], 183.037),
    "O2": (Atoms("O2", [[0, 0, 0], [0, 0, 1.20752]]), [1556.0], 205.147),
    "NO2": (
        Atoms("NO2", [[0, 0, 0], [0, 1.0989, 0.4653], [0, -1.0989, 0.4653]]),
        [749.6, 1318.0, 1618.0],
        240.034,
    ),
    "CH3": (
        Atoms("CH3", [[0, 0, 0], [1.079, 0, 0], [-0.5395, 0.93444, 0], [-0.5395, -0.93444, 0]]),
        [606.5, 1396, 1396, 3004, 3161, 3161],
        194.170,
    ),
}
ATOMS = {
    "H": (114.717, 6.197),
    "C": (158.100, 6.536),
    "N": (153.300, 6.197),
    "O": (161.058, 6.725),
    "S": (167.828, 6.657),
    "F": (158.750, 6.518),
    "Cl": (165.189, 6.272),
    "Br": (175.017, 6.197),
    "I": (180.786, 6.197),
}
"""Entropy, J/mol/K, and H(298.15 K) − H(0), kJ/mol: the same tables."""


@pytest.mark.parametrize("name", OPEN_SHELLS)
def test_open_shells_have_their_measured_entropy(name):
    atoms, frequencies, measured = OPEN_SHELLS[name]
    result = ideal_gas(0.0, frequencies, atoms, name)
    assert result.entropy / J_PER_MOL_K == pytest.approx(measured, abs=0.3)


@pytest.mark.parametrize("name", ATOMS)
def test_atoms_have_their_measured_entropy_and_enthalpy(name):
    result = ideal_gas(0.0, [], Atoms(name), name)
    entropy, enthalpy = ATOMS[name]
    assert result.entropy / J_PER_MOL_K == pytest.approx(entropy, abs=0.01)
    assert result.enthalpy_correction / KJ == pytest.approx(enthalpy, abs=0.002)


def test_electronic_levels_freeze_out():
    """Below the splitting of 139 cm⁻¹ (200 K) only the two states of ²Π₃/₂ are left."""
    atoms, frequencies, _ = OPEN_SHELLS["OH"]
    doublet = IdealGas(1, "linear", 0.5)
    cold = [ideal_gas(0.0, frequencies, atoms, gas, 10.0).entropy for gas in ("OH", doublet)]
    assert cold[0] == pytest.approx(cold[1], rel=1e-6)
    hot = [ideal_gas(0.0, frequencies, atoms, gas, 1e5).entropy for gas in ("OH", doublet)]
    assert hot[0] - hot[1] == pytest.approx(units.kB * np.log(2), rel=1e-4)


def test_the_translations_of_a_crystal_are_no_saddle():
    """Einstein's solid with three acoustic modes that are noise: the others alone count."""
    crystal = Atoms("ZnS", [[0, 0, 0], [1.35, 1.35, 1.35]], cell=np.eye(3) * 3.82, pbc=True)
    optical = [271.0, 271.0, 349.0]
    for noise in ([-0.4, 0.1, 0.7], [-12.0, -3.0, 5.0]):
        for function in (harmonic, quasi_harmonic):
            result = function(0.0, [*noise, *optical], atoms=crystal)
            assert result.gibbs == pytest.approx(function(0.0, optical).gibbs)
            assert result.flags == ()
            assert result.imaginary == ()
            assert result.model.endswith(", 3 translations left out")
    unstable = harmonic(0.0, [-55.0, 0.1, 0.2, *optical[:2], -80.0], atoms=crystal)
    assert unstable.imaginary == (-80.0,)
    assert [f.name for f in unstable.flags] == ["large-external-mode", "imaginary-mode"]
    without = harmonic(0.0, [-12.0, -3.0, 5.0, *optical])
    assert "give its structure" in str(without.flags[0])
    plain = harmonic(0.0, [-80.0, *optical[:2]])  # larger than a translation's noise
    five = harmonic(0.0, [-12.0, 5.0, *optical])  # not three for each of some atoms
    seven = harmonic(0.0, [*[-12.0] * 7, *optical[:2]])  # more than a whole has
    of_adsorbate = harmonic(0.0, [-12.0, 0.2, 0.3, *optical], n_external=0)
    for one in (plain, five, seven, of_adsorbate):
        assert "give its structure" not in str(one.flags[0])
    assert of_adsorbate.model == "harmonic"
    raised = quasi_harmonic(0.0, [0.1, 0.2, 0.3, *optical], n_external=0)
    assert raised.gibbs == pytest.approx(quasi_harmonic(0.0, [100.0] * 3 + optical).gibbs)
    for options in ({"n_external": 3}, {"n_external": 0, "atoms": crystal}):
        with pytest.raises(InputError, match="n_external"):
            harmonic(0.0, optical, **options)
    zeros = harmonic(0.0, [-0.4, 0.1, 0.7, *optical])  # three zeros are translations of anything
    assert zeros.gibbs == pytest.approx(harmonic(0.0, optical).gibbs)
    assert (zeros.flags, zeros.model) == ((), "harmonic, 3 translations left out")
    two = harmonic(0.0, [-0.4, 0.1, *optical])  # two are not
    assert [f.name for f in two.flags] == ["imaginary-mode", "low-mode"]


def test_external_modes_of_molecules_slabs_and_chains():
    water, frequencies = MOLECULES["H2O"]
    noise = [-40.0, -9.0, 0.0, 1.0, 2.0, 30.0]
    free = harmonic(0.0, [*noise, *frequencies], atoms=water)
    assert free.model == "harmonic, 6 translations and rotations left out"
    assert free.gibbs == harmonic(0.0, frequencies, atoms=water).gibbs
    assert harmonic(0.0, frequencies, atoms=water).model == "harmonic"
    linear, of_co2 = MOLECULES["CO2"]
    assert n_external(linear) == 5
    assert harmonic(0.0, [*noise[1:], *of_co2], atoms=linear).flags == ()
    slab = water.copy()
    slab.set_cell([5, 5, 20])
    slab.pbc = (True, True, False)
    assert n_external(slab) == 3
    slab.set_constraint(FixAtoms([0]))
    held = harmonic(0.0, [-20.0, 400, 500, 600, 700, 800], atoms=slab)
    assert held.imaginary == (-20.0,)
    chain = water.copy()
    chain.set_cell([5, 5, 5])
    chain.pbc = (False, False, True)
    assert n_external(chain) == 4
    assert n_external(Atoms("H")) == 3
    with pytest.raises(InputError, match="4 frequencies for a structure of 3 atoms"):
        harmonic(0.0, [1.0, 2.0, 3.0, 4.0], atoms=water)


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
        lambda: harmonic(0, ["35i"]),
        lambda: harmonic(0, 35.0),
        lambda: harmonic(0, [[100.0], [100.0, 200.0]]),
        lambda: harmonic(np.nan, [100.0]),
        lambda: harmonic("-3", [100.0]),
        lambda: harmonic(True, [100.0]),
        lambda: harmonic(0, [100.0], temperature="298"),
        lambda: harmonic(0, [100.0], temperature=np.inf),
        lambda: quasi_harmonic(np.inf, [100.0]),
        lambda: quasi_harmonic(0, [100.0], cutoff="100"),
        lambda: no_correction(np.nan),
        lambda: no_correction(None),
        lambda: ideal_gas(np.nan, [], Atoms("H"), "H"),
        lambda: ideal_gas(0, [], Atoms("H"), "H", temperature=np.inf),
        lambda: ideal_gas(0, [], Atoms("H"), "H", pressure="1 bar"),
        lambda: ideal_gas(0, [], Atoms("H"), None),
        lambda: ideal_gas(0, [], Atoms("H"), ["H"]),
        lambda: IdealGas(1.5, "linear"),
        lambda: IdealGas(1, "linear", np.nan),
        lambda: IdealGas(1, "linear", "doublet"),
        lambda: IdealGas(1, "linear", 0.5, ((2, 10.0),)),
        lambda: IdealGas(1, "linear", 0.5, ((0, 0.0),)),
        lambda: IdealGas(1, "linear", 0.5, ((2, np.nan),)),
        lambda: IdealGas(1, "linear", 0.5, (2, 0.0)),
        lambda: reaction_gibbs(dict.fromkeys(EXPERIMENTAL, np.nan)),
        lambda: reaction_gibbs_experiment("warm"),
        lambda: reaction_gibbs_experiment(pressures={"H2O": np.inf}),
        lambda: EXPERIMENTAL["CO"].gibbs(np.nan),
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

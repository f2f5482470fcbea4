"""tblite's traps, one test each: what it accepts or does in silence, and what we do instead."""

from __future__ import annotations

import json
import platform
import subprocess
import sys

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, graphene, molecule
from ase.data import chemical_symbols

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.calculators.xtb import parameters
from heterodot.calculators.xtb.code import GENERAL_CAVEAT, SLAB_CAVEAT
from heterodot.errors import CalculationError, ConvergenceError, LevelError, RefusedError
from heterodot.provenance import with_charge

BOTH = pytest.mark.parametrize("code", ["gfn1-xtb", "gfn2-xtb"])


def energy(atoms, code="gfn1-xtb", **overrides):
    level = Level(code, overrides=overrides)
    atoms = atoms.copy()
    atoms.calc = level.calculator(atoms)
    with level.translate_errors():
        return atoms.get_potential_energy()


@pytest.mark.parametrize(("method", "name"), [("GFN1-xTB", "gfn1-xtb"), ("GFN2-xTB", "gfn2-xtb")])
def test_the_tables_of_electrons_and_orbitals_are_tblites(method, name):
    Level(name).calculator(molecule("H2"))  # loads OpenBLAS before tblite
    from tblite.interface import Calculator

    for z in range(1, parameters.MAX_ATOMIC_NUMBER + 1):
        native = Calculator(method, np.array([z]), np.zeros((1, 3)))
        native.set("verbosity", 0)
        held = native.singlepoint()["orbital-occupations"].sum()
        assert held == pytest.approx(parameters.valence_electrons(z)), chemical_symbols[z]
        assert len(native.get("orbital-map")) == parameters.orbitals(z, method), chemical_symbols[z]
        d_first = native.get("angular-momenta")[0] == 2
        assert d_first == (chemical_symbols[z] in parameters.VALENCE_D)
    assert Level(name).capabilities.elements == parameters.ELEMENTS


def _recorded(atoms, charge):
    """Write a charge into the record that with_charge would refuse."""
    provenance.update(atoms, charge=charge)
    return atoms


@BOTH
@pytest.mark.parametrize("charge", [2, 3, 17, 100])
def test_a_charge_beyond_the_electrons_is_refused_before_tblite_dies_of_it(code, charge):
    with pytest.raises(RefusedError, match="valence electrons"):
        Level(code).calculator(_recorded(molecule("H2"), charge))


@BOTH
def test_more_electrons_than_orbitals_hold_are_refused(code):
    with pytest.raises(RefusedError, match="orbitals"):
        Level(code).check(_recorded(molecule("H2"), -20))


@BOTH
@pytest.mark.parametrize("multiplicity", [1, 3])
def test_odd_electrons_are_never_run_spin_paired(code, multiplicity):
    with pytest.raises(RefusedError, match="never run spin-paired"):
        Level(code, overrides={"multiplicity": multiplicity}).calculator(molecule("OH"))


def test_more_unpaired_electrons_than_there_are_is_refused():
    with pytest.raises(RefusedError, match="multiplicity 5"):
        Level("gfn1-xtb", overrides={"multiplicity": 5}).check(molecule("H2"))


def test_unpaired_electrons_have_exchange():
    # tblite without the spin-polarization term: -137.924 eV, no splitting
    assert energy(molecule("OH")) == pytest.approx(-138.3240, abs=1e-3)
    assert energy(molecule("OH"), spin_polarization=0.0) == pytest.approx(-137.9237, abs=1e-3)


@BOTH
@pytest.mark.parametrize("exchange", [1.0, 0.0])
def test_the_energy_of_a_radical_is_that_of_tblite_asked_without_us(code, exchange):
    """Through tblite's own interface, in its own units, without ASE or our calculator."""
    from ase.units import Bohr, Hartree
    from tblite.interface import Calculator

    oh = molecule("OH")
    method = {"gfn1-xtb": "GFN1-xTB", "gfn2-xtb": "GFN2-xTB"}[code]
    bare = Calculator(method, oh.numbers, oh.positions / Bohr, charge=0.0, uhf=1)
    bare.set("verbosity", 0)
    if exchange:
        bare.add("spin-polarization", exchange)
    found = bare.singlepoint().get("energy") * Hartree
    assert energy(oh, code, spin_polarization=exchange) == pytest.approx(found, abs=1e-3)
    if exchange:
        assert energy(oh, code) == pytest.approx(found, abs=1e-3)  # what a level does by itself


def test_the_energy_of_a_metallic_sheet_is_that_of_tblite_asked_without_us():
    """Periodic, with the hot electrons it needs to converge: the same again."""
    from ase.units import Bohr, Hartree, kB
    from tblite.interface import Calculator

    sheet = Atoms("MgO", positions=[[0, 0, 0], [2.1, 0, 0]], cell=[4.2, 2.97, 20], pbc=True)
    lattice = sheet.cell.array / Bohr
    bare = Calculator(
        "GFN1-xTB", sheet.numbers, sheet.positions / Bohr, lattice=lattice, periodic=sheet.pbc
    )
    bare.set("verbosity", 0)
    bare.set("temperature", 2000 * kB / Hartree)
    found = bare.singlepoint().get("energy") * Hartree
    assert energy(sheet, electronic_temperature=2000.0) == pytest.approx(found, abs=1e-3)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ({"electronic_temperature": -5.0}, "at least 0"),
        ({"electronic_temperatur": 300.0}, "did you mean 'electronic_temperature'"),
        ({"temperature": 300.0}, "did you mean 'electronic_temperature'"),
        ({"initial_guess": "sad"}, "did you mean 'guess'|unknown keyword"),
        ({"electric_field": [0, 0, 0.1]}, "electric_field"),
        ({"charge": 1}, "belongs to the structure"),
        ({"accuracy": 0.0}, "at least 0.0001"),
        ({"mixer_damping": 0.0}, "greater than 0"),
        ({"solvation": ["cpcn", 78.4]}, "cpcm"),
        ({"solvation": ["alpb", 78.4]}, "solvent's name"),
        ({"solvation": ["cpcm", 0.5]}, "above 1"),
        ({"solvation": ["gb", "water"]}, "dielectric constant"),
        ({"solvation": "water"}, "expected list"),
    ],
)
def test_keywords_tblite_would_swallow_are_refused(override, expected):
    with pytest.raises(LevelError, match=expected):
        Level("gfn1-xtb", overrides=override)


@pytest.mark.parametrize(
    ("setting", "said_to_tblite", "once"),
    [
        (["alpb", "water"], ("alpb-solvation", "water"), -280.29099),
        (["gbsa", "water"], ("gbsa-solvation", "water"), -280.32782),
        (["cpcm", 78.4], ("ddX-solvation", 78.4, "cpcm"), -280.40836),
        (["cosmo", 78.4], ("ddX-solvation", 78.4, "cosmo"), -280.40812),
        (["pcm", "water"], ("ddX-solvation", "water", "pcm"), -280.40850),
        (["gb", 78.4], ("gb-solvation", 78.4, "p16"), -280.42837),
        (["gbe", 78.4], ("gbe-solvation", 78.4, "p16"), -280.42795),
    ],
)
def test_every_solvation_model_runs(setting, said_to_tblite, once):
    """As tblite's own interface gives it, now and when the numbers were written down."""
    from ase.units import Bohr, Hartree
    from tblite.interface import Calculator

    co2 = molecule("CO2")
    bare = Calculator("GFN2-xTB", co2.numbers, co2.positions / Bohr)
    bare.set("verbosity", 0)
    bare.add(*said_to_tblite)
    without_us = bare.singlepoint().get("energy") * Hartree
    found = energy(co2, "gfn2-xtb", solvation=setting)
    assert found == pytest.approx(without_us, abs=1e-4)
    assert found == pytest.approx(once, abs=1e-4)


def test_an_unknown_solvent_is_one_clear_line():
    with pytest.raises(CalculationError, match="solvents") as caught:
        energy(molecule("CO2"), solvation=["alpb", "wibble"])
    assert "\n" not in str(caught.value)


def test_solvation_with_a_periodic_cell_is_refused():
    level = Level("gfn1-xtb", overrides={"solvation": ["alpb", "water"]})
    with pytest.raises(RefusedError, match="wrong by eV"):
        level.calculator(bulk("ZnS", "zincblende", a=5.41))


def test_a_slab_is_three_dimensional_to_tblite_and_we_say_so():
    sheet = graphene("BN", a=2.50, vacuum=8.0)
    sheet.pbc = [True, True, False]
    assert SLAB_CAVEAT in Level("gfn1-xtb").caveats(sheet)
    whole = sheet.copy()
    whole.pbc = True
    assert energy(sheet) == pytest.approx(energy(whole), abs=1e-8), "if not, drop the caveat"
    sheet.cell[2] = 0.0
    with pytest.raises(RefusedError, match="third vector"):
        Level("gfn1-xtb").check(sheet)


def test_caveats_name_what_xtb_cannot_do():
    dot = Atoms("CuInZnS", positions=np.eye(4, 3) * 3)
    said = " ".join(Level("gfn1-xtb").caveats(dot))
    assert GENERAL_CAVEAT in said
    assert "No valence d shell in xTB for In, Zn" in said
    assert "Cu" not in said.replace("CO2", "")
    assert any("Γ" in c for c in Level("gfn1-xtb").caveats(bulk("Cu")))
    hot = Level("gfn1-xtb", overrides={"electronic_temperature": 2000})
    assert any("2000 K" in c for c in hot.caveats(dot))


def test_an_scf_that_fails_is_a_convergence_error_and_leaves_no_guess():
    atoms = molecule("CO2")
    level = Level("gfn1-xtb", overrides={"max_iterations": 2})
    atoms.calc = level.calculator(atoms)
    with (
        pytest.raises(ConvergenceError, match="not converged in 2 cycles"),
        level.translate_errors(),
    ):
        atoms.get_potential_energy()
    assert atoms.calc.result is None


def test_hot_electrons_mend_an_scf_and_are_reported():
    hard = Atoms("MgO", positions=[[0, 0, 0], [2.1, 0, 0]], cell=[4.2, 2.97, 20], pbc=True)
    level = Level("gfn1-xtb")
    with pytest.raises(ConvergenceError):
        energy(hard)
    *_, (second, recovery) = level.recoveries()
    another_level = ["not comparable" in r.note for _, r in level.recoveries()]
    assert another_level == [False, False, True, True]
    assert "2000 K" in recovery.note
    assert any("2000 K" in c for c in second.caveats(hard))
    assert energy(hard, **second.overrides) == pytest.approx(-144.712, abs=0.01)
    assert not any("not comparable" in r.note for _, r in second.recoveries())


def test_moving_atoms_restarts_from_the_last_orbitals_and_agrees():
    level = Level("gfn2-xtb", "precise")
    atoms = molecule("CH3OH")
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    atoms.positions[0] += [0.02, -0.01, 0.03]
    warm = atoms.get_potential_energy()
    assert warm == pytest.approx(energy(atoms, "gfn2-xtb", accuracy=0.01), abs=1e-7)


def test_another_molecule_on_the_same_calculator_is_a_new_calculation():
    level = Level("gfn1-xtb")
    calculator = level.calculator(molecule("CO2"))
    calculator.get_potential_energy(molecule("CO2"))
    water = molecule("H2O")
    assert calculator.get_potential_energy(water) == pytest.approx(energy(water), abs=1e-6)


def test_a_calculator_refuses_a_structure_its_charge_or_spin_does_not_fit():
    calculator = Level("gfn1-xtb").calculator(with_charge(molecule("CO2"), 4))
    with pytest.raises(RefusedError, match="made for charge \\+4"):
        calculator.get_potential_energy(molecule("H2"))
    calculator = Level("gfn1-xtb").calculator(molecule("CO2"))
    with pytest.raises(RefusedError, match="0 unpaired"):
        calculator.get_potential_energy(molecule("OH"))


def test_atoms_that_collapse_on_the_way_are_refused():
    atoms = molecule("CO2")
    atoms.calc = Level("gfn1-xtb").calculator(atoms)
    atoms.get_potential_energy()
    atoms.positions[1] = atoms.positions[0] + [0, 0, 0.05]
    with pytest.raises(RefusedError, match="overlap"):
        atoms.get_potential_energy()


def test_electronic_structure_matches_tblites_own_charges():
    atoms = molecule("CH3SH")
    level = Level("gfn2-xtb")
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    states = level.electronic_structure(atoms.calc, atoms)
    np.testing.assert_allclose(states.charges["Mulliken"], atoms.get_charges(), atol=1e-6)
    assert set(states.projections) == {"Mulliken", "Löwdin"}
    assert states.level["label"] == "GFN2-xTB, 300 K"
    assert any(said.startswith(GENERAL_CAVEAT) for said in states.caveats)
    assert states.homo < states.fermi_level < states.lumo


def test_electronic_structure_of_another_geometry_is_refused():
    atoms = molecule("CO2")
    level = Level("gfn1-xtb")
    atoms.calc = level.calculator(atoms)
    with pytest.raises(CalculationError, match="ask it for the energy first"):
        level.electronic_structure(atoms.calc, atoms)
    atoms.get_potential_energy()
    atoms.positions[0] += 0.1
    with pytest.raises(CalculationError, match="no result for this structure"):
        level.electronic_structure(atoms.calc, atoms)


def test_copper_has_ten_d_electrons_in_a_closed_shell_sulfide():
    atoms = Atoms("CuSH", positions=[[0, 0, 0], [2.09, 0, 0], [2.2, 1.34, 0]])
    level = Level("gfn1-xtb")
    atoms.calc = level.calculator(atoms)
    atoms.get_potential_energy()
    states = level.electronic_structure(atoms.calc, atoms)
    p = states.projections["Löwdin"]
    d = (p.atom == 0) & (p.l == 2)
    assert d.sum() == 5
    assert np.einsum("skbp,skb->", p.weights[..., d], states.occupations) == pytest.approx(
        10, abs=1
    )


SCRIPT = """
import json, sys, time
import numpy as np
from ase.build import molecule
from ase.units import Bohr, Hartree
PRELOAD = {preload}
if PRELOAD:
    from heterodot.calculators.xtb.blas import preload_openblas
    preload_openblas()
from tblite.interface import Calculator
atoms = molecule("C6H6")
native = Calculator("GFN2-xTB", atoms.numbers, atoms.positions / Bohr)
native.set("verbosity", 0)
energy = native.singlepoint()["energy"] * Hartree
from heterodot.calculators import blas_report
report = blas_report()
maps = open("/proc/self/maps").read()
print(json.dumps([energy, report.openblas, report.detail, "openblas" in maps]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_openblas_changes_the_speed_and_not_the_energy():
    found = []
    for preload in (True, False):
        script = SCRIPT.format(preload=preload)
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
        found.append(json.loads(run.stdout))
    (fast, loaded, _, _), (slow, late, detail, _) = found
    assert fast == pytest.approx(slow, abs=1e-7)
    assert not late
    assert "imported before" in detail
    if not loaded:
        pytest.skip("no OpenBLAS on this machine")
    assert found[0][3]


def test_the_openblas_of_the_wheel_is_found_where_the_system_has_none(monkeypatch):
    from heterodot.calculators import blas

    wheels = list(blas._in_wheel())
    assert wheels == list(blas._candidates())[-len(wheels) :]
    if sys.platform == "linux" and platform.machine() == "x86_64":  # a plain dependency there
        assert len(wheels) == 1
        assert "OpenBLAS" in (blas._usable(wheels[0]) or "")

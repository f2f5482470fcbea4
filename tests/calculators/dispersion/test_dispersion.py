"""Dispersion: independent values, derivatives, a level's setting, label, key and refusals.

The values (eV) of the first tests are those of tad-dftd3 0.7.0 and tad-dftd4 0.8.0, written in
PyTorch without any code of the libraries called here, given the published parameters.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest
from ase import Atoms
from ase.build import fcc111, molecule
from ase.data.s22 import create_s22_system
from ase.units import Bohr, Hartree

from heterodot.calculators import Level, codes_with
from heterodot.calculators.dispersion import setting
from heterodot.calculators.dispersion.correction import Dispersion
from heterodot.errors import (
    CalculationError,
    CapabilityError,
    LevelError,
    MissingDependencyError,
    RefusedError,
)
from heterodot.provenance import with_charge

MORSE = "ase.calculators.morse:MorsePotential"


def morse(dispersion: str | None, functional: str = "PBE") -> Level:
    asked = {} if dispersion is None else {"dispersion": dispersion, "functional": functional}
    parameters = {"epsilon": 0.3, "r0": 2.5, "rho0": 3.0}
    return Level("ase", overrides={"path": MORSE, "parameters": parameters, **asked})


def rattled(atoms: Atoms) -> Atoms:
    atoms.positions += np.random.default_rng(0).normal(scale=0.05, size=atoms.positions.shape)
    return atoms


BENZENES = create_s22_system("Benzene_dimer_parallel_displaced")


@pytest.mark.parametrize(
    ("method", "functional", "dimer", "single"),
    [
        ("d3bj", "PBE", -0.7901031518873649, -0.2985936356540608),
        ("d3bj", "RPBE", -3.4240348304302803, -1.5686563610128639),
        ("d3bj", "revPBE", -1.8884914348727855, -0.7708949056787743),
        ("d3bj", "r2SCAN", -0.26137746071328033, -0.08209549301190011),
        ("d4", "PBE", -0.7942119379983994, -0.29364956831574396),
    ],
)
def test_benzene_as_another_implementation_has_it(method, functional, dimer, single):
    dispersion = Dispersion(method, functional)
    assert dispersion.of(BENZENES).energy == pytest.approx(dimer, abs=1e-8)
    assert dispersion.of(BENZENES[:12]).energy == pytest.approx(single, abs=1e-8)


def test_charge_reaches_d4():
    anion = Dispersion("d4", "PBE", charge=-1).of(molecule("CO2")).energy
    assert anion == pytest.approx(-0.0358644406901876, abs=1e-8)
    ion, neutral = with_charge(molecule("CO2"), -1), molecule("CO2")
    level = Level("ase", overrides={
        "path": "tblite.ase:TBLite", "functional": "PBE", "dispersion": "d4",
        "parameters": {"charge": -1},
    })  # fmt: skip
    assert level.calculator(ion).dispersion.of(ion).energy == pytest.approx(anion, abs=1e-8)
    assert Dispersion("d3bj", "PBE", -1).of(ion).energy == Dispersion("d3bj", "PBE").of(ion).energy
    assert Dispersion("d4", "PBE").of(neutral).energy == pytest.approx(-0.026659567982968424)


@pytest.mark.parametrize("method", setting.METHODS)
def test_argon_far_apart_has_the_measured_coefficient(method):
    """C6 = 64.3 Hartree Bohr⁶ of dipole oscillator strengths (A. Kumar and W. J. Meath, Mol. Phys.
    54, 823 (1985), doi:10.1080/00268978500103191)."""
    dispersion, distance = Dispersion(method, "PBE"), 28.0
    pair = dispersion.of(Atoms("Ar2", [[0, 0, 0], [0, 0, distance]])).energy
    alone = dispersion.of(Atoms("Ar")).energy
    c6 = -(pair - 2 * alone) / Hartree * (distance / Bohr) ** 6
    assert c6 == pytest.approx(64.3, rel=0.03)


STRUCTURES = {
    "molecule": rattled(Atoms("CO2Ar", [[0, 0, 0], [1.2, 0, 0], [-1.2, 0, 0], [0, 0, 3.4]])),
    "slab": rattled(fcc111("Cu", (1, 1, 3), vacuum=8.0)),
    "crystal": rattled(Atoms("CO2", [[0, 0, 0], [1.2, 0, 0], [-1.2, 0, 0]], cell=[6, 5, 6])),
}
STRUCTURES["slab"].pbc = (True, True, False)
STRUCTURES["crystal"].pbc = True
both = pytest.mark.parametrize("method", setting.METHODS)


@both
@pytest.mark.parametrize("name", STRUCTURES)
def test_forces_and_stress_are_derivatives(method, name):
    atoms, dispersion, step = STRUCTURES[name], Dispersion(method, "PBE"), 1e-3
    found = dispersion.of(atoms)

    def slope(change) -> float:
        low, high = (dispersion.of(change(atoms.copy(), sign * step)).energy for sign in (-1, 1))
        return (high - low) / (2 * step)

    def moved(a: Atoms, by: float) -> Atoms:
        a.positions[1, 2] += by
        return a

    assert found.forces[1, 2] == pytest.approx(-slope(moved), abs=1e-6)
    np.testing.assert_allclose(found.forces.sum(axis=0), 0.0, atol=1e-10)
    if atoms.cell.rank < 3:
        assert found.stress is None
        return
    for voigt, (i, j) in ((0, (0, 0)), (3, (1, 2))):

        def strained(a: Atoms, by: float, i: int = i, j: int = j) -> Atoms:
            strain = np.zeros((3, 3))
            strain[i, j] += by / 2
            strain[j, i] += by / 2
            a.set_cell(a.cell @ (np.eye(3) + strain), scale_atoms=True)
            return a

        # pairs leave the cut-off of the sums (60 Bohr) as the cell grows
        expected = slope(strained) / atoms.get_volume()
        assert found.stress[voigt] == pytest.approx(expected, abs=3e-5)


@both
def test_it_is_added_to_whatever_a_code_says(method):
    atoms = STRUCTURES["crystal"].copy()
    plain, corrected = atoms.copy(), atoms.copy()
    plain.calc, corrected.calc = morse(None).calculator(plain), morse(method).calculator(corrected)
    added = Dispersion(method, "PBE").of(atoms)
    for kind in ({}, {"force_consistent": True}):
        bare = plain.get_potential_energy(**kind)
        assert corrected.get_potential_energy(**kind) == bare + added.energy
    np.testing.assert_array_equal(corrected.get_forces(), plain.get_forces() + added.forces)
    np.testing.assert_array_equal(corrected.get_stress(), plain.get_stress() + added.stress)
    assert corrected.calc.results["energy"] == corrected.get_potential_energy()
    assert "energies" in plain.calc.results
    assert "energies" not in corrected.calc.results
    with pytest.raises(Exception, match="not divided among atoms"):
        corrected.get_potential_energies()
    corrected.positions[0] += 0.1
    moved = corrected.get_potential_energy() - Dispersion(method, "PBE").of(corrected).energy
    plain.positions[0] += 0.1
    assert moved == pytest.approx(plain.get_potential_energy(), abs=1e-12)


def test_off_is_as_if_it_were_not_there():
    plain = Level("gpaw")
    for off in ("none", None):
        assert Level("gpaw", overrides={"dispersion": off}) == plain
    assert "dispersion" not in plain.settings
    assert plain.label == "PBE/dzp LCAO (GPAW)"


def test_on_it_is_in_settings_label_and_identity():
    level = Level("gpaw", overrides={"xc": "RPBE", "dispersion": "d4"})
    assert level.settings["dispersion"] == {"method": "d4", "functional": "RPBE"}
    assert level.label == "RPBE-D4/dzp LCAO (GPAW)"
    assert Level.from_dict(level.to_dict()) == level
    assert level != Level("gpaw", overrides={"xc": "RPBE", "dispersion": "d3bj"})
    long = {"xc": "MGGA_X_R2SCAN+MGGA_C_R2SCAN", "dispersion": "d3bj"}
    assert Level("gpaw", "precise", long).settings["dispersion"]["functional"] == "r2SCAN"
    assert morse("d3bj", "revpbe").label.endswith(" + D3(BJ) for revPBE")
    assert all(remedied.settings["dispersion"] for remedied, _ in level.recoveries())


@both
@pytest.mark.parametrize("functional", setting.FUNCTIONALS)
def test_the_packages_have_every_functional_we_name(method, functional):
    assert Dispersion(method, functional).of(molecule("H2O")).energy < 0


@pytest.mark.parametrize(
    ("code", "overrides", "words"),
    [
        ("gpaw", {"dispersion": "d3"}, "expected one of none, d3bj, d4, did you mean 'd3bj'"),
        ("gpaw", {"dispersion": True}, "expected str or null"),
        ("gpaw", {"dispersion": "d3bj", "xc": "LDA"}, "no parameters for the functional 'LDA'"),
        ("gpaw", {"dispersion": "d4", "xc": "BEEF-vdW"}, "expected one of PBE, RPBE"),
        ("ase", {"dispersion": "d4", "path": MORSE}, "the functional is not known"),
        ("gfn1-xtb", {"dispersion": "d4"}, "part of the method"),
        ("emt", {"dispersion": "d4"}, r"cannot treat dispersion; codes that can: .*gpaw"),
        ("mymorse", {"dispersion": "d4"}, r'write functional = "PBE" .* into \[calculators.my'),
    ],
)  # fmt: skip
def test_what_cannot_be_added_is_one_line(code, overrides, words):
    with pytest.raises(LevelError, match=words) as caught:
        Level(code, overrides=overrides)
    assert "\n" not in str(caught.value)


def test_codes_that_take_it_say_so():
    potentials = {"chgnet", "fairchem", "grace", "mace", "mattersim", "orb", "sevennet", "upet"}
    assert {*codes_with("dispersion")} == {"gpaw", *potentials}  # ase is for Python only
    assert Level("gpaw").can("dispersion")
    with pytest.raises(CapabilityError, match="gpaw"):
        Level("emt").require("dispersion")


def test_atoms_without_coefficients_are_refused():
    dot = Atoms("ZnSH2", [[0, 0, 0], [2.3, 0, 0], [-1.6, 0, 0], [3.1, 1.1, 0]])
    dot.set_array("pseudo_hydrogen", np.array([0.0, 0.0, 1.5, 0.5]))
    level = Level("gpaw", overrides={"dispersion": "d3bj"})
    with pytest.raises(RefusedError, match=r"pseudo-hydrogens of fractional charge \(atom 2, 2 in"):
        level.check(dot)
    with pytest.raises(RefusedError, match=r"coefficients for Rf: expected elements up to Lr"):
        morse("d3bj").check(Atoms("Rf2", [[0, 0, 0], [0, 0, 3.0]]))
    assert Dispersion("d3bj", "PBE").of(Atoms("Lr2", [[0, 0, 0], [0, 0, 4.0]])).energy < 0
    flat = fcc111("Cu", (1, 1, 2))
    flat.pbc = (True, True, False)
    with pytest.raises(RefusedError, match="third vector with vacuum, or take d3bj"):
        morse("d4").check(flat)
    assert morse("d3bj").check(flat)
    assert Dispersion("d3bj", "PBE").of(flat).stress is None
    with pytest.raises(CalculationError, match="dftd4 failed for Rf"):
        Dispersion("d4", "PBE").of(Atoms("Rf"))


def test_a_slab_is_one_to_d3_and_a_crystal_to_d4():
    slab, thick = STRUCTURES["slab"], STRUCTURES["slab"].copy()
    thick.set_cell([*thick.cell.lengths()[:2], 60.0, *thick.cell.angles()])
    d3 = Dispersion("d3bj", "PBE")
    assert d3.of(slab).energy == pytest.approx(d3.of(thick).energy, abs=1e-9)
    assert morse("d3bj").caveats(slab) == morse(None).caveats(slab)
    assert "every direction of a slab as periodic" in " ".join(morse("d4").caveats(slab))
    assert morse("d4").caveats(molecule("CO2")) == ()


def test_a_missing_package_is_one_line_with_the_command(monkeypatch):
    level, atoms = morse("d3bj"), molecule("CO2")
    assert level.availability.available
    monkeypatch.setitem(sys.modules, "dftd3.interface", None)
    with pytest.raises(MissingDependencyError, match=r"needs dftd3 .*pip install 'heterodot\[disp"):
        level.calculator(atoms)
    found = importlib.util.find_spec
    monkeypatch.setattr(setting, "find_spec", lambda n: None if n == "dftd3" else found(n))
    assert not level.availability.available
    assert level.availability.detail.endswith("pip install 'heterodot[dispersion]'")
    assert morse("d4").availability.available


def test_it_is_said_where_something_binds_without_it():
    (said,) = Level("gpaw").binding_caveats
    assert said.startswith("no dispersion: PBE")
    assert Level("gpaw", overrides={"dispersion": "d3bj"}).binding_caveats == ()
    assert Level("gpaw", overrides={"xc": "BEEF-vdW"}).binding_caveats == ()
    assert Level("gfn1-xtb").binding_caveats == ()


def test_one_thread_and_forks_after_a_calculation(tmp_path):
    """A process forked after dftd4 has used threads of its own would wait for ever."""
    script = tmp_path / "fork.py"
    script.write_text(
        "import os\n"
        "from ase.build import molecule\n"
        "from heterodot.calculators.dispersion.correction import Dispersion\n"
        "d4 = Dispersion('d4', 'PBE')\n"
        "first = d4.of(molecule('C60')).energy\n"
        "assert 'OMP_NUM_THREADS' not in os.environ\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(Dispersion('d4', 'PBE').of(molecule('C60')).energy != first)\n"
        "raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    run = subprocess.run(
        [sys.executable, str(script)], env=environment, timeout=60, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_values_do_not_depend_on_who_is_loaded_first():
    code = (
        "from ase.build import molecule; from heterodot.calculators import Level\n"
        "from heterodot.calculators.dispersion.correction import Dispersion\n"
        "a = molecule('H2O')\n"
        "def xtb(): return Level('gfn2-xtb').calculator(a).get_potential_energy(a)\n"
        "def both(): return [Dispersion(m, 'PBE').of(a).energy for m in ('d3bj', 'd4')]\n"
    )
    orders = ("print(xtb(), *both())", "found = both(); print(xtb(), *found)")
    runs = [
        subprocess.run([sys.executable, "-c", code + order], capture_output=True, text=True)
        for order in orders
    ]
    first, second = (np.array(run.stdout.split(), float) for run in runs)
    np.testing.assert_allclose(first, second, atol=1e-9)
    # as in the documentation of dftd3 (module dftd3.ase)
    assert first[1] == pytest.approx(-0.009781920198843972, abs=1e-9)

"""A code of another package: found by its entry point, run through a study, without edits of ours.

Hückel's π electrons of benzene: levels α ± 2β and α ± β, so a gap of 2|β| and an energy of 6α + 8β
(E. Hückel, Z. Phys. 70, 204 (1931), doi:10.1007/BF01339530).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule

from heterodot.calculators import Capabilities, Code, DensityReadout, OrbitalReadout
from heterodot.errors import LevelError

TOY = '''\
"""Hückel's method for carbon."""

import numpy as np
from ase.calculators.calculator import Calculator, all_changes

from heterodot.calculators import Capabilities, Code, OrbitalReadout
from heterodot.calculators.keywords import Keyword
from heterodot.data.electronic_structure import ElectronicStructure, Projections


class PiElectrons(Calculator):
    implemented_properties = ["energy", "forces"]

    def __init__(self, beta):
        super().__init__()
        self.beta = beta

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        distances = self.atoms.get_all_distances()
        bonded = (distances > 0) & (distances < 1.6)
        self.energies, self.states = np.linalg.eigh(self.beta * bonded)
        self.filled = 2.0 * (np.arange(len(atoms)) < len(atoms) // 2)
        energy = float(self.filled @ self.energies)
        self.results = {"energy": energy, "forces": np.zeros((len(atoms), 3))}


def read(calculator, atoms):
    weights = (calculator.states**2).T[None, None]
    n = len(atoms)
    return ElectronicStructure(
        numbers=atoms.numbers,
        energies=calculator.energies[None, None],
        k_weights=np.ones(1),
        occupations=calculator.filled[None, None],
        fermi_level=0.0,
        n_electrons=float(calculator.filled.sum()),
        projections={"Mulliken": Projections("Mulliken", weights, np.arange(n), np.ones(n, int))},
        charges={"Mulliken": 1.0 - weights[0, 0].T @ calculator.filled},
    )


class Hueckel(Code):
    name = "hueckel"
    capabilities = Capabilities(
        periodic=False, elements=frozenset({"C"}), orbitals=OrbitalReadout(read)
    )
    keywords = {"beta": Keyword((float,), "resonance integral, eV")}
    packages = ("toy-hueckel",)

    def protocols(self):
        return {name: {"beta": -2.5} for name in ("fast", "moderate", "precise")}

    def label(self, settings):
        return f"Hückel, β {settings['beta']:g} eV"

    def calculator(self, atoms, settings, spin, directory):
        return PiElectrons(settings["beta"])
'''

STUDY = """\
heterodot: 1
systems:
  ring: {file: ring.xyz}
levels:
  pi: {code: hueckel, overrides: {beta: -3.0}}
questions:
  - electronic_structure: {}
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """An installed package with the code, a ring of carbon, and a study of it."""
    site = tmp_path / "site"
    (site / "toy_hueckel-0.3.dist-info").mkdir(parents=True)
    (site / "toy_hueckel.py").write_text(TOY)
    info = site / "toy_hueckel-0.3.dist-info"
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-hueckel\nVersion: 0.3\n")
    (info / "entry_points.txt").write_text(
        "[heterodot.calculators]\nhueckel = toy_hueckel:Hueckel\n"
    )
    benzene = molecule("C6H6")
    benzene[benzene.numbers == 6].write(tmp_path / "ring.xyz")
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


def heterodot(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = [str(package / "site"), os.environ.get("PYTHONPATH", "")]
    program = f"from heterodot.cli import main; main({list(arguments)!r})"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=package, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}, check=False,
    )  # fmt: skip


def test_a_code_from_outside_works_through_a_study(package):
    run = heterodot(package, "run", "study.yaml")
    assert run.returncode == 0, run.stderr
    (row,) = json.loads(next(package.rglob("table.json")).read_text())["rows"]
    assert (row["level"], row["status"], row["flags"]) == ("Hückel, β -3 eV", "ok", [])
    assert row["values"]["gap (eV)"] == pytest.approx(6.0)
    assert row["values"]["E (eV)"] == pytest.approx(8 * -3.0)
    record = json.loads(next(package.glob("study-results/store/results/*/*.json")).read_text())
    assert record["versions"]["toy-hueckel"] == "0.3"
    assert next(package.glob("study-results/figures/electronic_structure.svg")).stat().st_size
    again = heterodot(package, "run", "study.yaml")
    assert again.returncode == 0, again.stderr
    assert "0 tasks calculated" in again.stdout + again.stderr
    told = heterodot(package, "info")
    assert "toy-hueckel 0.3" in told.stdout


def test_what_a_code_from_outside_cannot_do_is_refused_before_anything_runs(package):
    study = package / "study.yaml"
    study.write_text(STUDY.replace("electronic_structure", "bonding"))
    run = heterodot(package, "run", "study.yaml")
    assert run.returncode == 2
    assert "study.yaml:7" in run.stderr
    assert "hueckel cannot treat local orbitals" in run.stderr
    assert "gfn1-xtb" in run.stderr


def test_a_capability_without_what_reads_it_cannot_be_declared():
    for wrong in ({"orbitals": "yes"}, {"density": OrbitalReadout(lambda *_: None)}):
        with pytest.raises(LevelError, match=r"expected a \w+Readout"):
            Capabilities(**wrong)
    with pytest.raises(LevelError, match="expected a function"):
        OrbitalReadout(None)
    with pytest.raises(TypeError, match="free_atoms"):
        DensityReadout(lambda *_: None)


class Before(Code):
    """A code in the way of before: flags, and methods of their own."""

    name = "before"
    keywords = {}  # noqa: RUF012
    capabilities = Capabilities(orbitals=True, local_orbitals=True, potential=True, density=False)

    def label(self, settings):
        return str(settings)

    def calculator(self, atoms, settings, spin, directory):
        return None

    def electronic_structure(self, calculator, atoms, settings):
        return calculator, len(atoms), settings

    def local_orbitals(self, calculator, atoms, settings):
        return settings

    def has_local_orbitals(self, settings):
        return settings["mode"] == "local"


def test_flags_of_before_still_work_and_say_what_to_write():
    code = Before()
    with pytest.warns(DeprecationWarning, match="orbitals = True: give a OrbitalReadout"):
        readout = code.readout("orbitals", {"a": 1})
    assert readout.read("it", Atoms("H2")) == ("it", 2, {"a": 1})
    for mode, told in (("local", ""), ("waves", "no atom-centred orbitals")):
        with pytest.warns(DeprecationWarning, match="LocalOrbitalReadout"):
            readout = code.readout("local_orbitals", {"mode": mode})
        assert readout.missing({}) == told
    assert code.readout("potential", {}).read(None, Atoms()) == (None, None)
    assert code.readout("density", {}) is None
    object.__setattr__(code, "capabilities", Capabilities(localisation=True))
    with pytest.raises(LevelError, match="LocalisationReadout"):
        code.readout("localisation", {})


def test_the_toy_is_right():
    names: dict = {}
    exec(compile(TOY, "toy", "exec"), names)
    ring = molecule("C6H6")
    ring = ring[ring.numbers == 6]
    ring.calc = names["PiElectrons"](-1.0)
    assert ring.get_potential_energy() == pytest.approx(-8.0)
    expected = [-2, -1, -1, 1, 1, 2]
    np.testing.assert_allclose(ring.calc.energies, expected, atol=1e-12)

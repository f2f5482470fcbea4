"""GPAW's plane waves on a GPU: what is refused without one, and GPAW's stand-in for cupy."""

import json
import os
import subprocess
import sys

import pytest
from ase.build import bulk

from heterodot.calculators import Level
from heterodot.errors import CapabilityError, LevelError, RefusedError
from heterodot.workflows.tasks.tasks import SinglePoint

PW = {"mode": "pw", "ecut": 300.0, "kpts": [2, 2, 1], "convergence": {"energy": 1e-6}}
BOTH = """
import json, sys
from ase.build import molecule
from heterodot.calculators import Level

found = []
for device in ("cpu", "cuda"):
    settings = {"mode": "pw", "ecut": 300.0, "vacuum": 2.5, "device": device,
                "convergence": {"energy": 1e-6, "density": 1e-6}}
    level = Level("gpaw", "fast", settings)
    atoms = level.prepare(molecule("H2"))
    for _ in range(2):  # the second is a process that goes on
        atoms.calc = level.calculator(atoms, __import__("pathlib").Path(sys.argv[1], device))
        with level.translate_errors():
            forces = atoms.get_forces()
    states = level.electronic_structure(atoms.calc, atoms)
    found.append([atoms.get_potential_energy(), forces[0, 2], states.vacuum_level,
                  states.energies.min(), float(states.projections["PAW"].weights[0, 0, 0, 0])])
print(json.dumps(found))
"""


def test_lcao_on_a_gpu_is_refused_in_one_line():
    with pytest.raises(LevelError, match="expected mode: pw, or device: cpu") as raised:
        Level("gpaw", "fast", {"device": "cuda"})
    assert "\n" not in str(raised.value)
    with pytest.raises(LevelError, match="one of cpu, cuda"):
        Level("gpaw", "precise", {"device": "gpu"})


def test_where_it_runs_is_not_what_it_calculates():
    atoms = bulk("Al")
    plain, there = Level("gpaw", "fast", PW), Level("gpaw", "fast", {**PW, "device": "cuda"})
    assert SinglePoint(atoms, plain).key == SinglePoint(atoms, there).key
    assert SinglePoint(atoms, Level("gpaw", "fast", {**PW, "device": "cpu"})).key == (
        SinglePoint(atoms, plain).key
    )


def test_what_gpaw_cannot_read_on_a_gpu_says_so():
    level = Level("gpaw", "fast", {**PW, "device": "cuda"})
    for capability in ("density", "localisation"):
        with pytest.raises(CapabilityError, match="use device: cpu"):
            level.require(capability)
    assert level.can("orbitals")


@pytest.mark.gpaw
def test_a_gpu_that_is_not_there_is_one_line():
    from gpaw.gpu import cupy_is_fake

    if not cupy_is_fake:
        pytest.skip("there is one")
    level = Level("gpaw", "fast", {**PW, "device": "cuda"})
    with pytest.raises(RefusedError, match="GPAW finds no GPU here") as raised:
        level.calculator(level.prepare(bulk("Al")))
    assert "\n" not in str(raised.value)


@pytest.mark.gpaw
@pytest.mark.slow
def test_the_stand_in_for_a_gpu_gives_the_same(tmp_path):
    """Measured: 4e-6 eV apart at this cut-off, 1e-3 at 250 eV."""
    run = subprocess.run(
        [sys.executable, "-c", BOTH, str(tmp_path)], check=False, capture_output=True, text=True,
        env={**os.environ, "GPAW_CPUPY": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    here, there = json.loads(run.stdout.splitlines()[-1])
    assert there == pytest.approx(here, abs=3e-4)

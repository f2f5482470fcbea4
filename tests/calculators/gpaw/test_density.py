"""Densities and charges of GPAW, beside published charges and GPAW's own Hirshfeld charges."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from heterodot.calculators import Level, read_density
from heterodot.errors import CapabilityError, InputError
from heterodot.provenance import with_charge
from heterodot.workflows.tasks.density import Density
from heterodot.workflows.tasks.kinds import task_from_dict

pytestmark = pytest.mark.gpaw

SMALL = Level("gpaw", "fast", {"vacuum": 3.5})

OWN_HIRSHFELD = """
import sys
from gpaw import GPAW
from gpaw.analyse.hirshfeld import HirshfeldPartitioning
calc = GPAW(sys.argv[1], txt=None, legacy_gpaw=True)
print("charges", *HirshfeldPartitioning(calc).get_charges())
"""


def run(task, folder):
    return task.result({**task.compute(folder), "recovery": ""})


def test_water_has_its_published_charges(tmp_path):
    """Bader: O −1.157, H +0.576 e (G. Henkelman et al., Comput. Mater. Sci. 36, 354 (2006), and
    −1.16, +0.58 e in Bader's own work cited there). Hirshfeld: GPAW's own on the same states.
    """
    result = run(Density(molecule("H2O"), SMALL), tmp_path)
    charges = result.electronic_structure.charges
    assert set(charges) == {"Mulliken", "Löwdin", "Hirshfeld", "Bader"}
    assert result.density.integral == pytest.approx(10, abs=1e-6)
    assert charges["Bader"] == pytest.approx([-1.157, 0.576, 0.576], abs=0.02)
    for kind in charges:
        assert charges[kind].sum() == pytest.approx(0, abs=2e-3), kind
        assert charges[kind][1] == pytest.approx(charges[kind][2], abs=2e-3), kind

    [path] = tmp_path.glob("restart-*.gpw")
    again = read_density(path)
    assert np.allclose(again.values, result.density.values, atol=1e-8)
    legacy = subprocess.run(
        [sys.executable, "-c", OWN_HIRSHFELD, str(path)],
        capture_output=True, text=True, check=True, env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    printed = next(line for line in legacy.stdout.splitlines() if line.startswith("charges"))
    own = [float(x) for x in printed.split()[1:]]
    assert charges["Hirshfeld"] == pytest.approx(own, abs=0.03)


def test_zinc_sulphide_as_pybader_divides_it(tmp_path):
    """pybader 0.3.12 (near-grid) on the same density: ±0.864, 0.824, 0.839 e at 32³, 64³, 96³."""
    level = Level("gpaw", "fast", {"kpts": [2, 2, 2], "h": 0.24})
    result = run(Density(bulk("ZnS", "zincblende", 5.41), level), tmp_path)
    charges = result.electronic_structure.charges["Bader"]
    assert charges[0] == pytest.approx(0.84, abs=0.04)
    assert charges.sum() == pytest.approx(0, abs=1e-6)


def test_plane_waves_and_a_charge_are_counted(tmp_path):
    level = Level("gpaw", "precise", {"ecut": 300.0, "vacuum": 2.5})
    ion = with_charge(Atoms("F", [[0, 0, 0]]), -1)
    result = run(Density(ion, level, refinement=1), tmp_path)
    assert result.density.integral == pytest.approx(10, abs=1e-6)
    for kind in ("Bader", "Hirshfeld"):
        assert result.electronic_structure.charges[kind] == pytest.approx([-1.0], abs=0.02), kind


def test_what_cannot_be_is_refused_in_one_line(tmp_path):
    with pytest.raises(CapabilityError, match="codes that can: gpaw"):
        Density(molecule("H2O"), Level("gfn1-xtb"))
    for refinement in (0, True, 1.5, 17):
        with pytest.raises(InputError, match="refinement"):
            Density(molecule("H2O"), SMALL, refinement)
    (tmp_path / "broken.gpw").write_bytes(b"nothing")
    for name in ("broken.gpw", "none.gpw"):
        with pytest.raises(InputError) as refused:
            read_density(Path(tmp_path / name))
        assert "\n" not in str(refused.value)
    task = Density(molecule("H2O"), SMALL, refinement=1)
    again = task_from_dict(task.to_dict())
    assert again.key == task.key != Density(molecule("H2O"), SMALL).key

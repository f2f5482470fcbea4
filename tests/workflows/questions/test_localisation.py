"""ELF by GPAW: the exact limit of one orbital, plane waves beside LCAO, CO2 near copper."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from heterodot.calculators import Level
from heterodot.errors import CapabilityError, InputError
from heterodot.structures import add_adsorbate
from heterodot.workflows import ElectronLocalisation, Localisation
from heterodot.workflows.study import Study
from heterodot.workflows.tasks.kinds import task_from_dict

LCAO = Level("gpaw", "fast", {"vacuum": 3.0})
WAVES = Level("gpaw", "precise", {"ecut": 400.0, "vacuum": 3.0})


def elf(atoms, level, folder):
    task = Localisation(atoms, level)
    return task.result({**task.compute(folder), "recovery": ""}).localisation


@pytest.mark.gpaw
@pytest.mark.parametrize("level", [LCAO, WAVES], ids=["lcao", "pw"])
def test_one_orbital_has_an_elf_of_one(level, tmp_path):
    """D vanishes where all electrons of a spin are in one orbital (Becke and Edgecombe 1990)."""
    found = elf(molecule("H2"), level, tmp_path)
    middle = found.positions.mean(axis=0)
    assert found.at(middle) == pytest.approx(1, abs=0.01)
    inside = found.near([0, 1], 1.0).values
    assert np.median(inside[inside > 0]) == pytest.approx(1, abs=0.01)


@pytest.mark.gpaw
def test_lcao_and_plane_waves_agree_on_water(tmp_path):
    """One function, two ways to its kinetic energy density: the bonds and the lone pairs."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    local = elf(molecule("H2O"), LCAO, tmp_path / "a")
    waves = elf(molecule("H2O"), WAVES, tmp_path / "b")
    steps = np.linspace(0.25, 0.75, 11)[:, None]
    for field in (local, waves):
        oxygen, hydrogen = field.positions[:2]
        bond = field.sample(oxygen + steps * (hydrogen - oxygen))
        assert bond.max() > 0.8
    places = [f.positions[0] + steps * (f.positions[1] - f.positions[0]) for f in (local, waves)]
    along = [f.sample(p) for f, p in zip((local, waves), places, strict=True)]
    assert along[0] == pytest.approx(along[1], abs=0.08)
    behind = [
        f.at(f.positions[0] + 0.9 * (f.positions[0] - f.positions[1:].mean(axis=0)))
        for f in (local, waves)
    ]
    assert behind[0] == pytest.approx(behind[1], abs=0.08)


@pytest.mark.gpaw
def test_a_metal_is_near_a_homogeneous_gas_on_a_skewed_cell(tmp_path):
    """Half by definition in a homogeneous gas; the interstitial of bcc sodium comes near."""
    level = Level("gpaw", "precise", {"ecut": 250.0, "kpts": [3, 3, 3], "vacuum": 3.0})
    found = elf(bulk("Na", "bcc", 4.23), level, tmp_path)
    assert not np.allclose(found.cell, np.diag(np.diag(found.cell)))
    far = found.at(found.positions[0] + [2.115, 0, 1.0575])  # tetrahedral hole
    assert far == pytest.approx(0.5, abs=0.15)


@pytest.mark.gpaw
def test_spin_is_counted(tmp_path):
    radical = Atoms("H", [[0, 0, 0]])
    found = elf(radical, Level("gpaw", "fast", {"vacuum": 2.5}), tmp_path)
    assert found.at(found.positions[0] + [0.5, 0, 0]) > 0.5


STUDY = """\
heterodot: 1
title: CO2 near copper hydride
systems:
  pair: {file: pair.xyz}
levels:
  level: {code: gpaw, protocol: fast, overrides: {vacuum: 3.0, basis: "sz(dzp)"}}
questions:
  - electron_localisation: {}
output: out
"""


@pytest.mark.gpaw
def test_in_a_study_with_its_pictures(tmp_path):
    dot = Atoms("CuH", [[0, 0, 0], [0, 0, -1.46]])
    add_adsorbate(dot, 0, "CO2").write(tmp_path / "pair.xyz")
    (tmp_path / "study.yaml").write_text(STUDY)
    study = Study.load(tmp_path / "study.yaml")
    result = study.run(workers=1)
    assert not result.errors
    names = {path.name for path in tmp_path.rglob("figures/*.png")}
    for kind in ("slice", "surfaces"):
        assert any(name.startswith(f"elf-{kind}-pair") for name in names), names
    assert "ELF between" in next(tmp_path.rglob("table.txt")).read_text()
    [answer] = result.results.values()
    assert answer.contacts[0]["elf"] < 0.5  # placed, not bonded
    assert "ELF" in answer.summary()
    assert answer.to_dict()["kind"] == "ElectronLocalisation"
    assert Study.load(tmp_path / "study.yaml").run(workers=1).n_computed == 0


def test_what_cannot_be_is_refused_in_one_line():
    with pytest.raises(CapabilityError, match="codes that can: gpaw"):
        Localisation(molecule("H2O"), Level("gfn1-xtb"))
    with pytest.raises(InputError, match="no adsorbate record"):
        ElectronLocalisation(molecule("H2O"), LCAO)
    for focus in ((), "oxygen", (3,), (True,), (0.5,)):
        with pytest.raises(InputError, match="focus") as refused:
            ElectronLocalisation(molecule("H2O"), LCAO, focus)
        assert "\n" not in str(refused.value)
    assert ElectronLocalisation(molecule("H2O"), LCAO, (0, -1)).focus == (0, 2)
    task = Localisation(molecule("H2O"), LCAO)
    assert task_from_dict(task.to_dict()).key == task.key

"""A calculation that fails ends its own question, in one line; the others answer."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import molecule
from ase.io import write

from heterodot.calculators import Level
from heterodot.data.electronic_structure import ElectronicStructure, PlanarPotential
from heterodot.errors import CalculationError
from heterodot.workflows import Done, Failed, Orbitals
from heterodot.workflows.study import Study

STUDY = """\
heterodot: 1
title: Two waters
systems:
  pair:
    file: pair.xyz
levels:
  gpaw: {code: gpaw}
questions:
  - band_alignment:
      bulks: {A: CdS, B: ZnS}
      periods: {A: 1.0, B: 1.0}
  - electronic_structure: {}
"""


def two_waters() -> Atoms:
    """A water dimer, each molecule a domain and a layer of its own."""
    atoms = molecule("H2O") + molecule("H2O")
    atoms.positions[3:] += [0, 0, 3.0]
    atoms.set_array("domain", np.array(["A"] * 3 + ["B"] * 3))
    atoms.set_array("layer", np.repeat([0, 1], 3))
    atoms.center(vacuum=4.0)
    return atoms


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study of which GPAW's part is done by xTB, and the bulks by nobody."""
    compute = Orbitals.compute

    def computed(task, directory):
        if "bulk" in task.label:
            raise CalculationError(f"{task.label}: the code failed")
        found = compute(replace(task, level=Level("gfn1-xtb")), directory)
        heights = np.linspace(0.0, task.atoms.cell[2, 2], 101)
        potential = PlanarPotential(2, heights, np.sin(heights), periodic=False)
        states = ElectronicStructure.from_dict(found["electronic_structure"])
        found["electronic_structure"] = replace(states, potential=potential).to_dict()
        return found

    monkeypatch.setattr(Orbitals, "compute", computed)
    monkeypatch.setattr(Study, "check_installed", lambda _: None)
    write(tmp_path / "pair.xyz", two_waters(), format="extxyz")
    (tmp_path / "study.yaml").write_text(STUDY)
    return Study.load(tmp_path / "study.yaml")


def test_a_failed_bulk_ends_its_band_alignment_alone(study):
    result = study.run(executor="serial")
    failed, done = result.outcomes.values()
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, CalculationError)
    assert failed.task.bulks == {"A": "CdS", "B": "ZnS"}
    assert isinstance(done, Done)
    assert done.result.electronic_structure.n_electrons == 16
    assert list(result.results) == ["pair/electronic_structure"]
    (line,) = map(str, result.errors.values())
    assert line == "pair bulk A: the code failed"
    (note,) = failed.error.__notes__
    assert note == "also failed: pair bulk B: the code failed"
    alignment, states = result.rows()
    assert alignment.error == line
    assert alignment.values == {}
    assert states.values["electrons"] == 16
    written = json.loads((result.folder / "results.json").read_text())
    assert written["errors"] == {"pair/band_alignment": line}
    assert f"failed: {line}" in (result.folder / "table.txt").read_text()

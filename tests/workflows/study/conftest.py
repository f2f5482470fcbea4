"""A small study that EMT answers in a moment."""

from pathlib import Path

import numpy as np
import pytest
from ase.cluster import Octahedron
from ase.io import write

from heterodot.workflows.study import Study, StudyResult

STUDY = """\
heterodot: 1
title: A copper cluster
systems:
  cluster:
    label: Cu13, cuboctahedron
    file: cluster.xyz
    site: {element: Cu, role: surface, nearest_to: [9.0, 0.0, 0.0]}
  other:
    file: cluster.xyz
    site: 3
levels:
  emt: {code: emt}
questions:
  - relaxation: {fmax: 0.02}
  - adsorption: {adsorbate: CO, n_starts: 1, steps: 40, fmax: 0.1}
    systems: cluster
workers: 1
"""


def _prepare(folder: Path) -> Path:
    atoms = Octahedron("Cu", 3, cutoff=1)
    atoms.rattle(0.05, seed=1)
    atoms.set_array("role", np.array(["surface"] * len(atoms)))
    write(folder / "cluster.xyz", atoms, format="extxyz")
    (folder / "study.yaml").write_text(STUDY)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _prepare(tmp_path)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> StudyResult:
    """The study, answered once; read it, do not change it."""
    folder = _prepare(tmp_path_factory.mktemp("answered"))
    return Study.load(folder / "study.yaml").run(executor="serial")


@pytest.fixture
def study_text() -> str:
    return STUDY

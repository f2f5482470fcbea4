"""A small study that EMT answers in a moment."""

from pathlib import Path

import numpy as np
import pytest
from ase.cluster import Octahedron
from ase.io import write

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    atoms = Octahedron("Cu", 3, cutoff=1)
    atoms.rattle(0.05, seed=1)
    atoms.set_array("role", np.array(["surface"] * len(atoms)))
    write(tmp_path / "cluster.xyz", atoms, format="extxyz")
    (tmp_path / "study.yaml").write_text(STUDY)
    return tmp_path


@pytest.fixture
def study_text() -> str:
    return STUDY

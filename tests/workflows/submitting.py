"""A small study and a profile, in a folder with an awkward name, and a home of its own."""

from pathlib import Path

import pytest
from ase.cluster import Octahedron
from ase.io import write

from heterodot.cli import main

STUDY = """\
heterodot: 1
title: "Copper; $(touch hurt) `touch hurt`"
systems:
  cluster: {file: cluster.xyz}
levels:
  emt: {code: emt}
questions:
  - relaxation: {fmax: 0.05}
output: results
workers: 1
"""

PROFILE = """\
name = "one node"
[environment]
OMP_NUM_THREADS = "1"
NOTE = "it's $(touch hurt)"
[job]
walltime = "00:10:00"
cores = 1
partition = "main"
[task]
walltime = "00:05:00"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch) -> Path:
    """A folder with ``study.yaml`` and ``cluster.toml``; the user's memory is beside it."""
    folder = tmp_path / "it's a $(touch hurt) folder"
    folder.mkdir()
    atoms = Octahedron("Cu", 3, cutoff=1)
    atoms.rattle(0.05, seed=1)
    write(folder / "cluster.xyz", atoms, format="extxyz")
    (folder / "study.yaml").write_text(STUDY)
    (folder / "cluster.toml").write_text(PROFILE)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def call(capsys):
    """Run the command line; gives exit code, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main([str(a) for a in arguments])
        return left.value.code, *capsys.readouterr()

    return run

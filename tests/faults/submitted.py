"""The same work as a study that is submitted, and what ``heterodot status`` says of a trial."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from ase.io import write
from tests.faults.harness import MARK, Trial
from tests.faults.work import FMAX_LONG, tasks

_STUDY = """\
heterodot: 1
systems:
{systems}
levels:
  emt: {{code: emt}}
questions:
  - relaxation: {{fmax: {fmax}}}
"""
_PROFILE = """\
[environment]
OMP_NUM_THREADS = "1"
[job]
walltime = "{walltime}"
cores = 1
"""


class SubmittedStudy:
    """A study of the tasks of a trial; its results folder is the trial's.

    Parameters
    ----------
    trial : Trial
    """

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.folder = trial.folder.with_name(f"{trial.folder.name}-study")
        self.folder.mkdir()
        names = [f"c{number}" for number in range(trial.n)]
        for name, task in zip(names, tasks(trial.n, long=True), strict=True):
            write(self.folder / f"{name}.xyz", task.atoms, format="extxyz")
        systems = "\n".join(f"  {name}: {{file: {name}.xyz}}" for name in names)
        self.path = self.folder / "study.yaml"
        self.path.write_text(_STUDY.format(systems=systems, fmax=FMAX_LONG))

    def submit(self, walltime: str) -> str:
        """Submit it by ``heterodot submit``; return the job's number."""
        profile = self.folder / "cluster.toml"
        profile.write_text(_PROFILE.format(walltime=walltime))
        where = ["--profile", str(profile), "--output", str(self.trial.folder)]
        said = _heterodot(self.trial, "submit", str(self.path), *where)
        found = re.match(r"job ([0-9]+) \(allocation\)", said)
        if found is None:
            raise RuntimeError(said)
        return found[1]


def status(trial: Trial) -> str:
    """Return what ``heterodot status`` says."""
    return _heterodot(trial, "status", str(trial.folder), "--all")


def _heterodot(trial: Trial, *words: str) -> str:
    environment = {**os.environ, **trial.state, MARK: trial.name}
    command = [sys.executable, "-m", "heterodot.cli", *words]
    done = subprocess.run(
        command, env=environment, cwd=Path(trial.folder).parent, text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    return done.stdout if done.returncode == 0 else done.stdout + done.stderr

"""The same single points through jobflow and quacc, for benchmarks/overhead.py; see there.

Runs in an environment of its own. Reads a file of structures, then the name of a way to run them
from stdin, line by line, and answers each with CPU and wall seconds as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QUACC_WORKFLOW_ENGINE", "none")
os.environ.setdefault("QUACC_LOG_LEVEL", "CRITICAL")

from ase import Atoms
from ase.calculators.emt import EMT
from jobflow import Flow, JobStore, job, run_locally
from maggma.stores import JSONStore, MemoryStore
from quacc.recipes.emt.core import static_job


def plain_loop(atoms: list[Atoms]) -> None:
    for one in atoms:
        one.calc = EMT()
        one.get_potential_energy()
        one.get_forces()


@job
def single_point(numbers: list[int], positions: list[list[float]]) -> dict[str, object]:
    """Take and return JSON, as jobflow keeps it."""
    atoms = Atoms(numbers, positions, calculator=EMT())
    return {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces().tolist()}


def through_jobflow(atoms: list[Atoms], docs: JSONStore | MemoryStore) -> None:
    jobs = [single_point(one.numbers.tolist(), one.positions.tolist()) for one in atoms]
    done = run_locally(Flow(jobs), store=JobStore(docs), log=False, ensure_success=True)
    assert len(done) == len(atoms)


def jobflow_memory(atoms: list[Atoms]) -> None:
    through_jobflow(atoms, MemoryStore())


def jobflow_json(atoms: list[Atoms]) -> None:
    through_jobflow(atoms, JSONStore("jobflow.json", read_only=False))
    assert Path("jobflow.json").stat().st_size > 100 * len(atoms)


def quacc(atoms: list[Atoms]) -> None:
    for one in atoms:
        assert "energy" in static_job(one)["results"]


WAYS = {f.__name__: f for f in (plain_loop, jobflow_memory, jobflow_json, quacc)}


def seconds(name: str, atoms: list[Atoms]) -> tuple[float, float]:
    """CPU and wall seconds of one run, in a new folder."""
    copies = [one.copy() for one in atoms]
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        cpu, wall = os.times(), time.perf_counter()
        with contextlib.redirect_stdout(sys.stderr):
            WAYS[name](copies)
        now, passed = os.times(), time.perf_counter() - wall
    return sum(now[:4]) - sum(cpu[:4]), passed


def main() -> None:
    """Answer requests until stdin ends."""
    given = json.loads(Path(sys.argv[1]).read_text())
    atoms = [Atoms(given["numbers"], positions) for positions in given["positions"]]
    for name in WAYS:
        seconds(name, atoms[:5])  # imports on first use are not a task's
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(seconds(line.strip(), atoms)), flush=True)


if __name__ == "__main__":
    main()

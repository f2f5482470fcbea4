"""The work that is disturbed: relaxations of copper clusters, each of half a second; of large ones
with ``--long``, each of several seconds, so that a fault finds them running on fast machines too.

    python -m tests.faults.work STORE N_TASKS N_WORKERS [--gpaw] [--long] [--executor slurm]
        [--walltime 00:05:00]

A driver as a user's script is one. Prints ``tasks: N computed, N cached, N failed`` at its end, and
the errors of failed tasks; exits with 1 if there were any.
"""

from __future__ import annotations

import argparse

from ase.build import molecule
from ase.cluster import Octahedron

from heterodot.calculators import Level
from heterodot.errors import HeterodotError
from heterodot.workflows import Failed, Relax, Runner, SinglePoint, Task
from heterodot.workflows.running.batch.profile import Profile, Resources

FMAX_LONG = 0.002


def tasks(n: int, gpaw: bool = False, long: bool = False) -> list[Task]:
    """Return ``n`` different tasks; the first one by GPAW on two ranks, if asked for."""
    cluster = Octahedron("Cu", 12, cutoff=4) if long else Octahedron("Cu", 4, cutoff=1)
    fmax = FMAX_LONG if long else 0.01
    found: list[Task] = []
    for seed in range(n):
        rattled = cluster.copy()
        rattled.rattle(0.12, seed=seed)
        if long:  # as a file of a study has them
            rattled.positions = rattled.positions.round(6)
        found.append(Relax(rattled, Level("emt"), fmax=fmax, label=f"cluster {seed}"))
    if gpaw:
        level = Level("gpaw", "fast", {"vacuum": 3.0}, ranks=2)
        found[0] = SinglePoint(molecule("H2O"), level, label="water")
    return found


def profile(walltime: str) -> Profile:
    """Return what a task's job asks for at most."""
    return Profile(task=Resources(walltime=walltime), environment={"OMP_NUM_THREADS": "1"})


def main(given: argparse.Namespace) -> int:
    """Run the tasks; return the exit code."""
    asked = None if given.executor == "local" else profile(given.walltime)
    try:
        with Runner(given.store, given.executor, given.workers, profile=asked) as runner:
            outcomes = runner.outcomes(tasks(given.tasks, given.gpaw, given.long))
    except HeterodotError as error:
        print(f"error: {error}", flush=True)
        return 1
    errors = [outcome.error for outcome in outcomes if isinstance(outcome, Failed)]
    for error in errors:
        print(f"error: {error}")
    counts = runner.counts
    print(f"tasks: {counts.computed} computed, {counts.cached} cached, {counts.failed} failed")
    return 1 if errors else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("store")
    parser.add_argument("tasks", type=int)
    parser.add_argument("workers", type=int)
    parser.add_argument("--gpaw", action="store_true")
    parser.add_argument("--executor", default="local")
    parser.add_argument("--walltime", default="00:05:00")
    parser.add_argument("--long", action="store_true")
    raise SystemExit(main(parser.parse_args()))

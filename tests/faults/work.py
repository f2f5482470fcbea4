"""The work that is disturbed: relaxations of copper clusters, each of half a second.

    python -m tests.faults.work STORE N_TASKS N_WORKERS [--gpaw]

A driver as a user's script is one. Prints ``tasks: N computed, N cached, N failed`` at its end, and
the errors of failed tasks; exits with 1 if there were any.
"""

from __future__ import annotations

import sys

from ase.build import molecule
from ase.cluster import Octahedron

from heterodot.calculators import Level
from heterodot.errors import HeterodotError
from heterodot.workflows import Relax, Runner, SinglePoint, Task


def tasks(n: int, gpaw: bool = False) -> list[Task]:
    """Return ``n`` different tasks; the first one by GPAW on two ranks, if asked for."""
    cluster = Octahedron("Cu", 4, cutoff=1)
    found: list[Task] = []
    for seed in range(n):
        rattled = cluster.copy()
        rattled.rattle(0.12, seed=seed)
        found.append(Relax(rattled, Level("emt"), fmax=0.01, label=f"cluster {seed}"))
    if gpaw:
        level = Level("gpaw", "fast", {"vacuum": 3.0}, ranks=2)
        found[0] = SinglePoint(molecule("H2O"), level, label="water")
    return found


def main(store: str, n: int, workers: int, gpaw: bool) -> int:
    """Run the tasks; return the exit code."""
    try:
        with Runner(store, workers=workers) as runner:
            outcomes = runner.gather(tasks(n, gpaw))
    except HeterodotError as error:
        print(f"error: {error}", flush=True)
        return 1
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    for error in errors:
        print(f"error: {error}")
    counts = runner.counts
    print(f"tasks: {counts.computed} computed, {counts.cached} cached, {counts.failed} failed")
    return 1 if errors else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), "--gpaw" in sys.argv))

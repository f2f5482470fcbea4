"""A study of ten thousand tasks: what its driver holds in memory, and how long ``status`` takes.

    python benchmarks/many_tasks.py [N]

Writes a study of N copper clusters with one relaxation each by EMT (a loose criterion, so that a
task is little more than its overhead), runs it as a user would, and prints the wall seconds, the
largest memory of the driver (or of a worker of its, if one held more), and the seconds and memory
of ``heterodot status`` and of a second run, which calculates nothing. The targets are 500 MB and
1 s. Ten thousand take from some minutes to a quarter of an hour on two cores.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.cluster import Octahedron
from ase.io import write

HEAD = ["heterodot: 1", "systems:"]
TAIL = ["levels:", "  emt: {code: emt}", "questions:", "  - relaxation: {fmax: 20.0}"]


def write_study(folder: Path, n: int) -> None:
    """Write ``study.yaml`` and its n structures."""
    rng = np.random.default_rng(0)
    cluster = Octahedron("Cu", 3)
    for i in range(n):
        moved = cluster.positions + rng.normal(0, 0.05, cluster.positions.shape)
        write(folder / f"{i}.xyz", Atoms(cluster.numbers, moved))
    systems = [f"  s{i}: {{file: {i}.xyz}}" for i in range(n)]
    (folder / "study.yaml").write_text("\n".join([*HEAD, *systems, *TAIL]) + "\n")


def measured(folder: Path, *arguments: str) -> str:
    """Run a command; return its wall seconds and its memory, or stop with what it said."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "heterodot.cli", *arguments],
            cwd=folder,
            stdout=said,
            stderr=said,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            said.seek(0)
            raise SystemExit(said.read().decode()[-2000:])
    return f"{seconds:9.2f} s {usage.ru_maxrss / 1e3:8.0f} MB"


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(folder, n)
        print(f"{n} relaxations of 19 atoms by EMT")
        for what, arguments in {
            "run": ("run", "study.yaml"),
            "status": ("status", "study.yaml"),
            "status, once more": ("status", "study.yaml"),
            "run, nothing to do": ("run", "study.yaml"),
        }.items():
            print(f"  {what:20}{measured(folder, *arguments)}", flush=True)


if __name__ == "__main__":
    main()

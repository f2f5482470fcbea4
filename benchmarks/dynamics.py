"""Steps of molecular dynamics per second, beside ASE's own loop; a correlation of 10⁶ frames.

    python benchmarks/dynamics.py [STEPS]

The same crystal, potential (ASE's EMT), integrator and timestep, in CPU seconds of one process, the
ways in turn and the best of three: ASE's loop that keeps nothing, ASE's loop with its own .traj,
and the task of heterodot with its store (positions, velocities and energies of every step, the
state on disk every hundred, synced). Target: 0.95 of the steps of the loop that keeps nothing.

Measured on one core of a shared server, 108 atoms of copper: 0.98 of the loop that keeps nothing,
ASE's own .traj 0.79; autocorrelation and cosine transform of 10⁶ frames 0.46 s.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ase import Atoms, units
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.md.verlet import VelocityVerlet

from heterodot.analysis.motion.trajectories.correlation import autocorrelation, cosine_transform
from heterodot.calculators import Level
from heterodot.workflows import Dynamics, Runner
from heterodot.workflows.tasks.moving.start import thermal_momenta

REPEATS, TIMESTEP = 3, 4.0


def start() -> Atoms:
    """108 atoms of copper at 300 K."""
    atoms = bulk("Cu", cubic=True) * (3, 3, 3)
    atoms.set_momenta(thermal_momenta(atoms, 300.0, np.random.default_rng(0)))
    return atoms


def plain(steps: int, folder: Path) -> None:  # noqa: ARG001 - as the others
    atoms = start()
    atoms.calc = EMT()
    VelocityVerlet(atoms, TIMESTEP * units.fs).run(steps)


def with_traj(steps: int, folder: Path) -> None:
    atoms = start()
    atoms.calc = EMT()
    file = str(folder / "all.traj")
    VelocityVerlet(atoms, TIMESTEP * units.fs, trajectory=file).run(steps)


def task(steps: int, folder: Path) -> None:
    asked = Dynamics(
        start(), Level("emt"), steps=steps, timestep=TIMESTEP, ensemble="nve", velocities="given"
    )
    with Runner(folder / "store", executor="serial") as runner:
        runner.run(asked)


def seconds(way: Callable[[int, Path], None], steps: int) -> float:
    """CPU seconds of one way."""
    with tempfile.TemporaryDirectory() as folder:
        begun = time.process_time()
        way(steps, Path(folder))
        return time.process_time() - begun


def main() -> None:
    """Print a table."""
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    ways = {"ASE's loop": plain, "ASE's loop and .traj": with_traj, "heterodot, stored": task}
    for way in ways.values():
        seconds(way, 2)  # imports
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(REPEATS):
        for name, way in ways.items():
            best[name] = min(best[name], seconds(way, steps))
    reference = best["ASE's loop"]
    for name, spent in best.items():
        print(f"{name:22s} {steps / spent:8.1f} steps/s  {reference / spent:5.2f}")
    series = np.random.default_rng(0).normal(size=1_000_000)
    autocorrelation(series[:100])
    begun = time.process_time()
    cosine_transform(autocorrelation(series), 1.0, padding=1)
    print(f"autocorrelation and spectrum of 10⁶ frames: {time.process_time() - begun:.2f} CPU s")


if __name__ == "__main__":
    main()

"""What the framework costs per task: EMT single points in a plain loop, and through the store.

    python benchmarks/overhead.py [N]

Prints CPU milliseconds per task (this process and its workers), wall milliseconds, and the
difference to the plain loop. The target is 1 ms of CPU per task with the durable store. A pool
that stores nothing is there to tell its cost from ours.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from ase import Atoms
from ase.calculators.emt import EMT
from ase.cluster import Octahedron

from heterodot.calculators import Level
from heterodot.workflows import Runner, SinglePoint

ROUNDS = 5


def structures(n: int) -> list[Atoms]:
    """Make n different copper clusters of 19 atoms."""
    rng = np.random.default_rng(0)
    cluster = Octahedron("Cu", 3)
    made = []
    for _ in range(n):
        atoms = Atoms(cluster.numbers, cluster.positions)
        atoms.positions += rng.normal(0, 0.05, atoms.positions.shape)
        made.append(atoms)
    return made


def plain_loop(atoms: list[Atoms]) -> None:
    for one in atoms:
        one.calc = EMT()
        one.get_potential_energy()
        one.get_forces()


def energy_and_forces(one: Atoms) -> tuple[float, np.ndarray]:
    one.calc = EMT()
    return one.get_potential_energy(), one.get_forces()


def plain_pool(atoms: list[Atoms]) -> None:
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        for future in [pool.submit(energy_and_forces, one) for one in atoms]:
            future.result()


def through_store(executor: str, workers: int) -> Callable[[list[Atoms]], None]:
    def run(atoms: list[Atoms]) -> None:
        level = Level("emt")
        with Runner(tempfile.mkdtemp(), executor=executor, workers=workers) as runner:
            runner.gather([SinglePoint(one, level) for one in atoms])

    return run


def replay(atoms: list[Atoms]) -> Callable[[list[Atoms]], None]:
    folder = tempfile.mkdtemp()
    level = Level("emt")
    with Runner(folder, executor="serial") as runner:
        runner.gather([SinglePoint(one, level) for one in atoms])

    def run(atoms: list[Atoms]) -> None:
        with Runner(folder, executor="serial") as runner:
            runner.gather([SinglePoint(one, level) for one in atoms])

    return run


def cost(run: Callable[[list[Atoms]], None], atoms: list[Atoms]) -> tuple[float, float]:
    """CPU and wall milliseconds per task of one run."""
    copies = [one.copy() for one in atoms]
    cpu, wall = os.times(), time.perf_counter()
    run(copies)
    now, passed = os.times(), time.perf_counter() - wall
    return 1e3 * (sum(now[:4]) - sum(cpu[:4])) / len(atoms), 1e3 * passed / len(atoms)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    atoms = structures(n)
    plain_loop(atoms[:5])
    rows: list[tuple[str, Callable[[list[Atoms]], None]]] = [
        ("plain loop", plain_loop),
        ("runner, serial, durable store", through_store("serial", 1)),
        ("plain ProcessPoolExecutor, 2 processes", plain_pool),
        ("runner, 2 processes, durable store", through_store("local", 2)),
        ("runner, all in the store already", replay(atoms)),
    ]
    # in turn, so that a machine that slows down slows all of them; the median of the differences
    costs = np.array([[cost(run, atoms) for _, run in rows] for _ in range(ROUNDS)])
    print(f"{n} EMT single points of {len(atoms[0])} atoms; ms per task")
    print(f"{'':40}{'CPU':>8}{'wall':>8}{'CPU - plain':>14}")
    for column, (name, _) in enumerate(rows):
        cpu, wall = np.median(costs[:, column], axis=0)
        extra = np.median(costs[:, column, 0] - costs[:, 0, 0])
        print(f"{name:40}{cpu:8.2f}{wall:8.2f}{extra:14.2f}")


if __name__ == "__main__":
    main()

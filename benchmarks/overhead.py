"""What the framework costs per task: EMT single points in a plain loop, and through the store.

    python benchmarks/overhead.py [N] [--peers PYTHON]

Prints CPU milliseconds per task (this process and its workers), wall milliseconds, and the
difference to the plain loop. The target is 1 ms of CPU per task with the durable store. A pool
that stores nothing is there to tell its cost from ours.

With --peers, the same structures go through jobflow (documents in memory, and in a JSON file) and
quacc (no engine: its job function alone, with the files it writes by default), in the same rounds.
PYTHON is of an environment of their own::

    python -m venv peers && peers/bin/pip install quacc jobflow
    python benchmarks/overhead.py 500 --peers peers/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

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


PEERS = {
    "plain_loop": "plain loop, in the peers' process",
    "jobflow_memory": "jobflow, documents in memory",
    "jobflow_json": "jobflow, documents in a JSON file",
    "quacc": "quacc, no engine, its own files",
}


class Peers:
    """A process of the peers' environment that runs what it is told, in turn with our own."""

    def __init__(self, python: str, atoms: list[Atoms]) -> None:
        given = Path(tempfile.mkdtemp(), "structures.json")
        positions = [one.positions.tolist() for one in atoms]
        given.write_text(json.dumps({"numbers": atoms[0].numbers.tolist(), "positions": positions}))
        script = Path(__file__).with_name("overhead_peers.py")
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen([python, script, given], **pipes)
        if self.process.stdout.readline() != "ready\n":
            raise SystemExit(f"{python}: jobflow and quacc do not run there")
        self.n = len(atoms)

    def cost(self, name: str) -> tuple[float, float]:
        """CPU and wall milliseconds per task of one run."""
        print(name, file=self.process.stdin, flush=True)
        cpu, wall = json.loads(self.process.stdout.readline())
        return 1e3 * cpu / self.n, 1e3 * wall / self.n


def measured(atoms: list[Atoms], python: str | None) -> tuple[list[str], np.ndarray]:
    """Names, and CPU and wall by round and name: in turn, so that a machine that slows down slows
    all of them.
    """
    rows: dict[str, Callable[[], tuple[float, float]]] = {}
    for name, run in {
        "plain loop": plain_loop,
        "runner, serial, durable store": through_store("serial", 1),
        "plain ProcessPoolExecutor, 2 processes": plain_pool,
        "runner, 2 processes, durable store": through_store("local", 2),
        "runner, all in the store already": replay(atoms),
    }.items():
        rows[name] = lambda run=run: cost(run, atoms)
    if python is not None:
        peers = Peers(python, atoms)
        for key, name in PEERS.items():
            rows[name] = lambda key=key: peers.cost(key)
    costs = np.array([[measure() for measure in rows.values()] for _ in range(ROUNDS)])
    return list(rows), costs


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("n", type=int, nargs="?", default=500)
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter with jobflow and quacc")
    chosen = parser.parse_args()
    atoms = structures(chosen.n)
    plain_loop([one.copy() for one in atoms[:5]])
    names, costs = measured(atoms, chosen.peers)
    print(f"{chosen.n} EMT single points of {len(atoms[0])} atoms; ms per task")
    print(f"{'':40}{'CPU':>8}{'wall':>8}{'CPU - plain':>14}")
    plain = 0
    for column, name in enumerate(names):
        if name.startswith("plain loop"):  # of the same process
            plain = column
        cpu, wall = np.median(costs[:, column], axis=0)
        extra = np.median(costs[:, column, 0] - costs[:, plain, 0])
        print(f"{name:40}{cpu:8.2f}{wall:8.2f}{extra:14.2f}")


if __name__ == "__main__":
    main()

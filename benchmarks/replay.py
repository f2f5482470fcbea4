"""What it costs to come back to a finished calculation whose arrays are large.

    python benchmarks/replay.py [POINTS]

Stores a density of 10⁶ points (unless told otherwise) with the states of a 200-atom dot as the task
``Density`` does, and prints the milliseconds and megabytes of taking up its record, of asking for
the energy, and of asking for the density itself.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from heterodot.analysis import GridDensity
from heterodot.workflows import Store
from heterodot.workflows.tasks.density import DensityResult

KEY = "ab" * 32


def peak() -> float:
    """Largest resident size of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def plant(folder: str, points: int) -> None:
    n = round(points ** (1 / 3))
    rng = np.random.default_rng(0)
    density = GridDensity(rng.random((n, n, n)), 20 * np.eye(3), [29], [[1, 1, 1]])
    states = {"weights": rng.random((1372, 1372)), "energies": rng.random(1372)}
    result = {"energy": -1.0, "electronic_structure": states, "density": density.to_dict()}
    Store(folder).put(KEY, {"result": result}, "null")


def come_back(folder: str) -> None:
    store, before = Store(folder), peak()
    start = time.perf_counter()
    data = store.get(KEY)["result"]
    found = DensityResult(data["energy"], data["electronic_structure"], data["density"])
    assert found.energy == -1.0
    taken = time.perf_counter()
    print(f"record and energy  {1e3 * (taken - start):8.2f} ms, {peak() - before:6.1f} MB")
    assert found.density.values.ndim == 3
    print(f"the density        {1e3 * (time.perf_counter() - taken):8.2f} ms, "
          f"{peak() - before:6.1f} MB in all")  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) == 3:
        come_back(sys.argv[2])
    else:
        with tempfile.TemporaryDirectory() as folder:
            plant(folder, int(float(sys.argv[1])) if len(sys.argv) > 1 else 1_000_000)
            size = sum(p.stat().st_size for p in Path(folder).rglob("*.npz")) / 1e6
            print(f"on disk            {size:8.1f} MB (random numbers: nothing to compress)")
            subprocess.run([sys.executable, __file__, "back", folder], check=True)

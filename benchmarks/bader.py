"""Bader charges: time and memory of the weight method, beside pybader where it is installed.

    [PYBADER_PYTHON=/venv/bin/python] python benchmarks/bader.py [POINTS ...]

Exponential atoms of two kinds at zinc-blende places in a cubic and in a rhombohedral cell, each run
in a process of its own. Targets: 10⁶ points under 3 s, 10⁷ in tens of seconds. PYBADER_PYTHON names
an interpreter with pybader 0.3.12 (it needs setuptools < 80), which is then run on the 10⁶ points.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from heterodot.analysis import GridDensity, bader

SIDE = 5.41
PYBADER = """
import sys, time
import numpy as np
from pybader.interface import Bader
data = np.load(sys.argv[1])
density = np.ascontiguousarray(data["values"])
for turn in ("with compiling", "again"):
    start = time.perf_counter()
    b = Bader({"charge": density}, data["cell"], data["positions"],
              {"voxel_offset": np.zeros(3)})
    b(threads=1)
    print(f"  pybader {turn}: {time.perf_counter() - start:.2f} s,",
          "electrons", np.round(b.atoms_charge, 4))
"""


def crystal_density(n: int, skewed: bool) -> GridDensity:
    """Two kinds of exponential atoms, zinc-blende places."""
    cell = SIDE * np.eye(3)
    places = np.array([[0, 0, 0], [0, 2, 2], [2, 0, 2], [2, 2, 0]]) / 4
    places = np.concatenate([places, places + 0.25])
    if skewed:
        cell = SIDE / 2 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
        places = places[[0, 4]] @ (SIDE * np.linalg.inv(cell))
    grid = np.stack(np.meshgrid(*[np.arange(n) / n] * 3, indexing="ij"), -1)
    values = np.zeros((n, n, n))

    images = np.array(np.meshgrid(*[np.arange(-1, 2)] * 3)).reshape(3, -1).T
    half = len(places) // 2
    for i, place in enumerate(places):
        charge, decay = (10.0, 1.7) if i < half else (8.0, 1.3)
        apart = grid - place
        apart -= np.rint(apart)
        square = np.full((n, n, n), np.inf)
        for shift in images if skewed else images[13:14]:
            np.minimum(square, (((apart + shift) @ cell) ** 2).sum(-1), out=square)
        values += charge * decay**3 / (8 * np.pi) * np.exp(-decay * np.sqrt(square))
    numbers = np.repeat([30, 16], half)
    return GridDensity(values, cell, numbers, places @ cell)


def one(n: int, skewed: bool) -> None:
    density = crystal_density(n, skewed)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    start = time.perf_counter()
    found = bader(density)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    cell = "rhombohedral" if skewed else "cubic"
    print(
        f"{n**3 / 1e6:6.2f} million points, {cell}: {seconds:6.2f} s, peak {peak:.2f} GB "
        f"({before:.2f} GB before), electrons {np.round(found.electrons, 4)}",
        flush=True,
    )
    other = os.environ.get("PYBADER_PYTHON")
    if other and n <= 100:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "density.npz"
            np.savez(
                path,
                values=density.values,
                cell=density.cell,
                positions=density.positions,
            )
            subprocess.run([other, "-c", PYBADER, str(path)], check=False)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[2] in ("cubic", "skewed"):
        one(int(sys.argv[1]), sys.argv[2] == "skewed")
    else:
        for points in [float(a) for a in sys.argv[1:]] or [1e6, 1e7]:
            for cell in ("cubic", "skewed"):
                command = [sys.executable, __file__, str(round(points ** (1 / 3))), cell]
                subprocess.run(command, check=True)

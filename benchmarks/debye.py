"""Time and memory of the Debye pattern of a sphere of zinc blende, atoms off their sites.

Run: OMP_NUM_THREADS=1 python benchmarks/debye.py [number of atoms, default 1e5]
     (target: 1e5 atoms in less than 10 s)
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from heterodot.analysis import debye_pattern
from heterodot.structures import crystal as named
from heterodot.structures import cut

SMALL = 3000.0
"""Atoms of the dot on which the two ways are compared."""


def sphere(n_atoms: float):
    bulk = named("ZnS")
    radius = (n_atoms * bulk.get_volume() / len(bulk) * 0.75 / np.pi) ** (1 / 3)
    dot = cut(bulk, sphere=radius)
    dot.rattle(0.05, seed=1)
    return dot


def main(n_atoms: float = 1e5) -> None:
    two_theta = np.arange(10.0, 80.0, 0.1)
    small = sphere(SMALL)
    ways = {m: debye_pattern(small, two_theta, method=m) for m in ("distances", "transform")}
    exact, other = (ways[m].intensity for m in ("distances", "transform"))
    print(f"{len(small)} atoms: the ways differ by {(abs(other / exact - 1)).max():.1e} at most")
    dot = sphere(n_atoms)
    start, cpu = time.perf_counter(), time.process_time()
    debye_pattern(dot, two_theta)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{len(dot)} atoms, {len(two_theta)} angles: {wall:.1f} s ({cpu:.1f} s CPU), "
        f"peak {memory:.2f} GB (target < 10 s)"
    )


if __name__ == "__main__":
    main(*(float(argument) for argument in sys.argv[1:]))

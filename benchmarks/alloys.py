"""How many exchanges per second the annealing of short-range order tries, beside sqsgenerator.

Run: python benchmarks/alloys.py
sqsgenerator counts a whole new arrangement as one iteration; both on one core, CPU time.
"""

from __future__ import annotations

import time

import numpy as np

from heterodot.structures import crystal, pyramid, quasirandom
from heterodot.structures.alloys.annealing import Replicas, Targets, anneal
from heterodot.structures.alloys.pair_shells import pair_shells

STEPS = 1500


def annealing(n: int, n_replicas: int) -> None:
    """Print the rate for a tetrahedron T_n of CuInS2 with two shells and one pair of species."""
    dot = pyramid(crystal("CuInS2"), n)
    sites = dot[dot.arrays["sublattice"] == "cation"]
    kinds = np.sort(np.unique(sites.get_chemical_symbols(), return_inverse=True)[1])
    rng = np.random.default_rng(0)
    order = rng.permuted(np.repeat(np.arange(len(sites))[None], n_replicas, axis=0), axis=1)
    zero, one = np.array([0, 1]), np.array([1, 1])
    targets = Targets(zero, np.zeros(2, int), one, np.array([-0.3, 0.2]))
    replicas = Replicas(pair_shells(sites, 2), order, kinds, targets)
    start = time.process_time()
    _, misfit, swaps = anneal(replicas, STEPS, rng, close=0.0)
    rate = swaps / (time.process_time() - start)
    print(
        f"T{n}, {len(sites)} cations, {n_replicas} replicas: {rate:9.0f} exchanges/s, "
        f"rms distance from the targets {np.sqrt(misfit / 2):.4f}"
    )


def main() -> None:
    for n, n_replicas in ((6, 64), (12, 54), (20, 13), (30, 4)):
        annealing(n, n_replicas)
    try:
        import sqsgenerator  # noqa: F401
    except ImportError:
        print("sqsgenerator is not installed (pip install sqsgenerator): no rate")
        return
    iterations = 200_000
    start = time.process_time()
    quasirandom("CuInS2", 2, {"Cu": 24, "In": 24, "Zn": 16}, iterations=iterations)
    rate = iterations / (time.process_time() - start)
    print(f"sqsgenerator, 64 cations, 2 shells: {rate:9.0f} arrangements/s")


if __name__ == "__main__":
    main()

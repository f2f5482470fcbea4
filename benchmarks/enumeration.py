"""Time to find the distinct arrangements of k vacancies on the 56 cations of a T6 tetrahedron.

Beside bsym (pip install bsym), on the same permutations in the same run; both have the point group
given. Run: python benchmarks/enumeration.py [number of vacancies, default 4]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np

from heterodot.structures import (
    count_configurations,
    crystal,
    enumerate_configurations,
    point_group_permutations,
    pyramid,
)
from heterodot.structures.enumeration.orderly import orbit_representatives

TARGET = 50.0
REPEATS = 5


def timed(label: str, function: Callable[[], int], repeats: int = 1) -> tuple[int, float]:
    """Call a function, print and return its number and the CPU time of the fastest call."""
    best, number = np.inf, 0
    for _ in range(repeats):
        start = time.process_time()
        number = function()
        best = min(best, time.process_time() - start)
    print(f"{label:44s} {number:>9d}  {best:9.4f} s")
    return number, best


def by_bsym(group: np.ndarray, k: int) -> int | None:
    """Return the number of orbits bsym finds, None where it is not installed."""
    try:
        from bsym import ConfigurationSpace, SymmetryGroup, SymmetryOperation
    except ImportError:
        return None
    n = group.shape[1]
    operations = [SymmetryOperation.from_vector((g + 1).tolist()) for g in group]
    space = ConfigurationSpace(list(range(n)), SymmetryGroup(operations))
    return len(space.unique_configurations({1: k, 0: n - k}))


def compare(name: str, k: int) -> float | None:
    """Print the times for one crystal; return the ratio, None without bsym."""
    dot = pyramid(crystal(name), 6)
    cations = dot[dot.arrays["sublattice"] == "cation"]
    group = point_group_permutations(cations)
    print(f"{name} T6, |G| = {len(group)}, k = {k}{'orbits':>26s}  CPU time")
    timed("  Burnside's lemma", lambda: count_configurations(group, k), REPEATS)
    everywhere = np.ones((1, group.shape[1]), bool)
    number, ours = timed(
        "  orderly generation",
        lambda: len(orbit_representatives(group, everywhere, [k])[0]),
        REPEATS,
    )
    if len(set(cations.get_chemical_symbols())) == 1:
        request = {f"V_{cations.symbols[0]}": k}
        timed(
            "  enumerate_configurations (with symmetry)",
            lambda: len(enumerate_configurations(dot, request, limit=10**7)),
            REPEATS,
        )
    if by_bsym(group[:1], 1) is None:
        print("  bsym is not installed: no ratio (pip install bsym)")
        return None
    theirs_number, theirs = timed("  bsym", lambda: by_bsym(group, k) or 0)
    if theirs_number != number:
        raise SystemExit(f"  bsym finds {theirs_number}, heterodot {number}")
    print(f"  ratio {theirs / ours:.0f}×")
    return theirs / ours


def main(k: int = 4) -> int:
    compare("CuInS2", k)
    ratio = compare("ZnS", k)
    print(f"target for ZnS, k = 4: {TARGET:.0f}×")
    return 0 if ratio is None or ratio >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:])))

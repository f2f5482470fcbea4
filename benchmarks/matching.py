"""Time of a complete search of lattice matches beside pymatgen's ZSLGenerator, in one run.

Run: python benchmarks/matching.py [--full]

Each pair of planes is searched by pymatgen with numba (where it is installed), by pymatgen without
it, and by heterodot, all with one thread and in CPU seconds. The bounds of pymatgen are its usual
ones (lengths 3 %, angle 1 %); the principal strain allowed here is the largest of any match it
finds in the run, so that every match of pymatgen that differs in shape must be found. Without
--full the areas are small; with it pymatgen needs some minutes at 1600 Å².
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np

from heterodot.structures import crystal, match_lattices
from heterodot.structures.matching import Matches, SurfaceCell, surface_cell
from heterodot.structures.matching.planar import reduce_bases

PAIRS = {
    "InP(111)/ZnSe(111)": (("InP", (1, 1, 1)), ("ZnSe", (1, 1, 1))),
    "CsPbBr3(001)/CdS(111)": (("CsPbBr3", (0, 0, 1)), ("CdS", (1, 1, 1))),
}
SMALL, FULL = (400.0, 800.0), (400.0, 800.0, 1600.0)
LEAST_STRAIN = 0.03
REPEATS = 5
SAME = 1e-3
"""Å²; shapes that differ by less are the same."""


def cells(pair: str) -> tuple[SurfaceCell, SurfaceCell]:
    """Return the planes of one pair."""
    film, substrate = (surface_cell(crystal(name), miller) for name, miller in PAIRS[pair])
    return film, substrate


def zsl(pair: str, max_area: float) -> dict[str, Any]:
    """Run pymatgen's generator in this process: time, number of matches, and their shapes."""
    from pymatgen.analysis.interfaces.zsl import ZSLGenerator

    film, substrate = (cell.lattice[:2] for cell in cells(pair))
    list(ZSLGenerator(max_area=150)(film, substrate))  # compiles where it does
    start = time.process_time()
    found = list(ZSLGenerator(max_area=max_area)(film, substrate))
    seconds = time.process_time() - start
    sides = ([m.film_sl_vectors for m in found], [m.substrate_sl_vectors for m in found])
    metrics = [metric(np.array(side, float).reshape(-1, 2, 3)) for side in sides]
    shapes = np.unique(np.concatenate(metrics, axis=1), axis=0)
    return {
        "seconds": seconds,
        "count": len(found),
        "shapes": shapes.tolist(),
        "strain": max(LEAST_STRAIN, largest_strain(shapes)),
    }


def metric(vectors: np.ndarray) -> np.ndarray:
    """(N, 3) a · a, b · b, |a · b| of the reduced cells of vectors (N, 2, k), rounded to 1e-6."""
    rows = []
    for pair in vectors:
        gram = pair @ pair.T
        (m,) = reduce_bases(np.eye(2, dtype=int)[None], gram)[1]
        rows.append([m[0], m[1], abs(m[2])])
    return np.round(np.array(rows).reshape(-1, 3), 6)


def largest_strain(shapes: np.ndarray) -> float:
    """Return the largest principal strain of pairs of reduced cells (N, 6), up to 0.1 %."""
    f11, f22, f12, s11, s22, s12 = shapes.T
    area = f11 * f22 - f12 * f12
    half = (f22 * s11 + f11 * s22 - 2 * f12 * s12) / (2 * area)
    root = np.sqrt(np.maximum(half**2 - (s11 * s22 - s12 * s12) / area, 0))
    stretches = np.sqrt(np.concatenate([half + root, half - root]))
    return float(np.ceil(1e3 * np.abs(stretches - 1).max(initial=0)) / 1e3)


def zsl_elsewhere(pair: str, max_area: float, numba: bool) -> dict[str, Any]:
    """Run pymatgen's generator in a process of its own, with or without numba."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "0" if numba else "1", **one_thread()}
    command = [sys.executable, __file__, "--zsl", pair, str(max_area)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def one_thread() -> dict[str, str]:
    return dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def ours(pair: str, max_area: float, strain: float) -> tuple[float, Matches]:
    """Search with heterodot: the least time of some runs, and the matches."""
    film, substrate = cells(pair)
    best = np.inf
    for _ in range(REPEATS):
        start = time.process_time()
        found = match_lattices(
            film, substrate, max_area=max_area, max_strain=strain, supercells=True
        )
        best = min(best, time.process_time() - start)
    return best, found


def missing(theirs: list[list[float]], found: Matches) -> int:
    """Count shapes of pymatgen's matches that have no counterpart."""
    from scipy.spatial import cKDTree

    pair = found.pairs[0]
    shapes = [
        metric(transforms @ side.in_plane)
        for transforms, side in (
            (found.film_transforms, pair.film),
            (found.substrate_transforms, pair.substrate),
        )
    ]
    if not theirs:
        return 0
    distance, _ = cKDTree(np.concatenate(shapes, axis=1)).query(np.array(theirs))
    return int((distance > SAME).sum())


def main(areas: tuple[float, ...]) -> None:
    has_numba = importlib.util.find_spec("numba") is not None
    if not has_numba:
        print("numba not installed: only pymatgen without it")
    print(f"{'pair, area (Å²)':32s} {'stock':>9s} {'numba':>9s} {'ours':>9s}   ratios   matches")
    for pair in PAIRS:
        for area in areas:
            stock = zsl_elsewhere(pair, area, numba=False)
            jit = zsl_elsewhere(pair, area, numba=True) if has_numba else None
            seconds, found = ours(pair, area, stock["strain"])
            with_numba = f"{jit['seconds']:8.2f}s" if jit else "        -"
            ratio = f"{jit['seconds'] / seconds:.0f}×" if jit else "-"
            print(
                f"{pair + f', {area:g}':32s} {stock['seconds']:8.2f}s {with_numba} "
                f"{seconds * 1e3:7.1f}ms   {stock['seconds'] / seconds:.0f}× {ratio}   "
                f"pymatgen {stock['count']} of {len(stock['shapes'])} shapes, "
                f"{missing(stock['shapes'], found)} of them not found; ours, up to "
                f"{100 * stock['strain']:.1f} %: {len(found)} inequivalent, standing for "
                f"{int(found.multiplicity.sum())}",
                flush=True,
            )
    all_planes()


def all_planes() -> None:
    """Time the search over all planes up to (2 2 2) of one pair of crystals."""
    best = np.inf
    for _ in range(REPEATS):
        start = time.process_time()
        found = match_lattices("CsPbBr3", "CdS", max_miller=2, max_area=400)
        best = min(best, time.process_time() - start)
    print(
        f"CsPbBr3/CdS, all {len(found.pairs)} pairs of planes up to index 2, 400 Å²: {best:.2f} s, "
        f"{len(found)} matches"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--zsl"]:
        print(json.dumps(zsl(sys.argv[2], float(sys.argv[3]))))
    else:
        main(FULL if "--full" in sys.argv[1:] else SMALL)

"""The searches behind the magic-size clusters that topology alone does not fix.

``python magic_size_search.py 34`` (or 33): the drum, or the drum without one CdSe, is put into the
cage of 28 in random orientations and relaxed in the pair potential; the lowest distinct minima are
relaxed with GFN1-xTB. ``python magic_size_search.py 13``: basin hopping from random starts in the
pair potential, the lowest minima relaxed likewise. What it prints is energy per formula unit,
coordination, what the gate says, and the recipe. Minutes to an hour on one core.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from ase import Atoms
from ase.optimize import LBFGS
from scipy.spatial.transform import Rotation

from heterodot.calculators import Level
from heterodot.errors import HeterodotError
from heterodot.structures.clusters.cages import best_cage
from heterodot.structures.clusters.gate import check_cluster, coordination_statistics
from heterodot.structures.clusters.ionic import relax_ionic
from heterodot.structures.clusters.recipes import CoreCage, filled

Minimum = tuple[float, Atoms, Any]


def orientations(n: int, rng: np.random.Generator) -> Iterator[Minimum]:
    """Yield core–cage minima of 33 or 34 units from random orientations of the core."""
    n_bonds = len(best_cage(6).edges)
    while True:
        rotation = tuple(np.round(Rotation.random(random_state=rng).as_rotvec(), 2).tolist())
        shift = tuple(np.round(rng.normal(size=3) * 0.2, 2).tolist())
        missing = int(rng.integers(n_bonds)) if n == 33 else None
        for exchanged in (False, True):
            recipe = CoreCage(28, 6, rotation, shift, missing, exchanged)
            try:
                shape = filled(recipe)
                energy, x = relax_ionic(shape.positions, shape.colours)
            except HeterodotError:
                continue
            yield energy, _atoms(x, shape.colours), recipe


def hops(
    n: int, rng: np.random.Generator, kt: float = 0.3, patience: int = 60
) -> Iterator[Minimum]:
    """Yield the minima that basin hopping visits: shaken, two ions exchanged, or one put inside."""
    colours = np.repeat([0, 1], n)
    radius = (2 * n * 18 / 4.18) ** (1 / 3)
    while True:
        x = rng.normal(size=(2 * n, 3))
        x *= radius * rng.random((2 * n, 1)) ** (1 / 3) / np.linalg.norm(x, axis=1, keepdims=True)
        energy, stalled, best = np.inf, 0, np.inf
        while stalled < patience:
            try:
                trial_energy, trial = relax_ionic(
                    x if np.isinf(energy) else _moved(x, n, radius, rng), colours
                )
            except HeterodotError:
                stalled += 1
                continue
            yield trial_energy, _atoms(trial, colours), None
            if trial_energy < energy or rng.random() < np.exp(-(trial_energy - energy) / kt):
                energy, x = trial_energy, trial
            stalled = 0 if trial_energy < best - 1e-3 else stalled + 1
            best = min(best, trial_energy)


def _moved(x: np.ndarray, n: int, radius: float, rng: np.random.Generator) -> np.ndarray:
    y, kind = x.copy(), rng.random()
    if kind < 0.5:
        return y + rng.normal(size=x.shape) * rng.choice([0.3, 0.5, 0.8])
    if kind < 0.75:
        i, j = rng.integers(n), n + rng.integers(n)
        y[[i, j]] = y[[j, i]]
        return y
    way = rng.normal(size=3)
    y[rng.integers(2 * n)] = x.mean(axis=0) + way / np.linalg.norm(way) * radius * rng.random()
    return y


def _atoms(x: np.ndarray, colours: np.ndarray) -> Atoms:
    return Atoms(np.array(["Cd", "Se"])[colours], x)


def lowest(minima: Iterator[Minimum], seconds: float, keep: int) -> list[Minimum]:
    """Return the lowest distinct minima with coordination 3 to 5, by energy in the potential."""
    found: dict[float, Minimum] = {}
    start, tried = time.monotonic(), 0
    for minimum in minima:
        tried += 1
        if min(coordination_statistics(minimum[1])) >= 3 and not check_cluster(minimum[1]):
            found.setdefault(round(minimum[0], 2), minimum)
        if time.monotonic() - start > seconds:
            break
    print(f"{tried} relaxations, {len(found)} distinct minima that pass the gate")
    return [found[key] for key in sorted(found)][:keep]


def main() -> None:
    """Search, relax with GFN1-xTB, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n", type=int, choices=(13, 33, 34))
    parser.add_argument("--seconds", type=float, default=300.0, help="of the search")
    parser.add_argument("--keep", type=int, default=14, help="minima relaxed with GFN1-xTB")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    search = hops(13, rng) if given.n == 13 else orientations(given.n, rng)
    for energy, atoms, recipe in lowest(search, given.seconds, given.keep):
        atoms.calc = Level("gfn1-xtb").calculator(atoms)
        LBFGS(atoms, maxstep=0.1, logfile=None).run(fmax=0.05, steps=200)
        print(
            f"{atoms.get_potential_energy() / given.n:.4f} eV/unit (pair potential "
            f"{energy / given.n:.4f}) {coordination_statistics(atoms)} "
            f"{check_cluster(atoms) or 'passes'} {recipe or ''}",
            flush=True,
        )


if __name__ == "__main__":
    main()

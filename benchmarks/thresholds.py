"""What the thresholds of gates and optimizers stand on: python benchmarks/thresholds.py (minutes).

GFN1-xTB throughout. Prints a table for each constant that names this file; nothing is asserted.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.build import molecule
from ase.data import covalent_radii
from ase.units import kB

from heterodot.bonds import find_bonds
from heterodot.calculators import Level
from heterodot.structures import crystal, passivate, pyramid
from heterodot.workflows.tasks.computing import optimization
from heterodot.workflows.tasks.computing.reconstruction import aligned_displacements
from heterodot.workflows.tasks.tasks import Orbitals, Relax

LEVEL = Level("gfn1-xtb")
DOTS = ("ZnS", "CdS", "CdSe", "InP", "CuInS2")


def solved(task):
    with tempfile.TemporaryDirectory() as folder:
        return task.result(task.solve(Path(folder)))


def dots(bare: bool) -> Iterator[tuple[str, Atoms]]:
    for name in DOTS:
        dot = pyramid(crystal(name), 3)
        yield f"{name}{' bare' if bare else ' + H'}", dot if bare else passivate(dot)


def stretch(before: Atoms, after: Atoms) -> tuple[float, float]:
    """Longest of the first bonds afterwards, shortest pair that was none (sums of radii)."""
    pairs = find_bonds(before, 1.2).pairs
    radii = covalent_radii[before.numbers]
    distances = after.get_all_distances() / (radii[:, None] + radii[None])
    np.fill_diagonal(distances, np.inf)
    others = distances.copy()
    others[tuple(pairs.T)] = others[tuple(pairs.T[::-1])] = np.inf
    heavy = np.flatnonzero(before.numbers > 1)
    return float(distances[tuple(pairs.T)].max()), float(others[np.ix_(heavy, heavy)].min())


def reconstruction() -> None:
    print("RECONSTRUCTION_DISPLACEMENT, _BROKEN_SCALE: relaxed dots, 0.05 eV/Å")
    print(f"  {'dot':<14} {'moved':>6} {'longest bond':>13} {'nearest other':>14} {'fmax':>6}")
    for name, dot in itertools.chain(dots(False), dots(True)):
        try:
            found = solved(Relax(dot, LEVEL, fmax=0.05, steps=300))
        except Exception as error:
            print(f"  {name:<14} {type(error).__name__}: {str(error)[:70]}")
            continue
        moved = aligned_displacements(dot, found.structure)[dot.numbers > 1].max()
        longest, nearest = stretch(dot, found.structure)
        print(f"  {name:<14} {moved:6.2f} {longest:13.2f} {nearest:14.2f} {found.fmax:6.3f}")


def shells() -> None:
    print("EMPTY_SHELL, LITTLE_WEIGHT, MUCH_WEIGHT: electrons in each shell over its capacity")
    for name, dot in dots(False):
        states = solved(Orbitals(dot, LEVEL)).electronic_structure
        held = states.projections["Löwdin"]
        filled = np.einsum("skbp,skb->p", held.weights, states.occupations)
        numbers = dot.numbers[held.atom]
        for z, ell in sorted({*zip(numbers.tolist(), held.l.tolist(), strict=True)}):
            own = (numbers == z) & (held.l == ell)
            atoms = len(set(held.atom[own].tolist()))
            share = filled[own].sum() / (atoms * 2 * (2 * ell + 1))
            symbol = dot.symbols[int(np.flatnonzero(dot.numbers == z)[0])]
            print(f"  {name:<10} {symbol:<2} {'spd'[ell]} {share:5.2f}")


def smearing() -> None:
    print("SMALL_GAP, SHARED: electrons above the gap of two levels, two electrons")
    for kt in (300 * kB, 0.05, 0.1):
        for gap in (0.05, 0.1, 0.15, 0.16, 0.2, 0.3):
            print(f"  kT {kt:.3f} eV, gap {gap:.2f} eV: {2 / (1 + np.exp(gap / (2 * kt))):.3f}")


def optimizers() -> None:
    print("SMALL_MOLECULE: force calls to 0.05 eV/Å, from geometries moved by 0.1 Å at random")
    for name in ("H2O", "CO2", "CH4", "CH3OH", "HCOOH", "C2H6", "CH3COCH3", "C6H6"):
        start = molecule(name)
        start.positions += np.random.default_rng(1).normal(scale=0.1, size=start.positions.shape)
        counts = {
            o: solved(Relax(start, LEVEL, fmax=0.05, steps=300, optimizer=o)).cost.n_forces
            for o in ("BFGS", "PreconLBFGS", "FIRE")
        }
        print(f"  {name:<9} {len(start):2d} atoms: {counts}")
    print("MAX_STEP: force calls of a dot by the longest step, Å")
    plain = optimization.MAX_STEP
    for name, dot in itertools.islice(dots(False), 2):
        for step in (0.03, 0.1, 0.2, 0.4):
            optimization.MAX_STEP = step
            found = solved(Relax(dot, LEVEL, fmax=0.05, steps=300))
            moved = aligned_displacements(dot, found.structure)[dot.numbers > 1].max()
            print(f"  {name} {step:.2f}: {found.cost.n_forces}, moved {moved:.2f} Å, "
                  f"{found.energy:.2f} eV, {found.optimizer}")  # fmt: skip
    optimization.MAX_STEP = plain


if __name__ == "__main__":
    for part in (smearing, shells, optimizers, reconstruction):
        part()

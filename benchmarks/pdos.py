"""What a projected density of states of a 200-atom dot costs.

    python benchmarks/pdos.py

Makes an electronic structure of the size of a passivated T6 ZCIS dot (196 atoms, 1372 orbitals, as
GFN1-xTB and an LCAO basis give them; random levels and weights) and prints the milliseconds of one
projected density, of those of every element and l, and of a map of six layers. The target is 50 ms
for a projected density.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from ase import Atoms

from heterodot.analysis import (
    ElectronicStructure,
    Projections,
    density_of_states,
    energy_grid,
    projected_dos,
)
from heterodot.analysis.bands.layered_pdos import layered_pdos

TARGET = 50.0
ROUNDS = 7


def dot() -> tuple[ElectronicStructure, Atoms]:
    """Random levels of 196 atoms with nine s, p, d orbitals on metals and four on the others."""
    rng = np.random.default_rng(1)
    numbers = np.array([29] * 28 + [49] * 28 + [16] * 84 + [1] * 56)
    shells = {29: (0, 1, 2), 49: (0, 1, 2), 16: (0, 1, 2), 1: (0, 0)}
    rows = [(a, x, m) for a, z in enumerate(numbers) for x in shells[z] for m in range(-x, x + 1)]
    atom, l_of, m_of = np.array(rows).T
    n = len(rows)
    weights = rng.random((1, 1, n, n))
    weights /= weights.sum(axis=-1, keepdims=True)
    energies = np.sort(rng.uniform(-25, 25, n))[None, None]
    occupations = np.where(np.arange(n) < n // 3, 2.0, 0.0)[None, None]
    states = ElectronicStructure(
        numbers=numbers,
        energies=energies,
        k_weights=np.ones(1),
        occupations=occupations,
        fermi_level=float(energies[0, 0, n // 3]) - 0.01,
        n_electrons=float(occupations.sum()),
        projections={"Mulliken": Projections("Mulliken", weights, atom, l_of, m_of)},
    )
    atoms = Atoms(numbers=numbers, positions=rng.uniform(0, 20, (len(numbers), 3)))
    atoms.set_array("layer", np.arange(len(numbers)) % 6)
    return states, atoms


def milliseconds(work: Callable[[], object]) -> float:
    """Median of several rounds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return 1e3 * float(np.median(taken))


def main() -> None:
    states, atoms = dot()
    grid = energy_grid(states)
    size = f"{len(states.numbers)} atoms, {states.energies.size} states, {len(grid)} energies"
    print(size)
    one = milliseconds(lambda: projected_dos(states, element="Cu", l="d", energies=grid))
    lorentz = milliseconds(
        lambda: projected_dos(states, element="Cu", l="d", energies=grid, broadening="lorentzian")
    )
    shells = [("Cu", "s"), ("Cu", "p"), ("Cu", "d"), ("In", "s"), ("In", "p"), ("In", "d"),
              ("S", "s"), ("S", "p"), ("S", "d"), ("H", "s")]  # fmt: skip

    def split() -> list[np.ndarray]:
        return [projected_dos(states, None, e, x, energies=grid).total for e, x in shells]

    every = milliseconds(split)
    layers = milliseconds(lambda: layered_pdos(states, atoms, energies=grid))
    off = float(np.abs(sum(split()) - density_of_states(states, grid).total).max())
    tracemalloc.start()
    projected_dos(states, element="Cu", l="d", energies=grid)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    verdict = "met" if one < TARGET else "MISSED"
    print(f"Cu d, gaussian      {one:8.1f} ms   target {TARGET:.0f} ms: {verdict}")
    print(f"Cu d, lorentzian    {lorentz:8.1f} ms")
    print(
        f"all ten shells      {every:8.1f} ms   sum against the total: off by {off:.1e} states/eV"
    )
    print(f"map of six layers   {layers:8.1f} ms")
    stored = states.energies.size**2 * 8e-6
    print(f"memory              {peak:8.1f} MB besides the {stored:.0f} MB of weights")


if __name__ == "__main__":
    main()

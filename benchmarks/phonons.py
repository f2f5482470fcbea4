"""Phonons as a question against plain phonopy with the same calculator, in one run.

Both displace the same supercells of SevenNet's ZnS (or EMT's Cu with --emt), make force constants,
bands, a mesh, densities of states and thermodynamics. What is compared is the time of a processor;
the question keeps every displacement in a store, too.

Run: OMP_NUM_THREADS=1 python benchmarks/phonons.py [--emt] [--repeat 3]
"""

from __future__ import annotations

import argparse
import tempfile
import time
import warnings
from collections.abc import Callable

import numpy as np
from ase import Atoms
from ase.build import bulk

from heterodot.analysis.motion.phonons.crystal import ase_atoms, phonopy_cell
from heterodot.calculators import Level
from heterodot.workflows import Phonons, Runner

MESH = 40.0


def plain(atoms: Atoms, level: Level, n: int) -> tuple[float, int]:
    """Return the largest frequency (THz) and the number of displacements by phonopy alone."""
    from phonopy import Phonopy

    model = Phonopy(phonopy_cell(atoms), np.diag([n] * 3), primitive_matrix="auto", symprec=1e-4)
    model.generate_displacements(distance=0.01)
    forces = []
    for cell in [model.unitcell, *(model.supercells_with_displacements or [])]:
        supercell = ase_atoms(cell)
        supercell.calc = level.calculator(supercell)
        forces.append(supercell.get_forces())
    model.forces = forces[1:]
    model.produce_force_constants()
    model.symmetrize_force_constants()
    model.auto_band_structure(npoints=51)
    model.run_mesh(MESH, with_eigenvectors=True, is_mesh_symmetry=False)
    model.run_thermal_properties()
    model.run_total_dos()
    model.run_projected_dos()
    return float(max(f.max() for f in model.band_structure.frequencies)), len(forces) - 1


def ours(atoms: Atoms, level: Level, n: int) -> tuple[float, int]:
    """Return the same by the question, with a new store."""
    with tempfile.TemporaryDirectory() as folder, Runner(folder, executor="serial") as runner:
        found = Phonons(atoms, level, supercell=(n, n, n), relax="none", mesh_length=MESH).run(
            runner
        )
    return found.bands.highest, found.n_displacements


def timed(work: Callable[..., tuple[float, int]], *args: object) -> tuple[float, float, int]:
    start = time.process_time()
    highest, count = work(*args)
    return time.process_time() - start, highest, count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--emt", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    atoms = bulk("Cu", a=3.59) if asked.emt else bulk("ZnS", "zincblende", a=5.41)
    level, n = (Level("emt"), 6) if asked.emt else (Level("sevennet"), 4)
    warnings.simplefilter("ignore")
    small = atoms.copy()
    for work in (plain, ours):  # imports, models loaded
        work(small, level, 2)
    rows: dict[str, list[float]] = {"phonopy": [], "heterodot": []}
    for _ in range(asked.repeat):
        for name, work in (("phonopy", plain), ("heterodot", ours)):
            seconds, highest, count = timed(work, atoms, level, n)
            rows[name].append(seconds)
            print(f"{name:10s} {seconds:7.2f} s of a processor, {count} displacements, "
                  f"up to {highest:.4f} THz")  # fmt: skip
    best = {name: min(times) for name, times in rows.items()}
    print(f"overhead {100 * (best['heterodot'] / best['phonopy'] - 1):+.1f} %")


if __name__ == "__main__":
    main()

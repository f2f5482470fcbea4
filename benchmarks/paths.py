"""Barriers beside ASE's own nudged elastic band: force calls and barriers.

    .venv/bin/python benchmarks/paths.py

Each case is done by ASE's band with improved tangents (the same images and ends; its adaptive
solver to three times the criterion, then to the criterion with the climbing image), and by
``ReactionPathSearch``, every image asked for and with the surface learnt. The criterion of both
bands is the largest norm of the projected force on an atom, the climbing image's among them; ASE's
own residual, a component and without that image, is looser or stricter by image. The learnt band
ends when the level itself leaves no larger force on the saddle. The ends are relaxed before and not
counted. Counted are different geometries of images at which energy and forces were calculated.

Measured case by case (ASE 3.29; this script as a whole was not run to its end since):

    barrier (eV) / images calculated    ASE           learnt        share
    Cu/Cu(100) hop                   0.4232/45     0.4228/13       0.29
    Cu/Cu(100) exchange              1.0670/85     1.0661/16       0.19
    Au/Al(100) hop                   0.3743/50     0.3743/11       0.22
    Cu vacancy                       0.7613/50     0.7614/12       0.24

On the same ends ASE's BFGS takes 80 (hop), 145 (exchange), 120 (gold) and 85 (vacancy) force calls,
its FIRE 125, 185 and 165 for hop, gold and vacancy. The saddles of hop and exchange are known by
symmetry, on the bridge and with both atoms alike above the empty place: 0.4231 and 1.0665 eV where
one layer moves, by a minimisation that keeps it. (By density functional theory 0.69 and 0.97 eV,
C. Lee et al., Surf. Sci. 306, L575 (1994): the same order, the hop too easy by EMT.)
"""

from __future__ import annotations

from tempfile import TemporaryDirectory

import numpy as np
from ase import Atoms
from ase.build import add_adsorbate, bulk, fcc100
from ase.calculators.emt import EMT
from ase.constraints import FixAtoms
from ase.mep.neb import NEB, NEBOptimizer
from ase.optimize import BFGS

from heterodot.calculators import Level
from heterodot.workflows import ReactionPathSearch, Runner

FMAX, IMAGES = 0.03, 5


def hop() -> tuple[Atoms, Atoms]:
    """Return an adatom on Cu(100) and the same one hollow further."""
    start = fcc100("Cu", (3, 3, 3), vacuum=8.0)
    add_adsorbate(start, "Cu", 1.7, "hollow")
    start.set_constraint(FixAtoms([atom.index for atom in start if atom.tag in (2, 3)]))
    end = start.copy()
    end.positions[-1, 0] += start.cell[0, 0] / 3
    return start, end


def vacancy() -> tuple[Atoms, Atoms]:
    """Return a vacancy in copper and the neighbouring one."""
    crystal = bulk("Cu", cubic=True) * (2, 2, 2)
    start = crystal[1:]
    end = start.copy()
    end.positions[0] = crystal.positions[0]
    return start, end


def exchange() -> tuple[Atoms, Atoms]:
    """Return an adatom on Cu(100), and the atom it pushed out on the next hollow but one."""
    start, _ = hop()
    last, top = len(start) - 1, np.flatnonzero(start.get_tags() == 1)
    ways = start.get_distances(last, top, mic=True, vector=True)
    near = np.argsort(np.linalg.norm(ways, axis=1))[:4]
    partner = int(top[max(near, key=lambda n: ways[n, :2].sum())])
    end = start.copy()
    end.positions[partner, :2] += start.cell.diagonal()[:2] / 6
    end.positions[partner, 2] = start.positions[last, 2]
    end.positions[last] = start.positions[partner]
    return start, end


def gold() -> tuple[Atoms, Atoms]:
    """Return a gold atom on Al(100), ASE's own example, and one hollow further."""
    start = fcc100("Al", (2, 2, 3), vacuum=10.0)
    add_adsorbate(start, "Au", 1.7, "hollow")
    start.set_constraint(FixAtoms([atom.index for atom in start if atom.tag > 1]))
    end = start.copy()
    end.positions[-1, 0] += start.cell[0, 0] / 2
    return start, end


class StrictNEB(NEB):
    """ASE's band, whose residual is the largest norm of all forces on it."""

    left = np.inf

    def get_forces(self) -> np.ndarray:
        """Return the forces of the band, eV/Å."""
        forces: np.ndarray = super().get_forces()
        self.left = float(np.linalg.norm(forces, axis=1).max())
        return forces

    def get_residual(self) -> float:
        """Return the largest of the last forces, eV/Å."""
        return self.left


class Counted(EMT):
    """EMT that remembers the geometries it was asked for."""

    seen: set[bytes] = set()  # noqa: RUF012 - of all images together

    def calculate(self, atoms=None, *rest, **more):  # type: ignore[no-untyped-def]
        """Calculate, and remember."""
        self.seen.add(np.round(atoms.positions, 9).tobytes())
        super().calculate(atoms, *rest, **more)


def by_ase(start: Atoms, end: Atoms) -> tuple[float, int]:
    """Return barrier (eV) and force calls of ASE's band."""
    ends = []
    for one in (start, end):
        atoms = one.copy()
        atoms.calc = EMT()
        BFGS(atoms, logfile=None).run(fmax=FMAX)
        ends.append(atoms)
    images = [ends[0], *(start.copy() for _ in range(IMAGES)), ends[1]]
    Counted.seen.clear()
    band = StrictNEB(images, method="improvedtangent")
    band.interpolate("idpp", mic=True)
    for image in images[1:-1]:
        image.calc = Counted()
    NEBOptimizer(band, logfile=None).run(3 * FMAX, 200)
    band.climb = True
    band.get_forces()
    NEBOptimizer(band, logfile=None).run(FMAX, 200)
    if band.left > FMAX:
        raise SystemExit(f"ASE's band has not converged: {band.left:.3f} eV/Å")
    energies = [image.get_potential_energy() for image in images]
    return max(energies) - energies[0], len(Counted.seen)


def ours(start: Atoms, end: Atoms, surrogate: str) -> tuple[float, int, int]:
    """Return barrier (eV), images calculated without the ends, and flags of ours."""
    search = ReactionPathSearch(
        start, end, Level("emt"), IMAGES, surrogate=surrogate, vibrations="none", fmax=FMAX,
        name="path",
    )  # fmt: skip
    with (
        TemporaryDirectory() as folder,
        Runner(folder, executor="serial", on_event=lambda _: None) as runner,
    ):
        found = search.run(runner)
    return found.barrier, found.calls - 2, len(found.flags)


def main() -> None:
    """Print a row for each case."""
    print(f"{IMAGES} images, {FMAX} eV/Å, EMT: barrier (eV) / images calculated")
    print(f"{'':<26}{'ASE':>14}{'every image':>14}{'learnt':>14}{'share':>8}{'ΔE (meV)':>10}")
    cases = {
        "Cu/Cu(100) hop": hop,
        "Cu/Cu(100) exchange": exchange,
        "Au/Al(100) hop": gold,
        "Cu vacancy": vacancy,
    }
    for name, ends in cases.items():
        theirs, calls = by_ase(*ends())
        whole, of_whole, _ = ours(*ends(), "none")
        learnt, of_learnt, flags = ours(*ends(), "gp")
        cells = [
            f"{e:.4f}/{n}" for e, n in ((theirs, calls), (whole, of_whole), (learnt, of_learnt))
        ]
        row = "".join(f"{cell:>14}" for cell in cells)
        off = 1e3 * (learnt - theirs)
        print(
            f"{name:<26}{row}{of_learnt / calls:>8.2f}{off:>10.2f}{' flagged' * bool(flags)}",
            flush=True,
        )


if __name__ == "__main__":
    main()

"""The peer of ``dft_iterations.py``: ΔG(COOH*) as a careful ASE user would script it.

BFGS from the built structure, ``Vibrations`` of the adsorbate only, one GPAW object per relaxation
and per set of vibrations, so that GPAW's own reuse of the wave functions between geometries is on.
Nothing of heterodot's workflows is used; the structures and the settings are those of the other
side. A stage that is finished is kept in a file, so that a killed run goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.optimize import BFGS
from ase.vibrations import Vibrations

from heterodot.calculators import Level
from heterodot.calculators.gpaw.box import with_box
from heterodot.structures import add_adsorbate, crystal, fill_cations, passivate, pyramid
from heterodot.structures.molecules import molecule
from heterodot.workflows.parts.candidates import prepare_site

SPACING, VACUUM = 0.17, 3.0  # Å
LEVEL = Level("gpaw", "moderate", {"h": SPACING, "vacuum": VACUUM})
"""PBE, dzp; 3 Å of vacuum are too little for production. The SCF criteria are GPAW's own, 0.5 meV
and 1e-4 electrons per electron: at the ten times looser density of "fast" the forces on CO2 stay at
0.2 eV/Å and no optimizer ends. The grid is finer than usual: energies repeat with its spacing
("egg box"), and that ripple's curvature disturbs the soft modes of an adsorbate.
"""

VIBRATIONS = Level(
    "gpaw",
    "moderate",
    {**LEVEL.overrides, "convergence": {"energy": 5e-5, "density": 1e-5}},
)
"""Ten times tighter, as heterodot does for differences of forces."""

FMAX, GAS_FMAX, DELTA = 0.02, 0.01, 0.02  # eV/Å, eV/Å, Å
FREE_RADIUS = 2.6  # Å round the site: Cu, its three S and what is put on it
GASES = ("CO2", "H2")


def cluster() -> tuple[Atoms, int]:
    """Cu(SH)2, one electron short of closed shells, and its Cu."""
    positions = [[0, 0, 0], [2.15, 0, 0], [-1.3, 1.7, 0], [2.4, 1.3, 0.2], [-1.1, 2.6, 0.9]]
    return in_one_box(Atoms("CuSSHH", positions), 0), 0


def dot() -> tuple[Atoms, int]:
    """H3Cu2In2S6, one electron short of closed shells, and the Cu that COOH binds to."""
    whole = passivate(pyramid(crystal("CuInS2"), 2, truncate_corners=True))
    copper = int(np.flatnonzero(whole.symbols == "Cu")[0])
    hydrogen = np.flatnonzero(whole.symbols == "H")
    del whole[[int(max(hydrogen, key=lambda i: whole.get_distance(i, copper)))]]
    return in_one_box(prepare_site(whole, copper, FREE_RADIUS), copper), copper


def in_one_box(clean: Atoms, site: int, spacing: float = SPACING) -> Atoms:
    """Return it in the box that holds COOH as well: the same grid for all geometries of a dot.

    A box fitted anew round a relaxed geometry shifts the grid, and the forces with it.
    """
    boxed = with_box(add_adsorbate(clean, site, "COOH"), VACUUM, spacing)
    alone = clean.copy()
    alone.set_cell(boxed.cell)
    alone.set_positions(boxed.positions[: len(clean)], apply_constraint=False)
    return alone


SYSTEMS: dict[str, Callable[[], tuple[Atoms, int]]] = {"cluster": cluster, "dot": dot}

GAPPED = Level("gpaw", "moderate", {"h": 0.2, "vacuum": VACUUM, "basis": "sz(dzp)"})
GAPPED_FMAX = 0.05  # eV/Å
GAPPED_RADIUS = 5.0  # Å: Cu and 13 more atoms


def t3() -> dict[str, Atoms]:
    """Return H12Cu4In4Zn2S16 as built and, an H less, with COOH: closed shells both.

    Relaxations alone are compared on it, from starts that do not depend on each other.
    """
    filled = fill_cations(pyramid(crystal("CuInS2"), 3, truncate_corners=True), "8/12", seed=8)
    whole = passivate(filled)
    copper = int(np.flatnonzero(whole.symbols == "Cu")[1])
    clean = in_one_box(prepare_site(whole, copper, GAPPED_RADIUS), copper, 0.2)
    hydrogen = np.flatnonzero(clean.symbols == "H")
    held = add_adsorbate(clean, copper, "COOH")
    del held[[int(max(hydrogen, key=lambda i: clean.get_distance(i, copper)))]]
    return {"clean": clean, "COOH*": held}


class Counter:
    """SCF iterations and geometries of a GPAW object."""

    def __init__(self, calculator: Any) -> None:
        self.n_scf = self.n_forces = 0
        calculator.hooks["converged"] = self.add
        self._calculator = calculator

    def add(self) -> None:
        """Count one converged SCF."""
        self.n_scf += int(self._calculator.dft.scf_loop.niter)
        self.n_forces += 1


def ready(atoms: Atoms, log: Path, level: Level = LEVEL) -> tuple[Atoms, Counter]:
    """Return the structure in its box with one plain GPAW object, the counter on it."""
    from gpaw import GPAW

    from heterodot.calculators.gpaw.settings import gpaw_parameters

    prepared = level.prepare(atoms)
    parameters = gpaw_parameters(prepared, level.settings, level.check(prepared))
    prepared.calc = GPAW(txt=str(log), legacy_gpaw=False, **parameters)
    return prepared, Counter(prepared.calc)


def relax(atoms: Atoms, folder: Path, fmax: float, level: Level = LEVEL) -> dict[str, Any]:
    """BFGS as ASE ships it."""
    working, counter = ready(atoms, folder / "gpaw.log", level)
    BFGS(working, logfile=str(folder / "bfgs.log")).run(fmax=fmax, steps=200)
    return {
        "positions": working.positions.tolist(),
        "energy": float(working.get_potential_energy()),
        "fmax": float(np.linalg.norm(working.get_forces(), axis=1).max()),
        "n_scf": counter.n_scf,
        "n_forces": counter.n_forces,
    }


def vibrate(atoms: Atoms, folder: Path, indices: list[int]) -> dict[str, Any]:
    """ASE's central differences."""
    working, counter = ready(atoms, folder / "gpaw.log", VIBRATIONS)
    working.set_constraint()
    vibrations = Vibrations(working, indices=indices, delta=DELTA, name=str(folder / "vib"))
    vibrations.clean()
    vibrations.run()
    wavenumbers = vibrations.get_frequencies()
    return {
        "frequencies": np.sort(wavenumbers.real - np.abs(wavenumbers.imag)).tolist(),
        "n_scf": counter.n_scf,
        "n_forces": counter.n_forces,
    }


def staged(folder: Path, work: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """Do one stage, or read what an earlier run made of it."""
    record = folder / "stage.json"
    if not record.exists():
        folder.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        found = {**work(folder), "seconds": time.perf_counter() - started}
        record.write_text(json.dumps(found))
    kept: dict[str, Any] = json.loads(record.read_text())
    return kept


def moved(atoms: Atoms, stage: dict[str, Any]) -> Atoms:
    """Return the structure where a stage left it."""
    new = atoms.copy()
    new.set_positions(np.array(stage["positions"]), apply_constraint=False)
    return new


def relaxations(root: Path) -> dict[str, dict[str, Any]]:
    """Return the relaxations of :func:`t3`."""
    return {
        f"{name} relax": staged(
            root / name.strip("*"), lambda f, a=atoms: relax(a, f, GAPPED_FMAX, GAPPED)
        )
        for name, atoms in t3().items()
    }


Stages = dict[str, dict[str, Any]]


def run(root: Path, clean: Atoms, site: int, ends: Stages | None = None) -> Stages:
    """Return every stage of the plain script by name, what is needed for ΔG(COOH*).

    With ``ends``, stages of the other side, relaxations start where that one has left its own.
    """
    stages: Stages = {}

    def begun(name: str, atoms: Atoms) -> Atoms:
        return atoms if ends is None else moved(atoms, ends[f"{name} relax"])

    for name in GASES:
        gas = begun(name, molecule(name))
        stages[f"{name} relax"] = staged(root / name, lambda f, g=gas: relax(g, f, GAS_FMAX))
        gas = moved(gas, stages[f"{name} relax"])
        everything = list(range(len(gas)))
        stages[f"{name} vibrations"] = staged(
            root / f"{name}-vib", lambda f, g=gas, i=everything: vibrate(g, f, i)
        )
    stages["clean relax"] = staged(root / "clean", lambda f: relax(begun("clean", clean), f, FMAX))
    start = begun("COOH*", add_adsorbate(moved(clean, stages["clean relax"]), site, "COOH"))
    stages["COOH* relax"] = staged(root / "cooh", lambda f: relax(start, f, FMAX))
    end = moved(start, stages["COOH* relax"])
    own = list(range(len(clean), len(end)))
    stages["COOH* vibrations"] = staged(root / "cooh-vib", lambda f: vibrate(end, f, own))
    return stages

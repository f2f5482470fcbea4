"""What phonons and the quasi-harmonic crystal share: supercells, displaced atoms as tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.analysis import Flag
from heterodot.analysis.motion.phonons.born import Born
from heterodot.analysis.motion.phonons.crystal import (
    WAVENUMBER,
    HarmonicCrystal,
    Triple,
    displaced_supercells,
    set_up,
)
from heterodot.analysis.motion.phonons.spectra import PhononBands
from heterodot.analysis.motion.phonons.stability import ImaginaryMode
from heterodot.analysis.thermo.external_modes import ACOUSTIC_MODE
from heterodot.calculators import Level
from heterodot.checks import is_whole
from heterodot.constraints import fixed_indices
from heterodot.errors import CapabilityError, InputError
from heterodot.paths import read_at_most, user_path
from heterodot.workflows.parts.gates import (
    carried_flags,
    domain_gate,
    force_gate,
    geometry_gate,
    recovery_gate,
    relaxation_gates,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.computing.forces import largest_free_force
from heterodot.workflows.tasks.tasks import Relax, SinglePoint

MIN_LENGTH = 10.0
"""Å between opposite faces of a supercell that is chosen. Chosen: atoms act on each other by 5 Å
and more, half of it; whether it is enough is told by a second supercell."""

MOST_ATOMS = 2000
"""In a supercell that is chosen, not given. Chosen: forces of a potential take seconds there."""

RelaxWhat = Literal["cell", "atoms", "none"]

Supercells = tuple[int, int, int] | tuple[tuple[int, int, int], ...]


def check_crystal(atoms: Atoms, level: Level, relax: str) -> None:
    """Refuse what has no phonons by displaced supercells, before anything is calculated.

    Raises
    ------
    InputError, CapabilityError
    """
    formula = atoms.get_chemical_formula()
    if not atoms.pbc.all():
        raise InputError(
            f"{formula}: periodic along {int(atoms.pbc.sum())} directions: expected a crystal; "
            "the question vibrations takes molecules, dots and slabs"
        )
    if provenance.total_charge(atoms):
        charge = provenance.total_charge(atoms)
        raise InputError(f"{formula} of charge {charge:+g} e: expected a neutral crystal")
    if fixed_indices(atoms):
        raise InputError(f"{formula}: atoms held by FixAtoms: expected none; all atoms vibrate")
    if relax == "cell" and not level.geometry_level.capabilities.stress:
        raise CapabilityError(
            f"relax 'cell' at {level.geometry_level.label}: it has no stress of a cell; expected "
            "'atoms' or 'none'"
        )


def supercells_of(given: Any) -> tuple[Triple, ...]:
    """Return one or several supercells, the smallest first.

    Raises
    ------
    InputError
        Anything but three whole numbers, or a list of such.
    """
    listed = list(given)
    several = listed if listed and not any(map(is_whole, listed)) else [listed]
    found = []
    for one in several:
        numbers = list(one) if isinstance(one, Iterable) and not isinstance(one, str) else []
        if len(numbers) != 3 or not all(is_whole(n) and 1 <= n <= 100 for n in numbers):
            raise InputError(
                f"supercell {given!r}: expected three whole numbers such as [2, 2, 2], or a list "
                "of such"
            )
        found.append((int(numbers[0]), int(numbers[1]), int(numbers[2])))
    return tuple(sorted(dict.fromkeys(found), key=lambda n: (n[0] * n[1] * n[2], n)))


def supercell_for(atoms: Atoms, length: float) -> Triple:
    """Return the smallest supercell whose opposite faces are ``length`` Å apart or more."""
    heights = 1 / np.linalg.norm(np.linalg.inv(atoms.cell.array), axis=0)
    a, b, c = (int(n) for n in np.maximum(1, np.ceil(length / heights - 1e-6)))
    return a, b, c


def larger_supercell(atoms: Atoms, triple: Triple) -> Triple | None:
    """Return the next larger supercell: one more cell along its shortest distance of faces.

    None where that would be more than :data:`MOST_ATOMS`.
    """
    heights = np.array(triple) / np.linalg.norm(np.linalg.inv(atoms.cell.array), axis=0)
    more = np.array(triple)
    more[heights < heights.min() * 1.05] += 1
    a, b, c = (int(n) for n in more)
    return (a, b, c) if len(atoms) * a * b * c <= MOST_ATOMS else None


def read_born(given: str | Mapping[str, Any] | None) -> str | Mapping[str, Any] | None:
    """Return Born charges with a file's name replaced by its content.

    Raises
    ------
    InputError
        No such file.
    """
    if not isinstance(given, str) or "\n" in given:
        return given
    path = user_path(given)
    if not path.is_file():
        raise InputError(f"born {given!r}: no such file; expected phonopy's BORN, or a mapping")
    return read_at_most(path, 1_000_000).decode("utf-8", "replace")


@dataclass(frozen=True)
class Start:
    """A crystal before its atoms are displaced.

    Attributes
    ----------
    atoms : Atoms
    energy : float
        eV.
    fmax : float
        Largest force that is left, eV/Å.
    flags : tuple of Flag
    """

    atoms: Atoms
    energy: float
    fmax: float
    flags: tuple[Flag, ...]


def start_of(
    runner: Runner, atoms: Atoms, level: Level, relax: str, fmax: float, steps: int, name: str
) -> Start:
    """Relax the cell or the atoms as asked, and judge the forces that are left."""
    if relax == "atoms":
        relaxed = runner.run(Relax(atoms, level, fmax, steps, label=f"{name} relax"))
        flags = relaxation_gates(relaxed, fmax, "relaxation")
        return Start(relaxed.structure, relaxed.energy, relaxed.fmax, flags)
    if relax == "cell":
        cell = runner.run(RelaxCell(atoms, level, fmax, steps, label=f"{name} relax cell"))
        flags = carried_flags(atoms) + force_gate(cell.fmax, fmax, "relaxation")
        if not cell.converged and cell.fmax <= fmax:
            message = f"the cell's stress did not get below {fmax:g} eV in {steps} geometries"
            flags += (Flag("stress", message),)
        flags += domain_gate(level, cell.structure, cell.fmax, "relaxation")
        return Start(cell.structure, cell.energy, cell.fmax, flags)
    point = runner.run(SinglePoint(atoms, level, label=f"{name} as given"))
    left = largest_free_force(point.forces, atoms)
    flags = carried_flags(atoms) + geometry_gate(left, fmax)
    flags += recovery_gate(point.recovery, "as given")
    flags += domain_gate(level, atoms, left, "as given")
    return Start(atoms, point.energy, left, flags)


@dataclass(frozen=True)
class Displaced:
    """A crystal to be displaced in a supercell.

    Attributes
    ----------
    atoms : Atoms
    supercell : tuple of three int
    what : str
        For labels of tasks.
    """

    atoms: Atoms
    supercell: Triple
    what: str = ""


def n_displacements(atoms: Atoms, delta: float, symprec: float) -> int:
    """Return how many displacements symmetry leaves, of a supercell that keeps all of it."""
    model = set_up(atoms, np.eye(3, dtype=int), symprec)
    return len(displaced_supercells(model, delta))


def harmonic_crystals(
    runner: Runner,
    jobs: Sequence[Displaced],
    level: Level,
    *,
    delta: float,
    symprec: float,
    born: Born | None,
    name: str,
) -> tuple[list[HarmonicCrystal], tuple[Flag, ...]]:
    """Calculate the forces on every displaced supercell of every job, all side by side.

    Each is a single point in the store: a run that was killed repeats none.
    """
    models = [set_up(job.atoms, np.diag(job.supercell), symprec) for job in jobs]
    cells = [displaced_supercells(model, delta) for model in models]
    tasks = [
        SinglePoint(cell, level, label=f"{name} {job.what} displacement {i + 1}".replace("  ", " "))
        for job, group in zip(jobs, cells, strict=True)
        for i, cell in enumerate(group)
    ]
    done = runner.gather(tasks)
    flags: tuple[Flag, ...] = ()
    for task, one in zip(tasks, done, strict=True):
        flags += recovery_gate(one.recovery, task.label)
    found, at = [], 0
    for job, model, group in zip(jobs, models, cells, strict=True):
        forces = np.array([one.forces for one in done[at : at + len(group)]])
        at += len(group)
        found.append(HarmonicCrystal.of_forces(job.atoms, model, forces, born, symprec))
    return found, flags


def formula_units(atoms: Atoms) -> tuple[str, int]:
    """Return the reduced formula and how many of it are in a structure."""
    formula, count = atoms.symbols.formula.reduce()
    return f"{formula:metal}", int(count)


def stability_flags(modes: tuple[ImaginaryMode, ...], where: str = "") -> tuple[Flag, ...]:
    """Flag imaginary modes by name; a crystal with exact ones is unstable."""
    flags = tuple(
        Flag(
            "imaginary-mode",
            f"{where}{mode}, left out of F, S and Cv"
            + ("" if mode.exact else "; interpolated: it may vanish in a larger supercell"),
        )
        for mode in modes
    )
    exact = [mode for mode in modes if mode.exact]
    if exact:
        message = (
            f"{where}the crystal gains energy along {len(exact)} mode{'s' * (len(exact) > 1)}, "
            f"most at q = {exact[0].place}: it is no minimum of this level"
        )
        flags = (Flag("unstable-crystal", message), *flags)
    return flags


def sum_rule_flags(crystal: HarmonicCrystal) -> tuple[Flag, ...]:
    """Flag force constants by which a translation costs energy; the sum rule was imposed."""
    acoustic = crystal.sum_rule.acoustic * WAVENUMBER
    if acoustic <= ACOUSTIC_MODE:
        return ()
    message = (
        f"acoustic modes at Γ at {acoustic:.0f} cm⁻¹ before the sum rule was imposed (residual "
        f"{crystal.sum_rule.residual:.3f} eV/Å²): forces are noisy; tighten the SCF or displace "
        "further"
    )
    return (Flag("acoustic-sum-rule", message),)


@dataclass(frozen=True)
class SupercellTried:
    """What one supercell gave.

    Attributes
    ----------
    supercell : tuple of three int
    n_atoms : int
    highest : float
        THz.
    change : float or None
        Largest change of a frequency along the bands against the supercell before, THz.
    """

    supercell: Triple
    n_atoms: int
    highest: float
    change: float | None

    def __str__(self) -> str:
        """Return the supercell in words: ``2×2×2 (64 atoms)``."""
        return f"{'×'.join(map(str, self.supercell))} ({self.n_atoms} atoms)"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "supercell": list(self.supercell),
            "n_atoms": self.n_atoms,
            "highest": self.highest,
            "change": self.change,
        }


def triple_of(crystal: HarmonicCrystal) -> Triple:
    """Return the multiples of the unit cell that make a supercell."""
    a, b, c = (int(n) for n in np.diag(crystal.supercell))
    return a, b, c


def tried_supercells(
    crystals: list[HarmonicCrystal], bands: list[PhononBands]
) -> tuple[SupercellTried, ...]:
    """Return what each supercell gave, and how its bands differ from those of the one before."""
    found = []
    for i, (crystal, one) in enumerate(zip(crystals, bands, strict=True)):
        change = largest_change(bands[i - 1], one) if i else None
        triple = triple_of(crystal)
        n_atoms = len(crystal.atoms) * int(np.prod(triple))
        found.append(SupercellTried(triple, n_atoms, one.highest, change))
    return tuple(found)


def largest_change(before: PhononBands, after: PhononBands) -> float:
    """Return the largest change of a frequency along the bands, THz."""
    pairs = zip(before.frequencies, after.frequencies, strict=True)
    return float(max(np.abs(a - b).max() for a, b in pairs))

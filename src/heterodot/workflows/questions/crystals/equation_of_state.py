"""The equation of state of a crystal: energies at several volumes, each a task."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.elasticity.equation_of_state import FEWEST, EquationFit, fit_equation
from heterodot.analysis.figures.style import join_caption
from heterodot.calculators import Level
from heterodot.data.flags import flag_note
from heterodot.errors import InputError
from heterodot.structures.crystals.crystal import is_made
from heterodot.structures.crystals.freedom import CrystalFreedom, crystal_freedom
from heterodot.structures.crystals.levelled import crystal_at_level
from heterodot.workflows.parts.gates import force_gate, relaxation_gates
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.questions.crystals.judging import (
    changed_gates,
    check_crystal,
    flagged,
    independent_lengths,
)
from heterodot.workflows.questions.crystals.meshes import mesh_gate, with_held_mesh
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.cells import CellResult, RelaxCell
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.results import RelaxResult, SinglePointResult
from heterodot.workflows.tasks.task import Task
from heterodot.workflows.tasks.tasks import Relax, SinglePoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POOR = 0.02
"""Of the span of the energies, for the root mean square of what a fit leaves. Chosen: smooth
energies leave 1e-4 over ± 6 % of the volume, a step by another k-point mesh or spin 0.1."""

DISAGREE = 0.03
"""Of B0, by which Birch–Murnaghan and Vinet may differ. Chosen: over ± 6 % of the volume the forms
differ by 0.1 to 1 % where the energies are smooth."""

_OTHER: dict[str, Literal["birch-murnaghan", "vinet"]] = {
    "birch-murnaghan": "vinet",
    "vinet": "birch-murnaghan",
}


@dataclass(frozen=True)
class EquationOfStateResult(Result):
    """Energies of a crystal at several volumes, and what two equations of state say.

    Attributes
    ----------
    start : Atoms
        As given.
    volumes, energies : (N,) float arrays
        Of the cell, Å³ and eV.
    fit, other : EquationFit
        By the form asked for, and by the other one.
    structure : Atoms
        Scaled to the minimum from the nearest volume.
    """

    start: Atoms
    volumes: np.ndarray
    energies: np.ndarray
    fit: EquationFit
    other: EquationFit
    structure: Atoms

    @property
    def structures(self) -> dict[str, Atoms]:
        """The crystal at the minimum of the fit."""
        return {"minimum": self.crystal if is_made(self.start) else self.structure}

    @property
    def crystal(self) -> Atoms:
        """The crystal at the minimum, for builders, its record saying what it stands on."""
        return flagged(crystal_at_level(self.structure, self.level, self.start), self.flags)

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        fit, n = self.fit, len(self.structure)
        return {
            **independent_lengths(self.structure, self.start),
            "V0 (Å³)": fit.v0,
            "V0 standard error (Å³)": fit.v0_error,
            "E0 (eV)": fit.e0,
            "E0 standard error (eV)": fit.e0_error,
            "B0 (GPa)": fit.b0,
            "B0 standard error (GPa)": fit.b0_error,
            "B0'": fit.b1,
            "B0' standard error": fit.b1_error,
            "rms residual (meV/atom)": 1000 * fit.rms / n,
            f"B0 by {self.other.form} (GPa)": self.other.b0,
        }

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "volumes": self.volumes.tolist(),
            "energies": self.energies.tolist(),
            "fit": self.fit.to_dict(),
            "other": self.other.to_dict(),
            "structure": structure_to_dict(self.structure),
        }

    def headline(self) -> str:
        """Return the answer in a line."""
        q, fit = self.quantities(), self.fit
        lengths = independent_lengths(self.structure, self.start)
        cell = ", ".join(
            f"{name.split(' ')[0]} = {value:.4f} {name.split(' ')[1].strip('()')}"
            for name, value in lengths.items()
        )
        return (
            f"{self.structure.get_chemical_formula()}: V0 = {q['V0 (Å³)']:.3f} Å³ ({cell}), "
            f"B0 = {q['B0 (GPa)']:.2f} ± {fit.b0_error:.2g} GPa, B0' = {fit.b1:.2f} ± "
            f"{fit.b1_error:.2g} ({fit.form}; {self.other.form}: {self.other.b0:.2f} GPa)"
        )

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return E(V)."""
        return {f"equation-of-state-{name}": partial(self.plot, title=title)}

    def plot(self, title: str = "", *, ax: Axes | None = None, caption: str = "") -> Figure:
        """Draw the energies and the fit; see :func:`heterodot.analysis.plot_equation_of_state`."""
        from heterodot.analysis.elasticity.plot import plot_equation_of_state

        said = join_caption([caption, flag_note(self.flags)])
        label = self.marked(title or self.structure.get_chemical_formula())
        return plot_equation_of_state(
            self.volumes, self.energies, self.fit, n_atoms=len(self.structure), title=label, ax=ax,
            caption=said,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class EquationOfState(Question):
    """Energies of a crystal at several volumes; V0, E0, B0 and B0' by an equation of state.

    Atoms, and the shape of the cell at a level with stress, are relaxed at each volume where
    symmetry leaves them free. Where the minimum does not lie in the inner half of the volumes,
    they are taken anew around it, once.

    Parameters
    ----------
    atoms : Atoms
        Periodic in three directions, without constraints.
    level : Level
        Of one code; energies do, where the shape of the cell is not free. A density of k-points
        becomes the mesh it gives the crystal as it is.
    form : {"birch-murnaghan", "vinet"}
        Which equation the numbers are of; the other one is fitted to check it.
    span : float
        The volumes go from 1 − span to 1 + span of the volume given.
    points : int
        Volumes, 5 or more.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    name : str
        What progress displays and tables call it.
    """

    kind: ClassVar[str] = "equation_of_state"

    atoms: Atoms
    level: Level
    form: Literal["birch-murnaghan", "vinet"] = "birch-murnaghan"
    span: float = 0.06
    points: int = 9
    fmax: float = 0.01
    steps: int = 200
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crystal(self.atoms, self.level, self.kind)
        if not 0.005 <= self.span <= 0.5:
            raise InputError(f"span {self.span}: expected a share of the volume of 0.005…0.5")
        if not FEWEST <= self.points <= 101:
            raise InputError(f"points {self.points}: expected {FEWEST}…101 volumes")

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 2 * self.points

    def run(self, runner: Runner) -> EquationOfStateResult:
        """Ask for the energies at all volumes side by side, and fit."""
        symmetry = crystal_freedom(self.atoms)
        level = with_held_mesh(self.level, self.atoms)
        centre = float(self.atoms.get_volume())
        found, volumes, energies = self._energies(runner, level, symmetry, centre)
        fit = fit_equation(volumes, energies, self.form)
        if abs(fit.v0 / centre - 1) > self.span / 2 and 0.6 < fit.v0 / centre < 1.5:
            found, volumes, energies = self._energies(runner, level, symmetry, fit.v0)
            fit = fit_equation(volumes, energies, self.form)
        other = fit_equation(volumes, energies, _OTHER[self.form])
        nearest = found[int(np.argmin(np.abs(volumes - fit.v0)))][0].copy()
        ratio = np.cbrt(fit.v0 / nearest.get_volume())
        nearest.set_cell(nearest.cell.array * ratio, scale_atoms=True)
        flags = tuple(flag for _, own in found for flag in own)
        flags += mesh_gate(self.level, self.atoms)
        flags += self._shape_gate(symmetry) + fit_gates(fit, other, energies)
        flags += changed_gates(self.atoms, nearest, "crystal at V0")
        return EquationOfStateResult(
            level=self.level.label,
            flags=flags + self.level.doubts(nearest),
            caveats=self.level.caveats(nearest),
            start=self.atoms,
            volumes=volumes,
            energies=energies,
            fit=fit,
            other=other,
            structure=nearest,
        )

    def _energies(
        self, runner: Runner, level: Level, symmetry: CrystalFreedom, centre: float
    ) -> tuple[list[tuple[Atoms, tuple[Flag, ...]]], np.ndarray, np.ndarray]:
        """Return structures with their flags, volumes and energies around a volume."""
        wanted = centre * np.linspace(1 - self.span, 1 + self.span, self.points)
        tasks = [self._task(level, symmetry, float(volume)) for volume in wanted]
        found = runner.gather(tasks)
        parts = [self._judged(task, one) for task, one in zip(tasks, found, strict=True)]
        volumes = np.array([atoms.get_volume() for atoms, _ in parts])
        return parts, volumes, np.array([float(one.energy) for one in found])

    def _task(self, level: Level, symmetry: CrystalFreedom, volume: float) -> Task[Any]:
        atoms = self.atoms.copy()
        ratio = np.cbrt(volume / atoms.get_volume())
        atoms.set_cell(atoms.cell.array * ratio, scale_atoms=True)
        label = f"{self.name} V={volume:.2f} Å³"
        if symmetry.n_strains > 1 and level.capabilities.stress:
            return RelaxCell(atoms, level, self.fmax, self.steps, hold_volume=True, label=label)
        if symmetry.n_internal:
            return Relax(atoms, level, self.fmax, self.steps, label=label)
        return SinglePoint(atoms, level, label=label)

    def _judged(
        self, task: Task[Any], found: CellResult | RelaxResult | SinglePointResult
    ) -> tuple[Atoms, tuple[Flag, ...]]:
        what = f"at {task.atoms.get_volume():.2f} Å³"
        if isinstance(found, SinglePointResult):
            return task.atoms, ()
        if isinstance(found, RelaxResult):
            return found.structure, relaxation_gates(found, self.fmax, what)
        flags = force_gate(found.fmax, self.fmax, what)
        if not found.converged:
            flags += (Flag("cell-not-converged", f"{what}: the shape of the cell is no minimum"),)
        return found.structure, flags

    def _shape_gate(self, symmetry: CrystalFreedom) -> tuple[Flag, ...]:
        if symmetry.n_strains == 1 or self.level.capabilities.stress:
            return ()
        message = (
            f"{self.level.label} gives no stress: the cell of {symmetry.label} kept its shape at "
            "all volumes"
        )
        return (Flag("shape-held", message),)


def fit_gates(fit: EquationFit, other: EquationFit, energies: np.ndarray) -> tuple[Flag, ...]:
    """Flag a minimum outside the volumes, a poor fit, and forms that do not agree."""
    flags: tuple[Flag, ...] = ()
    if not fit.inside:
        message = f"V0 {fit.v0:.2f} Å³ lies outside {fit.lowest:.2f}…{fit.highest:.2f} Å³"
        flags += (Flag("minimum-outside", message),)
    spread = float(np.ptp(energies))
    if fit.rms > POOR * spread:
        message = f"residuals of {1000 * fit.rms:.2f} meV in energies that span {spread:.3f} eV"
        flags += (Flag("poor-fit", message),)
    if abs(fit.b0 - other.b0) > DISAGREE * fit.b0:
        message = f"B0 {fit.b0:.1f} GPa by {fit.form}, {other.b0:.1f} GPa by {other.form}"
        flags += (Flag("forms-disagree", message),)
    return flags

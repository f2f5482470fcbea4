"""Relaxation and vibrations of one structure: the simplest questions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from ase import Atoms, units

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.motion.phonons.files import csv_text
from heterodot.analysis.motion.phonons.thermodynamics import (
    ROOM,
    Thermodynamics,
    temperature_grid,
    thermodynamics,
)
from heterodot.analysis.vibrations.rigid_motions import project_out
from heterodot.analysis.vibrations.spectrum import VibrationalSpectrum, vibrational_spectrum
from heterodot.calculators import Level
from heterodot.constraints import fixed_indices
from heterodot.data.flags import Marked
from heterodot.errors import InputError
from heterodot.workflows.parts.gates import (
    GUESSED,
    OTHER_LEVEL,
    adsorbate_record,
    external_gate,
    frequency_gates,
    guess_gate,
    imaginary_modes,
    structure_gates,
)
from heterodot.workflows.parts.minima import (
    check_relaxed,
    energy_forces,
    minima,
    tasks_per_minimum,
    vibrational_label,
)
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Text, Values, notes
from heterodot.workflows.parts.steps import relax_judged
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.results import HessianResult
from heterodot.workflows.tasks.tasks import Hessian

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class RelaxationResult(Result):
    """A relaxed structure.

    Attributes
    ----------
    structure : Atoms
    energy : float
        eV.
    fmax : float
        Largest force on a free atom, eV/Å.
    n_steps : int
        Geometries calculated.
    optimizer : str
    cost : Cost
        Force calls and SCF iterations spent.
    """

    structure: Atoms
    energy: float
    fmax: float
    n_steps: int
    optimizer: str
    cost: Cost = field(default_factory=Cost)

    @property
    def structures(self) -> dict[str, Atoms]:
        """The relaxed structure."""
        return {"relaxed": self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        own = tuple(flag for flag in self.shared_flags if flag.name != OTHER_LEVEL)
        return {
            "E (eV)": self.energy,
            "largest force (eV/Å)": Marked(self.fmax, own),  # of the level that relaxed
            "geometries": Marked(self.n_steps),
        }

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "structure": structure_to_dict(self.structure),
            "energy": self.energy,
            "fmax": self.fmax,
            "n_steps": self.n_steps,
            "optimizer": self.optimizer,
            "cost": self.cost.to_dict(),
        }

    def headline(self) -> str:
        """Return the answer in a line."""
        spent = f"; {self.cost}" if self.cost.n_scf is not None else ""
        q = self.quantities()
        return (
            f"{self.structure.get_chemical_formula()}: E = {q['E (eV)']:.4f} eV, largest force "
            f"{q['largest force (eV/Å)']:.3f} eV/Å after {self.n_steps} geometries "
            f"({self.optimizer}){spent}"
        )


@dataclass(frozen=True, eq=False)
class Relaxation(Question):
    """Relax a structure.

    Parameters
    ----------
    atoms : Atoms
        Atoms under ``FixAtoms`` stay; ``FixCartesian``, ``FixedLine``, ``FixedPlane`` and
        ``FixBondLengths`` hold what they say, others are refused.
    level : Level
    fmax : float
        Force criterion, eV/Å.
    steps : int
        Geometries at most.
    optimizer : str
        See :class:`heterodot.workflows.tasks.tasks.Relax`.
    name : str
        What progress displays and tables call it.
    """

    kind: ClassVar[str] = "relaxation"

    atoms: Atoms
    level: Level
    fmax: float = 0.05
    steps: int = 300
    optimizer: str = "auto"
    name: str = ""

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return tasks_per_minimum(self.level)

    def run(self, runner: Runner) -> RelaxationResult:
        """Relax; flags say if the forces did not converge or bonds changed."""
        label = f"{self.name} relax"
        relaxed, flags = relax_judged(
            runner, self.atoms, self.level, self.fmax, self.steps, label, self.optimizer
        )
        return RelaxationResult(
            level=self.level.label,
            flags=flags,
            caveats=self.level.caveats(self.atoms),
            structure=relaxed.structure,
            energy=relaxed.energy,
            fmax=relaxed.fmax,
            n_steps=relaxed.n_steps,
            energy_forces=energy_forces(relaxed=relaxed.energy_force),
            optimizer=relaxed.optimizer,
            cost=relaxed.cost,
        )


@dataclass(frozen=True)
class VibrationsResult(Result):
    """Vibrations of a structure or of some of its atoms.

    Attributes
    ----------
    structure : Atoms
        The (relaxed) geometry they were taken at.
    frequencies : (3n,) float array
        cm⁻¹, ascending; imaginary ones as negative numbers. Translations and rotations of the whole
        are among them, as 0.
    indices : tuple of int
        The n atoms displaced.
    energy : float
        eV.
    hessian : (3n, 3n) float array or None
        eV/Å², translations and rotations of the whole projected out.
    dipole_derivatives : (3n, 3) float array or None
        e; None where the code gives no dipoles or the structure is periodic.
    n_external : int
        How many of the frequencies, those smallest in size, are translations and rotations of the
        whole.
    residual : float
        The largest of these before they were projected out, cm⁻¹: the noise of the forces.
    """

    structure: Atoms
    frequencies: np.ndarray
    indices: tuple[int, ...]
    energy: float
    hessian: np.ndarray | None = None
    dipole_derivatives: np.ndarray | None = None
    n_external: int = 0
    residual: float = 0.0

    @property
    def vibrations(self) -> np.ndarray:
        """The frequencies without translations and rotations of the whole, cm⁻¹, ascending."""
        by_size = self.frequencies[np.argsort(np.abs(self.frequencies), kind="stable")]
        return np.sort(by_size[self.n_external :])

    @cached_property
    def thermodynamics(self) -> Thermodynamics:
        """F, S and Cv of the vibrations, each a harmonic oscillator; eV and K."""
        return thermodynamics(self.vibrations * units.invcm, temperature_grid())

    def spectrum(self, label: str = "") -> VibrationalSpectrum:
        """Assign the modes; infrared intensities where the code gave dipoles.

        Parameters
        ----------
        label : str
            The system; the formula unless given.

        Raises
        ------
        InputError
            The result was made without its second derivatives.
        """
        if self.hessian is None:
            raise InputError("these vibrations carry no second derivatives: ask for them again")
        return vibrational_spectrum(
            self.structure, self.hessian, self.indices, self.dipole_derivatives, label, self.level
        )

    @property
    def structures(self) -> dict[str, Atoms]:
        """The structure they were taken at."""
        return {"relaxed": self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        return {
            "modes": Marked(len(self.frequencies)),
            "highest (cm⁻¹)": float(self.frequencies.max()),
            "lowest (cm⁻¹)": float(self.frequencies.min()),
            "imaginary": len(imaginary_modes(self.frequencies, self.n_external)),
            "zero-point energy (eV)": self.thermodynamics.zero_point,
            **{
                f"{name}vib({ROOM:g} K) ({unit})": factor * self.thermodynamics.at(ROOM)[key]
                for name, key, factor, unit in (
                    ("F", "F", 1.0, "eV"),
                    ("S", "S", 1e3, "meV/K"),
                    ("Cv,", "Cv", 1e3, "meV/K"),
                )
            },
        }

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        modes = [] if self.hessian is None else self.spectrum().to_dict()["modes"]
        return {
            "structure": structure_to_dict(self.structure),
            "frequencies": self.frequencies.tolist(),
            "indices": list(self.indices),
            "energy": self.energy,
            "modes": modes,
        }

    def headline(self) -> str:
        """Return the answer in a line."""
        listed = ", ".join(
            f"{abs(f):.0f}i" if f < 0 else f"{f:.0f}" for f in self.vibrations[::-1][:12]
        )
        mark = self.marked("modes (cm⁻¹)")
        apart = ""
        if self.n_external:
            apart = (
                f"; {self.n_external} of the whole projected out ({abs(self.residual):.0f}"
                f"{'i' if self.residual < -0.5 else ''} cm⁻¹ before)"
            )
        return f"{len(self.vibrations)} {mark}, highest first: {listed}{apart}"

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return F, S and Cv of the vibrations of all systems."""
        return {"vibrational-thermodynamics": partial(_draw_thermodynamics, answers)}

    def files(self) -> dict[str, Text]:
        """Return the thermodynamics as a table."""
        return {"thermodynamics.csv": lambda: csv_text(self.thermodynamics.rows())}


def _draw_thermodynamics(answers: Mapping[str, VibrationsResult]) -> Figure:
    from heterodot.analysis.motion.phonons.plot import plot_thermodynamics

    levels = ", ".join(dict.fromkeys(answer.level for answer in answers.values()))
    return plot_thermodynamics(
        {answer.marked(label): answer.thermodynamics for label, answer in answers.items()},
        f"{levels}; harmonic vibrations, without translation and rotation. {notes(answers)}",
        per="structure",
    )


@dataclass(frozen=True, eq=False)
class Vibrations(Question):
    """Vibrational frequencies at the relaxed geometry.

    Parameters
    ----------
    atoms : Atoms
        Atoms under ``FixAtoms`` stay in the relaxation and are not displaced; other constraints
        are refused.
    level : Level
    indices : sequence of int, optional
        Atoms to displace; all that are free by default. "adsorbate" takes the free ones of the
        adsorbate, as recorded or, with a flag, guessed. One that is held is refused.
    relax : bool
        Relax first. Switched off, forces above ``fmax`` are flagged.
    fmax : float
        eV/Å.
    steps : int
        Geometries of the relaxation at most.
    delta : float
        Displacement, Å.
    name : str
    """

    kind: ClassVar[str] = "vibrations"

    atoms: Atoms
    level: Level
    indices: tuple[int, ...] | str = ()
    relax: bool = True
    fmax: float = 0.02
    steps: int = 300
    delta: float = 0.01
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        # what cannot vibrate is said now, not after the relaxation
        check_relaxed(self.level, self.relax)
        Hessian(self.atoms, self.level.geometry_level, self._indices(), self.delta)

    @property
    def level_label(self) -> str:
        """The level of theory in words, with that of the vibrations where it is another."""
        return vibrational_label(self.level)

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + self.relax * tasks_per_minimum(self.level)

    def run(self, runner: Runner) -> VibrationsResult:
        """Relax, displace, diagonalise."""
        atoms = self.atoms
        flags: tuple[Flag, ...] = ()
        energy, level = None, self.level.geometry_level
        if self.relax:
            label = f"{self.name} relax"
            (relaxed,) = minima(runner, [atoms], self.level, self.fmax, self.steps, [label])
            atoms, flags = relaxed.structure, structure_gates(self.atoms, relaxed.structure)
            if level is not self.level:
                energy = relaxed.energy
            if [flag.name for flag in flags] == [GUESSED]:
                flags = ()  # the vibrations do not rest on which atoms are the adsorbate
        indices = self._indices()
        task = Hessian(atoms, level, indices, self.delta, label=f"{self.name} vibrations")
        hessian: HessianResult = runner.run(task)
        found = project_out(atoms, hessian.hessian, hessian.indices)
        flags += frequency_gates(hessian, found.frequencies, self.fmax, found.n_external)
        flags += external_gate(found.residual, bool(atoms.pbc.any()))
        if self.indices == "adsorbate":
            flags = unique_flags(guess_gate(self.atoms) + flags)
        return VibrationsResult(
            level=self.level_label,
            flags=flags,
            caveats=self.level.caveats(atoms),
            structure=atoms,
            frequencies=found.frequencies,
            indices=hessian.indices,
            energy=hessian.energy if energy is None else energy,
            hessian=found.hessian,
            dipole_derivatives=hessian.dipole_derivatives,
            n_external=found.n_external,
            residual=found.residual,
        )

    def _indices(self) -> tuple[int, ...]:
        if self.indices != "adsorbate":
            return tuple(self.indices)  # type: ignore[arg-type]
        own = [int(i) for i in adsorbate_record(self.atoms)["indices"]]
        held = set(fixed_indices(self.atoms))
        return tuple(i for i in own if i not in held) or tuple(own)

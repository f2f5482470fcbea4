"""Relaxation and vibrations of one structure: the simplest questions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.vibrations.spectrum import VibrationalSpectrum, vibrational_spectrum
from heterodot.calculators import Level
from heterodot.constraints import fixed_indices, n_rigid_motions
from heterodot.data.flags import Marked
from heterodot.errors import InputError
from heterodot.workflows.parts.gates import (
    GUESSED,
    OTHER_LEVEL,
    adsorbate_record,
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
from heterodot.workflows.parts.results import Result, Values
from heterodot.workflows.parts.steps import relax_judged
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.results import HessianResult
from heterodot.workflows.tasks.tasks import Hessian


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
        cm⁻¹, ascending; imaginary ones as negative numbers. A free molecule's translations and
        rotations are among them.
    indices : tuple of int
        The n atoms displaced.
    energy : float
        eV.
    hessian : (3n, 3n) float array or None
        eV/Å².
    dipole_derivatives : (3n, 3) float array or None
        e; None where the code gives no dipoles or the structure is periodic.
    n_external : int
        How many of the frequencies, those smallest in size, are translations and rotations of the
        whole; below zero by a little they are no imaginary ones.
    """

    structure: Atoms
    frequencies: np.ndarray
    indices: tuple[int, ...]
    energy: float
    hessian: np.ndarray | None = None
    dipole_derivatives: np.ndarray | None = None
    n_external: int = 0

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
            f"{abs(f):.0f}i" if f < 0 else f"{f:.0f}" for f in self.frequencies[::-1][:12]
        )
        mark = self.marked("modes (cm⁻¹)")
        return f"{len(self.frequencies)} {mark}, highest first: {listed}"


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
        frequencies = hessian.frequencies(atoms)
        external = 0 if self.indices else n_rigid_motions(atoms)
        flags += frequency_gates(hessian, frequencies, self.fmax, external)
        if self.indices == "adsorbate":
            flags = unique_flags(guess_gate(self.atoms) + flags)
        return VibrationsResult(
            level=self.level_label,
            flags=flags,
            caveats=self.level.caveats(atoms),
            structure=atoms,
            frequencies=frequencies,
            indices=hessian.indices,
            energy=hessian.energy if energy is None else energy,
            hessian=hessian.hessian,
            dipole_derivatives=hessian.dipole_derivatives,
            n_external=external,
        )

    def _indices(self) -> tuple[int, ...]:
        if self.indices != "adsorbate":
            return tuple(self.indices)  # type: ignore[arg-type]
        own = [int(i) for i in adsorbate_record(self.atoms)["indices"]]
        held = set(fixed_indices(self.atoms))
        return tuple(i for i in own if i not in held) or tuple(own)

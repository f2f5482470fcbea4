"""The task that moves atoms by Newton's equations, with or without a thermostat and a barostat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis.motion.trajectories.trajectory import Trajectory, open_trajectory
from heterodot.checks import is_number, is_whole
from heterodot.constraints import check_constraints, free_indices, partial_constraints
from heterodot.data.flags import Flag
from heterodot.data.kept_file import KeptFile
from heterodot.errors import InputError
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.moving.ensembles import (
    BAROSTATS,
    ENSEMBLES,
    EXTENDED,
    NPT,
    NPT_ISOTROPIC,
    Ensemble,
)
from heterodot.workflows.tasks.moving.integration import MovingAtoms, RunPlan
from heterodot.workflows.tasks.moving.start import (
    FEWEST_STEPS,
    STEPS_PER_PERIOD,
    degrees_of_freedom,
    fastest_period,
)
from heterodot.workflows.tasks.task import Task

VECTORS = ("positions", "velocities", "forces")
"""What may be kept of each frame."""

STRETCH, NATIVE_STRETCH = 100, 10
"""Steps from one state on disk to the next, by codes in Python and by compiled ones, whose steps
take minutes: what a kill may cost."""


@dataclass(frozen=True)
class DynamicsResult:
    """A trajectory and where it ended.

    Attributes
    ----------
    structure : Atoms
        The last step, with its momenta, in double precision.
    energy : float
        Potential energy there, eV.
    n_steps : int
    path : Path
        The file of the trajectory.
    ended : tuple of Flag
        Why it ended early.
    cost : Cost
    """

    structure: Atoms
    energy: float
    n_steps: int
    path: Path
    ended: tuple[Flag, ...] = ()
    cost: Cost = field(default_factory=Cost)

    @cached_property
    def trajectory(self) -> Trajectory:
        """The frames, read where they are touched."""
        return open_trajectory(self.path)


@dataclass(frozen=True, eq=False)
class Dynamics(Task[DynamicsResult]):
    """Molecular dynamics: positions, velocities and energies in steps of time.

    Attributes
    ----------
    steps : int
    timestep : float
        fs.
    ensemble : {"csvr", "nve", "langevin", "nose-hoover", "npt-isotropic", "npt"}
        What is held: the temperature by velocity rescaling (Bussi), nothing, the temperature by
        friction and noise or by a chain of thermostats, temperature and pressure with one length of
        the cell free, or all of it.
    temperature : float
        K; of the thermostat and of velocities that are drawn.
    damping : float
        Time constant of the thermostat, fs.
    pressure : float
        GPa.
    pressure_damping : float
        Time constant of the barostat, fs.
    seed : int
        Of velocities and noise.
    every : int
        Steps from frame to frame of the trajectory.
    keep : tuple of str
        Of ``positions`` (always), ``velocities`` and ``forces``.
    velocities : {"drawn", "given"}
        A Maxwell–Boltzmann distribution, the whole at rest; or those of the structure.
    stretch : int
        Steps from one state on disk to the next; 0 for what suits the code. It is part of the key:
        each stretch begins with a fresh calculator.
    """

    steps: int = 1000
    timestep: float = 1.0
    ensemble: str = "csvr"
    temperature: float = 300.0
    damping: float = 100.0
    pressure: float = 0.0
    pressure_damping: float = 1000.0
    seed: int = 0
    every: int = 1
    keep: tuple[str, ...] = ("positions", "velocities")
    velocities: str = "drawn"
    stretch: int = 0

    kind: ClassVar[str] = "dynamics"
    moves: ClassVar[bool] = True
    length_varies: ClassVar[bool] = True

    @property
    def planned_energies(self) -> int:
        """One for each step, and the start."""
        return int(self.steps) + 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "keep", tuple(dict.fromkeys(("positions", *self.keep))))
        check_dynamics(self)
        if self.stretch == 0:
            native = self.level.capabilities.native
            object.__setattr__(self, "stretch", NATIVE_STRETCH if native else STRETCH)

    def content(self) -> dict[str, Any]:
        """Return everything the result depends on: also masses and velocities that are given."""
        content = super().content()
        if "masses" in self.atoms.arrays:
            content["masses"] = np.round(self.atoms.get_masses(), 6).tolist()
        if self.velocities == "given":
            content["momenta"] = (np.round(self.atoms.get_momenta(), 9) + 0.0).tolist()
        return content

    @property
    def course(self) -> RunPlan:
        """What is to be done, in the words of :class:`MovingAtoms`."""
        ensemble = Ensemble(
            self.ensemble,
            float(self.timestep),
            float(self.temperature),
            float(self.damping),
            float(self.pressure),
            float(self.pressure_damping),
        )
        keep = self.keep + (("cell",) if self.ensemble in BAROSTATS else ())
        draw = self.velocities == "drawn"
        return RunPlan(ensemble, self.steps, self.every, self.stretch, keep, self.seed, draw)

    def solve(self, directory: Path) -> dict[str, Any]:
        """Compute; other settings in the middle of a trajectory would be another surface."""
        return {**self.compute(directory), "recovery": ""}

    def compute(self, directory: Path) -> dict[str, Any]:
        """Go through the steps, on from where ``directory`` has come to."""
        if self.ensemble in BAROSTATS and not self.level.capabilities.stress:
            raise self.level.implementation.cannot("the pressure of a cell", "stress")
        motion = MovingAtoms(self.atoms, self.level, self.course, directory)
        motion.run()
        end, name = motion.end, motion.place.ended
        return {
            "energy": end.energy,
            "positions": end.positions,
            "momenta": end.momenta,
            "cell": end.cell,
            "n_steps": motion.place.step,
            "ended": list(name),
            "n_forces": motion.place.n_forces,
            "trajectory": KeptFile(motion.path),
        }

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result: the last step."""
        n = len(self.atoms)
        return {"energy": (), "positions": (n, 3), "momenta": (n, 3), "cell": (3, 3)}

    def final_geometry(self, data: Mapping[str, Any]) -> Atoms:
        """Return the last step, with its momenta."""
        structure: Atoms = self.atoms.copy()
        structure.set_cell(np.asarray(data["cell"], float))
        structure.set_positions(np.asarray(data["positions"], float), apply_constraint=False)
        structure.set_momenta(np.asarray(data["momenta"], float), apply_constraint=False)
        return structure

    def result(self, data: Mapping[str, Any]) -> DynamicsResult:
        """Return the typed result."""
        name, message = data["ended"]
        return DynamicsResult(
            self.final_geometry(data),
            data["energy"],
            data["n_steps"],
            data["trajectory"].path,
            (Flag(name, message),) if name else (),
            Cost(data["n_forces"]),
        )


def check_dynamics(task: Dynamics) -> None:
    """Refuse what cannot be followed, in one line.

    Raises
    ------
    InputError
    """
    if task.ensemble not in ENSEMBLES:
        raise InputError(f"ensemble {task.ensemble!r}: expected one of {', '.join(ENSEMBLES)}")
    _check_numbers(task)
    unknown = [name for name in task.keep if name not in VECTORS]
    if unknown:
        raise InputError(f"keep {', '.join(unknown)}: expected of {', '.join(VECTORS)}")
    if task.velocities not in ("drawn", "given"):
        raise InputError(f"velocities {task.velocities!r}: expected 'drawn' or 'given'")
    if task.velocities == "given" and not task.atoms.get_momenta().any():
        raise InputError("velocities 'given': the structure has none: expected 'drawn'")
    _check_structure(task)
    period, element = fastest_period(task.atoms)
    if task.timestep > period / FEWEST_STEPS:
        raise InputError(
            f"timestep {task.timestep:g} fs: {element} vibrates in {period:.1f} fs: expected "
            f"{period / STEPS_PER_PERIOD:.1f} fs or less"
        )


def _check_numbers(task: Dynamics) -> None:
    for name in ("timestep", "damping", "pressure_damping"):
        value = getattr(task, name)
        if not is_number(value) or not value > 0:
            raise InputError(f"{name} {value}: expected a positive time, fs")
    if not is_whole(task.every) or not 1 <= task.every <= task.steps:
        raise InputError(f"every {task.every}: expected 1 to {task.steps} (steps)")
    if not is_whole(task.stretch) or task.stretch < 0:
        raise InputError(f"stretch {task.stretch}: expected 1 or more steps, or 0")
    if task.damping < task.timestep:
        raise InputError(f"damping {task.damping:g} fs: expected more than the timestep")


def _check_structure(task: Dynamics) -> None:
    atoms, name = task.atoms, task.ensemble
    check_constraints(atoms)
    if not free_indices(atoms) or degrees_of_freedom(atoms, name != "langevin") < 1:
        raise InputError(
            f"{len(atoms)} atoms, {len(free_indices(atoms))} of them free: expected atoms that can "
            "move against each other"
        )
    if name in EXTENDED and partial_constraints(atoms):
        raise InputError(
            f"ensemble {name!r} under {type(partial_constraints(atoms)[0]).__name__}: expected "
            "nve, langevin or csvr, or no such constraint"
        )
    if name not in BAROSTATS:
        return
    if not atoms.pbc.all():
        raise InputError(
            f"ensemble {name!r}: {atoms.get_chemical_formula()} is periodic along "
            f"{int(atoms.pbc.sum())} directions: expected a crystal, or csvr"
        )
    if atoms.constraints:
        kinds = f"{NPT_ISOTROPIC} and {NPT}"
        raise InputError(f"ensemble {name!r}: {kinds} hold no atoms: remove the constraints")

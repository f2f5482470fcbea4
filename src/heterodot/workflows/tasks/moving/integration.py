"""Steps of a dynamics, written down in stretches: killed anywhere, it goes on to the same digits.

At the end of each stretch its frames go to the trajectory, then the whole state (positions,
momenta, cell, thermostat, random numbers, in double precision) to one file, written aside and
renamed. Each stretch begins with a calculator of its own, so that what a code remembers (a density,
a list of neighbours) does not depend on whether the run before was killed.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms, units

from heterodot.analysis.motion.trajectories.container import SUFFIX, ContainerWriter
from heterodot.analysis.motion.trajectories.trajectory import trajectory_writer
from heterodot.calculators import Level
from heterodot.calculators.mpi import mpi_rank
from heterodot.errors import CalculationError, CrashError, HeterodotError, RefusedError
from heterodot.workflows.tasks.moving.ensembles import Ensemble, restore, state_of
from heterodot.workflows.tasks.moving.start import degrees_of_freedom, thermal_momenta
from heterodot.writing import write_atomically

FARTHEST = 0.5
"""Å: an atom that goes farther in one step has left every potential's validity. At 3000 K a
hydrogen moves 0.09 Å in 1 fs."""

EXPLODED, STOPPED = "exploding-trajectory", "trajectory-cut-short"
"""Names of the flags on a dynamics that ended early: by its atoms, by its code."""

STATE_FILE = "state.npz"


@dataclass(frozen=True)
class RunPlan:
    """What a dynamics is to do.

    Attributes
    ----------
    ensemble : Ensemble
    steps, every, stretch : int
        Steps in all, from frame to frame, and from one state on disk to the next.
    keep : tuple of str
        Vectors kept of each frame.
    seed : int
    draw : bool
        Draw velocities, or take those the structure has.
    """

    ensemble: Ensemble
    steps: int
    every: int
    stretch: int
    keep: tuple[str, ...]
    seed: int
    draw: bool

    @property
    def n_frames(self) -> int:
        """Frames in all, the first counted."""
        return self.steps // self.every + 1


@dataclass
class _Place:
    """How far a dynamics has come."""

    step: int = 0
    frames: int = 0
    ended: tuple[str, str] = ("", "")
    """Name of a flag and a sentence, where it ended early."""

    n_forces: int = 0


@dataclass
class _Pending:
    """Frames that are not on disk yet."""

    columns: dict[str, list[Any]] = field(default_factory=dict)

    def add(self, frame: Mapping[str, Any]) -> None:
        for name, value in frame.items():
            self.columns.setdefault(name, []).append(value)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: np.array(values) for name, values in self.columns.items()}


class MovingAtoms:
    """A dynamics in a folder.

    Parameters
    ----------
    atoms : Atoms
    level : Level
    course : RunPlan
    directory : Path
        What is found there is gone on from.
    """

    def __init__(self, atoms: Atoms, level: Level, course: RunPlan, directory: Path) -> None:
        self.level, self.course, self.directory = level, course, directory
        self._given = atoms
        directory.mkdir(parents=True, exist_ok=True)
        self.atoms = level.prepare(atoms)
        self._offset = self.atoms.positions[0] - atoms.positions[0]
        self.rng = np.random.default_rng(course.seed)
        self.path = directory / f"trajectory{SUFFIX}"
        self.place = _Place()
        self._end: End | None = None
        self._begin()

    def _begin(self) -> None:
        """Take up the state that is there, or make the first one."""
        course = self.course
        state = self._saved()
        self.atoms.set_momenta(state["atoms momenta"] if state else self._first_momenta())
        if state:
            self.atoms.arrays["positions"][:] = state["atoms positions"]
            self.atoms.set_cell(state["atoms cell"])
        self.dof = degrees_of_freedom(self.atoms, course.ensemble.keeps_rotation)
        self.integrator = course.ensemble.integrator(self.atoms, self.rng)
        if state:
            restore(self.integrator, self.rng, state)
            step, frames, n_forces = (int(n) for n in state["place"])
            self.place = _Place(step, frames, n_forces=n_forces)
            self._end = self._now(float(state["energy"]))

    def _first_momenta(self) -> np.ndarray:
        given: np.ndarray = self._given.get_momenta()
        drawn = self.course.draw
        return (
            thermal_momenta(self._given, self.course.ensemble.temperature, self.rng)
            if drawn
            else given
        )

    def _saved(self) -> dict[str, np.ndarray]:
        """Return the last state written, empty where there is none or its frames are gone."""
        path = self.directory / STATE_FILE
        if not path.is_file() or not self.path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as found:
            return {name: found[name] for name in found.files}

    def run(self) -> None:
        """Go to the last step, or to where it ends early."""
        course = self.course
        writer = self._writer()
        try:
            while self.place.step < course.steps and not self.place.ended[0]:
                pending = _Pending()
                with self.level.translate_errors():
                    self._advance(min(self.place.step + course.stretch, course.steps), pending)
                self._write(writer, pending)
        finally:
            if writer is not None:
                writer.close()

    @property
    def end(self) -> End:
        """The last step there are numbers of, after :meth:`run`."""
        if self._end is None:
            raise CalculationError("a dynamics that has not been run has no last step")
        return self._end

    def _now(self, energy: float) -> End:
        atoms = self.atoms
        positions = atoms.positions - self._offset
        return End(energy, positions, atoms.get_momenta(), atoms.cell.array.copy())

    def _new_calculator(self) -> None:
        shown = self.atoms.copy()
        shown.set_constraint(self._given.constraints)  # the thermostat may have added one
        self.atoms.calc = self.level.calculator(shown, directory=self._folder())

    def _folder(self) -> Path:
        """Return a folder for the code, without what a stretch that was killed has left there.

        A density of the steps to be done again would give other last digits. Of MPI ranks none may
        find what another removes: there it stays, and digits agree to the criteria of the SCF.
        """
        if self.level.ranks > 1:
            return self.directory
        folder = self.directory / "stretch"
        shutil.rmtree(folder, ignore_errors=True)
        return folder

    def _writer(self) -> ContainerWriter | None:
        if mpi_rank() != 0:
            return None
        course, ensemble = self.course, self.course.ensemble
        origin = {
            "ensemble": ensemble.name,
            "timestep": ensemble.timestep,
            "temperature": ensemble.temperature,
            "level": self.level.label,
            "seed": course.seed,
            "degrees_of_freedom": self.dof,
        }
        interval = ensemble.timestep * course.every
        return trajectory_writer(
            self.path, self._bare(), interval, course.n_frames, course.keep, origin
        )

    def _bare(self) -> Atoms:
        """Return the structure that the trajectory is of: as given, at rest."""
        bare: Atoms = self._given.copy()
        bare.set_array("momenta", None)
        return bare

    def _advance(self, end: int, pending: _Pending) -> None:
        """Go to step ``end``; an end before it is written down in the place."""
        place, every = self.place, self.course.every
        try:
            self._new_calculator()
            if place.step == 0:
                pending.add(self._frame())
                self._end = self._now(pending.columns["energy"][0])
            while place.step < end:
                self.integrator.step()
                place.step += 1
                place.n_forces += 1
                if place.step % every == 0:
                    frame = self._frame()
                    far = self._farthest()
                    if not far <= FARTHEST:  # also what is no number
                        place.ended = (EXPLODED, self._said(f"an atom moves {far:.2g} Å in a step"))
                        return
                    pending.add(frame)
                    self._end = self._now(frame["energy"])
        except (RefusedError, CalculationError) as error:
            if place.step == 0 or isinstance(error, CrashError):
                raise
            place.ended = self._ending(error)

    def _ending(self, error: HeterodotError) -> tuple[str, str]:
        """Tell atoms that ran into each other from a code that gave up."""
        hot = not self._farthest() <= FARTHEST / 2
        name = EXPLODED if hot or isinstance(error, RefusedError) else STOPPED
        return name, self._said(str(error))

    def _said(self, why: str) -> str:
        time = self.place.step * self.course.ensemble.timestep
        whole = self.course.steps * self.course.ensemble.timestep
        return (
            f"ended after {time:g} of {whole:g} fs (step {self.place.step}): {why}; what was "
            "before is kept: relax the structure first, or take a shorter timestep"
        )

    def _farthest(self) -> float:
        """Return how far the fastest atom moves in a step, Å."""
        velocities = self.atoms.get_velocities()
        fastest = float(np.sqrt((velocities**2).sum(axis=1).max()))
        return fastest * self.course.ensemble.timestep * units.fs

    def _frame(self) -> dict[str, Any]:
        """Return what is kept of where it is now."""
        atoms, keep = self.atoms, self.course.keep
        forces = atoms.get_forces(md=True) if self._needs_forces() else None
        energy = energy_of(atoms)
        velocities = atoms.get_velocities()
        kinetic = 0.5 * float(np.vdot(atoms.get_momenta(), velocities))
        frame = {
            "energy": energy,
            "kinetic": kinetic,
            "temperature": 2 * kinetic / (self.dof * units.kB),
            "conserved": self.course.ensemble.conserved(self.integrator, energy, kinetic),
            "positions": atoms.positions - self._offset,
        }
        if "velocities" in keep:
            frame["velocities"] = velocities * units.fs
        if "forces" in keep:
            frame["forces"] = forces
        if "cell" in keep:
            frame["cell"] = atoms.cell.array.copy()
        return frame

    def _needs_forces(self) -> bool:
        """Whether forces are kept, or nothing has been calculated here yet."""
        return "forces" in self.course.keep or not self.atoms.calc.results

    def _write(self, writer: ContainerWriter | None, pending: _Pending) -> None:
        """Bring a stretch to disk: frames first, then the state that follows on them."""
        place = self.place
        if writer is not None and len(pending):
            writer.write(place.frames, pending.arrays())
        place.frames += len(pending)
        if place.ended[0]:
            return  # the last stretch; killed now, it ends in the same way again
        with self.level.translate_errors():
            self._end = self._now(energy_of(self.atoms))
        state = state_of(self.integrator, self.rng)
        state["energy"] = np.array(self.end.energy)
        state["place"] = np.array([place.step, place.frames, place.n_forces])
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **state)
        if writer is not None:  # the first of MPI ranks
            write_atomically(self.directory / STATE_FILE, buffer.getvalue())


@dataclass(frozen=True)
class End:
    """The last step: energy (eV), positions (Å), momenta (ASE's units), cell (Å)."""

    energy: float
    positions: np.ndarray
    momenta: np.ndarray
    cell: np.ndarray


def energy_of(atoms: Atoms) -> float:
    """Return the energy the forces are derivatives of, eV: with smearing, the free energy.

    Of the results that the integrator's last forces came with, where they hold it: to ask through
    ASE compares the whole structure first.
    """
    results = atoms.calc.results
    found = results.get("free_energy", results.get("energy"))
    return float(atoms.get_potential_energy() if found is None else found)

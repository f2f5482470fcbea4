"""What questions along a trajectory share: the trajectory itself, and the states of its frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.motion.trajectories.trajectory import Trajectory, read_trajectory
from heterodot.analysis.motion.transfer.spectral import FEWEST_FRAMES
from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.paths import user_path
from heterodot.provenance import carry_flags
from heterodot.workflows.parts.gates import SMALL_GAP, recovery_gate
from heterodot.workflows.parts.question import Question
from heterodot.workflows.tasks.moving.dynamics import Dynamics
from heterodot.workflows.tasks.moving.states_along import StatesAlong, StatesAlongResult
from heterodot.workflows.tasks.results import RelaxResult
from heterodot.workflows.tasks.task import Task
from heterodot.workflows.tasks.tasks import Relax

STRETCH = 20
"""Frames of a task: a share of 5 % is calculated twice, as the last of one and the first of the
next."""

WINDOW = 8
"""Filled and empty states kept of each frame, whoever asks: the gap wants one of each, electron
transfer six or so. One calculation of a frame then answers both."""

COARSE = 25.0
"""Resolution, cm⁻¹, above which neighbouring lines of a heavy-atom lattice merge. Chosen: the
published lines of CsPbBr3/CdS are 39 cm⁻¹ apart at the least."""


SHORT = "short-trajectory"
"""Name of the flag on lines that may be several."""


@dataclass(frozen=True, eq=False)
class AlongTrajectory(Question):
    """Base of the questions along a trajectory.

    Parameters
    ----------
    atoms : Atoms
    level : Level
        Of the states; of a level with a ``geometry`` that one moves the atoms.
    trajectory : str or None
        A file of one (``.htrj``, extended XYZ, ASE's ``.traj``); None to run it.
    interval : float or None
        fs from frame to frame of such a file, where it does not say (``time_fs``).
    relax : bool
        Relax first (``fmax`` in eV/Å, ``relax_steps`` geometries at most).
    equilibration, steps : int
        Steps of the dynamics left out, and used.
    timestep : float
        fs.
    every : int
        Steps from frame to frame.
    temperature : float
        K.
    ensemble : str
        As of :class:`heterodot.workflows.tasks.moving.dynamics.Dynamics`.
    seed : int
    name : str
    """

    atoms: Atoms
    level: Level
    trajectory: str | None = None
    relax: bool = True
    fmax: float = 0.1
    relax_steps: int = 100
    equilibration: int = 200
    steps: int = 1000
    timestep: float = 2.0
    every: int = 2
    temperature: float = 300.0
    ensemble: str = "csvr"
    seed: int = 0
    interval: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.every < 1 or self.steps // self.every < 2:
            raise InputError(f"every {self.every}: expected 1 to {max(1, self.steps // 2)} steps")
        if self.equilibration < 0:
            raise InputError(f"equilibration {self.equilibration}: expected 0 or more steps")
        if not self.timestep > 0:
            raise InputError(f"timestep {self.timestep}: expected a positive time, fs")
        if self.interval is not None and not self.interval > 0:
            raise InputError(f"interval {self.interval}: expected a positive time, fs")
        if self.trajectory is None:
            _check_number(self.steps // self.every + 1, f"steps {self.steps}, every {self.every}")
        elif not user_path(self.trajectory).is_file():
            raise InputError(f"trajectory {self.trajectory}: no such file")

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 2 + self.steps // self.every // STRETCH + 1

    def run(self, runner: Any) -> Any:
        """Run the dynamics, take the states, answer."""
        raise NotImplementedError

    @property
    def window(self) -> tuple[int, int]:
        """Filled and empty states that are asked for."""
        return 1, 1

    def expected_tasks(self) -> list[tuple[Task[Any], int]]:
        """Return the relaxation, the dynamics and a stretch of states."""
        if self.trajectory is not None:
            return []  # its frames are known
        found: list[tuple[Task[Any], int]] = []
        if self.relax:
            level = self.level.geometry_level
            found.append((Relax(self.atoms, level, fmax=self.fmax, steps=self.relax_steps), 1))
        n_frames = self.steps // self.every + 1
        places = np.repeat(self.atoms.positions[None], min(STRETCH + 1, n_frames), axis=0)
        still = Trajectory(self.atoms, self.timestep * self.every, {"positions": places})
        (stretch,) = self.asked(still, *self.window)[1]
        return [*found, (self._moved(self.atoms), 1), (stretch, -(-(n_frames - 1) // STRETCH))]

    def frames(
        self, runner: Any, relax: Callable[..., tuple[RelaxResult, tuple[Flag, ...]]]
    ) -> tuple[Trajectory, tuple[Flag, ...]]:
        """Return the trajectory, run or read, with the flags of how it was made.

        ``relax`` is :func:`heterodot.workflows.parts.steps.relax_judged`.
        """
        if self.trajectory is not None:
            found = read_trajectory(user_path(self.trajectory), self.interval)
            if not np.array_equal(found.atoms.numbers, self.atoms.numbers):
                raise InputError(
                    f"trajectory {self.trajectory}: of {found.atoms.get_chemical_formula()}, the "
                    f"structure is {self.atoms.get_chemical_formula()}, or its atoms in another "
                    "order: expected the same atoms in one order"
                )
            _check_number(len(found), f"trajectory {self.trajectory}")
            return found, ()
        atoms = self.atoms
        flags: tuple[Flag, ...] = ()
        level = self.level.geometry_level
        if self.relax:
            relaxed, flags = relax(
                runner, atoms, level, self.fmax, self.relax_steps, f"{self.name} relax"
            )
            atoms = relaxed.structure
        moved = runner.run(self._moved(atoms))
        start = self.equilibration // self.every
        if len(moved.trajectory) - start < 2:
            raise InputError(
                f"{self.name or self.atoms.get_chemical_formula()}: the trajectory ended after "
                f"{moved.n_steps} steps, before the equilibration was over: expected a stable one"
            )
        return moved.trajectory.part(start), (*flags, *moved.ended)

    def _moved(self, atoms: Atoms) -> Dynamics:
        return Dynamics(
            atoms,
            self.level.geometry_level,
            steps=self.equilibration + self.steps,
            timestep=self.timestep,
            ensemble=self.ensemble,
            temperature=self.temperature,
            seed=self.seed,
            every=self.every,
            label=f"{self.name} dynamics",
        )

    def first(self, frames: Trajectory) -> Atoms:
        """Return the first frame, with the flags of the structure that was given."""
        atoms: Atoms = frames[0]
        carry_flags(atoms, self.atoms)
        return atoms

    def states(
        self, runner: Any, frames: Trajectory, below: int, above: int, couple: bool
    ) -> StatesAlongResult:
        """Return the states of all frames, calculated in stretches side by side.

        A stretch keeps states and overlaps for every question there is about it, so that a study
        with several calculates each frame once. What stores of before hold of a question alone
        answers it.
        """
        if "cell" in frames.columns:
            raise InputError(
                "a trajectory whose cell moves: expected one at fixed cell (nve, csvr, langevin): "
                "between two cells orbitals have no overlap"
            )
        alone, shared = self.asked(frames, below, above, couple)
        store = runner.store
        tasks = [
            own if store is not None and own.key in store else wide
            for own, wide in zip(alone, shared, strict=True)
        ]
        return joined([part.narrowed(below, above) for part in runner.gather(tasks)])

    def asked(
        self, frames: Trajectory, below: int, above: int, couple: bool = False
    ) -> tuple[list[StatesAlong], list[StatesAlong]]:
        """Return the stretches of this question alone, and those that answer others as well."""
        alone = self.stretches(frames, below, above, couple)
        if not self.level.energy_level.can("local_orbitals"):
            return alone, alone
        below, above = max(below, WINDOW), max(above, WINDOW)
        return alone, self.stretches(frames, below, above, couple=True, clipped=True)

    def stretches(
        self, frames: Trajectory, below: int, above: int, couple: bool, clipped: bool = False
    ) -> list[StatesAlong]:
        """Return the tasks of a trajectory, a stretch each."""
        positions = np.asarray(frames.positions, float)
        atoms = self.atoms.copy()
        atoms.set_positions(positions[0], apply_constraint=False)
        atoms.set_cell(frames.cell(0))
        last = len(frames) - 1
        return [
            StatesAlong(
                atoms,
                self.level.energy_level,
                positions=positions[start : min(start + STRETCH, last) + 1].tolist(),
                below=below,
                above=above,
                couple=couple,
                clipped=clipped,
                label=f"{self.name} states of frames {start} to {min(start + STRETCH, last)}",
            )
            for start in range(0, max(last, 1), STRETCH)
        ]


def _check_number(n_frames: int, what: str) -> None:
    """Refuse too few frames before they are calculated."""
    if n_frames < FEWEST_FRAMES:
        raise InputError(f"{what}: {n_frames} frames, expected {FEWEST_FRAMES} or more")


def joined(parts: list[StatesAlongResult]) -> StatesAlongResult:
    """Return stretches as one, the frame they share taken once."""
    first = parts[0]
    own = [slice(0, None), *[slice(1, None)] * (len(parts) - 1)]

    def along(name: str) -> np.ndarray:
        return np.concatenate([getattr(p, name)[s] for p, s in zip(parts, own, strict=True)])

    return StatesAlongResult(
        energies=along("energies"),
        gaps=along("gaps"),
        totals=along("totals"),
        homo=first.homo,
        overlaps=np.concatenate([p.overlaps for p in parts]),
        orthogonalised=np.concatenate([p.orthogonalised for p in parts]),
        exact=first.exact,
        weights=along("weights"),
        domains=first.domains,
        atom_weights=first.atom_weights,
        recovery="; ".join(dict.fromkeys(p.recovery for p in parts if p.recovery)),
        off=max(p.off for p in parts),
    )


def none_for_nan(value: Any) -> Any:
    """Return plain values with None where a number is not finite, which JSON does not know."""
    if isinstance(value, dict):
        return {key: none_for_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [none_for_nan(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def gap_gates(states: StatesAlongResult, resolution: float) -> tuple[Flag, ...]:
    """Flag a gap that closes on its way, and a trajectory too short for its lines."""
    flags = recovery_gate(states.recovery, "states along the trajectory")
    closed = int((states.gaps < SMALL_GAP).sum())
    if closed:
        flags += (
            Flag(
                "gap-closes",
                f"the gap falls to {states.gaps.min():.3f} eV, below {SMALL_GAP:g} eV in {closed} "
                f"of {len(states.gaps)} frames: filled and empty states mix there",
            ),
        )
    if resolution > COARSE:
        flags += (
            Flag(
                SHORT,
                f"lines nearer than {resolution:.0f} cm⁻¹ are one: a trajectory "
                f"{resolution / COARSE:.1f} times as long tells those {COARSE:g} cm⁻¹ apart",
            ),
        )
    return flags


def velocities_of(frames: Trajectory) -> np.ndarray:
    """Return the velocities kept, or those of the positions' differences, Å/fs."""
    if "velocities" in frames.columns:
        return np.asarray(frames.velocities, float)
    return np.asarray(np.gradient(np.asarray(frames.positions, float), frames.interval, axis=0))

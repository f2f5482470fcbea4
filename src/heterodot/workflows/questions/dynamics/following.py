"""A trajectory asked for: relaxed, warmed up, followed; shared by the questions of dynamics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Protocol

from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.motion.trajectories.bonds import BondReport, pair_text
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.workflows.parts.gates import relaxation_gates, structure_gates
from heterodot.workflows.parts.minima import minima
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.moving.dynamics import Dynamics, DynamicsResult
from heterodot.workflows.tasks.moving.ensembles import CSVR
from heterodot.workflows.tasks.task import Task
from heterodot.workflows.tasks.tasks import Relax

_SETTINGS = (
    "steps", "timestep", "ensemble", "temperature", "damping", "pressure", "pressure_damping",
    "seed", "every", "keep",
)  # fmt: skip


class Followed(Protocol):
    """A question with the settings of a dynamics, of a relaxation and of a warming up."""

    @property
    def atoms(self) -> Atoms:
        """The structure."""
        ...

    @property
    def level(self) -> Level:
        """What moves the atoms."""
        ...

    @property
    def relax(self) -> bool:
        """Whether it is relaxed first."""
        ...

    @property
    def fmax(self) -> float:
        """Force criterion, eV/Å."""
        ...

    @property
    def relax_steps(self) -> int:
        """Geometries at most."""
        ...

    @property
    def equilibrate(self) -> int:
        """Steps of warming up."""
        ...

    @property
    def name(self) -> str:
        """For progress displays."""
        ...


def dynamics_of(asked: Followed, atoms: Atoms, **changes: Any) -> Dynamics:
    """Return the dynamics of a structure, with the settings that a question has."""
    known = {name: getattr(asked, name) for name in _SETTINGS if hasattr(asked, name)}
    settings: Mapping[str, Any] = {**known, **changes}
    label = f"{asked.name} dynamics".strip()
    return Dynamics(atoms, asked.level.geometry_level, label=label, **settings)


def trajectory_of(
    runner: Runner, asked: Followed, **changes: Any
) -> tuple[DynamicsResult, tuple[Flag, ...]]:
    """Return the trajectory a question asks for, with what is flagged on the way.

    Raises
    ------
    InputError
        It ended before it had three frames.
    """
    atoms = asked.atoms
    flags: tuple[Flag, ...] = ()
    if asked.relax:
        level, label = asked.level.geometry_level, f"{asked.name} relax"
        (relaxed,) = minima(runner, [atoms], level, asked.fmax, asked.relax_steps, [label])
        flags = relaxation_gates(relaxed, asked.fmax, "relaxation")
        flags += structure_gates(atoms, relaxed.structure)
        atoms = relaxed.structure
    if asked.equilibrate:
        warmed: DynamicsResult = runner.run(_warming(asked, atoms, changes))
        flags = (*flags, *warmed.ended)
        if warmed.ended:
            raise InputError(f"warming up {warmed.ended[0].message}")
        atoms, changes = warmed.structure, {**changes, "velocities": "given"}
    found: DynamicsResult = runner.run(dynamics_of(asked, atoms, **changes))
    if len(found.trajectory) < 3:
        why = found.ended[0].message if found.ended else f"{found.n_steps} steps"
        raise InputError(f"{len(found.trajectory)} frames, expected three or more: {why}")
    return found, (*flags, *found.ended)


def _warming(asked: Followed, atoms: Atoms, changes: Mapping[str, Any]) -> Dynamics:
    steps = asked.equilibrate
    own = {**changes, "steps": steps, "ensemble": CSVR, "every": steps, "keep": ()}
    return replace(dynamics_of(asked, atoms, **own), label=f"{asked.name} warming".strip())


def expected_of(asked: Followed, number: int = 1, **changes: Any) -> list[tuple[Task[Any], int]]:
    """Return what :func:`trajectory_of` will ask for, of so many trajectories; nothing is run."""
    found: list[tuple[Task[Any], int]] = []
    if asked.relax:
        level = asked.level.geometry_level
        found.append((Relax(asked.atoms, level, fmax=asked.fmax, steps=asked.relax_steps), 1))
    if asked.equilibrate:
        found.append((_warming(asked, asked.atoms, changes), number))
    return [*found, (dynamics_of(asked, asked.atoms, **changes), number)]


def bond_flags(trajectory: Trajectory, bonds: BondReport) -> tuple[Flag, ...]:
    """Flag a structure that falls apart, and bonds that break or form while it does not."""
    text = pair_text(trajectory.atoms, bonds.broken)
    if bonds.dissociated:
        pieces = f"{bonds.fragments_before} to {bonds.fragments_after} pieces"
        return (Flag("dissociated", f"the structure came apart, from {pieces}: {text}"),)
    if bonds.broken:
        share = f"{len(bonds.broken)} bonds broken at the end"
        return (Flag("bonds-broken", f"{share}: {text}"),)
    return ()

"""Minima at a level: its own, or those of the level its geometries are taken from.

At a level such as ``PBE // SevenNet 7net-0`` (:attr:`heterodot.calculators.Level.geometry`) the
relaxation is the task of the geometry's level, shared with a study at that level alone, and the
energy is a single point of the other one. The gates on geometry are those of the relaxation; the
forces that the energies' level finds there are kept beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from ase import Atoms

from heterodot.calculators import Level
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.flags import unique_flags
from heterodot.errors import InputError
from heterodot.workflows.parts.gates import other_level_gate
from heterodot.workflows.tasks.computing.forces import largest_free_force
from heterodot.workflows.tasks.computing.spin_choice import doubt_of_states
from heterodot.workflows.tasks.outcomes import Done, Failed, results_of
from heterodot.workflows.tasks.results import OrbitalsResult, RelaxResult, SinglePointResult
from heterodot.workflows.tasks.task import Task
from heterodot.workflows.tasks.tasks import Orbitals, Relax, SinglePoint

T = TypeVar("T")


class Runs(Protocol):
    """What minima need of a runner."""

    def run(self, task: Task[T]) -> T:
        """Return the result of a task."""

    def outcomes(self, tasks: Iterable[Task[T]]) -> list[Done[T] | Failed]:
        """Return what became of tasks run side by side."""


def minima(
    runner: Runs,
    structures: Sequence[Atoms],
    level: Level,
    fmax: float,
    steps: int,
    labels: Sequence[str],
    optimizer: str = "auto",
) -> list[RelaxResult]:
    """Return the minima of structures, in order.

    Parameters
    ----------
    runner : heterodot.workflows.Runner
    structures : sequence of Atoms
    level : Level
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    labels : sequence of str
        What the relaxations are called.
    optimizer : str
        See :class:`heterodot.workflows.Relax`.

    Returns
    -------
    list of RelaxResult
        Energies of the level's own; geometries, their forces and steps of its geometry's level.
    """
    if level.geometry is None and len(structures) == 1:
        task = Relax(structures[0], level, fmax, steps, optimizer, label=labels[0])
        return [runner.run(task)]
    return results_of(minima_apart(runner, structures, level, fmax, steps, labels, optimizer))


def minima_apart(
    runner: Runs,
    structures: Sequence[Atoms],
    level: Level,
    fmax: float,
    steps: int,
    labels: Sequence[str],
    optimizer: str = "auto",
) -> list[Done[RelaxResult] | Failed]:
    """Return what became of each structure, in order; else as :func:`minima`."""
    tasks = [
        Relax(atoms, level.geometry_level, fmax, steps, optimizer, label=label)
        for atoms, label in zip(structures, labels, strict=True)
    ]
    found = runner.outcomes(tasks)
    return found if level.geometry is None else _with_energies(runner, level, tasks, found)


def tasks_per_minimum(level: Level) -> int:
    """Return how many tasks a minimum takes: at another level's geometry one more."""
    return 1 if level.geometry is None else 2


def check_relaxed(level: Level, relax: bool) -> None:
    """Refuse a geometry as given where geometries are those of another level.

    Raises
    ------
    InputError
    """
    if level.geometry is not None and not relax:
        raise InputError(
            f"relax False at {level.label}: its geometries are minima of "
            f"{level.geometry_level.label}; leave relax out, or ask at {level.code} without "
            "a geometry"
        )


def vibrational_label(level: Level) -> str:
    """Return a level in words, with the level of its vibrations where that is another."""
    if level.geometry is None:
        return level.label
    return f"{level.label}, vibrations of {level.geometry_level.label}"


def energy_forces(**found: float | None) -> dict[str, float]:
    """Return the forces (eV/Å) that are known, by the geometry they were found at."""
    return {name: force for name, force in found.items() if force is not None}


def states_forces(level: Level, fmax: float | None) -> dict[str, float]:
    """Return :func:`energy_forces` of states taken at the geometry of another level."""
    return {} if level.geometry is None else energy_forces(states=fmax)


def states_named(level: Level, states: ElectronicStructure, atoms: Atoms) -> ElectronicStructure:
    """Return states with the name and the caveats of the level they were asked for at."""
    if level.geometry is None:
        return states
    caveats = tuple(dict.fromkeys((*states.caveats, *level.caveats(atoms))))
    return replace(states, level={**states.level, "label": level.label}, caveats=caveats)


def _with_energies(
    runner: Runs,
    level: Level,
    tasks: Sequence[Relax],
    found: Sequence[Done[RelaxResult] | Failed],
) -> list[Done[RelaxResult] | Failed]:
    """Return the outcomes with the energies of the level in place of its geometry's level's."""
    kind = Orbitals if level.can("orbitals") else SinglePoint
    asked: list[Task[OrbitalsResult | SinglePointResult]] = [
        kind(one.result.structure, level, label=f"{task.label}, energy")
        for task, one in zip(tasks, found, strict=True)
        if isinstance(one, Done)
    ]
    points = iter(runner.outcomes(asked))
    outcomes: list[Done[RelaxResult] | Failed] = []
    for task, one in zip(tasks, found, strict=True):
        if isinstance(one, Failed):
            outcomes.append(one)
            continue
        point = next(points)
        if isinstance(point, Failed):
            outcomes.append(point)
        else:
            outcomes.append(Done(_joined(level, one.result, point.result, task.fmax)))
    return outcomes


def _joined(
    level: Level, relaxed: RelaxResult, point: OrbitalsResult | SinglePointResult, fmax: float
) -> RelaxResult:
    """Return a relaxation at one level with the energy of another at its end."""
    atoms = relaxed.structure
    force: float | None
    if isinstance(point, SinglePointResult):
        force, doubt = largest_free_force(point.forces, atoms), ""
    else:
        force, doubt = point.fmax, doubt_of_states(point.electronic_structure, atoms)
    own = other_level_gate(level, force, fmax) + level.energy_level.doubts(atoms, force or 0.0)
    return replace(
        relaxed,
        energy=point.energy,
        doubts=unique_flags([*relaxed.doubts, *own]),
        energy_force=force,
        recovery=_both(relaxed.recovery, point.recovery),
        spin_doubt=_both(relaxed.spin_doubt, doubt),
    )


def _both(of_geometry: str, of_energy: str) -> str:
    return "; ".join(filter(None, [of_geometry and f"geometry: {of_geometry}", of_energy]))

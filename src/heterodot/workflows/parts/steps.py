"""Steps that questions share: the structure relaxed, its electronic states taken."""

from __future__ import annotations

from ase import Atoms

from heterodot.analysis import Flag
from heterodot.calculators import Level
from heterodot.workflows.parts.gates import (
    electronic_gates,
    geometry_gate,
    recovery_gate,
    relaxation_gates,
    structure_gates,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.reconstruction import reconstruction_gate
from heterodot.workflows.tasks.results import OrbitalsResult, RelaxResult
from heterodot.workflows.tasks.tasks import Orbitals, Relax


def relax_clean(
    runner: Runner, atoms: Atoms, level: Level, fmax: float, steps: int, name: str
) -> tuple[RelaxResult, tuple[Flag, ...]]:
    """Relax the structure without adsorbate and judge it."""
    task = Relax(atoms, level, fmax, steps, label=f"{name} clean relax")
    relaxed: RelaxResult = runner.run(task)
    flags = relaxation_gates(relaxed, fmax, "clean structure")
    flags += reconstruction_gate(atoms, relaxed.structure, "the clean dot against the one built")
    return relaxed, flags


def relax_judged(runner: Runner, task: Relax) -> tuple[RelaxResult, tuple[Flag, ...]]:
    """Relax any structure and judge it: its forces, its spin, its bonds and its adsorbate."""
    relaxed = runner.run(task)
    flags = relaxation_gates(relaxed, task.fmax, "relaxation")
    return relaxed, flags + structure_gates(task.atoms, relaxed.structure)


def states_of(
    runner: Runner, atoms: Atoms, level: Level, relax: bool, fmax: float, steps: int, name: str
) -> tuple[Atoms, OrbitalsResult, tuple[Flag, ...]]:
    """Relax where asked for, take the states, and judge both."""
    flags: tuple[Flag, ...] = ()
    if relax:
        relaxed, flags = relax_clean(runner, atoms, level, fmax, steps, name)
        atoms = relaxed.structure
    found: OrbitalsResult = runner.run(Orbitals(atoms, level, label=f"{name} orbitals"))
    flags += electronic_gates(found.electronic_structure, atoms)
    if not relax:
        flags += geometry_gate(found.fmax, fmax)
    return atoms, found, flags + recovery_gate(found.recovery, "orbitals")

"""Steps that questions share: the structure relaxed, its electronic states taken."""

from __future__ import annotations

from ase import Atoms

from heterodot.analysis import ElectronicStructure, Flag
from heterodot.calculators import Level
from heterodot.workflows.parts.gates import (
    electronic_gates,
    geometry_gate,
    other_level_gate,
    recovery_gate,
    relaxation_gates,
    structure_gates,
)
from heterodot.workflows.parts.minima import minima, states_named
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.reconstruction import reconstruction_gate
from heterodot.workflows.tasks.results import OrbitalsResult, RelaxResult
from heterodot.workflows.tasks.tasks import Orbitals


def relax_clean(
    runner: Runner, atoms: Atoms, level: Level, fmax: float, steps: int, name: str
) -> tuple[RelaxResult, tuple[Flag, ...]]:
    """Relax the structure without adsorbate and judge it."""
    (relaxed,) = minima(runner, [atoms], level, fmax, steps, [f"{name} clean relax"])
    flags = relaxation_gates(relaxed, fmax, "clean structure")
    flags += reconstruction_gate(atoms, relaxed.structure, "the clean dot against the one built")
    return relaxed, flags


def relax_judged(
    runner: Runner,
    atoms: Atoms,
    level: Level,
    fmax: float,
    steps: int,
    label: str,
    optimizer: str = "auto",
) -> tuple[RelaxResult, tuple[Flag, ...]]:
    """Relax any structure and judge it: its forces, its spin, its bonds and its adsorbate."""
    (relaxed,) = minima(runner, [atoms], level, fmax, steps, [label], optimizer)
    flags = relaxation_gates(relaxed, fmax, "relaxation")
    return relaxed, flags + structure_gates(atoms, relaxed.structure)


def place_gates(
    level: Level, fmax: float | None, criterion: float, relaxed: bool
) -> tuple[Flag, ...]:
    """Flag where states were taken, if that is no minimum of their own level.

    ``fmax`` is the largest force left there, eV/Å, None where it is not known; ``relaxed`` says
    whether the geometry was relaxed or taken as given.
    """
    if relaxed:
        return other_level_gate(level, fmax, criterion)
    return geometry_gate(fmax, criterion)


def states_of(
    runner: Runner, atoms: Atoms, level: Level, relax: bool, fmax: float, steps: int, name: str
) -> tuple[Atoms, OrbitalsResult, ElectronicStructure, tuple[Flag, ...]]:
    """Relax where asked for, take the states, and judge both.

    At a level that takes its geometries from another the structure is always relaxed there.
    """
    flags: tuple[Flag, ...] = ()
    relax = relax or level.geometry is not None
    if relax:
        relaxed, flags = relax_clean(runner, atoms, level.geometry_level, fmax, steps, name)
        atoms = relaxed.structure
    found: OrbitalsResult = runner.run(Orbitals(atoms, level, label=f"{name} orbitals"))
    states = states_named(level, found.electronic_structure, atoms)
    flags += electronic_gates(states, atoms) + place_gates(level, found.fmax, fmax, relax)
    return atoms, found, states, flags + recovery_gate(found.recovery, "orbitals")

"""Put a level's calculator on a structure, plain or with a memory."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ase import Atoms

from heterodot.calculators import Level
from heterodot.workflows.tasks.computing.recording import RecordedCalculator


def attach_calculator(atoms: Atoms, level: Level, directory: Path) -> Atoms:
    """Return a copy of the structure as the code needs it (box, moments), its calculator on it."""
    prepared = level.prepare(atoms)
    with level.translate_errors():
        prepared.calc = level.calculator(prepared, directory=directory)
    return prepared


def attach_recorded_calculator(atoms: Atoms, level: Level, directory: Path) -> Atoms:
    """Do the same with a calculator that remembers, in ``directory``, what a killed run did."""
    prepared = attach_calculator(atoms, level, directory)
    prepared.calc = RecordedCalculator(
        prepared.calc,
        directory / "calculations.jsonl",
        level.translate_errors,
        level.implementation.scf_iterations,
        level.implementation.loosen,
        partial(level.implementation.scf_factor, level.settings),
    )
    return prepared

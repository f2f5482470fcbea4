"""Put a level's calculator on a structure."""

from __future__ import annotations

from pathlib import Path

from ase import Atoms

from heterodot.calculators import Level


def attach_calculator(atoms: Atoms, level: Level, directory: Path) -> Atoms:
    """Return a copy of the structure as the code needs it (box, moments), its calculator on it."""
    prepared = level.prepare(atoms)
    with level.translate_errors():
        prepared.calc = level.calculator(prepared, directory=directory)
    return prepared

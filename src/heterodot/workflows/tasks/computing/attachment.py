"""Put a level's calculator on a structure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators import Level


def attach_calculator(atoms: Atoms, level: Level, directory: Path) -> Atoms:
    """Return a copy of the structure as the code needs it (box, moments), its calculator on it."""
    prepared = level.prepare(atoms)
    with level.translate_errors():
        prepared.calc = level.calculator(prepared, directory=directory)
    return prepared


def kept_members(results: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the energies (eV) of a committee's members among results, as a record keeps them.

    Empty of one level alone: its records have no such entry.
    """
    members = results.get("members")
    return {"members": dict(members)} if members else {}

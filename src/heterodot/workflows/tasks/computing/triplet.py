"""Whether a spin nobody chose is in doubt once it is calculated: the triplet tried where cheap."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.errors import HeterodotError
from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.computing.spin_choice import (
    ADVICE,
    shared_electrons,
    unchosen,
    why_open,
)


def doubt(atoms: Atoms, level: Level, calculator: Any, directory: Path) -> str:
    """Say why the spin of a finished calculation is in doubt; empty where it is not.

    Where the code is cheap the triplet is tried at the same geometry, by one calculation more, and
    settles it if it lies higher.

    Parameters
    ----------
    atoms : Atoms
        As prepared for the code, at the geometry calculated last.
    level : Level
    calculator : ASE calculator
        The code's own.
    directory : Path
        Of the task; the triplet gets a folder in it.
    """
    if not unchosen(atoms, level):
        return ""
    occupations = None
    if not atoms.pbc.any():
        with level.translate_errors():
            calculator.get_potential_energy(atoms)  # nothing anew where it was the last one
            occupations = level.implementation.occupations(calculator)
    why = why_open(atoms, None if occupations is None else shared_electrons(occupations))
    if not why:
        return ""
    said = f"nobody chose the spin; a singlet was run, but {why}"
    if not level.implementation.cheap or atoms.pbc.any():
        return f"{said}: {ADVICE}"
    try:
        gap = _triplet(atoms, level, directory) - float(calculator.get_potential_energy(atoms))
    except HeterodotError as error:
        return f"{said} (a triplet could not be calculated: {error}): {ADVICE}"
    if gap > 0:
        return ""
    return f"{said}; the triplet is {-gap:.2f} eV lower at this geometry: {ADVICE}"


def _triplet(atoms: Atoms, level: Level, directory: Path) -> float:
    other = replace(level, overrides={**level.overrides, "multiplicity": 3})
    bare = atoms.copy()
    bare.set_initial_magnetic_moments(None)
    record = {**bare.info.get(provenance.KEY, {})}
    if record.pop("unpaired_electrons", None) is not None:
        bare.info[provenance.KEY] = record
    folder = directory / "triplet"
    folder.mkdir(parents=True, exist_ok=True)
    working = attach_calculator(bare, other, folder)
    with other.translate_errors():
        return float(working.get_potential_energy())

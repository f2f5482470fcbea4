"""A spin nobody chose: where a closed shell is no more than a habit, and what the triplet says.

An even number of electrons is run as a singlet unless level or structure say otherwise. That
matters where the frontier levels share their electrons, for molecules whose ground state is known
to be a triplet, and for crystals and surfaces of the magnetic metals. It costs nothing elsewhere.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.calculators import Level
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import HeterodotError
from heterodot.workflows.tasks.computing.attachment import attach_calculator

SHARED = 0.1
"""Electrons above the levels that pairs would fill (of 300 K: a gap below 0.16 eV)."""

TRIPLETS = frozenset({"O2", "S2", "OS", "B2", "HN", "HP", "CH2", "C", "O", "S", "Si", "Ge", "Se"})
"""Formulas (Hill) of molecules and atoms with a triplet ground state: the diatomics after K. P.
Huber and G. Herzberg, Constants of Diatomic Molecules (1979), CH2 after P. Jensen and P. R. Bunker,
J. Chem. Phys. 89, 1327 (1988), atoms by Hund's rules."""

MAGNETIC = frozenset({"Cr", "Mn", "Fe", "Co", "Ni"})
"""Elements whose crystals and surfaces are seldom without moments."""

_ADVICE = "set multiplicity on the level or initial magnetic moments on the structure"


def unchosen(atoms: Atoms, level: Level) -> bool:
    """Whether a singlet is run that neither the level nor the structure asked for."""
    if not level.capabilities.spin or level.settings.get("multiplicity", "auto") != "auto":
        return False
    return level.check(atoms).n_unpaired == 0 and not provenance.has_moments(atoms)


def known_open_shell(atoms: Atoms) -> str:
    """Say why a structure is hardly a singlet, by what it is made of; empty where it may be one."""
    if not atoms.pbc.any():
        formula = atoms.get_chemical_formula()
        return f"the ground state of {formula} is a triplet" if formula in TRIPLETS else ""
    metals = sorted(MAGNETIC & set(atoms.get_chemical_symbols()))
    return f"{', '.join(metals)} is mostly magnetic" if metals else ""


def shared_electrons(occupations: np.ndarray) -> float:
    """Return the electrons above the levels that pairs would fill.

    Parameters
    ----------
    occupations : (spins, bands) array
        Of one k-point, bands in ascending order; up to 2 of one spin channel, up to 1 of two.
    """
    pairs = round(float(occupations.sum()) / 2)
    return float(occupations[:, pairs:].sum())


def _why(atoms: Atoms, shared: float | None) -> str:
    known = known_open_shell(atoms)
    if known or shared is None or atoms.pbc.any() or shared < SHARED:
        return known
    return f"{shared:.2f} of its electrons share levels of nearly one energy"


def doubt_of_states(states: ElectronicStructure, atoms: Atoms) -> str:
    """Say why the spin of states is in doubt; empty where it is not, or somebody chose it.

    What their own calculation found goes first (:func:`doubt`).
    """
    level = states.level
    if "spin_doubt" in level:
        return str(level["spin_doubt"])
    chosen = level.get("overrides", {}).get("multiplicity", "auto") != "auto"
    if chosen or round(states.n_electrons) % 2 or provenance.has_moments(atoms):
        return ""
    if states.n_spins > 1:
        per_spin = (states.k_weights[None, :, None] * states.occupations).sum(axis=(1, 2))
        if abs(per_spin[0] - per_spin[1]) > SHARED:
            return ""
    why = _why(atoms, shared_electrons(states.occupations[:, 0]))
    return f"nobody chose the spin; a singlet was run, but {why}: {_ADVICE}" if why else ""


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
    why = _why(atoms, None if occupations is None else shared_electrons(occupations))
    if not why:
        return ""
    said = f"nobody chose the spin; a singlet was run, but {why}"
    if not level.implementation.cheap or atoms.pbc.any():
        return f"{said}: {_ADVICE}"
    try:
        gap = _triplet(atoms, level, directory) - float(calculator.get_potential_energy(atoms))
    except HeterodotError as error:
        return f"{said} (a triplet could not be calculated: {error}): {_ADVICE}"
    if gap > 0:
        return ""
    return f"{said}; the triplet is {-gap:.2f} eV lower at this geometry: {_ADVICE}"


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

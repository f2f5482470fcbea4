"""Crystals on the lattice of a level, for builders: relaxed by the questions about crystals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators import Level
from heterodot.structures.crystals.crystal import crystal
from heterodot.workflows.parts.question import Question
from heterodot.workflows.questions.registry import get_question

FMAX = 0.002
"""eV/Å, and eV of stress times volume per atom: lattice constants to 0.02 %, as the validation."""


def lattice_question(
    atoms: Atoms, level: Level, *, elastic: bool = True, name: str = ""
) -> Question:
    """Return the question whose answer has the crystal on a level's lattice (``crystal``).

    Parameters
    ----------
    atoms : Atoms
        From :func:`heterodot.structures.crystal`.
    level : Level
        Of one that takes its geometries from another, that other one.
    elastic : bool
        Whether the elastic tensor is wanted too: for what shares a strain.
    name : str

    Raises
    ------
    InputError
        The level cannot relax this cell.
    """
    own = level.geometry_level
    cell = "cell_relaxation" if own.capabilities.stress else "equation_of_state"
    kind: Any = get_question("elastic_tensor" if elastic else cell)
    asked: Question = kind(atoms, own, fmax=FMAX, name=name)
    return asked


def level_crystal(
    source: str | Path | Atoms | Any, level: Level, runner: Any, *, elastic: bool = True
) -> Atoms:
    """Return a crystal with the lattice (and the elastic constants) of a level.

    ::

        with Runner("results") as runner:
            film = level_crystal("CdS", level, runner)
            substrate = level_crystal("CsPbBr3", level, runner)
        match_lattices(film, substrate, max_miller=1, strained="elastic")

    Whatever takes a crystal takes it: ``slab``, ``interface``, ``janus``, ``pyramid``. Its record
    says which level it stands on; what the relaxation was flagged for, it carries.

    Parameters
    ----------
    source : as for :func:`heterodot.structures.crystal`
    level : Level
    runner : Runner
        What its store has is not calculated again.
    elastic : bool
        Whether the elastic tensor is calculated, by which a match shares strain.

    Raises
    ------
    InputError
        The level cannot relax this cell.
    CalculationError
        A task failed.
    """
    atoms = crystal(source)
    name = str(atoms.info["heterodot"]["crystal"]["name"])
    question = lattice_question(atoms, level, elastic=elastic, name=name)
    made: Atoms = question.run(runner).crystal
    return made

"""Systems built on the lattice of a level: their crystals are relaxed before they are built.

::

    systems:
      joint:
        lattice: level        # of the study's one level; or its name, where there are several
        build: [interface: {film: CdS, substrate: CsPbBr3, matching: {strained: elastic}}]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.calculators import Level
from heterodot.errors import CalculationError, InputError
from heterodot.structures.recipes.checking import nearest
from heterodot.structures.recipes.grammar import build, read_steps
from heterodot.structures.recipes.steps import BuildStep, named_crystals, read_crystal
from heterodot.workflows.parts.question import Question
from heterodot.workflows.questions.crystals.level_crystals import lattice_question
from heterodot.workflows.study.systems import finished_system
from heterodot.workflows.tasks.outcomes import Failed

if TYPE_CHECKING:
    from ase import Atoms

    from heterodot.structures.recipes.yamlfile import Document, Location
    from heterodot.workflows.study.cases import System
    from heterodot.workflows.tasks.outcomes import Done

TABLE, LEVEL = "table", "level"
"""Words under ``lattice``: as measured, and of the study's one level."""

_TAKES_THE_TABLES = ("core_shell", "place_guest")
"""Steps with crystals that are not taken from a level."""


@dataclass(frozen=True)
class LevelLattice:
    """Whose lattice a system is built on.

    Attributes
    ----------
    level_name : str
        Of the study.
    level : Level
    questions : dict of str to str
        By crystal: the name its question is asked under.
    strained : frozenset of str
        Crystals that share a strain: their elastic constants are wanted too.
    location : Location
    """

    level_name: str
    level: Level
    questions: Mapping[str, str]
    strained: frozenset[str]
    location: Location


def read_lattices(
    entries: Mapping[str, Mapping[str, Any]], levels: Mapping[str, Level], document: Document
) -> dict[str, LevelLattice]:
    """Check which systems stand on the lattice of a level, and which crystals that needs.

    Parameters
    ----------
    entries : mapping of str to mapping
        The systems of the study.
    levels : mapping of str to Level
    document : Document

    Raises
    ------
    StudyError
        An unknown level, several and none of them named, or steps without a crystal to relax.
    """
    found = {}
    for name, entry in entries.items():
        given = entry.get("lattice") or TABLE
        if given != TABLE:
            here: Location = ("systems", name, "lattice")
            level = _level(str(given), tuple(levels), document, here)
            steps = read_steps(entry["build"], document, ("systems", name, "build"))
            found[name] = _lattice(level, levels[level], steps, document, here)
    return found


def _level(given: str, known: Sequence[str], document: Document, here: Location) -> str:
    if given in known:
        return given
    if given == LEVEL and len(known) == 1:
        return known[0]
    listed = ", ".join(known)
    if given == LEVEL:
        raise document.error(here, f"given 'level', but there are several: name one of {listed}")
    raise document.error(
        here, f"given {given!r}, expected table, level or one of {listed}{nearest(given, known)}"
    )


def _lattice(
    name: str, level: Level, steps: Sequence[BuildStep], document: Document, here: Location
) -> LevelLattice:
    sources: dict[str, None] = {}
    strained: set[str] = set()
    for step in steps:
        if step.name in _TAKES_THE_TABLES:
            raise document.error(
                here, f"{step.name} takes its crystals as measured: leave 'lattice' out"
            )
        own = dict.fromkeys(named_crystals(step).values())
        sources.update(own)
        if step.name == "interface":
            strained.update(own)
    if not sources:
        raise document.error(here, "no step of 'build' names a crystal: leave 'lattice' out")
    asked = {source: f"lattice of {source} at {name}" for source in sources}
    return LevelLattice(name, level, asked, frozenset(strained), here)


def lattice_questions(
    lattices: Mapping[str, LevelLattice], document: Document
) -> dict[str, Question]:
    """Return the questions whose answers hold the crystals, by the names they are asked under.

    Raises
    ------
    StudyError
        A crystal cannot be read, or its level cannot relax it.
    """
    found: dict[str, Question] = {}
    strained = {lattice.questions[s] for lattice in lattices.values() for s in lattice.strained}
    for lattice in lattices.values():
        for source, name in lattice.questions.items():
            if name in found:
                continue
            try:
                atoms = read_crystal(source, _folder(document))
                found[name] = lattice_question(
                    atoms, lattice.level, elastic=name in strained, name=name
                )
            except InputError as error:
                raise document.error(lattice.location, f"{source}: {error}") from error
    return found


def _folder(document: Document) -> Path:
    return document.path.parent


def built_on(
    lattice: LevelLattice,
    name: str,
    entry: Mapping[str, Any],
    outcomes: Mapping[str, Done[Any] | Failed],
    document: Document,
) -> System:
    """Build a system of the crystals that were relaxed for it.

    Raises
    ------
    CalculationError
        One of them was not found.
    StudyError
        A step cannot be done with them.
    """
    crystals: dict[str, Atoms] = {}
    for source, asked in lattice.questions.items():
        outcome = outcomes[asked]
        if isinstance(outcome, Failed):
            raise CalculationError(f"not asked: the {asked} failed: {outcome.error}")
        crystals[source] = outcome.result.crystal
    steps = read_steps(entry["build"], document, ("systems", name, "build"))
    return finished_system(name, entry, build(steps, document, crystals=crystals), document)

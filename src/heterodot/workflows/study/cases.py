"""What a study asks, as cases: one for every system, question and level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ase import Atoms

    from heterodot.calculators import Level
    from heterodot.workflows.study.questions import Asked


@dataclass(frozen=True, eq=False)
class System:
    """A structure of a study.

    Attributes
    ----------
    name : str
        Part of file names.
    label : str
        For tables and figures.
    atoms : Atoms
    site : int or None
        The atom questions about a site are asked of.
    """

    name: str
    label: str
    atoms: Atoms
    site: int | None


@dataclass(frozen=True, eq=False)
class Case:
    """One question about one system at one level.

    Attributes
    ----------
    name : str
        ``system/question``, and ``/level`` where the study has several.
    system : System
    question : Asked
    level : str
        Name of the level in the study.
    workflow : workflow
        Ready to run.
    arguments : mapping
        What the workflow was given beside structure, level and name.
    """

    name: str
    system: System
    question: Asked
    level: str
    workflow: Any
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_asked(self) -> bool:
        """Whether there was a structure to ask of; a system of a failed answer has none."""
        return not isinstance(self.workflow, NotAsked)


@dataclass(frozen=True, eq=False)
class NotAsked:
    """In place of the workflow of a case whose structure an earlier question did not find."""

    level: Level

    @property
    def level_label(self) -> str:
        """The level in words, as a question says it."""
        return self.level.label


@dataclass(frozen=True)
class Published:
    """Numbers of others that a study names, to be set beside its own.

    Attributes
    ----------
    system, question : str
        What they are of, by the study's names.
    values : mapping of str to float
        By the names and in the units the answer has them in.
    source : str
        Where they are from.
    """

    system: str
    question: str
    values: Mapping[str, float]
    source: str

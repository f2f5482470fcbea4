"""What a study asks, as cases, and what it answers, as rows: one of each for every system,
question and level.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heterodot.workflows.study.questions import Asked
    from heterodot.workflows.study.systems import System


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
    """

    name: str
    system: System
    question: Asked
    level: str
    workflow: Any


@dataclass(frozen=True)
class Row:
    """One answer, ready for a table.

    Attributes
    ----------
    system, label, question, kind, level : str
        Which; ``level`` in words.
    values : dict of str to float or str
        The numbers by name, units in the name.
    marks : dict of str to tuple of str
        By the name of a value that rests on something flagged: the names of those flags.
    flags, caveats : tuple of str
        The doubts, in sentences.
    error : str
        Why there is no answer; empty where there is one.
    """

    system: str
    label: str
    question: str
    kind: str
    level: str
    values: dict[str, float | str]
    marks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    error: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "system": self.system,
            "label": self.label,
            "question": self.question,
            "kind": self.kind,
            "level": self.level,
            "status": "failed" if self.error else "ok",
            "values": self.values,
            "marks": {name: list(flags) for name, flags in self.marks.items()},
            "flags": list(self.flags),
            "caveats": list(self.caveats),
            "error": self.error,
        }

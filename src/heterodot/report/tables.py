"""The numbers of a study's answers as the page's tables: systems side by side, flags numbered."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from heterodot.data.flags import Flag, Marked
from heterodot.report.doubts import worst_first
from heterodot.workflows.study.cases import Case
from heterodot.workflows.study.results import StudyResult
from heterodot.workflows.study.tables import over_orders


@dataclass(frozen=True)
class Cell:
    """A number as text, and the numbers of the notes it rests on."""

    text: str
    notes: tuple[int, ...] = ()
    value: float | str | None = None


@dataclass(frozen=True)
class Note:
    """A flag, the systems that have it, and the number it is referred to by."""

    number: int
    flag: Flag
    systems: tuple[str, ...]


@dataclass(frozen=True)
class TableBlock:
    """The answers to one question at one level.

    Attributes
    ----------
    question, kind, level : str
    cases : tuple of Case
    answers : dict of str to Result
        By the name of the case.
    errors : dict of str to str
        Of cases that failed.
    rows : list of (str, list of Cell)
        A quantity, and its cell for each case.
    notes : list of Note
        The worst first.
    caveats : list of str
        What the level may not be believed for, each once.
    """

    question: str
    kind: str
    level: str
    cases: tuple[Case, ...]
    answers: dict[str, Any]
    errors: dict[str, str]
    rows: list[tuple[str, list[Cell]]]
    notes: list[Note]
    caveats: list[str] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return anchor(f"{self.question}-{self.level}")


def anchor(text: str) -> str:
    """Return a name for a place on the page."""
    return "".join(c if c.isalnum() else "-" for c in text).strip("-").lower()


def blocks_of(result: StudyResult) -> list[TableBlock]:
    """Return the answers of a study by question and level, in its order."""
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in result.cases:
        groups.setdefault((case.question.name, case.workflow.level.label), []).append(case)
    return [_block(result, *key, tuple(cases)) for key, cases in groups.items()]


def _block(result: StudyResult, question: str, level: str, cases: tuple[Case, ...]) -> TableBlock:
    answers = {c.name: result.results[c.name] for c in cases if c.name in result.results}
    errors = {c.name: str(result.errors[c.name]) for c in cases if c.name in result.errors}
    notes = _notes(cases, answers)
    found = {name: answer.quantities() for name, answer in answers.items()}
    names = dict.fromkeys(n for quantities in found.values() for n in quantities)
    rows = [
        (name, [_cell(found.get(c.name, {}).get(name), c, name, notes) for c in cases])
        for name in names
    ]
    caveats = dict.fromkeys(str(text) for a in answers.values() for text in a.caveats)
    return TableBlock(
        question, cases[0].question.kind, level, cases, answers, errors, rows, notes, list(caveats)
    )


def _notes(cases: Iterable[Case], answers: dict[str, Any]) -> list[Note]:
    """Return the flags of a block's answers, numbered; one that several systems have is one."""
    of: dict[Flag, list[str]] = {}
    for case in cases:
        for flag in answers[case.name].flags if case.name in answers else ():
            of.setdefault(flag, []).append(case.system.name)
    return [Note(n, flag, tuple(of[flag])) for n, flag in enumerate(worst_first(of), start=1)]


def _numbers(flag: Flag, system: str, notes: Iterable[Note]) -> list[int]:
    """Return the notes a number's flag stands for.

    A number knows its flag without the state that it is of: "21i cm⁻¹ …" is "CO*: 21i cm⁻¹ …".
    """
    own = [note for note in notes if system in note.systems and note.flag.name == flag.name]
    same = [note.number for note in own if note.flag == flag]
    ends = [note.number for note in own if note.flag.message.endswith(f": {flag.message}")]
    return same or ends[:1] or [note.number for note in own]


def _cell(quantity: Marked | None, case: Case, name: str, notes: list[Note]) -> Cell:
    if quantity is None:
        return Cell("—")
    system = case.system.name
    rests = {n for flag in quantity.flags for n in _numbers(flag, system, notes)}
    text = shown(quantity.value, name) + quantity.plus_minus(f".{_digits(name)}f")
    return Cell(text, tuple(sorted(rests)), quantity.value)


def titled(name: str) -> str:
    """Return the name of a question as a heading: ``co2_reduction`` is CO2 reduction."""
    words = name.replace("_", " ").replace("d band", "d-band").replace("co2", "CO2")
    return words[:1].upper() + words[1:]


def shown(value: float | str | None, name: str = "") -> str:
    """Return a number as the tables of a study have it; words as they are."""
    if isinstance(value, float):
        if math.isfinite(value) and over_orders(name):
            return f"{value:.2e}".replace("-", "−")
        text = f"{value:.{_digits(name)}f}" if math.isfinite(value) else "—"
        return text.replace("-", "−")
    return "—" if value is None else str(value)


def _digits(name: str) -> int:
    return 1 if "cm⁻¹" in name or "(°)" in name else 3

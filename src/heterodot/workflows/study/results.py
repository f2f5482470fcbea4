"""What a study found: the answer to every case, as rows, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heterodot.errors import HeterodotError
from heterodot.workflows.study.cases import Case
from heterodot.workflows.study.rows import Row
from heterodot.workflows.tasks.outcomes import Done, Failed


@dataclass(frozen=True, eq=False)
class StudyResult:
    """The answers to a study.

    Attributes
    ----------
    title : str
    cases : tuple of Case
    outcomes : dict of str to Done or Failed
        By case name: the workflow's typed result, or the error that ended it.
    n_computed, n_cached : int
        Tasks calculated in this run, and found in the store.
    failures : tuple of dict
        The store's records of failed tasks, with their logs.
    folder : Path
        Where everything was written.
    keys : frozenset of str
        Of the tasks the answers rest on, in the store.
    """

    title: str
    cases: tuple[Case, ...]
    outcomes: Mapping[str, Done[Any] | Failed]
    n_computed: int
    n_cached: int
    failures: tuple[dict[str, Any], ...]
    folder: Path
    keys: frozenset[str] = frozenset()

    @property
    def results(self) -> dict[str, Any]:
        """The answers, by case name."""
        return {n: o.result for n, o in self.outcomes.items() if isinstance(o, Done)}

    @property
    def errors(self) -> dict[str, HeterodotError]:
        """What went wrong, by case name."""
        return {n: o.error for n, o in self.outcomes.items() if isinstance(o, Failed)}

    def rows(self) -> list[Row]:
        """Return one row per case, in the study's order."""
        found = []
        for case in self.cases:
            outcome = self.outcomes[case.name]
            shared = {
                "system": case.system.name,
                "label": case.system.label,
                "question": case.question.name,
                "kind": case.question.kind,
                "level": case.workflow.level.label,
            }
            if isinstance(outcome, Failed):
                found.append(Row(**shared, values={}, error=str(outcome.error)))
                continue
            answer = outcome.result
            flags, caveats = tuple(map(str, answer.flags)), tuple(answer.caveats)
            quantities = answer.quantities()
            values = {name: q.value for name, q in quantities.items()}
            marks = {name: q.names for name, q in quantities.items() if q.flags}
            spreads = {n: q.spread for n, q in quantities.items() if q.spread is not None}
            found.append(
                Row(**shared, values=values, spreads=spreads, marks=marks, flags=flags,
                    caveats=caveats)
            )  # fmt: skip
        return found

    def table(self) -> str:
        """Return the answers as text, systems side by side."""
        from heterodot.workflows.study.tables import text_table

        return text_table(self.title, self.rows())

    def log_of(self, error: HeterodotError) -> Path | None:
        """Return the log of the failed task behind an error, where there is one."""
        for failure in self.failures:
            if failure.get("message") == str(error) and failure.get("log"):
                return self.folder / "store" / str(failure["log"])
        return None

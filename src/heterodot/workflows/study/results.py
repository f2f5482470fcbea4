"""What a study found: the answer to every case, as rows, as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heterodot.errors import HeterodotError
from heterodot.workflows.study.cases import Case, Published
from heterodot.workflows.study.kept.tabular import Tabular
from heterodot.workflows.study.rows import Row
from heterodot.workflows.tasks.outcomes import Done, Failed


@dataclass(frozen=True, eq=False)
class StudyResult(Tabular):
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
    published : tuple of Published
        Numbers of others that the study names.
    """

    title: str
    cases: tuple[Case, ...]
    outcomes: Mapping[str, Done[Any] | Failed]
    n_computed: int
    n_cached: int
    failures: tuple[dict[str, Any], ...]
    folder: Path
    keys: frozenset[str] = frozenset()
    published: tuple[Published, ...] = ()

    def __repr__(self) -> str:
        failed = f", {len(self.errors)} failed" if self.errors else ""
        answers = f"{len(self.results)} answers{failed}"
        return f"<StudyResult of {self.title!r} in {self.folder}: {answers}>"

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
        return [row_of(case, self.outcomes[case.name]) for case in self.cases]

    @property
    def heading(self) -> str:
        """The title."""
        return self.title

    def log_of(self, error: HeterodotError) -> Path | None:
        """Return the log of the failed task behind an error, where there is one."""
        for failure in self.failures:
            if failure.get("message") == str(error) and failure.get("log"):
                return self.folder / "store" / str(failure["log"])
        return None


def row_of(case: Case, outcome: Done[Any] | Failed) -> Row:
    """Return what became of a case, ready for a table."""
    shared = {
        "system": case.system.name,
        "label": case.system.label,
        "question": case.question.name,
        "kind": case.question.kind,
        "level": case.workflow.level_label,
    }
    if isinstance(outcome, Failed):
        return Row(**shared, values={}, error=str(outcome.error))
    answer = outcome.result
    quantities = answer.quantities()
    return Row(
        **shared,
        values={name: q.value for name, q in quantities.items()},
        spreads={name: q.spread for name, q in quantities.items() if q.spread is not None},
        marks={name: q.names for name, q in quantities.items() if q.flags},
        flags=tuple(map(str, answer.flags)),
        caveats=tuple(answer.caveats),
    )

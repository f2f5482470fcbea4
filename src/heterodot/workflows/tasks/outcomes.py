"""What became of tasks and questions run side by side: each done, with its result, or failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from heterodot.errors import HeterodotError
from heterodot.workflows.tasks.task import Task

T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


@dataclass(frozen=True)
class Done(Generic[T_co]):
    """What was asked has been answered.

    Attributes
    ----------
    result : object
        The typed result of the task or question.
    """

    result: T_co

    def _repr_html_(self) -> str | None:
        shown = getattr(self.result, "_repr_html_", None)
        return None if shown is None else shown()


@dataclass(frozen=True)
class Failed:
    """What was asked has failed.

    Attributes
    ----------
    error : HeterodotError
        What ended it.
    task : object
        What was asked: the task, or the question.
    """

    error: HeterodotError
    task: object

    def _repr_html_(self) -> str:
        from heterodot.analysis.notebook.html import block, doubts, heading

        asked = getattr(self.task, "label", "") or getattr(self.task, "name", "")
        what = str(asked).strip() or getattr(self.task, "kind", type(self.task).__name__)
        return block(heading(f"{what} failed"), doubts([str(self.error)]))


def results_of(outcomes: Iterable[Done[T] | Failed]) -> list[T]:
    """Return the results of what was asked, in order.

    Raises
    ------
    HeterodotError
        The error of the first that failed; those of the others are in its notes.
    """
    results: list[T] = []
    errors: list[HeterodotError] = []
    for outcome in outcomes:
        if isinstance(outcome, Done):
            results.append(outcome.result)
        else:
            errors.append(outcome.error)
    if not errors:
        return results
    first = errors[0]
    said = {str(first)}  # one task asked twice is one failure, and may have told of others before
    for text in map(str, errors):
        if text not in said and f"also failed: {text}" not in getattr(first, "__notes__", ()):
            first.add_note(f"also failed: {text}")
    raise first


class Asks(Protocol):
    """What a question that goes step by step needs of a :class:`heterodot.workflows.Runner`."""

    def run(self, task: Task[T]) -> T:
        """Return the result of a task."""

    def gather(self, tasks: Iterable[Task[T]]) -> list[T]:
        """Return the results of tasks run side by side."""

    def outcomes(self, tasks: Iterable[Task[T]]) -> list[Done[T] | Failed]:
        """Return what became of tasks run side by side."""

"""A runner that calculates nothing: every task is answered from the store, or is an error."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, TypeVar

from heterodot.errors import CalculationError, HeterodotError, StoreError
from heterodot.workflows.store.believing import stored_result
from heterodot.workflows.store.reading import ReadOnlyStore
from heterodot.workflows.tasks.outcomes import Done, Failed, results_of
from heterodot.workflows.tasks.task import Task

T = TypeVar("T")


class ReadingRunner:
    """What questions are handed in place of a ``Runner`` where their answers are only read.

    Parameters
    ----------
    store : ReadOnlyStore

    Attributes
    ----------
    answered : set of str
        Keys of the tasks that were answered.
    """

    def __init__(self, store: ReadOnlyStore) -> None:
        self.store = store
        self.workers = 1
        self.answered: set[str] = set()

    def plan(self, n_tasks: int) -> None:
        """Nothing is planned."""

    def run(self, task: Task[T]) -> T:
        """Return the typed result the store has of a task.

        Raises
        ------
        StoreError
            It has none.
        CalculationError
            The task has failed; the message is that of its failure.
        """
        result: T | None = stored_result(task, self.store)
        if result is not None:
            self.answered.add(task.key)
            return result
        name = task.label.strip() or task.kind
        refused, failure = self.store.refused.get(task.key), self.store.failure(task.key)
        if refused is None and failure is not None:
            raise CalculationError(str(failure.get("message") or f"task {name} has failed"))
        missing = f"{name} is not calculated yet: it is not in {self.store.path}; run the study"
        raise StoreError(refused or missing)

    def submit(self, task: Task[T]) -> Future[T]:
        """Return a future that has the result already, or the error."""
        future: Future[T] = Future()
        try:
            future.set_result(self.run(task))
        except HeterodotError as error:
            future.set_exception(error)
        return future

    def outcomes(self, tasks: Iterable[Task[Any]]) -> list[Done[Any] | Failed]:
        """Return what became of each task, in order.

        Raises
        ------
        StoreError
            One is not in the store.
        """
        found: list[Done[Any] | Failed] = []
        for task in tasks:
            try:
                found.append(Done(self.run(task)))
            except CalculationError as error:
                found.append(Failed(error, task))
        return found

    def gather(self, tasks: Iterable[Task[T]]) -> list[T]:
        """Return the typed results of tasks, in order; raise the first error."""
        return results_of(self.outcomes(tasks))

"""How much of a study is left to calculate, and roughly how long that takes."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import HeterodotError
from heterodot.workflows.running.batch.resources import MARGIN, energies, expected_seconds
from heterodot.workflows.running.progress import duration
from heterodot.workflows.store.believing import stored_result
from heterodot.workflows.store.index import Entry, read_index
from heterodot.workflows.store.reading import ReadOnlyStore
from heterodot.workflows.tasks.outcomes import Done, Failed, results_of

if TYPE_CHECKING:
    from heterodot.workflows.tasks.task import Task


@dataclass(frozen=True)
class Estimate:
    """What is left of a study.

    Attributes
    ----------
    n_tasks : int
        Tasks at most, finished ones included.
    n_finished : int
    seconds : float
        Of one processor, for what is left: the tasks that come next by their size and level, and
        each one after them as much as their mean.
    n_linked : int
        Questions whose structure is an answer that is not there yet; they are not in the time.
    basis : tuple of str
        A sentence for each level of what comes next: what its time rests on.
    """

    n_tasks: int
    n_finished: int
    seconds: float
    n_linked: int
    basis: tuple[str, ...]

    def lines(self, workers: int) -> list[str]:
        """Return it in words, with so many workers."""
        done = f", {self.n_finished} of them finished" if self.n_finished else ""
        left = self.n_tasks - self.n_finished
        count = f"{self.n_tasks} task{'s' * (self.n_tasks != 1)} at most{done}"
        if left <= 0:
            time = "nothing is left to calculate"
        else:
            at_once = min(workers, left)
            time = f"about {duration(self.seconds)} of one processor"
            time += f", {duration(self.seconds / at_once)} with {at_once} at a time" * (at_once > 1)
            time += f"; {MARGIN:g} times more or less is to be expected"
        more = f"; {self.n_linked} questions wait for a structure and are not counted"
        return [f"{count}: {time}{more * bool(self.n_linked)}", *self.basis * (left > 0)]


def estimate(study: Any, folder: Path) -> Estimate:
    """Look how far a study is, without calculating anything.

    Every question is asked until it needs a task that is not in the store: those tasks are what
    comes next.

    Parameters
    ----------
    study : Study
        Its systems are built for it.
    folder : Path
        Of the results; need not be there.
    """
    store = _store(folder)
    finished = {} if store is None else read_index(store)
    n_tasks, left, waiting = 0, 0, {}
    known: dict[str, None] = {}
    asked = [*(case.workflow for case in study.cases), *study.lattice_questions.values()]
    for workflow in asked:
        scout = _Scout(store)
        planned = workflow.planned_tasks
        try:
            workflow.run(scout)
        except _NotThere:
            waiting.update(scout.missing)
            left += max(planned - len(scout.found), len(scout.missing))
            n_tasks += max(planned, len(scout.found) + len(scout.missing))
        except HeterodotError:  # a failure that the store knows
            n_tasks += planned
            left += max(planned - len(scout.found), 0)
        else:
            n_tasks += len(scout.found)
        known.update(scout.found)
    times = [expected_seconds(task, finished.values()) for task in waiting.values()]
    mean = sum(times) / len(times) if times else 0.0
    basis = {_basis(task, finished.values()): None for task in waiting.values()}
    n_linked = len(study.case_systems) - len(study.cases)
    return Estimate(n_tasks, n_tasks - left, mean * left, n_linked, tuple(basis))


def _store(folder: Path) -> ReadOnlyStore | None:
    if not (folder / "store" / "store.json").is_file():
        return None
    return ReadOnlyStore(folder / "store")


def _basis(task: Task, finished: Iterable[Entry]) -> str:
    code, kind = task.level.code, task.kind
    n_alike = sum(1 for one in finished if (one.code, one.kind) == (code, kind))
    if n_alike:
        return f"  {kind} by {code}: from what {n_alike} finished here took, scaled with the size"
    effort = task.level.implementation.effort
    growth = f"growing with the number of atoms to the power {effort.power:g}"
    return (
        f"  {kind} by {code}: {effort.seconds:g} s an energy and forces at {effort.atoms} atoms, "
        f"{growth}; about {energies(task)} of them a task"
    )


class _NotThere(Exception):  # noqa: N818 - no error: a question has got to where work begins
    """A task is not in the store."""


@dataclass
class _Scout:
    """A runner that answers from the store, and takes note of the first tasks it cannot answer."""

    store: ReadOnlyStore | None
    missing: dict[str, Task] = field(default_factory=dict)
    found: dict[str, None] = field(default_factory=dict)
    workers: int = 1

    def plan(self, n_tasks: int) -> None:
        """Nothing is planned."""

    def run(self, task: Task) -> Any:
        result = None if self.store is None else stored_result(task, self.store)
        if result is None:
            self.missing[task.key] = task
            raise _NotThere
        self.found[task.key] = None
        return result

    def submit(self, task: Task) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(self.run(task))
        except _NotThere as error:
            future.set_exception(error)
        return future

    def outcomes(self, tasks: Iterable[Task]) -> list[Done[Any] | Failed]:
        futures = [self.submit(task) for task in tasks]
        return [Done(future.result()) for future in futures]

    def gather(self, tasks: Iterable[Task]) -> list[Any]:
        return results_of(self.outcomes(tasks))

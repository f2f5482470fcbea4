"""How much of a study is left to calculate, and roughly how long that takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import HeterodotError
from heterodot.workflows.running.batch.resources import MARGIN, expected_seconds
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
        Of one processor, for what is left, by size, level and number of energies: what a question
        says it will ask for; of questions that do not, the tasks that come next, and each one after
        them as much as their mean.
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
    left = _Left(list(finished.values()))
    for workflow in [*(case.workflow for case in study.cases), *study.lattice_questions.values()]:
        scout = _Scout(store)
        planned = workflow.planned_tasks
        try:
            workflow.run(scout)
        except _NotThere:
            if not left.expect(workflow, scout):
                n_left = max(planned - len(scout.found), len(scout.missing))
                left.alike(scout, max(planned, len(scout.found) + len(scout.missing)), n_left)
        except HeterodotError:  # a failure that the store knows
            left.alike(scout, planned, max(planned - len(scout.found), 0))
        else:
            left.n_tasks += len(scout.found)
    n_linked = len(study.case_systems) - len(study.cases)
    done = left.n_tasks - left.n_left
    return Estimate(left.n_tasks, done, left.seconds, n_linked, tuple(left.basis))


@dataclass
class _Left:
    """What is left of the questions looked at so far."""

    finished: list[Entry]
    n_tasks: int = 0
    n_left: int = 0
    basis: dict[str, None] = field(default_factory=dict)
    _sorts: dict[str, int] = field(default_factory=dict)
    _known: float = 0.0
    _waiting: dict[str, Task] = field(default_factory=dict)
    _n_alike: int = 0

    def expect(self, workflow: Any, scout: _Scout) -> bool:
        """Add what a question says it will ask for, if it does; what another asks for, too, once.

        A question on its way: of each sort as many are left as are not among what it has found.
        """
        says = getattr(workflow, "expected_tasks", None)
        expected: Sequence[tuple[Task, int]] = () if says is None else says()
        for task, number in expected:
            new = max(0, number - self._sorts.get(task.key, 0))
            if not new:
                continue
            self._sorts[task.key] = number
            there = sum(1 for one in scout.found.values() if _alike(one, task))
            n_left = max(new - there, 0)
            self.n_tasks += new
            self.n_left += n_left
            if n_left:
                self._known += n_left * expected_seconds(task, self.finished)
                self.basis[_basis(task, self.finished)] = None
        return bool(expected)

    def alike(self, scout: _Scout, n_tasks: int, n_left: int) -> None:
        """Add a question whose tasks are much alike, with those that come next."""
        self.n_tasks += n_tasks
        self.n_left += n_left
        self._n_alike += n_left
        self._waiting.update(scout.missing)
        self.basis |= {_basis(task, self.finished): None for task in scout.missing.values()}

    @property
    def seconds(self) -> float:
        """CPU seconds of what is left."""
        times = [expected_seconds(task, self.finished) for task in self._waiting.values()]
        return self._known + (sum(times) / len(times) * self._n_alike if times else 0.0)


def _alike(one: Task, other: Task) -> bool:
    return one.kind == other.kind and one.level.label == other.level.label


def _store(folder: Path) -> ReadOnlyStore | None:
    if not (folder / "store" / "store.json").is_file():
        return None
    return ReadOnlyStore(folder / "store")


def _basis(task: Task, finished: Iterable[Entry]) -> str:
    code, kind = task.level.code, task.kind
    n_alike = sum(1 for one in finished if (one.code, one.kind) == (code, kind))
    if n_alike and not task.length_varies:
        return f"  {kind} by {code}: from what {n_alike} finished here took, scaled with the size"
    effort = task.level.implementation.effort
    growth = f"growing with the number of atoms to the power {effort.power:g}"
    return (
        f"  {kind} by {code}: {effort.seconds:g} s an energy and forces at {effort.atoms} atoms, "
        f"{growth}; about {task.planned_energies} of them a task"
    )


class _NotThere(Exception):  # noqa: N818 - no error: a question has got to where work begins
    """A task is not in the store."""


@dataclass
class _Scout:
    """A runner that answers from the store, and takes note of the first tasks it cannot answer."""

    store: ReadOnlyStore | None
    missing: dict[str, Task] = field(default_factory=dict)
    found: dict[str, Task] = field(default_factory=dict)
    workers: int = 1

    def plan(self, n_tasks: int) -> None:
        """Nothing is planned."""

    def run(self, task: Task) -> Any:
        result = None if self.store is None else stored_result(task, self.store)
        if result is None:
            self.missing[task.key] = task
            raise _NotThere
        self.found[task.key] = task
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

"""The answers of a study as its store has them: nothing is calculated, what is missing is said."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import CalculationError, InputError

if TYPE_CHECKING:
    from heterodot.workflows.study import Study, StudyResult


class FromStore(Executor):
    """An executor that calculates nothing: what the store does not have ends in an error.

    The error is the one the task failed with before, where it did.
    """

    def submit(self, call: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:  # noqa: ARG002
        """Return a future that holds the error."""
        task, store = args
        failure = store.failure(task.key) or {}
        said = failure.get("message") or (
            f"{task.label or task.kind} is not calculated yet; run the study"
        )
        future: Future[Any] = Future()
        future.set_exception(CalculationError(str(said)))
        return future


def stored_answers(study: Study, folder: Path) -> tuple[StudyResult, tuple[str, ...]]:
    """Return what a study has found so far, and the keys of the tasks that it rests on.

    Parameters
    ----------
    study : Study
    folder : Path
        Of its results.

    Raises
    ------
    InputError
        There are no results.
    """
    from heterodot.workflows.running.driving import outcomes_of
    from heterodot.workflows.running.runner import Runner
    from heterodot.workflows.study.results import StudyResult

    if not (folder / "store" / "store.json").is_file():
        raise InputError(
            f"{folder}: no results in it, expected the folder of a study that was run; "
            "run the study first"
        )
    keys: list[str] = []
    with Runner(
        folder / "store", FromStore(), on_event=lambda e: keys.append(e.key) if e.key else None
    ) as runner:
        outcomes = outcomes_of(study.workflows(), runner)
        result = StudyResult(
            title=study.title,
            cases=tuple(study.cases),
            outcomes=outcomes,
            n_computed=runner.counts.computed,
            n_cached=runner.counts.cached,
            failures=tuple(runner.store.failures()),
            folder=folder,
        )
    return result, tuple(keys)

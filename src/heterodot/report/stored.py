"""The answers of a study as its store has them: nothing is calculated, what is missing is said."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot import provenance
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


STUDY = ".study.yaml"
"""The study as it was asked, in the folder of its results."""


def study_of(folder: Path) -> Study:
    """Return the study that results are of, its systems as they were built then.

    Parameters
    ----------
    folder : Path
        Of the results: the study's text and its structures lie in it.

    Raises
    ------
    InputError
        The study is not in it.
    """
    from heterodot.workflows.study import Study, System
    from heterodot.workflows.study.systems import read_structure

    path = folder / STUDY
    if not path.is_file():
        raise InputError(
            f"{folder}: no {STUDY} in it, expected results of a run; name the study file itself"
        )
    study = Study.load(path)
    model = study.document.data["systems"]
    found = {}
    for name in study.system_names:
        file = folder / "structures" / f"{name}.xyz"
        atoms = read_structure(file, study.document, ("systems", name))
        site = provenance.details(atoms).get("site")
        label = " ".join(str(model[name].get("label") or name).split())
        found[name] = System(name, label, atoms, None if site is None else int(site))
    vars(study)["systems"] = found  # what a study builds when it is first asked for
    return study


def stored_answers(study: Study, folder: Path) -> StudyResult:
    """Return what a study has found so far.

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
    with Runner(folder / "store", FromStore()) as runner:
        outcomes = outcomes_of(study.workflows(), runner)
        return StudyResult(
            title=study.title,
            cases=tuple(study.cases),
            outcomes=outcomes,
            n_computed=runner.counts.computed,
            n_cached=runner.counts.cached,
            failures=tuple(runner.store.failures()),
            folder=folder,
            keys=runner.answered,
            published=study.published,
        )

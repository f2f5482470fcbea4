"""The answers of a study as its store has them: nothing is calculated, what is missing is said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot import provenance
from heterodot.errors import InputError

if TYPE_CHECKING:
    from heterodot.workflows.study import Study, StudyResult


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
        if name in study.links or name in study.lattices:  # by an answer, which the store has
            continue
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
    from heterodot.workflows.running.reading import ReadingRunner
    from heterodot.workflows.store.reading import ReadOnlyStore
    from heterodot.workflows.study.later.links import answer
    from heterodot.workflows.study.results import StudyResult

    if not (folder / "store" / "store.json").is_file():
        raise InputError(
            f"{folder}: no results in it, expected the folder of a study that was run; "
            "run the study first"
        )
    runner: Any = ReadingRunner(ReadOnlyStore(folder / "store"))
    cases, outcomes = answer(study, lambda asked: outcomes_of(asked, runner))
    return StudyResult(
        title=study.title,
        cases=tuple(cases),
        outcomes=outcomes,
        n_computed=0,
        n_cached=len(runner.answered),
        failures=tuple(runner.store.failures()),
        folder=folder,
        keys=frozenset(runner.answered),
        published=study.published,
    )

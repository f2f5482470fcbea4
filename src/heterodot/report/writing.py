"""Write the report of a study, whole or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from heterodot.errors import StoreError
from heterodot.report.contents import Contents
from heterodot.report.page import page
from heterodot.report.stored import STUDY
from heterodot.report.tasks import Tasks
from heterodot.workflows.store.store import Store
from heterodot.workflows.study.results import StudyResult
from heterodot.writing import write_atomically

NAME = "report.html"
"""Of the file, in the folder of the results."""


def report_page(result: StudyResult, text: str = "") -> str:
    """Return the report of a study as one HTML file.

    Parameters
    ----------
    result : StudyResult
    text : str
        The study file.
    """
    store = result.folder / "store"
    tasks = Tasks(Store(store) if store.is_dir() else None, result.keys)
    created = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    return page(Contents(result, tasks, text, created))


def write_report(result: StudyResult, text: str = "", path: Path | None = None) -> Path:
    """Write the report of a study and return where it is.

    The study's text goes beside the results, so that they can be read without it.

    Parameters
    ----------
    result, text
        See :func:`report_page`.
    path : Path, optional
        ``report.html`` in the folder of the results unless given.

    Raises
    ------
    StoreError
        If it cannot be written.
    """
    path = result.folder / NAME if path is None else path
    try:
        if text:
            write_atomically(result.folder / STUDY, text.encode())
        write_atomically(path, report_page(result, text).encode())
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); nothing calculated is lost"
        ) from error
    return path

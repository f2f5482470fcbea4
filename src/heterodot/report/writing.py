"""Write the report of a study, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from heterodot.errors import StoreError
from heterodot.report.contents import Contents
from heterodot.report.page import page
from heterodot.report.tasks import Tasks
from heterodot.workflows.store.store import Store
from heterodot.workflows.study.results import StudyResult
from heterodot.writing import write_atomically

NAME = "report.html"
"""Of the file, in the folder of the results."""


def report_page(result: StudyResult, keys: Iterable[str] = (), text: str = "") -> str:
    """Return the report of a study as one HTML file.

    Parameters
    ----------
    result : StudyResult
    keys : iterable of str
        Of the tasks its answers rest on, in their order; without them the ledger names no tasks.
    text : str
        The study file.
    """
    store = result.folder / "store"
    tasks = Tasks(Store(store) if store.is_dir() else None, keys)
    created = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    return page(Contents(result, tasks, text, created))


def write_report(
    result: StudyResult, keys: Iterable[str] = (), text: str = "", path: Path | None = None
) -> Path:
    """Write the report of a study and return where it is.

    Parameters
    ----------
    result, keys, text
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
        write_atomically(path, report_page(result, keys, text).encode())
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); nothing calculated is lost"
        ) from error
    return path

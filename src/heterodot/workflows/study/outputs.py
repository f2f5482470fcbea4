"""Write what a study found: structures, tables, figures; each file whole or not at all."""

from __future__ import annotations

import json
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot import provenance
from heterodot.errors import InputError, StoreError
from heterodot.paths import refuse_link
from heterodot.structures.crystals.writing import write_structure
from heterodot.workflows.store.leftovers import sweep_leftovers
from heterodot.workflows.study.kept.saved import save_study
from heterodot.workflows.study.tables import csv_table, json_table, text_table
from heterodot.writing import write_atomically

if TYPE_CHECKING:
    from heterodot.workflows.study.results import StudyResult


def check_output_folder(folder: Path) -> None:
    """Refuse a folder that holds other things than the results of a study.

    Raises
    ------
    InputError
        If there is something in it and no store of results.
    """
    ours = ("store", "jobs")
    if folder.is_dir() and any(folder.iterdir()) and not any((folder / n).is_dir() for n in ours):
        raise InputError(
            f"given {str(folder)!r}, which holds other things; expected a new or empty folder, or "
            "one with results of before"
        )


def write_outputs(result: StudyResult, folder: Path, processes: int = 1) -> None:
    """Write everything into ``folder``; figures are drawn in so many processes at most.

    ``table.txt``, ``table.csv`` and ``table.json``; ``results.json`` with every result whole;
    ``asked.json`` with what was asked, for ``load_results``;
    ``structures/*.xyz`` (extended XYZ); ``figures/*.png`` and ``*.svg``; ``files/*`` where answers
    have files of their own.

    Raises
    ------
    StoreError
        If something cannot be written (disk full, no permission).
    """
    try:
        for name in ("structures", "figures"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            refuse_link(folder / name)
        sweep_leftovers(folder / name for name in ("", "structures", "files", "figures", "store"))
        _write_tables(result, folder)
        save_study(result, folder)
        _write_structures(result, folder / "structures")
        _write_files(result, folder / "files")
        _write_figures(result, folder, processes)
    except OSError as error:
        raise StoreError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); "
            "nothing calculated is lost, run again once it can"
        ) from error


def _write_tables(result: StudyResult, folder: Path) -> None:
    rows = result.rows()
    contents = {
        "table.txt": text_table(result.title, rows) + "\n",
        "table.csv": csv_table(rows),
        "table.json": json_table(result.title, rows) + "\n",
        "results.json": _whole_results(result),
    }
    for name, content in contents.items():
        write_atomically(folder / name, content.encode())


def _whole_results(result: StudyResult) -> str:
    """Return every result whole, as JSON; one at a time, for there may be ten thousand."""
    answers = ",\n".join(
        f"{_json(name)}: {_json(answer.to_dict())}" for name, answer in result.results.items()
    )
    errors = {name: str(error) for name, error in result.errors.items()}
    return (
        f'{{"title": {_json(result.title)}, "results": {{\n{answers}\n}},\n'
        f'"errors": {_json(errors)}}}\n'
    )


def _json(value: Any) -> str:
    return json.dumps(value, default=_plain, ensure_ascii=False)


def _write_structures(result: StudyResult, folder: Path) -> None:
    for case in filter(attrgetter("is_asked"), result.cases):
        atoms = case.system.atoms.copy()
        if case.system.site is not None:
            provenance.update(atoms, site=case.system.site)
        write_structure(folder / f"{case.system.name}.xyz", atoms)
        answer = result.results.get(case.name)
        for state, relaxed in ({} if answer is None else answer.structures).items():
            stem = case.name.replace("/", ".")
            write_structure(folder / f"{stem}.{state}.xyz", relaxed)


def _write_files(result: StudyResult, folder: Path) -> None:
    """Write what answers have to give beside tables and structures; no folder where none has."""
    for name, answer in result.results.items():
        for ending, content in answer.files().items():
            folder.mkdir(exist_ok=True)
            refuse_link(folder)
            stem = name.replace("/", ".")
            write_atomically(folder / f"{stem}.{ending}", content().encode())


def _write_figures(result: StudyResult, folder: Path, processes: int) -> None:
    from heterodot.workflows.study.drawing.writing import write_figures
    from heterodot.workflows.study.figures import figures_of

    write_figures(figures_of(result.cases, result.results), folder, processes)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)

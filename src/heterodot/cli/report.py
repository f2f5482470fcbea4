"""``heterodot report``: the page of a study's results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.status import results_folder


def report(
    where: Annotated[Path, typer.Argument(help="Study file, or the folder of its results.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write; report.html in the results' folder."),
    ] = None,
    results: Annotated[
        Path | None, typer.Option("--results", help="Folder of the results, if given to run.")
    ] = None,
    show: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write the report of a study: one HTML file with its results, structures and doubts.

    Nothing is calculated: what is not finished is said to be so.
    """
    from heterodot.report.stored import STUDY, stored_answers, study_of
    from heterodot.report.writing import write_report
    from heterodot.workflows.study import Study

    folder = results_folder(where, results)
    study = study_of(folder) if where.is_dir() else Study.load(where)
    text = (folder / STUDY if where.is_dir() else where).read_text("utf-8")
    path = write_report(stored_answers(study, folder), text, output)
    typer.echo(str(path))
    if show:
        typer.launch(str(path))

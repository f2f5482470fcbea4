"""``heterodot status``: what is finished, what failed, what is under way."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from heterodot.errors import InputError


def status(
    where: Annotated[Path, typer.Argument(help="Study file, or the folder of its results.")],
) -> None:
    """Show what a study has finished, what failed and why, and what is under way."""
    from heterodot.workflows import Store
    from heterodot.workflows.study.progress import store_status

    folder = results_folder(where)
    if not (folder / "store").is_dir():
        typer.echo(f"{folder}: nothing calculated yet")
        return
    found = store_status(Store(folder / "store"))
    s = "s" * (found.n_finished != 1)
    typer.echo(f"{folder}: {found.n_finished} task{s} finished, {found.cpu_seconds:.1f} s of CPU")
    for kind, n in found.by_kind.items():
        typer.echo(f"  {kind:<14} {n}")
    for label in found.under_way:
        typer.echo(f"  not finished: {label}")
    for failure in found.failures:
        log = f" (log: {folder / 'store' / failure['log']})" if failure.get("log") else ""
        typer.echo(f"  failed: {failure['label']}: {failure['message']}{log}")


def results_folder(where: Path) -> Path:
    """Return the results folder of a study file, or the folder itself."""
    if where.is_dir():
        return where.parent if (where / "store.json").is_file() else where
    if not where.exists():
        raise InputError(f"{where}: not there, expected a study file or a folder of results")
    from heterodot.workflows.study import Study

    return Study.load(where).output

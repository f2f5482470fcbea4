"""``heterodot export``: the store as an ASE database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    where: Annotated[Path, typer.Argument(help="Study file, or the folder of its results.")],
    database: Annotated[Path, typer.Option("--output", "-o", help="ASE database to write (.db).")],
) -> None:
    """Write every finished task into an ASE database, for ``ase db`` and ``ase gui``."""
    from heterodot.cli.status import results_folder
    from heterodot.errors import InputError
    from heterodot.workflows import Store
    from heterodot.workflows.study.export import export_database

    folder = results_folder(where)
    if not (folder / "store").is_dir():
        raise InputError(f"{folder}: holds no store; run the study first")
    n = export_database(Store(folder / "store"), database)
    typer.echo(f"{database}: {n} rows (look with: ase db {database} -c +total_charge,label)")

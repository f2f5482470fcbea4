"""``heterodot export``: the store as an ASE database, OPTIMADE's JSON or pymatgen's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    where: Annotated[Path, typer.Argument(help="Study file, or the folder of its results.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write: .db or .json of ASE, else .json.")
    ],
    kind: Annotated[
        str, typer.Option("--format", help="ase (a database), optimade or pymatgen (JSON).")
    ] = "ase",
) -> None:
    """Write every finished task for other programs: ``ase db``, OPTIMADE, pymatgen."""
    from heterodot.cli.status import results_folder
    from heterodot.errors import InputError
    from heterodot.workflows import Store
    from heterodot.workflows.study.exchange import FORMATS, export_json
    from heterodot.workflows.study.export import export_database

    if kind not in ("ase", *FORMATS):
        raise InputError(f"--format {kind!r}: expected ase, {' or '.join(FORMATS)}")
    folder = results_folder(where)
    if not (folder / "store").is_dir():
        raise InputError(f"{folder}: holds no store; run the study first")
    store = Store(folder / "store")
    if kind == "ase":
        n = export_database(store, output)
        typer.echo(f"{output}: {n} rows (look with: ase db {output} -c +total_charge,label)")
        return
    n = export_json(store, output, kind)
    typer.echo(f"{output}: {n} structures{FORMATS[kind]}")

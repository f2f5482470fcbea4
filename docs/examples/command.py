"""A command: a function whose arguments say what they are; it calls the library and prints.

In heterodot it is a module of ``heterodot/cli/`` and a line of ``heterodot/cli/app.py``:
``app.command("bonds")(bonds.bonds)``.
"""

from typing import Annotated

import typer


def bonds(
    structure: Annotated[str, typer.Argument(help="Structure file.")],
    longest: Annotated[float | None, typer.Option(help="Count none longer than this, Å.")] = None,
) -> None:
    """Count the bonds of a structure."""
    from heterodot.bonds import find_bonds  # within the function: --help stays quick
    from heterodot.structures.crystals.files import read_structure_file

    lengths = find_bonds(read_structure_file(structure)).lengths
    kept = lengths if longest is None else lengths[lengths <= longest]
    typer.echo(f"{structure}: {len(kept)} bonds")


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    from ase.build import molecule

    from heterodot.cli.app import app, main

    app.command("bonds")(bonds)
    code = None
    with TemporaryDirectory() as folder:
        molecule("H2O").write(f"{folder}/water.xyz")
        try:
            main(["bonds", f"{folder}/water.xyz"])  # leaves with the exit code, as in the shell
        except SystemExit as end:
            code = end.code
    assert code == 0

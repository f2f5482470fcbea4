"""``heterodot lattice``: a crystal with the lattice and elastic constants of a level, in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from heterodot.cli.common.options import Crystal, Output


def lattice(
    crystal: Crystal,
    output: Output,
    level: Annotated[
        str,
        typer.Option(
            "--level",
            "-l",
            help="A code, code:model, code:key=value,… or a YAML file of one level.",
        ),
    ],
    store: Annotated[
        Path, typer.Option(help="Folder of what is calculated, which is never done again.")
    ] = Path("lattice-store"),
    elastic: Annotated[
        bool, typer.Option("--elastic/--no-elastic", help="The elastic tensor, too.")
    ] = True,
    workers: Annotated[
        int, typer.Option("--workers", "-n", min=1, max=10000, help="Tasks at a time.")
    ] = 1,
) -> None:
    """Relax a crystal at a level; every command that takes a crystal takes the file.

    match and build interface then share strain by its elastic constants (--strained elastic).
    """
    # one thread per process unless the user says otherwise; read when the codes are loaded
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from heterodot.cli.common.writing import write_and_describe
    from heterodot.cli.progress import interruptible
    from heterodot.errors import InputError
    from heterodot.structures.crystals.crystal import crystal as made
    from heterodot.workflows import Runner
    from heterodot.workflows.questions.crystals.level_crystals import lattice_question
    from heterodot.workflows.validation.levels import named_levels

    known = named_levels([level])
    if len(known) != 1:
        raise InputError(f"--level {level!r}: {len(known)} levels, expected one")
    atoms = made(crystal)
    name = str(atoms.info["heterodot"]["crystal"]["name"])
    (chosen,) = known.values()
    question = lattice_question(atoms, chosen, elastic=elastic, name=name)
    with interruptible(), Runner(store, workers=workers) as runner:
        found = question.run(runner)
    typer.echo(found.summary())
    write_and_describe(found.crystal, output)

"""``heterodot validate``: what each level may be believed for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heterodot.errors import InputError

if TYPE_CHECKING:
    from heterodot.calculators import Level
    from heterodot.data.validation.measured import Measured
    from heterodot.workflows import Runner

Names = list[str] | None


def validate(
    levels: Annotated[
        Names,
        typer.Option(
            "--levels",
            "-l",
            help="A code, code:model, code:key=value,… or a YAML file of levels; repeat. Every "
            "installed one by default, but for dear ones.",
        ),
    ] = None,
    quantities: Annotated[
        Names, typer.Option("--quantities", "-q", help="One of them; repeat. All by default.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for results, table and figure.")
    ] = Path("validation"),
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Also put the results into heterodot itself, which reads its caveats from them, "
            "and write docs/validation.md anew.",
        ),
    ] = False,
    committee: Annotated[
        Names,
        typer.Option(help="Label of a level whose spread with the others is judged; repeat."),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(help="Calculate the reference of the small dot anew at this level, first."),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", "-n", min=1, max=10000, help="Tasks at a time.")
    ] = 1,
) -> None:
    """Compare levels of theory with experiment and with published and own calculations.

    What is finished is never done again: run it once more after an interruption.
    """
    # one thread per process unless the user says otherwise; read when the codes are loaded
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from heterodot.cli.progress import interruptible
    from heterodot.workflows import Runner
    from heterodot.workflows.validation.campaign import chosen
    from heterodot.workflows.validation.campaign import validate as run
    from heterodot.workflows.validation.levels import named_levels, usual_levels

    asked = chosen(quantities or [])
    known = named_levels(levels) if levels else usual_levels()
    led = named_levels([reference]) if reference is not None else {}
    _check_committee(committee or [], known, write)
    output.mkdir(parents=True, exist_ok=True)
    with interruptible(), Runner(output / "store", workers=workers) as runner:
        if reference is not None:
            _write_reference(runner, led)
        found = run(runner, known, asked, _say)
    _report(found, output, committee or [], write)
    if any(answer.failed for record in found.levels for answer in record.answers.values()):
        raise typer.Exit(1)


def _check_committee(committee: list[str], levels: dict[str, Level], write: bool) -> None:
    """Refuse a label that no level will have, before anything is calculated."""
    from heterodot.data.validation.measured import measured

    labels = {*levels, *(record.label for record in measured().levels if write)}
    for label in committee:
        if label not in labels:
            raise InputError(
                f"--committee {label!r}: no level of this name; expected one of "
                f"{', '.join(sorted(labels))}"
            )


def _write_reference(runner: Runner, levels: dict[str, Level]) -> None:
    import json

    from heterodot.cli.common.writing import write_text
    from heterodot.provenance import program_versions
    from heterodot.workflows.validation.quantities.dots import FILE, make_reference

    if len(levels) != 1:
        raise InputError(f"--reference: given {len(levels)} levels, expected one")
    (level,) = levels.values()
    versions = program_versions(level.implementation.packages)
    made = make_reference(runner, level, versions)
    write_text(FILE, json.dumps(made.to_dict(), ensure_ascii=False, indent=1) + "\n")
    _say(f"{FILE}: {', '.join(f'{n} {e:+.3f} eV' for n, e in made.differences().items())}")


def _report(found: Measured, output: Path, committee: list[str], write: bool) -> None:
    """Write results, table and figure; with ``write`` those of heterodot itself, too."""
    from heterodot.data.validation.disagreement import with_disagreement
    from heterodot.data.validation.measured import FILE, measured, read_measured
    from heterodot.workflows.validation.campaign import comparisons
    from heterodot.workflows.validation.report import summary, write_report, write_results

    write_results(found, output / "measured.json")
    if committee and not write:
        found = with_disagreement(found, committee)
        write_results(found, output / "measured.json")
    written = write_report(found, output / "validation.md")
    typer.echo(summary(found))
    if write:
        whole = measured().merged(found).ordered(comparisons())
        members = committee or (whole.disagreement.members if whole.disagreement else ())
        if members:
            whole = with_disagreement(whole, members)
        write_results(whole, FILE)
        docs = FILE.parents[4] / "docs"
        if docs.is_dir():
            written += write_report(read_measured(FILE), docs / "validation.md")
    _say(", ".join(str(path) for path in written))


def _say(text: str) -> None:
    """To stderr, so that stdout is the table alone."""
    typer.echo(text, err=True)

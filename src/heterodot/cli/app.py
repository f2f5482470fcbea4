"""The ``heterodot`` command: its subcommands, and one line for every error."""

from __future__ import annotations

import io
import os
import sys
from functools import cache
from typing import Annotated, Any

import typer

from heterodot import __version__
from heterodot.cli import (
    enumeration,
    export,
    info,
    match,
    new,
    report,
    run,
    status,
    submit,
    validate,
)
from heterodot.cli.analysing import command as analysing
from heterodot.cli.building import commands as build
from heterodot.cli.common.text import one_line
from heterodot.cli.complaints import complaint, possible_advice, with_home
from heterodot.cli.crystals import lattice as crystals
from heterodot.cli.moving import dynamics, gap_along
from heterodot.errors import CalculationError, HeterodotError

EXIT_FAILED = 1
"""A calculation failed."""

EXIT_USAGE = 2
"""What the user gave cannot be used."""

EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="heterodot",
    help="Atomistic modelling of quantum-dot photocatalysts.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(build.app, name="build")
app.command("enumerate")(enumeration.enumerate_)
app.command("match")(match.match)
app.command("lattice")(crystals.lattice)
app.command("dynamics")(dynamics.dynamics)
app.command("gap-along")(gap_along.gap_along)
app.command("new")(new.new)
app.command("run", cls=run.Run)(run.run)
app.command("status")(status.status)
app.command("submit")(submit.submit)
app.command("cancel")(submit.cancel)
app.command("retry")(submit.retry)
app.command("report")(report.report)
app.command("export")(export.export)
app.command("analyse")(analysing.analyse)
app.command("validate")(validate.validate)
app.command("info")(info.info)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"heterodot {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take what every subcommand shares; ``main`` looks at --debug itself."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code.

    0: done; 1: a calculation failed; 2: what was given cannot be used; 130: interrupted.
    """
    if sys.stdout is None:  # closed by whoever called us
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - open to the end
    given = sys.argv[1:] if arguments is None else list(arguments)
    debug = "--debug" in given
    _print_any_character()
    given = [word for word in given if word != "--debug"]
    try:
        given = [with_home(word) for word in given]
        code = _command()(given, prog_name="heterodot", standalone_mode=False)
    except KeyboardInterrupt:
        _finish("interrupted", EXIT_INTERRUPTED)
    except Exception as error:  # the one place where any error becomes one line
        if debug:
            raise
        line, code = _verdict(error)
        _finish(possible_advice(line, _options(given)), code)
    _flush()
    sys.exit(code if isinstance(code, int) else 0)


@cache
def _command() -> Any:
    """Return the command with all below it; reading their signatures takes a tenth of a second."""
    return typer.main.get_command(app)


def _verdict(error: Exception) -> tuple[str, int]:
    """Return the line and the exit code for an error."""
    if isinstance(error, HeterodotError):
        failed = isinstance(error, CalculationError)
        return one_line(str(error)), EXIT_FAILED if failed else EXIT_USAGE
    if isinstance(error, typer.Abort):
        return "interrupted", EXIT_INTERRUPTED
    if type(error).__name__ == "NoArgsIsHelpError":  # nothing given: the help is the answer
        print(str(error), file=sys.stderr)  # noqa: T201 - the command line prints
        return "", EXIT_USAGE
    if hasattr(error, "format_message"):  # click's own complaints about the arguments
        return complaint(error) + _help_hint(error), EXIT_USAGE
    if isinstance(error, BrokenPipeError):
        _close_stdout()
        return "", EXIT_FAILED
    if isinstance(error, OSError):
        name = f"{error.filename}: " if error.filename else ""
        return f"{name}{error.strerror or error}", EXIT_USAGE
    where = f"{type(error).__name__}: {one_line(str(error))}"
    return f"{where} (a fault of heterodot itself; --debug shows where)", EXIT_FAILED


def _options(given: list[str]) -> set[str]:
    """Return the options of the command that the words name."""
    command = _command()
    for word in given:
        command = getattr(command, "commands", {}).get(word, command)
    return {name for parameter in command.params for name in parameter.opts}


def _help_hint(error: Any) -> str:
    context = getattr(error, "ctx", None)
    return f" (see: {context.command_path} --help)" if context is not None else ""


def _finish(line: str, code: int) -> None:
    _flush()
    if line:
        print(f"heterodot: {line}", file=sys.stderr)  # noqa: T201 - the command line prints
    sys.exit(code)


def _flush() -> None:
    try:
        sys.stdout.flush()
    except OSError as error:  # the reader has gone, or the disk is full
        _close_stdout()
        if not isinstance(error, BrokenPipeError):
            line = f"heterodot: the output cannot be written: {error.strerror or error}"
            print(line, file=sys.stderr)  # noqa: T201 - the command line prints
            sys.exit(EXIT_USAGE)


def _print_any_character() -> None:
    """Write what the terminal's encoding has no character for as an escape, in place of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _close_stdout() -> None:
    """Let Python's own flush at exit find nothing to complain about."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

"""``heterodot run``: answer a study."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from heterodot.cli.common.text import one_line
from heterodot.cli.profiles import Profile, chosen_profile

if TYPE_CHECKING:
    from heterodot.workflows.study import Study, StudyResult
    from heterodot.workflows.study.kept.unchanged import Unchanged


class Run(TyperCommand):
    """A command whose help ends with the questions there are."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """List the questions, those of other packages too, and say which were left out."""
        from heterodot.workflows.questions.registry import declared, refused

        with formatter.section("Questions of a study"):
            formatter.write_dl([(kind, one.summary) for kind, one in declared().items()])
        for line in refused():
            formatter.write_paragraph()
            formatter.write_text(line)


def run(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).")],
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            "-n",
            min=1,
            max=10000,
            help="Tasks at a time; one per processor by default, 32 jobs with a queue.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the results.")
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(help="Where tasks run: local, slurm (a job per task), slurm-block, parsl."),
    ] = None,
    profile: Profile = None,
    check: Annotated[
        bool, typer.Option("--check", help="Build the systems, count tasks and time; run nothing.")
    ] = False,
) -> None:
    """Run a study: build its systems, answer its questions, write tables and figures.

    What is finished is never done again: run it once more after an interruption, or to get the
    tables and figures of results that are there.
    """
    # one thread per process unless the user says otherwise; read when the codes are loaded
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from heterodot.workflows.study.kept.unchanged import Stamp, find_unchanged

    known = None if check or executor or profile else find_unchanged(study, output)
    if known is not None:
        _show_unchanged(known)
        return
    stamp = Stamp(study)
    from heterodot.workflows.questions.registry import refused
    from heterodot.workflows.study import Study

    for line in refused():
        _say(line)
    loaded = Study.load(study)
    stamp.take_inputs(loaded.document.data)
    if check:
        _check(loaded, output, workers)
        return
    from heterodot.cli.progress import interruptible, progress
    from heterodot.workflows.running.executors import choose

    chosen, name, workers = choose(loaded, chosen_profile(profile), executor, workers)
    _say(f"{loaded.title}: building {_count(_n_built(loaded), 'system')}")
    notes = _notes(loaded)
    _say(*notes)
    folder = loaded.output if output is None else output
    _say(f"{_count(len(loaded.case_systems), 'question')}; results in {folder}")
    with interruptible(), progress(workers) as display:
        result = loaded.run(output, workers, display, name, chosen)
    typer.echo(result.table())
    _say(f"report: {_write_report(result, study)}")
    _say_done(result.n_computed, result.n_cached, result.folder)
    if not result.errors:
        stamp.leave(result.folder, result.keys, notes)
        return
    for failed, error in result.errors.items():
        log = result.log_of(error)
        where = f" (log: {log})" if log else ""
        _say(f"heterodot: {failed} failed: {one_line(error)}{where}")
    raise typer.Exit(1)


def _write_report(result: StudyResult, study: Path) -> Path:
    from heterodot.report import write_report

    return write_report(result, study.read_text("utf-8"))


def _check(study: Study, output: Path | None, workers: int | None) -> None:
    """Show the cases, how many tasks they come to, and roughly how long that takes."""
    from heterodot.workflows.study.kept.estimate import estimate

    formulae = {case.name: case.system.atoms.get_chemical_formula() for case in study.cases}
    _say(*_notes(study))
    for name, system in study.case_systems.items():
        link, lattice = study.links.get(system), study.lattices.get(system)
        if link is not None:
            typer.echo(f"{name}: after {link.case}")
        elif lattice is not None:
            typer.echo(f"{name}: after {', '.join(lattice.questions.values())}")
        else:
            typer.echo(f"{name}: {formulae[name]}")
    left = estimate(study, study.output if output is None else output)
    _say(*left.lines(workers or study.workers))


def _show_unchanged(known: Unchanged) -> None:
    """Show what is there: nothing has changed since it was written."""
    _say(*(f"  {one_line(note)}" for note in known.said))
    typer.echo(known.table.removesuffix("\n"))
    if (known.folder / "report.html").is_file():
        _say(f"report: {known.folder / 'report.html'}")
    _say_done(0, known.n_tasks, known.folder)


def _say_done(n_computed: int, n_cached: int, folder: Path) -> None:
    _say(
        f"\n{_count(n_computed, 'task')} calculated, {n_cached} taken from the store; "
        f"tables, figures and structures are in {folder}"
    )


def _notes(study: Study) -> list[str]:
    """Return what the user should know of systems and levels before anything is calculated."""
    from heterodot.workflows.study.systems import system_notes

    found = [
        f"  {system.name}: {one_line(note)}"
        for system in study.systems.values()
        for note in system_notes(system.atoms)
    ]
    said: dict[str, None] = {}  # once, however many questions ask
    for case in study.cases:
        names = case.question.levels if case.question.takes_levels else (case.level,)
        for name in names:
            level = study.levels[name]
            for one in dict.fromkeys((level, level.geometry_level)):
                for sentence in one.unused(case.system.atoms):
                    said[f"  {case.system.name}, level {name}: {one_line(sentence)}"] = None
    return [*found, *said]


def _n_built(study: Study) -> int:
    """Return how many systems are built before anything is calculated."""
    return len(study.system_names) - len(study.links) - len(study.lattices)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _say(*lines: str) -> None:
    """To stderr, so that stdout is the table alone."""
    for line in lines:
        typer.echo(line, err=True)

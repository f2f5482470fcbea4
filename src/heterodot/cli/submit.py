"""``heterodot submit``, ``cancel`` and ``retry``: a study as jobs of a cluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from heterodot.cli.common.text import one_line
from heterodot.cli.profiles import Profile, needed_profile
from heterodot.cli.status import results_folder
from heterodot.errors import InputError

if TYPE_CHECKING:
    from heterodot.workflows.jobs.submission import Submission
    from heterodot.workflows.study import Study

Where = Annotated[Path, typer.Argument(help="Study file, or the folder of its results.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Folder of the results, if given to run.")
]


def submit(
    study: Annotated[Path, typer.Argument(help="Study file (YAML).")],
    profile: Profile = None,
    mode: Annotated[
        str | None,
        typer.Option(help="allocation: the study inside one job; driver: a job per task."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", "-n", min=1, max=10000, help="Tasks at a time.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder for the results.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write the script only.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also beside a job that waits or runs.")
    ] = False,
) -> None:
    """Write a batch script for a study and submit it to Slurm.

    The script goes into the folder jobs of the results. What is finished is never done again:
    submit once more after a walltime, a lost node or a change of the study.
    """
    prepared = _prepared(study, profile, mode, workers, output)
    if dry_run:
        typer.echo(f"{prepared.write()}: written, not submitted")
        return
    _hand_in(prepared, again)


def cancel(where: Where, output: Output = None) -> None:
    """Cancel the jobs of a study and stop its run on this machine; finished work stays."""
    from heterodot.workflows.jobs.cancelling import cancel_study

    folder = results_folder(where, output)
    found = cancel_study(folder)
    if found.jobs:
        shown = ", ".join(found.jobs[:10]) + (", …" if len(found.jobs) > 10 else "")
        typer.echo(f"{folder}: cancelled {_count(len(found.jobs), 'job')}: {shown}")
    for driver in found.stopped:
        typer.echo(f"{folder}: stopped the run of process {driver.process.pid}")
    if not (found.jobs or found.stopped or found.left):
        typer.echo(f"{folder}: nothing waits or runs")
    for line in found.left:
        typer.echo(f"heterodot: still there: {one_line(line)}", err=True)
    if found.left:
        raise typer.Exit(1)


def retry(
    where: Where,
    tasks: Annotated[
        list[str] | None,
        typer.Argument(help="Failed tasks by label, pattern or key; all if none is given."),
    ] = None,
    transient: Annotated[
        bool, typer.Option("--transient", help="Only those whose process or disk was lost.")
    ] = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="From the beginning: remove their partial work.")
    ] = False,
    submit_: Annotated[
        bool, typer.Option("--submit/--no-submit", help="Submit again what was submitted before.")
    ] = True,
    output: Output = None,
) -> None:
    """Forget that tasks failed, so that they are tried again; submit the study again.

    A study that was submitted by you is submitted again in the same way; any other is to be run.
    """
    from heterodot.workflows import Store
    from heterodot.workflows.jobs.retrying import chosen_failures

    folder = results_folder(where, output)
    if not (folder / "store").is_dir():
        raise InputError(f"{folder}: holds no store; run the study first")
    store = Store(folder / "store")
    failures = chosen_failures(store, tasks or [], transient)
    for failure in failures:
        store.forget_failure(failure["key"], work=afresh)
        typer.echo(f"  forgotten: {one_line(failure.get('label') or failure['key'][:12])}")
    typer.echo(f"{folder}: {_count(len(failures), 'failure')} forgotten")
    if failures:
        _go_on(where, folder, submit_)


def _go_on(where: Path, folder: Path, submit_again: bool) -> None:
    """Submit a study again that was submitted; otherwise say what to run."""
    from heterodot.workflows.jobs.submission import recall, resubmission

    if not submit_again or recall(folder) is None:
        study = where if where.is_file() else "STUDY"
        typer.echo(f"now: heterodot run {study} (or submit it)")
        return
    if not where.is_file():
        typer.echo("now: heterodot submit STUDY (a folder of results does not name its study)")
        return
    loaded = _load(where)
    prepared = resubmission(folder, where, loaded.title, _ranks(loaded))
    if prepared is not None:
        _hand_in(prepared, again=False)


def _prepared(
    study: Path, profile: Path | None, mode: str | None, workers: int | None, output: Path | None
) -> Submission:
    from heterodot.workflows.jobs.submission import Submission
    from heterodot.workflows.running.batch.profile import MODES, load_profile

    if mode is not None and mode not in MODES:
        raise InputError(f"--mode {mode!r}: expected one of {', '.join(MODES)}")
    loaded = _load(study)
    _ = loaded.cases  # what is wrong with it is said here, not in a log hours later
    place = needed_profile(profile)
    known = load_profile(place)
    if not known.python:
        loaded.check_installed()
    folder = loaded.checked_output() if output is None else output
    mode = mode or known.mode
    return Submission(study, folder, known, place, mode, loaded.title, workers, _ranks(loaded))


def _hand_in(prepared: Submission, again: bool) -> None:
    from heterodot.workflows.running.batch.drivers import drivers

    name, folder = prepared.name, prepared.results
    running = [d for d in drivers(folder) if d.is_running and not d.job]
    if running and not again:
        process = running[0].process
        typer.echo(
            f"{name} runs already, as process {process.pid} on {one_line(process.host)}; "
            "--again submits it beside that"
        )
        return
    job, present = prepared.submit(again)
    if job is None:
        state = present[-1]
        typer.echo(
            f"{name} is submitted already: job {state.job.number} is {state.state}; "
            "--again submits it once more"
        )
        return
    typer.echo(f"job {job.number} ({job.mode}): {prepared.path}")
    typer.echo(f"look: heterodot status {folder}", err=True)


def _load(study: Path) -> Study:
    from heterodot.workflows.study import Study

    return Study.load(study)


def _ranks(study: Any) -> int:
    levels = study.levels.values()
    return max(one.ranks for level in levels for one in (level, level.geometry_level))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"

"""``heterodot status``: the queue, what is finished, what failed and why, what is under way."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heterodot.cli.common.text import one_line
from heterodot.errors import InputError

if TYPE_CHECKING:
    from heterodot.workflows.jobs.report import JobState, StudyStatus
    from heterodot.workflows.running.batch.slurm import QueueEntry

LISTED = 20
"""Tasks of a kind of news that are listed by name; ``--all`` lists all."""


def status(
    where: Annotated[Path, typer.Argument(help="Study file, or the folder of its results.")],
    watch: Annotated[
        float | None,
        typer.Option("--watch", "-w", min=0.5, max=86400, help="Show again every so many seconds."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Folder of the results, if given to run.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Name every failure and every unfinished task.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for programs.")] = False,
) -> None:
    """Show where a study stands: its jobs, what is finished, what failed and why, what runs.

    With --watch until nothing waits or runs any more, or until Ctrl-C.
    """
    from heterodot.workflows.jobs.report import study_status

    folder = results_folder(where, output)
    shows_again = False
    while True:
        found = study_status(folder)
        if as_json:
            typer.echo(json.dumps(found.to_dict(), ensure_ascii=True))
        else:
            if watch is not None:
                _clear(shows_again)
            typer.echo("\n".join(lines(found, None if everything else LISTED)))
        if watch is None or not found.is_going_on:
            return
        shows_again = True
        time.sleep(watch)


def results_folder(where: Path, output: Path | None = None) -> Path:
    """Return the results folder of a study file, or the folder itself."""
    if output is not None:
        return output
    if where.is_dir():
        return where.parent if (where / "store.json").is_file() else where
    if not where.exists():
        raise InputError(f"{where}: not there, expected a study file or a folder of results")
    from heterodot.structures.recipes.yamlfile import load_yaml
    from heterodot.workflows.study.location import output_of

    return output_of(load_yaml(where))


def lines(found: StudyStatus, listed: int | None = None) -> Iterator[str]:
    """Yield the status as lines of text; at most ``listed`` names of each kind of news."""
    store = found.store
    if store is None:
        yield f"{found.folder}: nothing calculated yet"
    else:
        tasks = f"{store.n_finished} task{'s' * (store.n_finished != 1)} finished"
        yield f"{found.folder}: {tasks}, {store.cpu_seconds:.1f} s of CPU"
    for kind, counts in found.kinds().items():
        finished = counts.pop("finished", 0)
        others = "".join(f", {n} {what}" for what, n in counts.items())
        yield f"  {one_line(kind):<14} {finished}{others}"
    for state in found.jobs[-3:]:
        yield f"  {_job_line(state, found.log_of(state))}"
    if found.task_jobs:
        yield f"  jobs of tasks in the queue: {_by_state(found.task_jobs)}"
    if found.queue_error:
        yield f"  the queue cannot be asked: {one_line(found.queue_error)}"
    yield from _driver_lines(found)
    names = [f"under way: {one_line(label)}" for label in found.under_way]
    yield from _some(names, listed)
    yield from _some([f"not finished: {one_line(label)}" for label in found.cut_off], listed)
    failures = found.to_dict()["failures"]
    yield from _some([_failure_line(failure) for failure in failures], listed)


def _some(entries: list[str], listed: int | None) -> Iterator[str]:
    for entry in entries[:listed]:
        yield f"  {entry}"
    if listed is not None and len(entries) > listed:
        kind = entries[0].partition(":")[0]
        yield f"  {kind}: {len(entries) - listed} more (--all names them)"


def _by_state(entries: Iterable[QueueEntry]) -> str:
    """Count jobs by state, and say why those wait that do."""
    reasons: dict[str, Counter[str]] = {}
    for entry in entries:
        reasons.setdefault(entry.state, Counter()).update([one_line(entry.reason)])
    parts = []
    for state, found in sorted(reasons.items(), key=lambda item: -item[1].total()):
        told = "; ".join(reason for reason, _ in found.most_common() if reason)
        parts.append(f"{found.total()} {state}" + (f" ({told})" if told else ""))
    return ", ".join(parts)


def _job_line(state: JobState, log: Path | None) -> str:
    job = state.job
    parts = [f"job {job.number} ({one_line(job.name)}, {one_line(job.mode)}): {state.state}"]
    if state.nodes:
        parts.append(f"on {one_line(state.nodes)}")
    if state.reason:
        parts.append(f"({one_line(state.reason)})")
    if not state.is_over and state.elapsed:
        parts.append(f"for {one_line(state.elapsed)}")
    if not state.is_over and state.left:
        parts.append(f"with {one_line(state.left)} left")
    if state.went_wrong and log is not None:
        parts.append(f"(log: {one_line(log)})")
    return " ".join(parts)


def _driver_lines(found: StudyStatus) -> Iterator[str]:
    for driver in found.running_drivers or found.drivers[-1:]:
        process = driver.process
        where = f"job {driver.job}" if driver.job else f"process {process.pid}"
        counts = f"{driver.done} of up to {driver.planned} tasks answered"
        if driver.failed:
            counts += f", {driver.failed} failed"
        yield f"  driver {one_line(driver.state)}: {where} on {one_line(process.host)}, {counts}"


def _failure_line(failure: dict[str, str]) -> str:
    log = f" (log: {one_line(failure['log'])})" if failure["log"] else ""
    label = failure["label"] or failure["key"][:12]
    return f"failed: {one_line(label)}: {one_line(failure['message'])}{log}"


def _clear(again: bool) -> None:
    """Start at the top of a terminal; anywhere else, leave a line between two reports."""
    import sys

    if sys.stdout.isatty():
        typer.echo("\x1b[H\x1b[2J", nl=False)
    elif again:
        typer.echo()

"""End what a study has in the queue and on this machine; what is finished stays."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heterodot.errors import HeterodotError
from heterodot.workflows.jobs.report import is_ours, task_jobs
from heterodot.workflows.running.batch import slurm
from heterodot.workflows.running.batch.drivers import Driver, drivers
from heterodot.workflows.running.batch.ledger import Ledger


@dataclass(frozen=True)
class Cancelled:
    """What was ended, and what could not be.

    Attributes
    ----------
    jobs : tuple of str
        Numbers of jobs that were cancelled.
    stopped : tuple of Driver
        Drivers on this machine that were asked to end and did.
    left : tuple of str
        What still runs, and what to do about it; one line each.
    """

    jobs: tuple[str, ...]
    stopped: tuple[Driver, ...]
    left: tuple[str, ...]


def cancel_study(results: Path) -> Cancelled:
    """Cancel the jobs of a study and stop its drivers on this machine.

    A job is cancelled if it is the user's, was submitted from the ``jobs`` folder of these results
    and, for one that is written down there, still has its name; a process is told to end if it is
    shown to be the driver that was written down.
    """
    stopped, complaints = [], []
    ours = [driver for driver in drivers(results) if driver.is_running and not driver.job]
    for driver in ours:  # before its jobs, lest it make new ones
        complaint = _stop(driver)
        if complaint:
            complaints.append(complaint)
        else:
            stopped.append(driver)
    jobs, left = _cancel_jobs(Ledger(results))
    for driver in drivers(results):
        if driver.is_running and driver.job and driver.job not in jobs:
            left.append(_stop(driver))
    return Cancelled(tuple(jobs), tuple(stopped), (*complaints, *left))


def jobs_of(ledger: Ledger, queued: dict[str, slurm.QueueEntry]) -> list[str]:
    """Return the numbers of a study's jobs in the queue: its own first, then those of its tasks."""
    own = [
        job.number
        for job in ledger.jobs()
        if job.number in queued and is_ours(queued[job.number], job, ledger)
    ]
    return [*own, *(entry.job for entry in task_jobs(ledger, queued))]


def _cancel_jobs(ledger: Ledger) -> tuple[list[str], list[str]]:
    if not ledger.jobs() and not slurm.is_available():
        return [], []
    try:
        jobs = jobs_of(ledger, slurm.queue())
        slurm.cancel(jobs)
    except HeterodotError as error:
        waiting = [job.number for job in ledger.jobs() if not job.ended]
        return [], [f"the jobs {', '.join(waiting)}: {error}"] if waiting else []
    return jobs, []


def _stop(driver: Driver) -> str:
    """Stop a driver; return what to say if it goes on."""
    process = driver.process
    who = f"the driver on {process.host}, process {process.pid}"
    if driver.job:
        return f"{who}, is in job {driver.job}: scancel {driver.job}"
    if not process.is_here:
        return f"{who}: cancel it on that machine"
    try:
        return "" if process.stop() else f"{who}, did not end in 10 s"
    except PermissionError:
        return f"{who}, belongs to someone else"

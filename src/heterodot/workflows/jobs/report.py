"""Where a study stands: its jobs in the queue, its drivers, its tasks, and what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heterodot.errors import HeterodotError
from heterodot.records import Record
from heterodot.workflows.running.batch import slurm
from heterodot.workflows.running.batch.drivers import FOLDER, Driver, drivers
from heterodot.workflows.running.batch.ledger import Job, Ledger, log_name, queue_folders
from heterodot.workflows.running.batch.script import job_name
from heterodot.workflows.store.progress import StoreStatus, store_status


@dataclass(frozen=True)
class JobState(Record):
    """A job of the ledger and what the queue says of it.

    Attributes
    ----------
    job : Job
    state : str
        As Slurm spells it, or "unknown" where nobody knows any more.
    reason, elapsed, left, nodes : str
        As in :class:`~heterodot.workflows.running.batch.slurm.QueueEntry`.
    """

    job: Job
    state: str
    reason: str = ""
    elapsed: str = ""
    left: str = ""
    nodes: str = ""

    @property
    def went_wrong(self) -> bool:
        """Whether it ended before its study did, as far as is known."""
        return self.is_over and self.state not in ("COMPLETED", "CANCELLED", "unknown")

    @property
    def is_over(self) -> bool:
        """Whether it neither waits nor runs, as far as is known."""
        return self.state not in slurm.WAITING | slurm.RUNNING


@dataclass(frozen=True)
class StudyStatus:
    """Where a study stands.

    Attributes
    ----------
    folder : Path
        Its results.
    jobs : tuple of JobState
        Those it was submitted as, the latest last.
    task_jobs : tuple of QueueEntry
        Those a driver made for single tasks, in the queue now.
    queue_error : str
        Why the queue could not be asked; empty where it could, or need not be.
    drivers : tuple of Driver
        The latest last.
    store : StoreStatus or None
        None where nothing was calculated yet.
    """

    folder: Path
    jobs: tuple[JobState, ...]
    task_jobs: tuple[slurm.QueueEntry, ...]
    queue_error: str
    drivers: tuple[Driver, ...]
    store: StoreStatus | None

    def log_of(self, state: JobState) -> Path | None:
        """Return the log of a job, if it wrote one."""
        path = self.folder / FOLDER / log_name(job_name(state.job.name), state.job.number)
        return path if path.is_file() else None

    @property
    def running_drivers(self) -> tuple[Driver, ...]:
        """The drivers that run."""
        return tuple(driver for driver in self.drivers if driver.is_running)

    @property
    def is_going_on(self) -> bool:
        """Whether a driver runs or a job waits or runs."""
        return bool(self.running_drivers or self.task_jobs) or any(
            not job.is_over for job in self.jobs
        )

    @property
    def under_way(self) -> dict[str, str]:
        """Kind by label of what the running drivers have in hand."""
        return {n: kind for driver in self.running_drivers for n, kind in driver.running.items()}

    @property
    def cut_off(self) -> tuple[str, ...]:
        """Tasks with partial work that nobody has in hand: the next run goes on with them."""
        if self.store is None or self.running_drivers:
            return ()
        return self.store.under_way

    @property
    def planned(self) -> int:
        """Tasks expected at most by the latest driver; 0 where there was none."""
        return self.drivers[-1].planned if self.drivers else 0

    def kinds(self) -> dict[str, dict[str, int]]:
        """Return the tasks finished, failed and under way, by kind."""
        counts = {
            "finished": Counter(self.store.by_kind if self.store else {}),
            "failed": Counter(
                str(failure.get("task", "?")) for failure in (self.store or _NOTHING).failures
            ),
            "under way": Counter(self.under_way.values()),
        }
        kinds = dict.fromkeys(kind for found in counts.values() for kind in found)
        return {kind: {name: n[kind] for name, n in counts.items() if n[kind]} for kind in kinds}

    def _job_dict(self, state: JobState) -> dict[str, Any]:
        data, log = state.to_dict(), self.log_of(state)
        return {**data.pop("job"), **data, "log": str(log) if log else None}

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        store = self.store or _NOTHING
        return {
            "folder": str(self.folder),
            "going_on": self.is_going_on,
            "jobs": [self._job_dict(state) for state in self.jobs],
            "task_jobs": [entry.to_dict() for entry in self.task_jobs],
            "queue_error": self.queue_error,
            "drivers": [_driver_dict(driver) for driver in self.drivers],
            "finished": store.n_finished,
            "planned": self.planned,
            "cpu_seconds": round(store.cpu_seconds, 1),
            "kinds": self.kinds(),
            "under_way": dict(self.under_way),
            "cut_off": list(self.cut_off),
            "failures": [_failure_dict(failure, self.folder) for failure in store.failures],
        }


_NOTHING = StoreStatus(0, {}, 0.0, (), ())


def study_status(folder: Path) -> StudyStatus:
    """Find out where the study with these results stands; nothing is changed but caches.

    Parameters
    ----------
    folder : Path
        The results folder; it need not be there.
    """
    from heterodot.workflows.store.store import Store

    jobs, of_tasks, complaint = _asked(Ledger(folder))
    has_store = (folder / "store" / "store.json").is_file()
    store = store_status(Store(folder / "store")) if has_store else None
    return StudyStatus(
        folder, tuple(jobs), tuple(of_tasks), complaint, tuple(drivers(folder)), store
    )


def job_states(ledger: Ledger) -> tuple[list[JobState], str]:
    """Return the ledger's jobs with what the queue says, and why it could not be asked."""
    states, _, complaint = _asked(ledger)
    return states, complaint


def task_jobs(ledger: Ledger, queued: Mapping[str, slurm.QueueEntry]) -> list[slurm.QueueEntry]:
    """Return the jobs in the queue that a driver made for tasks of the study."""
    folders = {folder.resolve() for folder in queue_folders(ledger.folder.parent)}
    return [entry for entry in queued.values() if folders & {*Path(entry.folder).parents}]


def _asked(ledger: Ledger) -> tuple[list[JobState], list[slurm.QueueEntry], str]:
    """Ask the queue, if there is anything to ask for: jobs, those of tasks, a complaint."""
    jobs = ledger.jobs()
    folders = queue_folders(ledger.folder.parent)
    has_tasks = any(any(folder.glob("*_i.h5")) for folder in folders)
    if all(job.ended for job in jobs) and not has_tasks:
        return [JobState(job, job.ended, job.reason) for job in jobs], [], ""
    try:
        queued = slurm.queue()
    except HeterodotError as error:
        known = [JobState(job, job.ended or "unknown", job.reason) for job in jobs]
        return known, [], str(error)
    states = [_state(job, queued, ledger) for job in jobs]
    return states, task_jobs(ledger, queued), ""


def is_ours(entry: slurm.QueueEntry, job: Job, ledger: Ledger) -> bool:
    """Whether a job in the queue is the one written down: numbers begin anew some day."""
    return entry.name == job.name and Path(entry.folder) == ledger.folder.resolve()


def _state(job: Job, queued: Mapping[str, slurm.QueueEntry], ledger: Ledger) -> JobState:
    if job.ended:
        return JobState(job, job.ended, job.reason)
    entry = queued.get(job.number)
    if entry is not None and is_ours(entry, job, ledger):
        return JobState(job, entry.state, entry.reason, entry.elapsed, entry.left, entry.nodes)
    last = slurm.ended(job.number)
    somebody_elses = entry is not None and last is not None and not last.is_over
    if last is None or last.name != job.name or somebody_elses:
        return JobState(job, "unknown", "no longer in the queue, and there is no accounting")
    if last.is_over:
        ledger.close(job.number, last.state, last.reason)
        job = replace(job, ended=last.state, reason=last.reason)
    return JobState(job, last.state, last.reason, last.elapsed, nodes=last.nodes)


def _driver_dict(driver: Driver) -> dict[str, Any]:
    return {
        **driver.process.to_dict(),
        "job": driver.job,
        "state": driver.state,
        "begun": driver.begun,
        "updated": driver.updated,
        "planned": driver.planned,
        "done": driver.done,
        "failed": driver.failed,
    }


def _failure_dict(failure: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    log = failure.get("log")
    return {
        "key": failure["key"],
        "label": str(failure.get("label", "")),
        "task": str(failure.get("task", "?")),
        "error": str(failure.get("error", "")),
        "message": str(failure.get("message", "")),
        "log": str(folder / "store" / log) if log else None,
        "when": str(failure.get("when", "")),
    }

"""The jobs a study was submitted as: their numbers, kept in its results folder."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from heterodot.errors import StoreError
from heterodot.paths import refuse_link, refuse_no_file
from heterodot.records import Fits, Record, RecordError
from heterodot.workflows.running.batch.drivers import FOLDER
from heterodot.workflows.store.archives import DamagedError, read_json
from heterodot.writing import write_atomically

NAME = "jobs.json"
_ID = re.compile(r"[0-9]{1,12}")
_SCRIPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,100}\.sh")


@dataclass(frozen=True)
class Job(Record, lenient=True):
    """A job a study was submitted as.

    Attributes
    ----------
    number : str
        The scheduler's.
    name : str
    mode : str
        "allocation" (the study runs inside of it) or "driver" (it submits a job per task).
    script : str
        Name of the batch script, in the same folder.
    submitted : float
        Seconds since 1970.
    ended : str
        How it ended, once that was seen ("COMPLETED", "TIMEOUT", …); empty before.
    reason : str
        Why, where the scheduler says so.
    """

    number: Annotated[str, Fits(_ID.fullmatch, "the number of a job")]
    name: str
    mode: str
    script: Annotated[str, Fits(_SCRIPT.fullmatch, "the name of a batch script")]
    submitted: float
    ended: str = ""
    reason: str = ""


class Ledger:
    """The jobs of one results folder, in ``jobs/jobs.json``.

    Parameters
    ----------
    results : Path
        The results folder.
    """

    def __init__(self, results: Path) -> None:
        self.folder = results / FOLDER
        self.path = self.folder / NAME

    def jobs(self) -> list[Job]:
        """Return the jobs, the latest last; what is no job is left out."""
        try:
            entries = read_json(self.path).get("jobs", [])
        except (FileNotFoundError, DamagedError):
            return []
        except OSError as error:
            raise StoreError(f"{self.path}: cannot be read ({error.strerror})") from error
        found = []
        for entry in entries if isinstance(entries, list) else []:
            with contextlib.suppress(RecordError):
                found.append(Job.from_dict(entry))
        return found

    def add(self, job: Job) -> None:
        """Add a job."""
        self._write([*self.jobs(), job])

    def close(self, number: str, state: str, reason: str) -> None:
        """Write down how a job ended, while somebody still knows; best effort."""
        with contextlib.suppress(OSError, StoreError), self.held():
            self._write(
                [
                    replace(job, ended=state, reason=reason) if job.number == number else job
                    for job in self.jobs()
                ]
            )

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep others from submitting this study at the same moment.

        Raises
        ------
        StoreError
            If the folder cannot be made or locked.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            refuse_link(self.folder)
            refuse_link(self.folder / "lock")
            refuse_no_file(self.folder / "lock")
            with (self.folder / "lock").open("a") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise StoreError(
                f"{error.filename or self.folder}: cannot be written ({error.strerror})"
            ) from error

    def _write(self, jobs: list[Job]) -> None:
        content = {"schema": 1, "jobs": [job.to_dict() for job in jobs]}
        write_atomically(self.path, (json.dumps(content, indent=1) + "\n").encode())


def queue_folder(results: Path) -> Path:
    """Return this user's own folder for the jobs of a study's tasks.

    Below XDG_STATE_HOME, or ``~/.local/state``; it must be on a file system the nodes share, as
    homes are.
    """
    base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    digest = hashlib.sha256(str(results.resolve()).encode()).hexdigest()[:16]
    return Path(base) / "heterodot" / "queue" / digest


def queue_folders(results: Path) -> list[Path]:
    """Return all such folders of a study: drivers that run at once have one each."""
    first = queue_folder(results)
    return [first, *sorted(first.parent.glob(f"{first.name}-*"))]


def log_name(name: str, number: str) -> str:
    """Return the name of a job's own log, beside its script."""
    return f"{name}-{number}.out"


def now() -> float:
    """Return the time as the ledger writes it: seconds since 1970, whole."""
    return float(round(time.time()))

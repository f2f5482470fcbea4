"""What a run says of itself while it goes on: a small file in the results folder per driver.

A driver is the process that asks a study's questions: ``heterodot run`` on a login node or a
workstation, or in a job. ``heterodot status`` reads these files, ``heterodot cancel`` ends the
process.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from heterodot.paths import refuse_link
from heterodot.records import Record
from heterodot.workflows.running.progress import usual_progress
from heterodot.workflows.store.archives import read_json
from heterodot.workflows.store.processes import Process
from heterodot.writing import write_atomically

if TYPE_CHECKING:
    from heterodot.workflows.tasks.events import Event

FOLDER = "jobs"
"""Where scripts, job numbers and drivers are kept, in the results folder."""

HEARTBEAT = 2.0
"""Seconds between two lines of life."""

SILENT = 60.0
"""Seconds without one after which a driver on another host is taken for lost."""

MAX_RUNNING = 64
"""Tasks under way that are listed by name."""

_KEPT = 5
"""Files of drivers that have ended, kept."""


@dataclass(frozen=True)
class Driver(Record, lenient=True):
    """A driver as its file tells it.

    Attributes
    ----------
    process : Process
    job : str
        Number of the scheduler's job it runs in; empty outside of one.
    begun, updated : float
        Seconds since 1970.
    ended : str
        How it ended, "finished" or "failed"; empty while it runs and where it was killed.
    planned, done, failed : int
        Tasks expected at most, answered and failed in this run.
    running : dict of str to str
        Kind by label of the tasks handed out, the oldest first.
    """

    process: Process
    job: str
    begun: float
    updated: float
    ended: str
    planned: int
    done: int
    failed: int
    running: Mapping[str, str]

    @property
    def is_running(self) -> bool:
        """Whether it runs; on another host, whether it gave a sign of life lately."""
        if self.ended:
            return False
        alive = self.process.is_alive
        return time.time() - self.updated < SILENT if alive is None else alive

    @property
    def state(self) -> str:
        """The state in one word: "running", "finished", "failed" or "stopped"."""
        return self.ended or ("running" if self.is_running else "stopped")


def drivers(results: Path) -> list[Driver]:
    """Return the drivers of a results folder, the latest last; files that are torn are skipped."""
    found = []
    for path in (results / FOLDER).glob("driver-*.json"):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            found.append(Driver.from_dict(read_json(path)))
    return sorted(found, key=lambda driver: driver.begun)


class Driving:
    """Keeps the file of this driver up to date; a context manager round a run.

    Parameters
    ----------
    results : Path
        The results folder.
    workers : int
        Tasks that run at once.
    on_event : callable, optional
        Passed every event on.
    """

    def __init__(
        self, results: Path, workers: int, on_event: Callable[[Event], None] | None = None
    ) -> None:
        self.results = results
        self.workers = workers
        self._on_event = on_event or usual_progress(workers)
        self._lock = threading.Lock()
        self._handed_out: dict[str, tuple[str, str]] = {}
        self._counts = {"planned": 0, "done": 0, "failed": 0}
        self._over = threading.Event()
        self._begun = time.time()
        self._path = Path()

    def __call__(self, event: Event) -> None:
        """Take note of an event of the runner."""
        with self._lock:
            if event.kind in ("submitted", "retried"):
                self._handed_out[event.key] = (event.label, event.task)
            elif event.key:
                self._handed_out.pop(event.key, None)
            self._counts["planned"] = max(event.n_planned, event.n_done)
            self._counts["done"] = event.n_done
            self._counts["failed"] += event.kind == "failed"
        self._on_event(event)

    def __enter__(self) -> Driving:
        folder = self.results / FOLDER
        process = Process.current()
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            refuse_link(folder)
            _forget_old(folder)
        self._path = folder / f"driver-{process.pid}-{process.started or 0}.json"
        self._process = process
        self._write("")
        threading.Thread(target=self._beat, name="heterodot-heartbeat", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._write("finished" if kind is None else "failed")

    def _beat(self) -> None:
        while not self._over.wait(HEARTBEAT):
            self._write("")

    def _write(self, ended: str) -> None:
        """Write the file; best effort, since the run goes on without it."""
        with self._lock:
            if self._over.is_set() and not ended:
                return
            data = {
                "process": self._process.to_dict(),
                "job": os.environ.get("SLURM_JOB_ID", ""),
                "begun": self._begun,
                "updated": time.time(),
                "ended": ended,
                **self._counts,
                "running": dict(list(self._running())[:MAX_RUNNING]) if not ended else {},
            }
            with contextlib.suppress(OSError):
                write_atomically(self._path, json.dumps(data).encode(), sync=False)

    def _running(self) -> Iterator[tuple[str, str]]:
        yield from list(self._handed_out.values())[: self.workers]


def _forget_old(folder: Path) -> None:
    """Remove the files of drivers that ended long ago, and what killed ones were writing."""
    paths = sorted(folder.glob("driver-*.json"), key=lambda path: path.stat().st_mtime)
    running = {path for path in paths if _is_running(path)}
    for path in paths[:-_KEPT]:
        if path not in running:
            path.unlink(missing_ok=True)
    for path in folder.glob("driver-*.json.*.tmp"):
        if path.with_name(path.name.partition(".json")[0] + ".json") not in running:
            path.unlink(missing_ok=True)


def _is_running(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        return Driver.from_dict(read_json(path)).is_running
    return False

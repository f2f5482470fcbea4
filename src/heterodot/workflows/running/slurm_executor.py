"""A job of Slurm per task, through executorlib: sized by the task, named after it, taken up again.

executorlib keeps a task's function and result in files beside each other. They are pickles, so
they stay in a folder of this user's own, never among the results, which may come from others or go
to them. A driver that was killed leaves its jobs in the queue; the next one waits for them in
place of submitting them twice.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import re
import shutil
import subprocess
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import IO, Any

from heterodot.calculators.mpi import LAUNCHER
from heterodot.errors import (
    CalculationError,
    HeterodotError,
    InputError,
    LostWorkerError,
    MissingDependencyError,
    StoreError,
)
from heterodot.workflows.running.batch import slurm
from heterodot.workflows.running.batch.ledger import queue_folder
from heterodot.workflows.running.batch.profile import Profile
from heterodot.workflows.running.batch.resources import Request, request
from heterodot.workflows.running.batch.script import BatchScript, job_name, option
from heterodot.workflows.running.ends import Executed, failure_record
from heterodot.workflows.store.index import read_index
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.task import Task

_PLAIN = re.compile(r"[A-Za-z0-9_./+,@=-]+")
_TEMPLATE = "{{script_head}}\nexec {{command}}\n"
_NUMBER = re.compile(r"queue job ([0-9]{1,12}) ")
"""Where executorlib's error names the job."""

_WHY = {
    "TIMEOUT": "its walltime was over",
    "OUT_OF_MEMORY": "it needed more memory than it had asked for",
    "NODE_FAIL": "its node was lost",
    "CANCELLED": "somebody cancelled it",
    "PREEMPTED": "another job took its place",
}
LOST = frozenset({"CrashError", "LostWorkerError"})
"""Errors after which a task asks for all the profile allows."""

RELEARN = 30.0
"""Seconds after which finished tasks are looked at again, for what the next ones ask for."""


class SlurmExecutor(Executor):
    """Runs ``execute(task, store)`` as jobs of Slurm.

    Parameters
    ----------
    profile : Profile
        Its ``task`` is the most a job asks for.
    results : Path
        The results folder.
    workers : int
        Jobs in the queue at a time.
    title : str
        What the jobs are called after.

    Raises
    ------
    MissingDependencyError
        If executorlib or Slurm is not there.
    InputError
        If a path has characters executorlib would not pass on safely.
    """

    def __init__(self, profile: Profile, results: Path, workers: int, title: str) -> None:
        self.profile, self.results, self.workers, self.title = profile, results, workers, title
        _check_path(queue_folder(results))
        self._options(Request(1, 0, 1), "check")  # a profile's faults are found here
        _require_engine()
        self.folder, self._held = _free_folder(queue_folder(results))
        self._inner = _engine(self.folder)
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Future[Any], Callable[..., Any], Task, Store]] = deque()
        self._n_running = 0
        self._attempts: dict[str, int] = {}
        self._learned_at = -RELEARN
        self._finished: list[Any] = []

    def submit(  # type: ignore[override]
        self, fn: Callable[..., Any], task: Task, store: Store
    ) -> Future[Any]:
        """Hand a task in; it waits here as long as ``workers`` jobs are in the queue."""
        future: Future[Any] = Future()
        with self._lock:
            self._waiting.append((future, fn, task, store))
        self._fill()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop handing in; jobs in the queue stay there, and are taken up by the next run."""
        with self._lock:
            waiting, self._waiting = list(self._waiting), deque()
        for future, *_ in waiting:
            future.cancel()
        self._inner.shutdown(wait=wait, cancel_futures=cancel_futures)
        self._held.close()

    def _fill(self) -> None:
        while True:
            with self._lock:
                if not self._waiting or self._n_running >= self.workers:
                    return
                future, fn, task, store = self._waiting.popleft()
                if not future.set_running_or_notify_cancel():
                    continue
                self._n_running += 1
            self._start(future, fn, task, store)

    def _start(self, future: Future[Any], fn: Callable[..., Any], task: Task, store: Store) -> None:
        started = time.monotonic()
        try:
            name = self._next_name(task)
            self._forget_output(name)
            resources = self._resources(task, store, name)
            with warnings.catch_warnings():  # keys of the queue's own it cannot judge
                warnings.filterwarnings("ignore", "The following keys are not recognized")
                inner = self._inner.submit(fn, task, store, resource_dict=resources)
        except Exception as error:  # whoever waits must hear of it
            self._done(future, None, error)
            return
        inner.add_done_callback(
            lambda done: self._take_back(future, task, store, done, name, started)
        )

    def _take_back(
        self,
        future: Future[Any],
        task: Task,
        store: Store,
        inner: Future[Any],
        name: str,
        started: float,
    ) -> None:
        try:
            error = LostWorkerError("cancelled") if inner.cancelled() else inner.exception()
            result = None if error else inner.result()
            if error is not None and task.key in store:  # another driver took its output first
                error, result = None, Executed(False, None)
            if error is not None and not isinstance(error, HeterodotError):
                error = self._explained(error, task, name)
                seconds = time.monotonic() - started
                store.fail(task.key, failure_record(task, store, error, seconds))
            self._forget_output(name)
            if error is None:
                shutil.rmtree(self.folder / name, ignore_errors=True)
        except Exception as fault:  # a future that is never answered would hang the study
            error, result = fault, None
        self._done(future, result, error)

    def _explained(self, error: BaseException, task: Task, folder: str) -> HeterodotError:
        """Return what happened to a job that brought neither a result nor an error of its own."""
        name = task.label or task.kind
        if isinstance(error, subprocess.CalledProcessError):
            said = " ".join(str(error.output or error).split())
            return CalculationError(f"the queue refused the job of task {name}: {said}")
        found = _NUMBER.search(str(error))
        why, log = "walltime, memory, node or scancel", self.folder / folder
        if found is not None:
            why, log = _why(found[1]) or why, log / f"job-{found[1]}.out"
        return LostWorkerError(
            f"the job of task {name} was lost ({why}); what it said is in {log}; "
            "run again to go on from where it got to"
        )

    def _done(self, future: Future[Any], result: Any, error: BaseException | None) -> None:
        with self._lock:
            self._n_running -= 1
        self._fill()
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)

    def _next_name(self, task: Task) -> str:
        """Return what executorlib keeps this attempt under: it answers a name only once.

        The first attempt has the same name in every run, so that a job left by a driver that was
        killed is taken up.
        """
        with self._lock:
            n = self._attempts[task.key] = self._attempts.get(task.key, -1) + 1
        return task.key if n == 0 else f"{task.key}-{n}"

    def _forget_output(self, name: str) -> None:
        """Remove what executorlib keeps of an end: the store knows better, failures included."""
        with contextlib.suppress(OSError):
            (self.folder / f"{name}_o.h5").unlink(missing_ok=True)

    def _resources(self, task: Task, store: Store, name: str) -> dict[str, Any]:
        lost = (store.failure(task.key) or {}).get("error") in LOST
        wanted = request(task, self.profile.task, self._learned(store), lost)
        return {
            "cores": 1,  # what starts ranks is the code's own command, not executorlib
            "cache_key": name,
            "job_name": job_name(self.title),
            "cwd": str(self.folder / name),
            "submission_template": _TEMPLATE,
            "script_head": self._head(task, wanted),
        }

    def _learned(self, store: Store) -> list[Any]:
        if time.monotonic() - self._learned_at > RELEARN:
            self._finished = list(read_index(store).values())
            self._learned_at = time.monotonic()
        return self._finished

    def _head(self, task: Task, wanted: Request) -> str:
        environment = {"OMP_NUM_THREADS": "1", **self.profile.environment}
        if self.profile.launcher:
            environment.setdefault(LAUNCHER, self.profile.launcher)
        script = BatchScript(
            title=f"{self.title}: {task.label or task.kind}, {len(task.atoms)} atoms",
            options=self._options(wanted, job_name(f"{self.title}-{task.label or task.kind}")),
            folder=str(self.folder),
            command=[],
            modules=self.profile.modules,
            setup=self.profile.setup,
            environment=environment,
        )
        return script.head()

    def _options(self, wanted: Request, name: str) -> list[tuple[str, object]]:
        limit = self.profile.task
        options: list[tuple[str, object]] = [
            ("--job-name", name),
            ("--output", "job-%j.out"),
            ("--time", wanted.minutes),
            ("--nodes", 1),
            ("--ntasks", wanted.cores),
        ]
        if wanted.megabytes:
            options.append(("--mem", f"{wanted.megabytes}M"))
        if limit.partition:
            options.append(("--partition", limit.partition))
        options += limit.option_pairs({flag for flag, _ in options})
        for pair in options:
            option(*pair)
        return options


def _why(job: str) -> str:
    """Return how a job ended, for people; empty where nobody knows."""
    last = slurm.ended(job)
    if last is None or not last.is_over:
        return ""
    said = _WHY.get(last.state) or last.reason
    return f"job {job}: {last.state}" + (f", {said}" if said else "")


def _check_path(folder: Path) -> None:
    if _PLAIN.fullmatch(str(folder)) is None:
        raise InputError(
            f"{folder}: executor 'slurm' needs a folder of plain letters for its jobs; set "
            "XDG_STATE_HOME to one"
        )


def _free_folder(first: Path) -> tuple[Path, IO[str]]:
    """Return the folder, and its lock: another one where a driver of the same study runs.

    executorlib takes its files for its own. The lock goes with the process, so that the next
    driver finds the jobs that one left.
    """
    for n in range(1000):
        folder = first if n == 0 else first.with_name(f"{first.name}-{n}")
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = (folder / "lock").open("a")
        except OSError as error:
            raise StoreError(f"{folder}: cannot be written ({error.strerror})") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return folder, lock
    raise StoreError(f"{first}: a thousand drivers run this study already")


def _require_engine() -> None:
    if importlib.util.find_spec("executorlib") is None:
        raise MissingDependencyError(
            "executor 'slurm' needs executorlib: pip install 'heterodot[slurm]'"
        )
    if shutil.which("sbatch") is None:
        raise MissingDependencyError("executor 'slurm': sbatch is not on this machine")


def _engine(folder: Path) -> Any:
    from executorlib import SlurmClusterExecutor

    return SlurmClusterExecutor(
        cache_directory=str(folder),
        resource_dict={"cores": 1},
        disable_dependencies=True,
        refresh_rate=0.2,
    )

"""The runner: hands tasks to an executor, asks the store first, and never loses one.

The seam is :class:`concurrent.futures.Executor`; there is no scheduler here.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from os import PathLike, cpu_count
from types import TracebackType
from typing import Any, TypeVar

from heterodot.checks import is_whole
from heterodot.errors import CrashError, HeterodotError, InputError, LostWorkerError, StoreError
from heterodot.workflows.running.batch.profile import EXECUTORS, Profile, as_profile
from heterodot.workflows.running.execution import Executed, execute, execute_unless_held
from heterodot.workflows.running.forking import prepare_worker
from heterodot.workflows.running.progress import usual_progress
from heterodot.workflows.store.believing import stored_result
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.events import Event
from heterodot.workflows.tasks.outcomes import Done, Failed, results_of
from heterodot.workflows.tasks.task import Task

SYNC_INTERVAL = 1.0
"""Seconds of cheap results that a power cut may cost."""

MOST = 10_000
"""Workers at most."""

RETRIES = 2
"""Times a task is handed in again after its worker, job or node was lost: no fault of its own."""

LOOK_AGAIN, SELDOM = 0.1, 5.0
"""Seconds between two looks at a task that another driver holds: at first, and later."""

T = TypeVar("T")


@dataclass
class Counts:
    """What became of the different tasks a runner was given, each counted once."""

    computed: int = 0
    cached: int = 0
    failed: int = 0


class Runner:
    """Run tasks with a durable store behind them.

    Parameters
    ----------
    store : Store or path-like
        Where results are kept.
    executor : {"local", "serial", "slurm", "slurm-block", "parsl"} or Executor, optional
        What the profile says by default, or "local": a pool of processes on this machine.
        "serial": in this very process, one after the other, for debugging: a code that crashes
        takes the session with it. "slurm": a job for each task; "slurm-block": workers started once
        inside the job we are in; "parsl": what the profile names. A concurrent.futures.Executor of
        your own is used as it is and left open.
    workers : int, optional
        Tasks at a time: processes of the local pool, jobs in the queue. What the profile says by
        default; else all processors, or what is usual for the queue. Of processes no more are
        started than there are tasks.
    profile : Profile or path-like, optional
        Where tasks run and what jobs ask the queue for (see
        :mod:`heterodot.workflows.running.batch.profile`). Logs and job numbers go to ``jobs``
        beside the store.
    title : str
        What jobs in a queue are called after; the store by default.
    on_event : callable, optional
        Called with every :class:`Event`, from whichever thread it happens in. By default a line
        below the cell of a notebook shows how far it is, and elsewhere nothing.

    Raises
    ------
    InputError
        For an unknown executor, a worker count below one, or a profile that is none.
    MissingDependencyError
        If the engine of a queue is not installed; says the command.
    StoreError
        If the store is on a file system without locks.
    """

    def __init__(
        self,
        store: Store | str | PathLike[str],
        executor: str | Executor | None = None,
        workers: int | None = None,
        on_event: Callable[[Event], None] | None = None,
        *,
        profile: Profile | str | PathLike[str] | None = None,
        title: str = "",
    ) -> None:
        known = as_profile(profile)
        _check(workers, on_event)
        self.store = store if isinstance(store, Store) else Store(store)
        self.store.check_locks()
        self.store.sweep()
        self.workers = workers or known.workers or cpu_count() or 1
        self.counts = Counts()
        self._on_event = on_event or usual_progress(self.workers)
        self._lock = threading.RLock()
        self._in_flight: dict[str, Future[Any]] = {}
        self._started: dict[str, tuple[str, float, Future[Any]]] = {}
        self._n_planned = 0
        self._n_answered = 0
        self._seen: set[str] = set()
        self._losses: dict[str, int] = {}
        self._unsynced: list[str] = []
        self._synced_at = time.monotonic()
        self._owned: Executor | None = None
        self._executor: Executor | None = None
        self._is_pool = False
        self._n_processes = 0
        if isinstance(executor, Executor):
            self._executor = executor
        else:
            self._open(executor or known.executor or "local", known, workers, title)

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close(cancel=kind is not None)

    def close(self, cancel: bool = False) -> None:
        """Shut the executor down, unless it is yours; ``cancel`` drops what has not started.

        Jobs in a queue that is left so are not waited for; the next run takes them up.
        """
        if self._owned is not None:
            wait = isinstance(self._owned, ProcessPoolExecutor) or not cancel
            self._owned.shutdown(wait=wait, cancel_futures=cancel)
            self._owned = self._executor = None
        self._is_pool, self._n_processes = False, 0
        self._sync()

    def plan(self, n_tasks: int) -> None:
        """Announce tasks to come, for the progress display."""
        if not is_whole(n_tasks):
            raise InputError(f"tasks to come {n_tasks!r}: expected a whole number")
        with self._lock:
            self._n_planned += n_tasks
        self._have_processes(n_tasks)
        self._emit("planned")

    @property
    def answered(self) -> frozenset[str]:
        """Keys of the tasks that were calculated, or found in the store."""
        with self._lock:
            return frozenset(self._seen)

    def running(self) -> list[tuple[str, float]]:
        """Return the label of every task being computed now, and for how many seconds."""
        now = time.monotonic()
        with self._lock:
            return [(label, now - t) for label, t, f in self._started.values() if f.running()]

    def submit(self, task: Task[T]) -> Future[T]:
        """Start a task; the future gives its typed result, or raises its error.

        A task already in the store is answered at once; one already running is joined.
        """
        return self._submit(task, cpu_count() or 1)

    def _submit(self, task: Task, n_tasks: int) -> Future[Any]:
        """Start a task, of so many that may run side by side."""
        if not isinstance(task, Task):
            raise InputError(f"task of type {type(task).__name__}: expected one such as Relax")
        with self._lock:
            running = self._in_flight.get(task.key)
            if running is not None:
                running.add_done_callback(self._count_answer)
                return running
            future: Future[Any] = Future()
            self._in_flight[task.key] = future
        try:
            result = self._stored(task)
        except HeterodotError as error:
            self._fail(task, future, error)
            return future
        if result is not None:
            self._finish(task, future, "cached", result)
        elif self._executor is None and not self._is_pool:
            self._run_here(task, future)
        else:
            self._have_processes(n_tasks)
            self._hand_over(task, future)
        return future

    def run(self, task: Task[T]) -> T:
        """Run a task to its end and return its typed result."""
        n_tasks = 1 if _in_main_thread() else cpu_count() or 1
        return self._submit(task, n_tasks).result()

    def gather(self, tasks: Iterable[Task[T]]) -> list[T]:
        """Run tasks side by side to their ends and return their typed results, in order.

        Raises
        ------
        HeterodotError
            Once all have ended, where any failed: the error of the first, those of the others in
            its notes. :meth:`outcomes` is for who can go on without them.
        """
        return results_of(self.outcomes(tasks))

    def outcomes(self, tasks: Iterable[Task[T]]) -> list[Done[T] | Failed]:
        """Run tasks side by side to their ends and return what became of each, in order.

        Raises
        ------
        StoreError
            Once all have ended, if a result could not be kept: that is no failure of a task.
        """
        if not isinstance(tasks, Iterable) or isinstance(tasks, str | bytes):
            raise InputError(f"tasks of type {type(tasks).__name__}: expected a list of tasks")
        given = list(tasks)
        asked = [(task, self._submit(task, len(given))) for task in given]
        outcomes: list[Done[T] | Failed] = []
        unkept: StoreError | None = None
        for task, future in asked:
            try:
                outcomes.append(Done(future.result()))
            except StoreError as error:
                unkept = unkept or error
            except HeterodotError as error:
                outcomes.append(Failed(error, task))
        if unkept is not None:
            raise unkept
        return outcomes

    # -- inside ---------------------------------------------------------------------------

    def _open(self, name: str, profile: Profile, workers: int | None, title: str) -> None:
        """Open an executor that is ours to close; logs of a queue's jobs lie beside the store."""
        if name == "local":
            self._is_pool = True
        elif name in EXECUTORS:
            from heterodot.workflows.running.executors import make_executor, usual_workers

            at_a_time, place = workers or profile.workers or usual_workers(name), self.store.path
            self._owned = self._executor = make_executor(
                name, profile, place.parent, at_a_time, title or place.name
            )
        elif name != "serial":
            raise InputError(
                f"executor {name!r}: expected 'serial', one of {', '.join(EXECUTORS)}, or a "
                "concurrent.futures.Executor"
            )

    def _have_processes(self, n_tasks: int) -> None:
        """Have a process of the local pool for each of so many tasks, or as many as may be.

        All are started at once, as soon as the number of tasks is known and before driver threads
        are: forking copies held locks. So a larger pool takes the place of one that has nothing to
        do in the main thread only.
        """
        with self._lock:
            wanted = min(self.workers, max(n_tasks, 1))
            if not self._is_pool or wanted <= self._n_processes:
                return
            if self._owned is not None:
                if self._started or not _in_main_thread():
                    return
                self._owned.shutdown()
            self._start_pool(wanted)

    def _start_pool(self, n_processes: int) -> None:
        pool = _process_pool(n_processes)
        pool.submit(int).result()
        self._owned = self._executor = pool
        self._n_processes = n_processes

    def _run_here(self, task: Task, future: Future[Any]) -> None:
        self._note(task, future)
        self._emit("submitted", task)
        try:
            done = execute(task, self.store, isolate=False)
        except HeterodotError as error:
            self._fail(task, future, error)
        else:
            self._settle(task, future, done)

    def _hand_over(self, task: Task, future: Future[Any]) -> None:
        inner: Future[Executed] | None = None
        with self._lock if self._is_pool else nullcontext():  # the pool is not exchanged meanwhile
            if self._executor is None:  # closed
                future.cancel()
                return
            with suppress(BrokenProcessPool):
                inner = self._executor.submit(execute_unless_held, task, self.store)
                self._note(task, inner)
        if inner is None:
            self._retry_alone(task, future)
            return
        self._emit("submitted", task)
        inner.add_done_callback(lambda done: self._take_back(task, future, done))

    def _take_back(self, task: Task, future: Future[Any], inner: Future[Any]) -> None:
        """Turn the end of the executor's future into the end of ours."""
        if inner.cancelled():
            with self._lock:
                self._in_flight.pop(task.key, None)
                self._started.pop(task.key, None)
            future.cancel()
            return
        error = inner.exception()
        if isinstance(error, BrokenProcessPool):
            threading.Thread(target=self._retry_alone, args=(task, future), daemon=True).start()
        elif isinstance(error, LostWorkerError) and self._may_try_again(task, error):
            self._look_again(task, future, LOOK_AGAIN)
        elif error is not None:
            self._fail(task, future, error)
        elif inner.result().is_held:
            self._emit("waiting", task, message="another driver has it in hand")
            self._look_again(task, future, LOOK_AGAIN)
        else:
            self._settle(task, future, inner.result())

    def _may_try_again(self, task: Task, error: LostWorkerError) -> bool:
        """Count a loss and say whether the task is worth another try; an error of its own is not.

        The same calculation would end in the same error; a worker that was lost says nothing.
        """
        with self._lock:
            self._losses[task.key] = self._losses.get(task.key, 0) + 1
            if self._losses[task.key] > RETRIES:
                return False
        self._emit("retried", task, message=str(error))
        return True

    def _look_again(self, task: Task, future: Future[Any], seconds: float) -> None:
        """Wait, without a worker, for a task that another driver holds: it finishes or lets go."""

        def look() -> None:
            if self._executor is None:  # closed
                future.cancel()
                return
            try:
                result = self._stored(task)
                if result is not None:
                    self._finish(task, future, "cached", result)
                elif self.store.is_held(task.key):
                    self._look_again(task, future, min(2 * seconds, SELDOM))
                else:
                    self._hand_over(task, future)
            except HeterodotError as error:
                self._fail(task, future, error)

        timer = threading.Timer(seconds, look)
        timer.daemon = True
        timer.start()

    def _retry_alone(self, task: Task, future: Future[Any]) -> None:
        """Run a task by itself after the pool broke: to see whether it killed its worker."""
        with self._lock:
            if self._owned is not None and self._executor is self._owned:
                self._owned.shutdown(wait=False)
                self._start_pool(self._n_processes)
        self._emit("retried", task)
        try:
            with _process_pool(1) as alone:
                done = alone.submit(execute, task, self.store).result()
        except BrokenProcessPool:
            error = CrashError(
                f"the process of task {task.label or task.kind} was killed twice "
                "(out of memory?); give it more memory or fewer workers"
            )
            self._fail(task, future, error)
        except HeterodotError as error:
            self._fail(task, future, error)
        else:
            self._settle(task, future, done)

    def _note(self, task: Task, inner: Future[Any]) -> None:
        with self._lock:
            self._started[task.key] = (task.label or task.kind, time.monotonic(), inner)

    def _settle(self, task: Task, future: Future[Any], done: Executed) -> None:
        """Answer with the record the worker gave, or the one it left in the store."""
        if not done.synced:
            self._unsynced.append(task.key)
            if time.monotonic() - self._synced_at > SYNC_INTERVAL:
                self._sync()
        try:
            if done.record is not None:
                result = task.result(done.record["result"])
            else:
                result = self._stored(task)
            if result is None:
                raise StoreError(
                    f"{self.store.path}: the result of task {task.label or task.kind} is gone from "
                    "the store as soon as it was written; run again"
                )
        except Exception as error:  # whoever waits must hear of it
            self._fail(task, future, error)
        else:
            self._finish(task, future, "finished" if done.computed else "cached", result)

    def _stored(self, task: Task) -> Any:
        """Return the typed result the store has, or None; say so where its record is refused."""
        result = stored_result(task, self.store)
        reason = self.store.refused.pop(task.key, None) if result is None else None
        if reason is not None:
            self._emit("refused", task, message=f"{reason}; set aside and calculated again")
        return result

    def _sync(self) -> None:
        with self._lock:
            keys, self._unsynced = self._unsynced, []
            self._synced_at = time.monotonic()
        self.store.sync(keys)

    def _finish(self, task: Task, future: Future[Any], kind: str, result: Any) -> None:
        with self._lock:
            if kind == "finished":
                self.counts.computed += 1
            elif task.key not in self._seen:
                self.counts.cached += 1
            self._seen.add(task.key)
        self._count_answer()
        self._emit(kind, task)
        self._forget(task)
        future.set_result(result)

    def _fail(self, task: Task, future: Future[Any], error: BaseException) -> None:
        with self._lock:
            self.counts.failed += 1
        self._count_answer()
        self._emit("failed", task, message=str(error))
        self._forget(task)
        future.set_exception(error)

    def _count_answer(self, _: object = None) -> None:
        with self._lock:
            self._n_answered += 1

    def _forget(self, task: Task) -> None:
        with self._lock:
            self._in_flight.pop(task.key, None)
            self._started.pop(task.key, None)

    def _emit(self, kind: str, task: Task | None = None, message: str = "") -> None:
        with self._lock:
            started = self._started.get(task.key) if task else None
            event = Event(
                kind,
                label=(task.label or task.kind) if task else "",
                key=task.key if task else "",
                seconds=time.monotonic() - started[1] if started else 0.0,
                n_done=self._n_answered,
                n_planned=self._n_planned,
                message=message,
                task=task.kind if task else "",
            )
        self._on_event(event)


def _check(workers: Any, on_event: object) -> None:
    """Raise InputError for a number of workers or a listener that is none."""
    if workers is not None and not (is_whole(workers) and 1 <= workers <= MOST):
        raise InputError(f"workers = {workers!r}: expected at least 1, a whole number up to {MOST}")
    if on_event is not None and not callable(on_event):
        raise InputError(f"on_event {on_event!r}: expected a function that takes an Event")


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _process_pool(workers: int) -> ProcessPoolExecutor:
    """Make a pool; forked where that is the custom, so that scripts need no ``__main__`` guard."""
    context = get_context("fork" if sys.platform == "linux" else "spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=prepare_worker)

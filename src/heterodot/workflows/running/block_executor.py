"""Workers that srun starts once inside a job, for many small tasks: executorlib's blocks."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from heterodot.errors import InputError, LostWorkerError, MissingDependencyError
from heterodot.workflows.running.lost_workers import pass_on
from heterodot.workflows.tasks.task import Task

RESTARTS = 100
"""Times each worker that died is started again."""

STARTS = 2
"""Times a task is started: a worker that dies takes a task with it that may have killed it."""


def refuse_ranks(ranks: int, where: str = "") -> None:
    """Refuse MPI in the workers of a block: srun gives a step inside a step no processors.

    Raises
    ------
    InputError
    """
    if ranks > 1:
        raise InputError(
            f"{where}ranks = {ranks} with executor 'slurm-block', expected 1: its workers "
            "have one processor each; use 'slurm' or 'local'"
        )


class BlockExecutor(Executor):
    """Hands tasks to ``workers`` processes that srun started on the nodes of this job.

    A worker that dies is started again, and its task once more.

    Parameters
    ----------
    workers : int
    folder : Path
        Where all nodes see it; a folder is made in it, and removed at the end.

    Raises
    ------
    MissingDependencyError
        If executorlib is not installed.
    """

    def __init__(self, workers: int, folder: Path) -> None:
        try:
            from executorlib import SlurmJobExecutor
        except ImportError as error:
            raise MissingDependencyError(
                "executor 'slurm-block' needs executorlib: pip install 'heterodot[slurm]'"
            ) from error
        folder.mkdir(parents=True, exist_ok=True)
        self._marks = Path(tempfile.mkdtemp(prefix="block-", dir=folder))
        self._numbers = itertools.count()
        self._inner = SlurmJobExecutor(
            max_workers=workers,
            resource_dict={"cores": 1},
            block_allocation=True,
            disable_dependencies=True,
            restart_limit=RESTARTS,
        )

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a call to the next worker that is free."""
        future: Future[Any] = Future()
        try:
            for task in args:
                if isinstance(task, Task):
                    refuse_ranks(task.level.ranks)
        except InputError as error:
            future.set_exception(error)
            return future
        mark = str(self._marks / str(next(self._numbers)))
        inner = self._inner.submit(started, mark, fn, *args, **kwargs)
        future.set_running_or_notify_cancel()
        inner.add_done_callback(lambda done: pass_on(done, future, "a worker of the block"))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers."""
        self._inner.shutdown(wait=wait, cancel_futures=cancel_futures)
        shutil.rmtree(self._marks, ignore_errors=True)


def started(mark: str, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a function, unless it was begun :data:`STARTS` times and its worker died each time.

    executorlib begins a task again for as long as there are workers for it to kill.

    Raises
    ------
    LostWorkerError
        In place of one start more.
    """
    path = Path(mark)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(".")
    if path.stat().st_size > STARTS:
        path.unlink()
        raise LostWorkerError(
            f"a worker of the block died {STARTS} times at this task (out of memory?); give it "
            "more memory or fewer workers; run again, nothing finished is lost"
        )
    try:
        return fn(*args, **kwargs)
    finally:
        path.unlink(missing_ok=True)

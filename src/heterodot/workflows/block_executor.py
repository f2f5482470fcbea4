"""Workers that srun starts once inside a job, for many small tasks: executorlib's blocks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from heterodot.errors import CrashError, HeterodotError, MissingDependencyError


class BlockExecutor(Executor):
    """Hands tasks to ``workers`` processes that srun started on the nodes of this job.

    Raises
    ------
    MissingDependencyError
        If executorlib is not installed.
    """

    def __init__(self, workers: int) -> None:
        try:
            from executorlib import SlurmJobExecutor
        except ImportError as error:
            raise MissingDependencyError(
                "executor 'slurm-block' needs executorlib: pip install 'heterodot[slurm]'"
            ) from error
        self._inner = SlurmJobExecutor(
            max_workers=workers,
            resource_dict={"cores": 1},
            block_allocation=True,
            disable_dependencies=True,
        )

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a call to the next worker that is free."""
        future: Future[Any] = Future()
        inner = self._inner.submit(fn, *args, **kwargs)
        future.set_running_or_notify_cancel()
        inner.add_done_callback(lambda done: _pass_on(done, future))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers."""
        self._inner.shutdown(wait=wait, cancel_futures=cancel_futures)


def _pass_on(inner: Future[Any], future: Future[Any]) -> None:
    error = CrashError("cancelled") if inner.cancelled() else inner.exception()
    if error is None:
        future.set_result(inner.result())
    elif isinstance(error, HeterodotError):
        future.set_exception(error)
    else:
        future.set_exception(
            CrashError(f"a worker of the block was lost ({error}); run again, nothing is lost")
        )

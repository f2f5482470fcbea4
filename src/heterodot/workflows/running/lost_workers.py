"""What an engine's future ends with, in heterodot's errors: lost workers told from failed tasks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from heterodot.errors import CalculationError, HeterodotError, LostWorkerError


def pass_on(
    inner: Future[Any],
    future: Future[Any],
    who: str,
    is_lost: Callable[[BaseException], bool] = lambda _: True,
) -> None:
    """End ``future`` as ``inner`` ended.

    Parameters
    ----------
    inner : Future
        The engine's, done.
    future : Future
        What the runner waits for; gets a result or a :class:`HeterodotError`, nothing else, because
        one task must not end a study.
    who : str
        What ran the task, for the message.
    is_lost : callable
        Whether an error of the engine's means that this was lost; otherwise it refused the task.
    """
    error = None if inner.cancelled() else inner.exception()
    if inner.cancelled():
        future.set_exception(LostWorkerError(f"{who} was given up before the task was done"))
    elif error is None:
        future.set_result(inner.result())
    elif isinstance(error, HeterodotError):
        future.set_exception(error)
    else:
        future.set_exception(_in_our_words(error, who, is_lost(error)))


def _in_our_words(error: BaseException, who: str, lost: bool) -> HeterodotError:
    said = f"{type(error).__name__}: {error}"
    if lost:
        return LostWorkerError(f"{who} was lost ({said}); run again, nothing finished is lost")
    return CalculationError(f"{who} could not run the task ({said})")

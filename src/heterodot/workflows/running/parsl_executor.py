"""Whatever Parsl is configured for, PBS, LSF, Kubernetes, …: its pool, in the runner's terms."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from heterodot.calculators.mpi import LAUNCHER
from heterodot.errors import CrashError, InputError, MissingDependencyError
from heterodot.workflows.running.batch.profile import Profile
from heterodot.workflows.running.lost_workers import pass_on

_LOST = frozenset({"WorkerLost", "ManagerLost", "BadStateException"})
"""Parsl's errors of a worker, a node or a pilot job that is gone."""


class ParslExecutor(Executor):
    """Runs tasks in Parsl's pool, with the environment and the MPI launcher of the profile.

    Parameters
    ----------
    profile : Profile
        Its ``parsl`` is "module:name" of a Parsl Config, or of a function that gives one.

    Raises
    ------
    MissingDependencyError
        If Parsl is not installed.
    InputError
        If there is no such configuration.
    """

    def __init__(self, profile: Profile) -> None:
        try:
            from parsl.concurrent import ParslPoolExecutor
        except ImportError as error:
            raise MissingDependencyError(
                "executor 'parsl' needs Parsl: pip install 'heterodot[parsl]'"
            ) from error
        self._environment = {"OMP_NUM_THREADS": "1", **profile.environment}
        if profile.launcher:
            self._environment.setdefault(LAUNCHER, profile.launcher)
        _find_own_programs()
        self._inner = ParslPoolExecutor(config=_configuration(profile.parsl))

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Hand a call to Parsl."""
        future: Future[Any] = Future()
        inner = self._inner.submit(in_environment, self._environment, fn, *args, **kwargs)
        future.set_running_or_notify_cancel()
        inner.add_done_callback(lambda done: pass_on(done, future, "Parsl's worker", _is_lost))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End Parsl; it cannot cancel what it has begun."""
        self._inner.shutdown(wait=wait, cancel_futures=cancel_futures)


def _find_own_programs() -> None:
    """Let Parsl find its own programs, beside an interpreter whose environment is not activated."""
    if shutil.which("interchange.py") is None:
        beside = str(Path(sys.executable).parent)
        os.environ["PATH"] = os.pathsep.join([beside, os.environ.get("PATH", os.defpath)])


def in_environment(
    environment: Mapping[str, str], fn: Callable[..., Any], /, *args: Any, **kwargs: Any
) -> Any:
    """Call a function in a worker that has these environment variables."""
    os.environ.update(environment)
    return fn(*args, **kwargs)


def _is_lost(error: BaseException) -> bool:
    return isinstance(error, CrashError) or type(error).__name__ in _LOST


def _configuration(named: str) -> Any:
    module, _, attribute = named.partition(":")
    if not module or not attribute:
        raise InputError(
            f"parsl = {named!r}: expected 'module:name' of a Parsl Config in the profile"
        )
    try:
        found: Any = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InputError(f"parsl = {named!r}: cannot be imported ({error})") from error
    return found() if callable(found) and not hasattr(found, "executors") else found

"""Executors by name: this machine, Slurm through executorlib, anything Parsl knows.

The seam is :class:`concurrent.futures.Executor`; the queue is an existing engine's. ``slurm``
makes a job of each task; ``slurm-block`` starts workers once inside a job and hands tasks to them;
``parsl`` takes a configuration of Parsl's (PBS, LSF, Kubernetes, …).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from heterodot.errors import InputError
from heterodot.workflows.profile import EXECUTORS, Profile, load_profile

if TYPE_CHECKING:
    from heterodot.workflows.study import Study

QUEUE_WORKERS = 32
"""Jobs in the queue at a time, unless the profile or the user says otherwise."""


def choose(
    study: Study, profile: Path | None, executor: str | None, workers: int | None
) -> tuple[Profile, str, int]:
    """Return profile, executor and number of tasks at a time: the user's word before the study's.

    Parameters
    ----------
    study : Study
    profile : Path or None
        File of the profile.
    executor, workers
        As the user gave them now; None where not.

    Raises
    ------
    InputError
        For a profile that is none, or an unknown executor.
    """
    known = Profile() if profile is None else load_profile(profile)
    name = executor or known.executor or study.executor
    if name not in EXECUTORS:
        raise InputError(f"executor {name!r}: expected one of {', '.join(EXECUTORS)}")
    usual = {"local": study.workers, "slurm": QUEUE_WORKERS, "parsl": QUEUE_WORKERS}
    usual["slurm-block"] = int(os.environ.get("SLURM_NTASKS") or 1)
    return known, name, workers or known.workers or usual[name]


@contextlib.contextmanager
def open_executor(
    name: str, profile: Profile, results: Path, workers: int, title: str = "study"
) -> Iterator[str | Executor]:
    """Give what :class:`~heterodot.workflows.Runner` takes as its executor, and close it.

    Parameters
    ----------
    name : {"local", "serial", "slurm", "slurm-block", "parsl"}
    profile : Profile
        What jobs ask for, and Parsl's configuration.
    results : Path
        The results folder.
    workers : int
        Tasks at a time.
    title : str
        What jobs are called after.

    Raises
    ------
    InputError
        For an unknown name, or a configuration that is none.
    MissingDependencyError
        If the engine is not installed; says the command.
    """
    if name in ("local", "serial"):
        yield name
        return
    executor = _made(name, profile, results, workers, title)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        raise
    executor.shutdown(wait=True)


def _made(name: str, profile: Profile, results: Path, workers: int, title: str) -> Executor:
    if name == "slurm":
        from heterodot.workflows.slurm_executor import SlurmExecutor

        return SlurmExecutor(profile, results, workers, title)
    if name == "slurm-block":
        return _block(workers, results / "jobs")
    if name == "parsl":
        from heterodot.workflows.parsl_executor import ParslExecutor

        return ParslExecutor(profile)
    raise InputError(f"executor {name!r}: expected one of {', '.join(EXECUTORS)}")


def _block(workers: int, folder: Path) -> Executor:
    """Return workers that srun starts inside the job we are in."""
    if "SLURM_JOB_ID" not in os.environ:
        raise InputError(
            "executor 'slurm-block': not inside a job of Slurm; submit the study (heterodot "
            "submit), or use 'slurm' for a job per task"
        )
    from heterodot.workflows.block_executor import BlockExecutor

    return BlockExecutor(workers, folder)

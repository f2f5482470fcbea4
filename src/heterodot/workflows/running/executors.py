"""Executors by name: this machine, Slurm through executorlib, anything Parsl knows.

The seam is :class:`concurrent.futures.Executor`; the queue is an existing engine's. ``slurm``
makes a job of each task; ``slurm-block`` starts workers once inside a job and hands tasks to them;
``parsl`` takes a configuration of Parsl's (PBS, LSF, Kubernetes, …).
"""

from __future__ import annotations

import os
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from heterodot.errors import InputError
from heterodot.workflows.running.batch.profile import EXECUTORS, Profile, as_profile
from heterodot.workflows.running.block_executor import BlockExecutor, refuse_ranks

if TYPE_CHECKING:
    from heterodot.calculators import Level

QUEUE_WORKERS = 32
"""Jobs in the queue at a time, unless the profile or the user says otherwise."""


class Wishes(Protocol):
    """What a study says of where its tasks run."""

    @property
    def executor(self) -> str:
        """Name of the executor."""

    @property
    def workers(self) -> int:
        """Tasks at a time."""

    levels: dict[str, Level]


def choose(
    study: Wishes,
    profile: Profile | str | os.PathLike[str] | None,
    executor: str | None,
    workers: int | None,
) -> tuple[Profile, str, int]:
    """Return profile, executor and number of tasks at a time: the user's word before the study's.

    Parameters
    ----------
    study : Study
    profile : Profile or path-like or None
    executor, workers
        As the user gave them now; None where not.

    Raises
    ------
    InputError
        For a profile that is none, or an unknown executor.
    """
    known = as_profile(profile)
    name = executor or known.executor or study.executor
    if name not in EXECUTORS:
        raise InputError(f"executor {name!r}: expected one of {', '.join(EXECUTORS)}")
    if name == "slurm-block":
        for level_name, level in study.levels.items():
            ranks = max(level.ranks, level.geometry_level.ranks)
            refuse_ranks(ranks, f"level {level_name}: ")
    usual = study.workers if name == "local" else usual_workers(name)
    return known, name, workers or known.workers or usual


def usual_workers(name: str) -> int:
    """Return how many tasks at a time an executor of a queue gets if nobody says so."""
    if name == "slurm-block":
        return int(os.environ.get("SLURM_NTASKS") or 1)
    return QUEUE_WORKERS


def make_executor(name: str, profile: Profile, results: Path, workers: int, title: str) -> Executor:
    """Return the executor of a queue; whoever asks for it shuts it down.

    Parameters
    ----------
    name : {"slurm", "slurm-block", "parsl"}
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
    if name == "slurm":
        from heterodot.workflows.running.slurm_executor import SlurmExecutor

        return SlurmExecutor(profile, results, workers, title)
    if name == "slurm-block":
        return _block(workers, results / "jobs")
    if name == "parsl":
        from heterodot.workflows.running.parsl_executor import ParslExecutor

        return ParslExecutor(profile)
    raise InputError(f"executor {name!r}: expected one of {', '.join(EXECUTORS)}")


def _block(workers: int, folder: Path) -> Executor:
    """Return workers that srun starts inside the job we are in."""
    if "SLURM_JOB_ID" not in os.environ:
        raise InputError(
            "executor 'slurm-block': not inside a job of Slurm; submit the study (heterodot "
            "submit), or use 'slurm' for a job per task"
        )
    return BlockExecutor(workers, folder)

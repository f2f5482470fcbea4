"""A profile: how this user runs studies on this cluster, kept in one TOML file of their own.

A study says what to calculate; the profile says where and with what: walltime, memory, modules,
MPI launcher, environment. A study may be a stranger's; the profile is the user's own word.

::

    name = "our cluster"
    mode = "allocation"            # the study inside one job; or "driver": a job per task
    modules = ["gcc/13.2", "openmpi/5.0"]
    setup = [". ~/venvs/heterodot/bin/activate"]
    launcher = "srun --mpi=pmix"   # what MPI programs are started with

    [environment]
    OMP_NUM_THREADS = "1"

    [job]                          # the allocation
    walltime = "12:00:00"
    cores = 32
    memory = "64G"
    partition = "main"
    options = {account = "chem", exclusive = true}

    [task]                         # each job of the mode "driver"; what is not given is as in job
    walltime = "02:00:00"
    cores = 1
    memory = "4G"

    [driver]                       # the small job that submits them
    walltime = "3-00:00:00"
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from heterodot.errors import InputError
from heterodot.own_files import own_file, read_toml
from heterodot.paths import user_path
from heterodot.records import Fits, convert_fields, read, read_record
from heterodot.workflows.running.batch.script import MEMORY, TIME, VARIABLE

MODES = ("allocation", "driver")

EXECUTORS = ("local", "slurm", "slurm-block", "parsl")
"""Where tasks run: processes of this machine, a job per task, workers started once by srun inside
a job, whatever Parsl is configured for."""

DEFAULT = "profile.toml"
"""Name of the profile in the user's own configuration."""


def _is_memory(text: str) -> bool:
    return not text or MEMORY.fullmatch(text) is not None


def _are_variables(table: Mapping[str, str]) -> bool:
    return all(VARIABLE.fullmatch(name) for name in table)


def _is_command(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:  # a quote that is not closed
        return False
    return True


Count = Annotated[int, Fits((1).__le__, "1 or more")]
Walltime = Annotated[str, Fits(TIME.fullmatch, 'a time such as "02:00:00" or "1-12:00:00"')]
Memory = Annotated[str, Fits(_is_memory, 'a memory such as "8G" or "4000M"')]
Mode = Annotated[str, Fits(MODES.__contains__, f"one of {', '.join(MODES)}")]
Executor = Annotated[str, Fits(("", *EXECUTORS).__contains__, f"one of {', '.join(EXECUTORS)}")]
Variables = Annotated[Mapping[str, str], Fits(_are_variables, 'a table such as {NAME = "text"}')]
Workers = Annotated[int, Fits(range(10_001).__contains__, "0 to 10000")]
Command = Annotated[str, Fits(_is_command, "a command, its quotes closed")]

_DRIVER: dict[str, Any] = {"walltime": "1-00:00:00", "memory": "2G"}
_WHOSE = ("account", "qos", "reservation")
"""Options that say who pays: the same for the small job that submits the others."""


@dataclass(frozen=True)
class Resources:
    """What one job asks of the queue.

    Attributes
    ----------
    walltime : str
        As Slurm writes it: "02:00:00", "1-12:00:00".
    cores : int
        Processors, in all.
    nodes : int
        Nodes they are on; more than one for the executor "slurm-block" only.
    memory : str
        Of each node: "8G"; empty for the queue's default.
    partition : str
        Empty for the queue's default.
    options : mapping of str to str, int, float or bool
        More of the scheduler's long options, without their dashes: ``{account: "chem"}``; true for
        one without a value.
    """

    walltime: Walltime = "01:00:00"
    cores: Count = 1
    nodes: Count = 1
    memory: Memory = ""
    partition: str = ""
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)

    def __post_init__(self) -> None:
        convert_fields(self)

    def option_pairs(self, taken: Collection[str]) -> list[tuple[str, object]]:
        """Return :attr:`options` as flags and values; None for a flag without one.

        Raises
        ------
        InputError
            For an option that is ``taken`` by a key of its own.
        """
        pairs: list[tuple[str, object]] = []
        for key, value in self.options.items():
            if f"--{key}" in taken:
                raise InputError(
                    f"options: {key} is set by the profile's own keys, expected it there"
                )
            if value is not False:
                pairs.append((f"--{key}", None if value is True else value))
        return pairs


@dataclass(frozen=True)
class Profile:
    """How studies are run on one cluster. Use :func:`load_profile`.

    Attributes
    ----------
    name : str
        For people.
    mode : {"allocation", "driver"}
        The study inside one job, or a small job that submits a job per task.
    modules : tuple of str
        For ``module load``.
    setup : tuple of str
        Shell lines run after the modules, as they are.
    environment : mapping of str to str
    launcher : str
        What starts MPI programs, such as ``srun --mpi=pmix``; empty for ``mpiexec``.
    python : str
        The interpreter in the jobs (``~``: home); empty for that of the environment above, where
        it has heterodot, else for the one that submits.
    workers : int
        Tasks at a time; 0 for one per core of the allocation, or 32 jobs in the queue.
    executor : str
        One of :data:`EXECUTORS`; empty for what the study says, or what fits the mode.
    parsl : str
        ``module:name`` of a Parsl configuration, for the executor "parsl".
    job, task, driver : Resources
        Of the allocation, of each task's job, and of the job that submits them.
    """

    name: str = "cluster"
    mode: Mode = "allocation"
    modules: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    environment: Variables = field(default_factory=dict)
    launcher: Command = ""
    python: str = ""
    workers: Workers = 0
    executor: Executor = ""
    parsl: str = ""
    job: Resources = field(default_factory=Resources)
    task: Resources = field(default_factory=Resources)
    driver: Resources = field(default_factory=lambda: Resources(**_DRIVER))

    def __post_init__(self) -> None:
        convert_fields(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Profile:
        """Return the profile of what a TOML file holds.

        Raises
        ------
        InputError
            For an unknown key (names the nearest) or an impossible value.
        """
        given = read(dict[str, Any], data, "profile")
        job, task, driver = (
            read(dict[str, Any], given.get(name, {}), name) for name in ("job", "task", "driver")
        )
        tables = {
            "job": job,
            "task": {**job, **task},
            "driver": {**_DRIVER, **_for_driver(job), **driver},
        }
        return read_record(cls, {**given, **tables})


def _for_driver(job: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the driver's job takes over from the allocation's."""
    options = read(dict[str, Any], job.get("options", {}), "job.options")
    taken = {name: options[name] for name in _WHOSE if name in options}
    return {name: job[name] for name in ("partition",) if name in job} | {"options": taken}


def load_profile(path: str | os.PathLike[str]) -> Profile:
    """Read a profile.

    Raises
    ------
    InputError
        ``FILE: key: what was given, what was expected``, in one line.
    """
    path = user_path(path)
    data = read_toml(path, "a profile")
    try:
        return Profile.from_dict(data)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def as_profile(given: Profile | str | os.PathLike[str] | None) -> Profile:
    """Return a profile given as such, as a file, or not at all (that of an empty file).

    Raises
    ------
    InputError
        As :func:`load_profile`.
    """
    if given is None:
        return Profile()
    return given if isinstance(given, Profile) else load_profile(given)


def default_profile() -> Path | None:
    """Return the profile in the user's own configuration; None where there is none.

    ``heterodot/profile.toml`` below ``XDG_CONFIG_HOME``, or ``~/.config``.

    Raises
    ------
    InputError
        If others could have written it: a profile names shell lines.
    """
    return own_file(DEFAULT)

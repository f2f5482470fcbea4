"""Command lines that run a Python program on several MPI ranks."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from heterodot.errors import InputError, MissingDependencyError

LAUNCHER = "HETERODOT_MPI_LAUNCHER"
"""Environment variable with the command that starts MPI programs, such as ``srun --mpi=pmix``;
``-n RANKS`` follows it. A profile sets it; without it mpiexec is looked for."""

INSTALL_HINT = "Debian: apt install openmpi-bin libopenmpi-dev, then build the code with MPI"


def mpi_rank() -> int:
    """Return the rank of this process; 0 unless it was started under mpiexec or srun."""
    for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"):
        if name in os.environ:
            return int(os.environ[name])
    return 0


def mpi_command(
    ranks: int, argv: Sequence[str], python: Sequence[str] = (sys.executable,)
) -> list[str]:
    """Return the command that runs ``python *argv`` on ``ranks`` ranks.

    One rank is plain Python. Ranks beyond the free cores make most codes several times slower.

    Parameters
    ----------
    ranks : int
        Number of processes, at least 1.
    argv : sequence of str
        What follows ``python``: a script and its arguments, or ``-m module``.
    python : sequence of str
        What stands for Python on several ranks (GPAW's is ``gpaw python``).

    Raises
    ------
    InputError
        For fewer than one rank.
    MissingDependencyError
        If there is no mpiexec.
    """
    if ranks < 1:
        raise InputError(f"ranks = {ranks}: expected at least 1")
    if ranks == 1:
        return [sys.executable, *argv]
    launcher, *options = _launcher(ranks)
    as_root = ["--allow-run-as-root"] if _needs_root_flag(launcher) else []
    return [launcher, *options, "-n", str(ranks), *as_root, *python, *argv]


def _launcher(ranks: int) -> list[str]:
    """Return the launcher's words: those of :data:`LAUNCHER`, or mpiexec."""
    named = shlex.split(os.environ.get(LAUNCHER, ""))
    if named:
        found = shutil.which(named[0])
        if found is None:
            raise MissingDependencyError(
                f"{LAUNCHER} = {' '.join(named)}: {named[0]} is not on PATH; name another launcher "
                "in the profile"
            )
        return [found, *named[1:]]
    found = shutil.which("mpiexec") or shutil.which("mpirun")
    if found is None:
        raise MissingDependencyError(f"ranks = {ranks} needs mpiexec: {INSTALL_HINT}")
    return [found]


def _needs_root_flag(launcher: str) -> bool:
    """Open MPI refuses to run as root (containers) without a flag no other MPI knows."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    folder = Path(launcher).resolve().parent
    return Path(launcher).name != "srun" and any(
        (folder / name).exists() for name in ("ompi_info", "orterun", "prterun")
    )

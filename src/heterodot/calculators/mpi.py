"""Command lines that run a Python program on several MPI ranks with GPAW."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from heterodot.errors import InputError, MissingDependencyError

INSTALL_HINT = "Debian: apt install openmpi-bin libopenmpi-dev, then build GPAW with MPI"


def mpi_command(ranks: int, argv: Sequence[str]) -> list[str]:
    """Return the command that runs ``python *argv`` on ``ranks`` ranks.

    One rank is plain Python. More run as ``mpiexec -n N gpaw python …``, because GPAW raises under
    mpiexec when plain Python starts it. Ranks beyond the free cores make GPAW several times slower.
    ``gpaw python`` does not put the script's folder on the module path.

    Parameters
    ----------
    ranks : int
        Number of processes, at least 1.
    argv : sequence of str
        What follows ``python``: a script and its arguments, or ``-m module``.

    Raises
    ------
    InputError
        For fewer than one rank.
    MissingDependencyError
        If there is no mpiexec or no gpaw command.
    """
    if ranks < 1:
        raise InputError(f"ranks = {ranks}: expected at least 1")
    if ranks == 1:
        return [sys.executable, *argv]
    launcher = shutil.which("mpiexec") or shutil.which("mpirun")
    if launcher is None:
        raise MissingDependencyError(f"ranks = {ranks} needs mpiexec: {INSTALL_HINT}")
    gpaw = Path(sys.executable).with_name("gpaw")
    program = str(gpaw) if gpaw.is_file() else shutil.which("gpaw")
    if program is None:
        raise MissingDependencyError(
            f"ranks = {ranks} needs the gpaw command: CC=g++ CXX=g++ pip install gpaw gpaw-data"
        )
    as_root = ["--allow-run-as-root"] if _needs_root_flag(launcher) else []
    return [launcher, "-n", str(ranks), *as_root, program, "python", *argv]


def _needs_root_flag(launcher: str) -> bool:
    """Open MPI refuses to run as root (containers) without a flag no other MPI knows."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    folder = Path(launcher).resolve().parent
    return any((folder / name).exists() for name in ("ompi_info", "orterun", "prterun"))

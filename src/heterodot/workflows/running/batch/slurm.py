"""Slurm by its own commands: submit a script, look at the queue, cancel.

Every command is started from a list of words, never through a shell; what comes back is taken
apart and checked. A machine without accounting (``sacct``) is an ordinary one.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from heterodot.errors import CalculationError, MissingDependencyError
from heterodot.records import Record

TIMEOUT = 60.0
"""Seconds a command of Slurm may take."""

WAITING = frozenset({"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SUSPENDED", "STOPPED"})
RUNNING = frozenset({"RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "RESIZING"})
"""States of a job that is not over."""

_ID = re.compile(r"[0-9]{1,12}")
_STATE = re.compile(r"[A-Z_]{1,30}")


@dataclass(frozen=True)
class QueueEntry(Record):
    """A job as Slurm tells it.

    Attributes
    ----------
    job : str
        Its number.
    name, state : str
        State as Slurm spells it: "PENDING", "RUNNING", "TIMEOUT", ….
    reason : str
        Why it waits, or ended; empty for no reason.
    elapsed, left : str
        Time since its start and to its end, as Slurm writes them.
    nodes : str
    folder : str
        Where it was submitted.
    """

    job: str
    name: str
    state: str
    reason: str = ""
    elapsed: str = ""
    left: str = ""
    nodes: str = ""
    folder: str = ""

    @property
    def is_over(self) -> bool:
        """Whether it neither waits nor runs."""
        return self.state not in WAITING | RUNNING


def is_available() -> bool:
    """Return whether Slurm's commands are on this machine."""
    return shutil.which("sbatch") is not None and shutil.which("squeue") is not None


def submit(script: Path) -> str:
    """Submit a batch script from its own folder; return the job's number.

    Raises
    ------
    MissingDependencyError
        If there is no Slurm here.
    CalculationError
        If Slurm refuses it; with its words.
    """
    said = _call(["sbatch", "--parsable", script.name], folder=script.parent)
    number = said.strip().split(";")[0]
    if _ID.fullmatch(number) is None:
        raise CalculationError(f"sbatch answered {said!r}, expected the number of a job")
    return number


def queue() -> dict[str, QueueEntry]:
    """Return this user's jobs that wait or run, by number.

    Raises
    ------
    MissingDependencyError, CalculationError
        As :func:`submit`.
    """
    form = "%i|%T|%M|%L|%N|%r|%j|%Z"
    said = _call(["squeue", "--me", "--noheader", "--format", form])
    found = {}
    for line in said.splitlines():
        parts = line.split("|", 7)
        if len(parts) == 8 and _ID.fullmatch(parts[0]) and _STATE.fullmatch(parts[1]):
            job, state, elapsed, left, nodes, reason, name, folder = parts
            reason = "" if reason == "None" else reason
            found[job] = QueueEntry(job, name, state, reason, elapsed, left, nodes, folder)
    return found


def ended(job: str) -> QueueEntry | None:
    """Return how a job ended, as far as the controller or the accounting still knows."""
    return _from_controller(_number(job)) or _from_accounting(_number(job))


def cancel(jobs: Iterable[str]) -> None:
    """Cancel jobs.

    Raises
    ------
    MissingDependencyError, CalculationError
        As :func:`submit`.
    """
    numbers = [_number(job) for job in jobs]
    if numbers:
        _call(["scancel", *numbers])


def _from_controller(job: str) -> QueueEntry | None:
    """Ask slurmctld, which remembers a job for some minutes."""
    try:
        said = _call(["scontrol", "--oneliner", "show", "job", job])
    except (CalculationError, MissingDependencyError):
        return None
    words = dict(re.findall(r"(?:^| )([A-Za-z/]+)=(\S*)", said))
    if words.get("JobId") != job or _STATE.fullmatch(words.get("JobState", "")) is None:
        return None
    reason = words.get("Reason", "None")
    code = words.get("ExitCode", "0:0")
    reason = f"exit code {code}" if reason in ("None", "NonZeroExitCode") else reason
    return QueueEntry(
        job,
        words.get("JobName", ""),
        words["JobState"],
        "" if reason == "exit code 0:0" else reason,
        words.get("RunTime", ""),
        nodes=words.get("NodeList", "").replace("(null)", ""),
    )


def _from_accounting(job: str) -> QueueEntry | None:
    form = "JobID,State,Elapsed,NodeList,ExitCode,JobName"
    try:
        command = ["sacct", "-n", "-P", "-X", "-j", job, f"--format={form}"]
        said = _call(command)
    except (CalculationError, MissingDependencyError):
        return None
    for line in said.splitlines():
        parts = line.split("|", 5)
        state = parts[1].split()[0] if len(parts) == 6 and parts[1].split() else ""
        if parts[0] == job and _STATE.fullmatch(state):
            code = "" if parts[4] == "0:0" else f"exit code {parts[4]}"
            return QueueEntry(job, parts[5], state, code, parts[2], nodes=parts[3])
    return None


def _number(job: str) -> str:
    if _ID.fullmatch(job) is None:
        raise CalculationError(f"job {job!r}: expected the number of a job")
    return job


def _call(command: Sequence[str], folder: Path | None = None) -> str:
    program = shutil.which(command[0])
    if program is None:
        raise MissingDependencyError(
            f"{command[0]} is not on this machine: Slurm's commands are needed; log in where they "
            "are, or use --dry-run"
        )
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CalculationError(f"{command[0]} did not answer in {TIMEOUT:.0f} s") from error
    if done.returncode != 0:
        words = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise CalculationError(f"{command[0]}: {words}")
    return done.stdout

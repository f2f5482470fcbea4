"""The one-node Slurm of ``.ci/slurm`` in the hands of its administrator.

Nobody drains somebody else's node: neither that of another Slurm, nor under another's jobs.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.harness import wait_until

_OURS = "# heterodot's one-node Slurm"


class InUseError(RuntimeError):
    """Somebody else's jobs are in the queue."""


def why_not() -> str:
    """Return why faults of Slurm cannot be had on this machine; empty where they can."""
    conf = Path(os.environ.get("SLURM_CONF", "/etc/slurm/slurm.conf"))
    if not shutil.which("scontrol"):
        return "no Slurm here: .ci/slurm up starts one (Debian, root)"
    if os.geteuid():
        return "needs root, to drain the node"
    if not conf.is_file() or not conf.read_text().startswith(_OURS):
        return "the Slurm here is not the one of .ci/slurm: its nodes are not ours to drain"
    asked = subprocess.run(["sinfo", "--noheader"], capture_output=True, check=False)
    return "" if asked.stdout else "Slurm does not answer: .ci/slurm up starts it"


def jobs(folder: Path, *states: str) -> list[str]:
    """Return the jobs submitted from below a folder, in the states given or in any."""
    return [job for job, state, where in _queue() if _below(where, folder) and _fits(state, states)]


def refuse_company(folder: Path) -> None:
    """Refuse to disturb a node that others use.

    Raises
    ------
    InUseError
    """
    others = [job for job, _, where in _queue() if not _below(where, folder)]
    if others:
        raise InUseError(
            f"jobs {', '.join(others)} of others are in the queue; start a Slurm of your own (see "
            ".ci/slurm)"
        )


def set_node(state: str, folder: Path) -> None:
    """Drain the node or take it down, if the jobs on it are those of ``folder`` alone.

    Raises
    ------
    InUseError
    """
    refuse_company(folder)
    _update_node(state)


@contextlib.contextmanager
def node_put_right() -> Iterator[None]:
    """Resume the node at the end, whatever happened."""
    try:
        yield
    finally:
        resume_node()


def is_up() -> bool:
    """Whether the node takes jobs."""
    return _node()[1] in ("idle", "mix", "alloc", "comp")


def resume_node() -> None:
    """Resume the node, also where it has come back by itself."""
    if is_up():
        return
    with contextlib.suppress(subprocess.CalledProcessError):
        _update_node("resume")
    wait_until(is_up, 60, "the node")


@contextlib.contextmanager
def cancelled_at_last(folder: Path) -> Iterator[None]:
    """Leave no job of a trial that failed in the queue."""
    try:
        yield
    finally:
        left = jobs(folder)
        if left:
            subprocess.run(["scancel", *left], check=False)


def freeze(job: str, number: int = signal.SIGSTOP) -> None:
    """Let a job's calculation hang, so that it does not end before the fault comes."""
    for pid in _processes(job):
        with contextlib.suppress(OSError):
            os.kill(pid, number)


def is_gone(job: str) -> bool:
    """Whether nothing of a job is left on the node, its shepherd (slurmstepd) neither."""
    shepherd = f"slurmstepd: [{job}.".encode()
    return not _processes(job) and not any(
        line.startswith(shepherd) for line in _of_all_processes("cmdline").values()
    )


def _processes(job: str) -> list[int]:
    mark = f"SLURM_JOB_ID={job}".encode()
    told = _of_all_processes("environ")
    return [pid for pid, words in told.items() if mark in words.split(b"\0")]


def _of_all_processes(what: str) -> dict[int, bytes]:
    """Return what /proc says of each process."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(entry.name)] = (entry / what).read_bytes()
    return found


def thaw(job: str) -> None:
    """Let it go on."""
    freeze(job, signal.SIGCONT)


def update_job(job: str, what: str) -> None:
    """Change a job: ``EndTime=now``, ``Requeue=0``, or ``StartTime=now`` unless it has begun."""
    update = ["scontrol", "update", f"JobId={job}", what]
    done = subprocess.run(update, check=False, capture_output=True, text=True)
    if done.returncode and "no longer pending" not in done.stderr:
        raise RuntimeError(f"{' '.join(update)}: {done.stderr.strip()}")


def shown(job: str, field: str) -> str:
    """Return a field of a job; empty where Slurm does not know it."""
    said = subprocess.run(
        ["scontrol", "show", "job", job], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(rf"\b{field}=(\S+)", said)
    return found[1] if found else ""


def end_of(job: str, seconds: float = 300) -> str:
    """Wait for a job's end and return its state.

    Raises
    ------
    TimeoutError
        With what Slurm and the job's own log say.
    """
    going_on = ("RUNNING", "COMPLETING", "PENDING", "CONFIGURING", "REQUEUED")
    try:
        wait_until(lambda: shown(job, "JobState") not in going_on, seconds, f"the end of job {job}")
    except TimeoutError as error:
        state, why, log = (shown(job, field) for field in ("JobState", "Reason", "StdOut"))
        said = Path(log).read_text()[-1000:] if log and Path(log).is_file() else ""
        raise TimeoutError(f"{error}: {state} ({why}), its log {log}: {said}") from None
    return shown(job, "JobState")


def _queue() -> list[tuple[str, str, Path]]:
    """Return number, state and folder of everybody's jobs."""
    said = subprocess.run(
        ["squeue", "--noheader", "--format=%i|%T|%Z"], capture_output=True, text=True, check=True
    ).stdout
    parts = [line.split("|", 2) for line in said.splitlines()]
    return [(job, state, Path(where)) for job, state, where in parts]


def _below(where: Path, folder: Path) -> bool:
    return folder.resolve() in where.resolve().parents


def _fits(state: str, states: tuple[str, ...]) -> bool:
    return not states or state in states


def _node() -> list[str]:
    asked = ["sinfo", "--noheader", "--format=%n %t"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()


def _update_node(state: str) -> None:
    update = ["scontrol", "update", f"NodeName={_node()[0]}", f"State={state}"]
    subprocess.run([*update, "Reason=fault campaign"], check=True, capture_output=True)

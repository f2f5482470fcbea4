"""Start drivers, watch their processes, and judge a store after a fault."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from heterodot.workflows import Store

ROOT = Path(__file__).parents[2]
MARK = "HETERODOT_TRIAL"
_COUNTS = re.compile(r"tasks: (\d+) computed, (\d+) cached, (\d+) failed")


class Driver:
    """A driver process and all that it starts, known by a mark in their environment.

    Parameters
    ----------
    store : Path
    n, workers : int
        Tasks and local workers.
    trial : str
        The mark.
    gpaw : bool
        The first task by GPAW on two ranks.
    long : bool
        Tasks of several seconds.
    prefix : list of str
        Command it is started by (a namespace).
    executor : {"local", "slurm"}
        The queue's memory of its jobs is kept beside the store.
    walltime : str
        Of a task's job.
    """

    def __init__(
        self, store: Path, n: int, workers: int, trial: str, gpaw: bool = False,
        long: bool = False, prefix: tuple[str, ...] = (), executor: str = "local",
        walltime: str = "00:05:00",
    ) -> None:  # fmt: skip
        self.trial = trial
        command = [*prefix, sys.executable, "-m", "tests.faults.work", str(store), str(n)]
        command += [str(workers), "--executor", executor, *(["--gpaw"] if gpaw else [])]
        command += ["--long"] if long else []
        command += ["--walltime", walltime]
        state = state_beside(store) if executor == "slurm" else {}
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **state, MARK: trial}, start_new_session=True,
        )  # fmt: skip
        self.said = ""

    def wait(self, seconds: float = 400) -> str:
        """Wait for its end and return what it said."""
        self.said, _ = self.process.communicate(timeout=seconds)
        return self.said

    def kill(self, number: int = signal.SIGKILL) -> str:
        """Send it a signal and wait for its end."""
        self.process.send_signal(number)
        return self.wait(30)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Computed, cached and failed tasks; zeros where it did not come to say so."""
        found = _COUNTS.search(self.said)
        return tuple(map(int, found.groups())) if found else (0, 0, 0)  # type: ignore[return-value]


def state_beside(store: Path) -> dict[str, str]:
    """Return the variable that keeps the memory of jobs beside a store."""
    return {"XDG_STATE_HOME": str(store.parent / "state")}


def processes(trial: str) -> dict[int, str]:
    """Return the command line of every living process that bears the mark."""
    mark, found = f"{MARK}={trial}".encode(), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                if state != "Z":
                    line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                    found[int(entry.name)] = line
    return found


def wait_until(true, seconds: float = 60.0, what: str = "") -> None:
    """Poll a condition until it holds.

    Raises
    ------
    TimeoutError
    """
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what or true}")
        time.sleep(0.02)


def finished(store: Path) -> dict[str, tuple[int, int]]:
    """Return inode and time of change of each finished record: a record made anew has others."""
    found = {}
    for path in (store / "results").glob("*/*.json"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found[path.stem] = (status.st_ino, status.st_mtime_ns)
    return found


def answers(store: Path) -> dict[str, tuple[float, bytes]]:
    """Return energy and geometry of each record, to the last digit."""
    found = {}
    for record in Store(store).records():
        result = record["result"]
        places = np.asarray(result.get("positions", result.get("forces")), float)
        found[record["key"]] = (result["energy"], places.tobytes())
    return found


@dataclass
class Outcome:
    """What a trial came to.

    Attributes
    ----------
    fault : str
    n_finished : int
        Tasks that were finished when the fault came.
    repeated : int
        Of these, calculated again.
    different : int
        Results that are not those of an undisturbed run.
    torn : int
        Records that cannot be read, and temporary files left.
    orphans : int
        Processes left over.
    note : str
    """

    fault: str
    n_finished: int = 0
    repeated: int = 0
    different: int = 0
    torn: int = 0
    orphans: int = 0
    note: str = ""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, repeated, torn or left over."""
        return not (self.repeated or self.different or self.torn or self.orphans)


@dataclass
class Trial:
    """A store, its disturbed first run and its rerun, and the judgement.

    Parameters
    ----------
    fault : str
    store : Path
    reference : dict
        :func:`answers` of an undisturbed run.
    n, workers : int
    gpaw, long : bool
        Which tasks (see :class:`Driver`).
    """

    fault: str
    store: Path
    reference: dict[str, tuple[float, bytes]]
    n: int
    workers: int = 2
    gpaw: bool = False
    long: bool = False
    name: str = field(default="")

    def __post_init__(self) -> None:
        self.name = f"{self.fault}-{os.getpid()}-{time.monotonic_ns()}".replace(" ", "-")

    def start(self, **options: object) -> Driver:
        """Start a driver on the store."""
        return Driver(self.store, self.n, self.workers, self.name, self.gpaw, self.long, **options)  # type: ignore[arg-type]

    @property
    def folder(self) -> Path:
        """Where its store lies: the results folder of a study, for faults of Slurm."""
        return self.store.parent

    @property
    def state(self) -> dict[str, str]:
        """The environment that finds its jobs."""
        return state_beside(self.store)

    def orphans(self) -> dict[int, str]:
        """Return what is left of the drivers' processes a few seconds after their end."""
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: not processes(self.name), 8)
        left = processes(self.name)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return left

    def judge(self, note: str = "", before: Mapping[str, tuple[int, int]] | None = None) -> Outcome:
        """Run again after the fault, and compare.

        Parameters
        ----------
        note : str
        before : mapping, optional
            :func:`finished` at the moment of the fault, where a driver or a job went on after it;
            else what is finished now.
        """
        left = self.orphans()
        now = finished(self.store)
        known = {**now, **(before or {})}
        rerun = self.start()
        said = rerun.wait()
        after = finished(self.store)
        repeated = sum(after.get(key) != status for key, status in known.items())
        if rerun.counts[0] + len(now) > self.n and not repeated:
            repeated = rerun.counts[0] + len(now) - self.n
        results = answers(self.store)
        different = sum(results.get(key) != value for key, value in self.reference.items())
        left |= self.orphans()
        torn = [p for p in self.store.rglob("*") if p.suffix in (".tmp", ".torn") and p.is_file()]
        torn = [p for p in torn if not p.name.startswith("planted")]
        if rerun.process.returncode:
            note = f"{note} rerun: {' '.join(said.split())[-200:]}"
        return Outcome(
            self.fault,
            len(now if before is None else before),
            repeated,
            different,
            len(torn),
            len(left),
            note.strip(),
        )


def table(outcomes: list[Outcome], left_out: Mapping[str, str] | None = None) -> str:
    """Write the outcomes, a line for each fault, and why others were left out."""
    rows = ["fault                     trials  finished  repeated  different  torn  orphans"]
    for fault in dict.fromkeys(o.fault for o in outcomes):
        of_it = [o for o in outcomes if o.fault == fault]
        sums = [
            sum(getattr(o, name) for o in of_it)
            for name in ("n_finished", "repeated", "different", "torn", "orphans")
        ]
        rows.append(
            f"{fault:<25} {len(of_it):>6}  {sums[0]:>8}  {sums[1]:>8}  {sums[2]:>9}  "
            f"{sums[3]:>4}  {sums[4]:>7}"
        )
        rows += [f"  {o.note}" for o in of_it if o.note and not o.is_clean]
    rows += [f"{fault:<25} left out: {why}" for fault, why in (left_out or {}).items()]
    return "\n".join(rows)


def to_json(outcomes: list[Outcome]) -> str:
    """Write the outcomes as JSON."""
    return json.dumps([o.__dict__ for o in outcomes], indent=1)

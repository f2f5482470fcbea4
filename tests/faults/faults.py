"""The faults, each a function that disturbs a run and judges what is left."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.harness import Outcome, Trial, finished, processes, wait_until

from heterodot.workflows import Store


def _some_finished(trial: Trial, rng: random.Random) -> None:
    """Wait until a random number of tasks, but not all, is finished, and a random moment more."""
    enough = rng.randrange(1, max(2, trial.n - 3))
    wait_until(lambda: len(finished(trial.store)) >= enough, 120, f"{enough} finished tasks")
    time.sleep(rng.uniform(0, 0.4))


def driver_killed(trial: Trial, rng: random.Random) -> Outcome:
    """SIGKILL to the driver: its workers must end by themselves."""
    driver = trial.start()
    _some_finished(trial, rng)
    driver.kill()
    return trial.judge()


def worker_killed(trial: Trial, rng: random.Random) -> Outcome:
    """SIGKILL to one worker: the driver must go on and finish without help."""
    driver = trial.start()
    _some_finished(trial, rng)
    workers = [pid for pid in processes(trial.name) if pid != driver.process.pid]
    if workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(rng.choice(workers), signal.SIGKILL)
    said = driver.wait()
    note = "" if driver.process.returncode == 0 else f"driver: {' '.join(said.split())[-200:]}"
    outcome = trial.judge(note)
    if driver.process.returncode:
        outcome.different += 1
    return outcome


def group_killed(trial: Trial, rng: random.Random) -> Outcome:
    """What a queue does at the walltime: SIGTERM to all processes, and SIGKILL a moment later."""
    driver = trial.start()
    _some_finished(trial, rng)
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(driver.process.pid, number)
        time.sleep(0.3)
    driver.wait(30)
    return trial.judge()


def torn_file(trial: Trial, rng: random.Random) -> Outcome:
    """A finished record cut short, and a temporary file left by a killed writer."""
    driver = trial.start()
    _some_finished(trial, rng)
    driver.kill()
    trial.orphans()
    victim = rng.choice(sorted(finished(trial.store)))
    path = trial.store / "results" / victim[0] / f"{victim}.json"
    path.write_bytes(path.read_bytes()[: rng.randrange(0, 200)])
    path.with_name(f"planted.{victim}.tmp").write_bytes(b"half a rec")
    assert Store(trial.store).get(victim) is None  # seen, and set aside
    (path.with_name(f"{victim}.torn")).unlink()
    return trial.judge()


def two_drivers(trial: Trial, rng: random.Random) -> Outcome:
    """Two drivers with their own workers on one store: each task once, by one of them."""
    first, second = trial.start(), trial.start()
    said = first.wait() + second.wait()
    computed = first.counts[0] + second.counts[0]
    outcome = trial.judge("" if computed == trial.n else " ".join(said.split())[-200:])
    outcome.repeated += abs(computed - trial.n)
    return outcome


def stopped_driver(trial: Trial, rng: random.Random) -> Outcome:
    """A driver that hangs (SIGSTOP) with tasks claimed, while another runs; then it is killed."""
    hung = trial.start()
    _some_finished(trial, rng)
    for pid in processes(trial.name):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    other = trial.start()
    held = trial.workers
    wait_until(lambda: len(finished(trial.store)) >= trial.n - held, 120, "all tasks but the held")
    for pid in processes(trial.name):
        if pid != other.process.pid and _is_stopped(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    hung.wait(30)
    said = other.wait()
    note = "" if other.process.returncode == 0 else " ".join(said.split())[-200:]
    return trial.judge(note)


def _is_stopped(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    return False


def stale_lock(trial: Trial, rng: random.Random) -> Outcome:
    """A driver under another host's name and process numbers dies; its claims must not stay."""
    space = ("unshare", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child")
    name = ("sh", "-c", 'hostname elsewhere; exec "$@"', "sh")
    driver = trial.start(prefix=(*space, *name))
    _some_finished(trial, rng)
    driver.kill()
    (trial.store / "lock").touch()
    return trial.judge()


def clock_skew(trial: Trial, rng: random.Random) -> Outcome:
    """Half of the files from tomorrow, half from 1970: no record is judged by its time."""
    driver = trial.start()
    _some_finished(trial, rng)
    driver.kill()
    trial.orphans()
    for path in sorted(trial.store.rglob("*")):
        when = rng.choice([0.0, time.time() + 86_400])
        os.utime(path, (when, when))
    return trial.judge()


def store_moved(trial: Trial, rng: random.Random) -> Outcome:
    """The store is moved away under a running driver: one clear line, and it goes on elsewhere."""
    driver = trial.start()
    _some_finished(trial, rng)
    before = trial.store
    trial.store = before.with_name(f"{before.name}-moved")
    before.rename(trial.store)
    said = driver.wait()
    lines = [line for line in said.splitlines() if line.startswith("error")]
    outcome = trial.judge()
    if "Traceback" in said or (driver.process.returncode and not lines):
        outcome.different += 1
        outcome.note = " ".join(said.split())[-300:]
    if before.exists():
        outcome.torn += 1
        outcome.note += f" made again at the old place: {sorted(p.name for p in before.iterdir())}"
    return outcome


def disk_full(trial: Trial, rng: random.Random) -> Outcome:
    """A disk of a few dozen kilobytes: a clear line, nothing torn; with room it goes on."""
    trial.store.mkdir(parents=True, exist_ok=True)
    size = rng.choice([88, 104, 120])
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(trial.store)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        driver = trial.start()
        said = driver.wait()
        clear = "free the disk" in said and "Traceback" not in said
        subprocess.run(
            ["mount", "-o", "remount,size=100M", str(trial.store)], check=True, capture_output=True
        )
        outcome = trial.judge()
        if driver.process.returncode == 0 or not clear:
            outcome.different += 1
            outcome.note = f"on the full disk: {' '.join(said.split())[-300:]}"
        return outcome
    finally:
        subprocess.run(["umount", "-l", str(trial.store)], check=False, capture_output=True)


def rank_killed(trial: Trial, rng: random.Random) -> Outcome:
    """SIGKILL to one rank of GPAW under MPI: the others and mpiexec end, the task runs again."""
    driver = trial.start()
    wait_until(lambda: len(_ranks(trial)) >= 2, 60, "two ranks of GPAW")
    time.sleep(rng.uniform(0.5, 2.5))
    ranks = _ranks(trial)
    if ranks:
        with contextlib.suppress(ProcessLookupError):
            os.kill(rng.choice(ranks), signal.SIGKILL)
    driver.wait()
    return trial.judge()


def _ranks(trial: Trial) -> list[int]:
    """Processes of the worker script that are ranks, not mpiexec itself."""
    return [
        pid
        for pid, line in processes(trial.name).items()
        if "worker.py" in line and "mpiexec" not in line.split()[0]
    ]


FAULTS: dict[str, Callable[[Trial, random.Random], Outcome]] = {
    "driver killed": driver_killed,
    "worker killed": worker_killed,
    "walltime": group_killed,
    "torn file": torn_file,
    "two drivers": two_drivers,
    "hung driver": stopped_driver,
    "stale lock": stale_lock,
    "clock skew": clock_skew,
    "store moved": store_moved,
    "disk full": disk_full,
}
"""Those that need nothing but Linux; some need root."""

GPAW_FAULTS = {"GPAW rank killed": rank_killed}

NEED_ROOT = {"stale lock", "disk full"}

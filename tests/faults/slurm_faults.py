"""Faults of a real queue: walltimes that end, a node that is drained, a node that goes down.

Calculations are made to hang (SIGSTOP) where a fault must find them running: Slurm looks at the
clock every 30 s, and wakes what it ends.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults import one_node
from tests.faults.harness import Driver, Outcome, Trial, finished, wait_until
from tests.faults.submitted import SubmittedStudy, status

MINUTE = "00:01:00"
"""The shortest walltime Slurm has."""

AMPLE = "00:10:00"

Finished = dict[str, tuple[int, int]]


def study_walltime(trial: Trial, rng: random.Random, early: bool = True) -> Outcome:
    """The walltime of a job that runs the whole study: Slurm ends it, TIMEOUT; submitted again."""
    study = SubmittedStudy(trial)
    with one_node.cancelled_at_last(trial.folder):
        job = study.submit(MINUTE)
        _some_finished(trial, rng, trial.n - 1 if early else 2)
        if early:
            one_node.freeze(job)
            one_node.update_job(job, "EndTime=now")
        else:
            _frozen_near_the_end(trial, job)
        state = one_node.end_of(job)
        before = finished(trial.store)
        line = _line(status(trial), f"job {job} ")
        told = re.search(r"TIMEOUT on \S+ \(TimeLimit\) \(log: (.+)\)$", line)
        log = told is not None and Path(told[1]).is_file()
        again = one_node.end_of(study.submit(AMPLE))
        found = f"{state}, log {log}, {again}, whole {len(finished(trial.store)) == trial.n}"
        wanted = "TIMEOUT, log True, COMPLETED, whole True"
        return _expecting(trial.judge(before=before), found, wanted, line)


def task_walltime(trial: Trial, rng: random.Random, early: bool = True) -> Outcome:
    """The walltime of one task's job: the driver says so and hands the task in again."""
    driver = trial.start(executor="slurm", walltime=MINUTE)
    with one_node.cancelled_at_last(trial.folder):
        before = _some_finished(trial, rng, trial.n - 1)
        job = _frozen(trial)[0]
        if early:
            one_node.update_job(job, "EndTime=now")
        wait_until(lambda: one_node.shown(job, "JobState") != "RUNNING", 120, f"the end of {job}")
        told = _told(trial, f"job {job}: TIMEOUT, its walltime was over", f"job-{job}.out")
        state = one_node.shown(job, "JobState")
        return _judged(trial, driver, before, f"{state}, told {told}", "TIMEOUT, told True")


def node_drained(trial: Trial, rng: random.Random) -> Outcome:
    """A drained node finishes what runs on it; the rest waits, says why, and goes on later."""
    driver = trial.start(executor="slurm")
    with one_node.cancelled_at_last(trial.folder), one_node.node_put_right():
        before = _some_finished(trial, rng, 1)
        running = _frozen(trial)
        one_node.set_node("drain", trial.folder)
        ended = [_thawed(job) for job in running]
        wait_until(lambda: one_node.jobs(trial.folder, "PENDING"), 60, "a job that waits")
        at_rest = len(finished(trial.store))
        time.sleep(4)
        still = len(finished(trial.store)) == at_rest < trial.n
        still = still and not one_node.jobs(trial.folder, "RUNNING")
        line = _line(status(trial), "jobs of tasks in the queue")
        told = re.search(r"PENDING \(.*(DOWN|DRAIN|NotAvail)", line) is not None
        one_node.resume_node()
        found = f"{set(ended)}, still {still}, told {told}"
        return _judged(trial, driver, before, found, "{'COMPLETED'}, still True, told True", line)


def node_down(trial: Trial, rng: random.Random) -> Outcome:
    """A node that goes down takes a task's job with it, NODE_FAIL: handed in again."""
    driver = trial.start(executor="slurm")
    with one_node.cancelled_at_last(trial.folder), one_node.node_put_right():
        before = _some_finished(trial, rng, trial.n - 1)
        job, *others = _frozen(trial)
        one_node.update_job(job, "Requeue=0")
        one_node.set_node("down", trial.folder)
        told = _told(trial, f"job {job}: NODE_FAIL, its node was lost", f"job-{job}.out")
        one_node.resume_node()
        back = [_started_again(other) for other in others]
        state = one_node.shown(job, "JobState")
        found = f"{state}, told {told}, back {all(back)}"
        return _judged(trial, driver, before, found, "NODE_FAIL, told True, back True")


def node_down_study(trial: Trial, rng: random.Random) -> Outcome:
    """The same for a job that runs the whole study: Slurm puts it back, and it goes on."""
    study = SubmittedStudy(trial)
    with one_node.cancelled_at_last(trial.folder), one_node.node_put_right():
        job = study.submit(AMPLE)
        _some_finished(trial, rng, trial.n - 1)
        one_node.freeze(job)
        before = finished(trial.store)
        one_node.set_node("down", trial.folder)
        wait_until(lambda: not one_node.jobs(trial.folder, "RUNNING"), 60, "the job to be gone")
        line = _line(status(trial), f"job {job} ")
        one_node.resume_node()
        back = _started_again(job)
        state = one_node.end_of(job)
        found = f"{'PENDING' in line}, back {back}, {state}, {len(finished(trial.store))}"
        wanted = f"True, back True, COMPLETED, {trial.n}"
        return _expecting(trial.judge(before=before), found, wanted, line)


def study_minute(trial: Trial, rng: random.Random) -> Outcome:
    """As :func:`study_walltime`, the whole minute."""
    return study_walltime(trial, rng, early=False)


def task_minute(trial: Trial, rng: random.Random) -> Outcome:
    """As :func:`task_walltime`, the whole minute."""
    return task_walltime(trial, rng, early=False)


SLURM_FAULTS: dict[str, Callable[[Trial, random.Random], Outcome]] = {
    "Slurm: walltime, study": study_walltime,
    "Slurm: walltime, task": task_walltime,
    "Slurm: node drained": node_drained,
    "Slurm: node down, tasks": node_down,
    "Slurm: node down, study": node_down_study,
}
"""The walltime ends at a moment of the campaign's choice."""

MINUTE_FAULTS: dict[str, Callable[[Trial, random.Random], Outcome]] = {
    "Slurm: minute, study": study_minute,
    "Slurm: minute, task": task_minute,
}
"""The walltime is left alone, one minute and up to half a minute until Slurm looks."""


def _some_finished(trial: Trial, rng: random.Random, below: int) -> Finished:
    """Wait for a random number of finished tasks and a random moment more; return them."""
    enough = rng.randrange(0, max(1, below))
    wait_until(lambda: len(finished(trial.store)) >= enough, 120, f"{enough} finished tasks")
    wait_until(lambda: _calculating(trial), 60, "a calculation")
    time.sleep(rng.uniform(0, 2))
    return finished(trial.store)


def _calculating(trial: Trial) -> bool:
    """Whether a task has begun: there is partial work of one that is not finished."""
    begun = {path.name for path in (trial.store / "work").glob("*")}
    return bool(begun - finished(trial.store).keys())


def _frozen(trial: Trial) -> list[str]:
    """Let all running jobs of tasks hang; return them: at least one, none about to end."""
    found: list[str] = []

    def are_held() -> bool:
        nonlocal found
        for job in (found := one_node.jobs(trial.folder, "RUNNING")):
            one_node.freeze(job)
        time.sleep(0.5)
        return bool(found) and found == one_node.jobs(trial.folder, "RUNNING")

    wait_until(are_held, 60, "a running job")
    return found


def _thawed(job: str) -> str:
    one_node.thaw(job)
    return one_node.end_of(job)


def _frozen_near_the_end(trial: Trial, job: str) -> None:
    """Leave a job alone, unless it would be done before its minute is over."""
    wait_until(
        lambda: (
            len(finished(trial.store)) >= trial.n - 1 or not one_node.jobs(trial.folder, "RUNNING")
        ),
        180,
        f"the end of job {job}",
    )
    one_node.freeze(job)


def _started_again(job: str) -> bool:
    """Whether Slurm put a job back and it runs; the two minutes it would wait are cut short.

    Not to nothing: a node refuses what starts in the second in which it was told to end it, and
    Slurm does not wait until a node it has given up for lost has ended what ran there.
    """
    wait_until(lambda: one_node.shown(job, "JobState") == "PENDING", 60, f"job {job} to wait")
    wait_until(lambda: one_node.is_gone(job), 60, f"what job {job} left on the node to end")
    time.sleep(2)
    one_node.update_job(job, "StartTime=now")
    going = ("RUNNING", "COMPLETING", "COMPLETED")
    wait_until(lambda: one_node.shown(job, "JobState") in going, 200, f"job {job} to start again")
    return one_node.shown(job, "Restarts") == "1"


def _told(trial: Trial, *words: str) -> bool:
    """Wait for ``heterodot status`` to say something of a failed task."""
    wait_until(
        lambda: all(word in _line(status(trial), "failed: ") for word in words), 90, f"{words}"
    )
    return True


def _line(text: str, start: str) -> str:
    """Return the first line that begins so; empty where there is none."""
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in lines if line.startswith(start)), "")


def _judged(
    trial: Trial, driver: Driver, before: Finished, found: str, wanted: str, said: str = ""
) -> Outcome:
    """Wait for the driver's own end, and judge: it must have done each task once."""
    said = f"{said} {driver.wait()}"
    computed, cached, failed = driver.counts
    found += f"; driver {driver.process.returncode}, {computed + cached} done, {failed} failed"
    wanted += f"; driver 0, {trial.n} done, 0 failed"
    return _expecting(trial.judge(before=before), found, wanted, said)


def _expecting(outcome: Outcome, found: str, wanted: str, said: str = "") -> Outcome:
    """Count what is not as expected as a difference, and say so."""
    if found != wanted:
        outcome.different += 1
        outcome.note += f" found {found!r}, expected {wanted!r}: {' '.join(said.split())[-400:]}"
    return outcome

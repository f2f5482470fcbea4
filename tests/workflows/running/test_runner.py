from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tests.workflows.conftest import copper

from heterodot.calculators import Level
from heterodot.errors import (
    CalculationError,
    ConvergenceError,
    CrashError,
    InputError,
    LostWorkerError,
    RefusedError,
    StoreError,
)
from heterodot.workflows import (
    Done,
    Event,
    Failed,
    Relax,
    Relaxation,
    Runner,
    SinglePoint,
    outcomes_of,
    run_all,
)
from heterodot.workflows.running.runner import _process_pool

EMT = Level("emt")
COUNTED = "tests.workflows.bad_calculators:CountedEMT"


def counted(log, **kwargs) -> Level:
    return Level.from_ase(COUNTED, log=str(log), **kwargs)


@pytest.mark.parametrize("executor", ["serial", "local", "threads"])
def test_every_executor_gives_the_same(tmp_path, executor):
    given = ThreadPoolExecutor(2) if executor == "threads" else executor
    tasks = [Relax(copper(i), EMT) for i in range(3)]
    with Runner(tmp_path, executor=given, workers=2) as runner:
        energies = [result.energy for result in runner.gather(tasks)]
        assert runner.counts.computed == 3
    with Runner(tmp_path / "reference", executor="serial") as runner:
        expected = [runner.run(task).energy for task in tasks]
    assert energies == pytest.approx(expected, abs=1e-9)


def test_nothing_is_computed_twice(tmp_path):
    log = tmp_path / "log"
    task = SinglePoint(copper(), counted(log))
    with Runner(tmp_path / "store", workers=2) as runner:
        futures = [runner.submit(SinglePoint(copper(), counted(log))) for _ in range(5)]
        assert len({f.result().energy for f in futures}) == 1
    with Runner(tmp_path / "store", workers=2) as runner:
        runner.run(task)
        assert (runner.counts.computed, runner.counts.cached) == (0, 1)
    assert len(log.read_text().splitlines()) == 1


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_every_record_is_synced_when_the_run_ends(tmp_path, monkeypatch, executor):
    """Cheap results are synced many at a time, by the driver; none is left out."""
    synced: list[str] = []
    real = os.fsync
    monkeypatch.setattr(
        "heterodot.workflows.running.execution.CHEAP", 60.0
    )  # also for a first, slow one
    with Runner(tmp_path, executor=executor, workers=1) as runner:

        def noted(descriptor: int) -> None:
            synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
            real(descriptor)

        monkeypatch.setattr(os, "fsync", noted)
        tasks = [SinglePoint(copper(seed), Level("emt")) for seed in range(6)]
        runner.gather(tasks)
    missing = {f"{task.key}.json" for task in tasks} - {Path(name).name for name in synced}
    assert not missing


def test_two_drivers_on_one_store_share_the_work(tmp_path):
    log = tmp_path / "log"
    tasks = [SinglePoint(copper(i), counted(log, pause=0.02)) for i in range(10)]
    counts = []

    def drive() -> None:
        with Runner(tmp_path / "store", workers=2) as runner:
            runner.gather(tasks)
            counts.append(runner.counts)

    drivers = [threading.Thread(target=drive) for _ in range(2)]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    assert sum(c.computed for c in counts) == 10
    assert len(log.read_text().splitlines()) == 10


def test_no_more_processes_than_tasks(tmp_path, monkeypatch):
    """A thousand workers allowed: as many are started as tasks are known, more when more come."""
    started = []

    def counted_pool(n):
        started.append(n)
        return _process_pool(n)

    monkeypatch.setattr("heterodot.workflows.running.runner._process_pool", counted_pool)
    tasks = [SinglePoint(copper(i), EMT) for i in range(5)]
    with Runner(tmp_path, workers=1024) as runner:
        assert runner.gather(tasks[:2])[1].energy == runner.run(tasks[1]).energy
        assert started == [2]
        assert len(runner._owned._processes) == 2
        runner.run(tasks[2])
        assert started == [2]
        runner.gather(tasks)  # three are in the store, but who knows
        assert started == [2, 5]
    with Runner(tmp_path, workers=1024) as runner:
        runner.gather(tasks)
        assert started == [2, 5]  # all are in the store
        runner.plan(3)
        assert started == [2, 5, 3]
    with Runner(tmp_path, workers=2) as runner:
        runner.plan(3)
        assert started == [2, 5, 3, 2]


FORKED_BESIDE_FACTORS = """\
import threading  # Python's own clearing up comes first after a fork
import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu
from heterodot.workflows.running.forking import safe_to_fork
from heterodot.workflows.running.runner import _process_pool

def fork():
    with _process_pool(1) as pool:
        print(pool.submit(safe_to_fork).result())

factors = splu(csc_array(np.eye(300) + np.tri(300)))  # memory of SuperLU, of this thread
thread = threading.Thread(target=fork)
thread.start()
thread.join()
"""


def test_a_pool_that_another_thread_forks_forgets_its_parents_threads():
    command = [sys.executable, "-c", FORKED_BESIDE_FACTORS]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said == "True\n"


def leave_a_thread_behind() -> None:
    threading.Thread(target=time.sleep, args=(3600,)).start()


def test_a_thread_left_in_a_worker_does_not_hold_the_driver():
    pool = _process_pool(1)
    pool.submit(leave_a_thread_behind).result()
    closing = threading.Thread(target=pool.shutdown, daemon=True)
    closing.start()
    closing.join(20)
    still_waiting = closing.is_alive()
    for process in list((pool._processes or {}).values()):
        process.kill()
    assert not still_waiting


def test_a_crash_is_its_own_tasks_alone(tmp_path):
    crash = SinglePoint(copper(), Level.from_ase("tests.workflows.bad_calculators:Crashing"))
    good = [SinglePoint(copper(i), EMT) for i in range(4)]
    with Runner(tmp_path, workers=2) as runner:
        outcomes = runner.outcomes([good[0], crash, *good[1:]])
        assert isinstance(outcomes[1], Failed)
        assert isinstance(outcomes[1].error, CrashError)
        assert "SIGSEGV" in str(outcomes[1].error)
        assert outcomes[1].task is crash
        assert all(isinstance(o, Done) for o in outcomes[:1] + outcomes[2:])
        assert [f["error"] for f in runner.store.failures()] == ["CrashError"]
        # never stored as a result: asked again, it runs again
        with pytest.raises(CrashError, match="SIGSEGV"):
            runner.gather([crash])
        assert runner.counts.failed == 2


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_gather_raises_the_first_error_in_order_once_all_have_ended(tmp_path, executor):
    bad = Level.from_ase("tests.workflows.bad_calculators:NotFinite")
    odd = copper()
    odd.positions[1] = odd.positions[0] + 0.01
    late = SinglePoint(copper(1), counted(tmp_path / "log", pause=0.3))
    refused, wrong = SinglePoint(odd, EMT), SinglePoint(copper(), bad)
    with Runner(tmp_path / "store", executor, workers=2) as runner:
        with pytest.raises(CalculationError) as caught:
            runner.gather([wrong, late, refused, wrong])
        (other,) = caught.value.__notes__
        assert other.startswith("also failed: ")
        assert "closer" in other or "apart" in other
        assert runner.counts.computed == 1  # the last is waited for, and kept
        with pytest.raises(RefusedError):
            runner.gather([refused, late, wrong])
        assert runner.gather([late])[0].energy == runner.run(late).energy


def test_a_store_that_cannot_be_written_ends_everything(tmp_path, monkeypatch):
    """It is no failure of a task: nobody goes on without its result."""

    def full(*_, **__):
        raise StoreError("no space left")

    with Runner(tmp_path, executor="serial") as runner:
        monkeypatch.setattr("heterodot.workflows.running.runner.execute", full)
        for ask in (runner.outcomes, runner.gather):
            with pytest.raises(StoreError, match="no space"):
                ask([SinglePoint(copper(), EMT)])


def test_killed_workers_cost_nothing(tmp_path):
    """The pool dies under its tasks; they run again, and their results come."""
    log = tmp_path / "log"
    tasks = [SinglePoint(copper(i), counted(log, pause=0.3)) for i in range(4)]
    with Runner(tmp_path / "store", workers=2) as runner:
        futures = [runner.submit(task) for task in tasks]
        time.sleep(0.15)
        for pid in list(runner._owned._processes):
            os.kill(pid, signal.SIGKILL)
        assert len({f.result(timeout=30).energy for f in futures}) == 4


def test_errors_come_through_with_their_kind(tmp_path):
    odd = copper()
    odd.positions[1] = odd.positions[0] + 0.01
    with Runner(tmp_path, workers=1) as runner:
        with pytest.raises(RefusedError):
            runner.run(SinglePoint(odd, Level("gfn1-xtb")))
        with pytest.raises(RefusedError):
            runner.run(SinglePoint(odd, EMT))
        assert len(runner.store.failures()) == 2


def test_events_tell_the_story(tmp_path):
    events: list[Event] = []
    with Runner(tmp_path, executor="serial", on_event=events.append) as runner:
        run_all({"a": Relaxation(copper(), EMT, name="a")}, runner)
        run_all({"a": Relaxation(copper(), EMT, name="a")}, runner)
    assert [e.kind for e in events] == ["planned", "submitted", "finished", "planned", "cached"]
    assert events[2].label == "a relax"
    assert (events[2].n_done, events[2].n_planned) == (1, 1)
    assert (events[-1].n_done, events[-1].n_planned) == (2, 2)


def test_one_failing_workflow_leaves_the_others(tmp_path):
    bad = Level.from_ase("tests.workflows.bad_calculators:NotFinite")
    with Runner(tmp_path, workers=2) as runner:
        asked = {"bad": Relaxation(copper(), bad), "good": Relaxation(copper(), EMT)}
        outcomes = outcomes_of(asked, runner)
        with pytest.raises(CalculationError) as caught:
            run_all(asked, runner)
        assert run_all({"good": asked["good"]}, runner)["good"].energy < 20
    assert outcomes["good"].result.energy < 20
    assert isinstance(outcomes["bad"], Failed)
    assert outcomes["bad"].task is asked["bad"]
    assert str(outcomes["bad"].error) == str(caught.value)


def test_wrong_executor_and_workers_are_one_line(tmp_path):
    with pytest.raises(InputError, match=r"executor 'slurmy': expected 'serial', one"):
        Runner(tmp_path, executor="slurmy")
    with pytest.raises(InputError, match="workers = 0: expected at least 1"):
        Runner(tmp_path, workers=0)


DRIVER = """
import sys
from heterodot.calculators import Level
from heterodot.workflows import Runner, SinglePoint
from tests.workflows.conftest import copper
level = Level.from_ase("tests.workflows.bad_calculators:CountedEMT", log=sys.argv[2], pause=0.1)
with Runner(sys.argv[1], workers=2) as runner:
    runner.gather([SinglePoint(copper(i), level) for i in range(8)])
    print(runner.counts.computed, runner.counts.cached)
"""


def test_killed_driver_leaves_no_orphans_and_loses_nothing(tmp_path):
    store, log = tmp_path / "store", tmp_path / "log"
    command = [sys.executable, "-c", DRIVER, str(store), str(log)]
    driver = subprocess.Popen(command, start_new_session=True)
    deadline = time.monotonic() + 30
    while not (log.exists() and len(log.read_text().splitlines()) >= 2):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    driver.kill()  # the driver alone, not its group: the workers must notice
    driver.wait()
    deadline = time.monotonic() + 10
    while _members(driver.pid):
        assert time.monotonic() < deadline, "worker processes outlived their driver"
        time.sleep(0.1)
    finished = len(list((store / "results").rglob("*.json")))
    assert finished >= 1
    out = subprocess.run(command, capture_output=True, text=True, check=True)
    computed, cached = map(int, out.stdout.split())
    assert (computed, cached) == (8 - finished, finished)


def _members(group: int) -> list[int]:
    """Living processes of a process group."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] != "Z":
            found.append(int(entry.name))
    return found


class Losing(Executor):
    """Loses a worker so many times, then works; or ends with an error of the task's own."""

    def __init__(self, losses: int, error: Exception) -> None:
        self.losses, self.error, self.asked = losses, error, 0

    def submit(self, fn, *arguments):
        future: Future = Future()
        self.asked += 1
        if self.asked <= self.losses:
            future.set_exception(self.error)
        else:
            future.set_result(fn(*arguments))
        return future


@pytest.mark.parametrize("losses", [1, 2])
def test_a_task_whose_worker_was_lost_is_tried_again(tmp_path, cluster, losses):
    executor, events = Losing(losses, LostWorkerError("the node went")), []
    with Runner(tmp_path / "store", executor, on_event=events.append) as runner:
        assert np.isfinite(runner.run(SinglePoint(cluster, Level("emt"))).energy)
    assert executor.asked == losses + 1
    assert [event.kind for event in events].count("retried") == losses
    assert not runner.store.failures()


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (LostWorkerError("the node went"), 3),
        (ConvergenceError("no SCF"), 1),
        (CrashError("died (SIGSEGV)"), 1),
        (RefusedError("overlap"), 1),
    ],
)
def test_what_would_fail_again_is_not_tried_again(tmp_path, cluster, error, asked):
    executor = Losing(100, error)
    with Runner(tmp_path / "store", executor) as runner, pytest.raises(type(error)):
        runner.run(SinglePoint(cluster, Level("emt")))
    assert executor.asked == asked

"""Against a real Slurm: submit, look, cancel, retry (see .ci/slurm)."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ase.build import molecule
from ase.io import write

from heterodot.calculators import Level
from heterodot.errors import LostWorkerError
from heterodot.workflows import Orbitals, Runner, Store
from heterodot.workflows.jobs.report import study_status
from heterodot.workflows.running.batch import slurm
from heterodot.workflows.running.batch.ledger import Job, Ledger
from heterodot.workflows.running.block_executor import BlockExecutor

pytestmark = pytest.mark.slurm

SLOW = "  - vibrations: {fmax: 1.0e-20, steps: 1000000}\n"


def wait(condition, seconds: float = 240.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("waited in vain")


def slow(place) -> None:
    text = (place / "study.yaml").read_text()
    (place / "study.yaml").write_text(text.replace("output:", SLOW + "output:"))


@pytest.fixture(autouse=True)
def nothing_left_behind(place, call):
    yield
    if (place / "results" / "jobs").is_dir():
        call("cancel", place / "results")


def test_from_submit_to_the_table(place, call):
    code, out, err = call("submit", "study.yaml", "--profile", "cluster.toml")
    assert code == 0, err
    (job,) = Ledger(place / "results").jobs()
    assert out.startswith(f"job {job.number} (allocation): ")
    wait(lambda: not study_status(place / "results").is_going_on)
    out = call("status", "study.yaml")[1]
    assert "1 task finished" in out
    assert f"job {job.number} (study, allocation): COMPLETED" in out
    assert f"driver finished: job {job.number}" in out
    assert (place / "results" / "table.txt").exists()
    (log,) = (place / "results" / "jobs").glob("study-*.out")
    assert "1 task calculated" in log.read_text()
    assert not list(place.rglob("hurt"))


def test_twice_is_once_unless_asked_for(place, call):
    slow(place)
    call("submit", "study.yaml", "-p", "cluster.toml")
    (first,) = Ledger(place / "results").jobs()
    code, out, _ = call("submit", "study.yaml", "-p", "cluster.toml")
    assert code == 0
    assert f"submitted already: job {first.number} is " in out
    assert len(Ledger(place / "results").jobs()) == 1
    call("submit", "study.yaml", "-p", "cluster.toml", "--again")
    assert len(Ledger(place / "results").jobs()) == 2
    code, out, _ = call("cancel", "study.yaml")
    assert code == 0
    assert "cancelled 2 jobs" in out
    wait(lambda: not study_status(place / "results").is_going_on)


def test_cancel_keeps_what_is_finished_and_submit_goes_on(place, call):
    slow(place)
    call("submit", "study.yaml", "-p", "cluster.toml", "--workers", 2)
    results = place / "results"
    wait(lambda: list(results.glob("store/results/*/*.json")))
    assert "driver running: job" in call("status", "study.yaml")[1]
    call("cancel", "study.yaml")
    wait(lambda: not study_status(results).is_going_on)
    out = call("status", "study.yaml")[1]
    assert "CANCELLED" in out
    assert "1 task finished" in out
    (place / "study.yaml").write_text((place / "study.yaml").read_text().replace(SLOW, ""))
    call("submit", "study.yaml", "-p", "cluster.toml")
    wait(lambda: not study_status(results).is_going_on)
    log = max((results / "jobs").glob("study-*.out"), key=lambda path: path.stat().st_mtime)
    assert "0 tasks calculated, 1 taken from the store" in log.read_text()


def test_retry_submits_again_what_this_user_submitted(place, call):
    call("submit", "study.yaml", "-p", "cluster.toml")
    results = place / "results"
    wait(lambda: not study_status(results).is_going_on)
    store = Store(results / "store")
    store.fail("ab" * 32, {"label": "dot", "error": "CrashError", "message": "lost"})
    (results / "jobs" / "study.sh").write_text("#!/bin/bash\ntouch hurt\n")
    code, out, err = call("retry", "study.yaml")
    assert code == 0, err
    assert "1 failure forgotten" in out
    assert len(Ledger(results).jobs()) == 2
    wait(lambda: not study_status(results).is_going_on)
    assert study_status(results).jobs[-1].state == "COMPLETED"
    assert not list(place.rglob("hurt"))


def test_a_job_that_fails_names_its_log(place, call):
    text = (place / "cluster.toml").read_text()
    (place / "cluster.toml").write_text("setup = ['false']\n" + text)
    call("submit", "study.yaml", "-p", "cluster.toml")
    wait(lambda: not study_status(place / "results").is_going_on)
    out = call("status", "study.yaml")[1]
    assert "FAILED" in out
    assert "exit code 1:0" in out
    assert "(log: " in out
    found = json.loads(call("status", "study.yaml", "--json")[1])
    assert found["jobs"][0]["state"] == "FAILED"


def test_what_slurm_refuses_is_one_line(place, call):
    text = (place / "cluster.toml").read_text()
    (place / "cluster.toml").write_text(text.replace("main", "nowhere"))
    code, _, err = call("submit", "study.yaml", "-p", "cluster.toml")
    assert code == 1
    assert err.count("\n") == 1
    assert "sbatch: " in err
    assert Ledger(place / "results").jobs() == []


def test_cancel_leaves_another_jobs_number_alone(place, call, tmp_path):
    """A ledger that names a job of ours which is none of this study's: not cancelled."""
    other = tmp_path / "other"
    other.mkdir()
    script = other / "study.sh"
    script.write_text("#!/bin/bash\n#SBATCH --job-name=study\nsleep 60\n")
    number = slurm.submit(script)
    try:
        ledger = Ledger(place / "results")
        with ledger.held():
            ledger.add(Job(number, "study", "allocation", "study.sh", 1.0))
        assert "nothing waits or runs" in call("cancel", "study.yaml")[1]
        assert number in slurm.queue()
        assert "unknown" in call("status", "study.yaml")[1]
    finally:
        slurm.cancel([number])


def test_a_node_without_accounting_is_an_ordinary_one():
    assert slurm.is_available()
    assert slurm.ended("999999999") is None
    assert shutil.which("sbatch")


# -- a job per task ---------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A state folder with a name executorlib takes."""
    pytest.importorskip("executorlib")
    return tmp_path / "state"


def test_the_driver_submits_a_job_per_task(place, call, home):
    code, _, err = call("submit", "study.yaml", "-p", "cluster.toml", "--mode", "driver")
    assert code == 0, err
    wait(lambda: not study_status(place / "results").is_going_on)
    out = call("status", "study.yaml")[1]
    assert "(study, driver): COMPLETED" in out
    assert "1 task finished" in out
    assert not list(place.rglob("hurt"))
    assert not list(place.rglob("*.h5")), "pickles belong to the user's own folder"


def test_a_job_that_is_lost_is_handed_in_again(place, call, home):
    """Somebody cancels a job: a new one goes on, with all the walltime the profile allows."""
    call("run", "study.yaml")  # so that the queue needs one core for one job
    slow(place)
    command = [sys.executable, "-m", "heterodot.cli", "run", "study.yaml"]
    command += ["--executor", "slurm", "--profile", "cluster.toml"]
    results = place / "results"
    with killed_at_last(command, stderr=subprocess.PIPE, text=True) as driver:
        first = wait(lambda: _the_only_one(results))
        out = call("status", "study.yaml")[1]
        assert "jobs of tasks in the queue: 1 RUNNING" in out
        assert "driver running: process" in out
        slurm.cancel([first.job])
        second = wait(lambda: _another(results, first))
        assert second.name == first.name
        (failure,) = study_status(results).to_dict()["failures"]
        assert failure["error"] == "LostWorkerError"
        told = f"was lost (job {first.job}: CANCELLED, somebody cancelled it)"
        assert told in failure["message"]
        log = failure["message"].split("what it said is in ")[1].split(";")[0]
        assert log.endswith(f"/job-{first.job}.out")
        assert Path(log).is_file()
        call("cancel", "study.yaml")
        assert "retried" in driver.communicate(timeout=60)[1]
    (place / "study.yaml").write_text((place / "study.yaml").read_text().replace(SLOW, ""))
    code, _, err = call("run", "study.yaml", "--executor", "slurm", "-p", "cluster.toml")
    assert code == 0
    assert "0 tasks calculated, 1 taken from the store" in err


def _another(results, first):
    entry = _the_only_one(results)
    return entry if entry is not None and entry.job != first.job else None


def test_a_job_the_queue_refuses_is_told_as_such(place, call, home):
    text = (place / "cluster.toml").read_text()
    (place / "cluster.toml").write_text(text.replace("main", "nowhere"))
    code, _, err = call("run", "study.yaml", "--executor", "slurm", "-p", "cluster.toml")
    assert code == 1
    assert "the queue refused the job of task cluster relax" in err
    assert "partition" in err


def test_a_killed_driver_leaves_its_job_and_the_next_one_takes_it_up(place, call, home):
    call("run", "study.yaml")  # so that the queue needs one core for one job
    slow(place)
    command = [sys.executable, "-m", "heterodot.cli", "run", "study.yaml"]
    command += ["--executor", "slurm", "--profile", "cluster.toml"]
    results = place / "results"
    with killed_at_last(command, stderr=subprocess.DEVNULL) as driver:
        first = wait(lambda: _the_only_one(results))
        driver.kill()
    assert study_status(results).drivers[-1].state == "stopped"
    with killed_at_last(command, stderr=subprocess.DEVNULL) as driver:
        wait(lambda: study_status(results).running_drivers)
        wait(lambda: study_status(results).under_way)
        time.sleep(3)  # time enough to submit it twice
        assert [entry.job for entry in study_status(results).task_jobs] == [first.job]
        code, out, _ = call("cancel", "study.yaml")
        assert code == 0
        assert "cancelled 1 job" in out
        assert f"process {driver.pid}" in out
    wait(lambda: not study_status(results).is_going_on)


@contextlib.contextmanager
def killed_at_last(command, **pipes):
    """A process that does not outlive a test that fails."""
    process = subprocess.Popen(command, **pipes)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _the_only_one(results):
    """The job of the slow task, once it runs."""
    entries = study_status(results).task_jobs
    return entries[0] if [entry.state for entry in entries] == ["RUNNING"] else None


def test_two_drivers_at_once_share_their_jobs(place, call, home):
    command = [sys.executable, "-m", "heterodot.cli", "run", "study.yaml"]
    command += ["--executor", "slurm", "--profile", "cluster.toml"]
    pipes = {"stderr": subprocess.PIPE, "text": True}
    with killed_at_last(command, **pipes) as one, killed_at_last(command, **pipes) as two:
        said = [one.communicate(timeout=300)[1], two.communicate(timeout=300)[1]]
    assert [one.returncode, two.returncode] == [0, 0], said
    assert len(list(Store(place / "results" / "store").keys())) == 1
    assert study_status(place / "results").store.failures == ()


def test_workers_started_once_in_an_allocation(place, call, home):
    text = (place / "cluster.toml").read_text()
    (place / "cluster.toml").write_text('executor = "slurm-block"\n' + text)
    code, _, err = call("submit", "study.yaml", "-p", "cluster.toml")
    assert code == 0, err
    wait(lambda: not study_status(place / "results").is_going_on)
    (log,) = (place / "results" / "jobs").glob("study-*.out")
    assert "1 task calculated" in log.read_text()


def test_a_worker_of_a_block_that_dies_is_started_again_and_its_task_once_more(tmp_path):
    """executorlib would begin the task again for ever, or give the whole block up."""
    pytest.importorskip("executorlib")

    def die_once(path: str) -> str:  # local: the worker gets it whole, not by its module's name
        if not Path(path).exists():
            Path(path).touch()
            os._exit(1)
        return "the second time"

    executor = BlockExecutor(1, tmp_path)
    try:
        bad, good = executor.submit(os._exit, 1), executor.submit(abs, -4)
        with pytest.raises(LostWorkerError, match="died 2 times at this task"):
            bad.result(60)
        assert good.result(60) == 4
        once = tmp_path / "once"
        assert executor.submit(die_once, str(once)).result(60) == "the second time"
    finally:
        executor.shutdown()
    assert not list(tmp_path.glob("block-*"))


# -- MPI ---------------------------------------------------------------------------------------

H2 = """\
heterodot: 1
systems:
  h2: {file: h2.xyz}
levels:
  pbe: {code: gpaw, protocol: fast, ranks: 2, overrides: {h: 0.3, vacuum: 3.0}}
questions:
  - electronic_structure: {relax: false}
output: results
"""


@pytest.mark.gpaw
@pytest.mark.parametrize("how", ["a job per task", "allocation"])
def test_gpaw_on_two_ranks_that_srun_starts_gives_what_one_gives(place, call, home, how):
    from gpaw.cgpaw import have_mpi

    if not have_mpi:
        pytest.skip("this GPAW was built without MPI: Debian's libopenmpi-dev, then build it again")
    write(place / "h2.xyz", molecule("H2"), format="extxyz")
    (place / "h2.yaml").write_text(H2)
    launcher = place.parent / "launch"
    launcher.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$*" >> {launcher}ed\nexec srun --mpi=pmix "$@"\n'
    )
    launcher.chmod(0o755)
    (place / "cluster.toml").write_text(
        f'launcher = "{launcher}"\n[environment]\nOMP_NUM_THREADS = "1"\n'
        '[job]\nwalltime = "00:10:00"\ncores = 2\n[task]\ncores = 1\n'
    )
    if how == "allocation":
        code, _, err = call("submit", "h2.yaml", "-p", "cluster.toml")
        wait(lambda: not study_status(place / "results").is_going_on)
    else:
        code, _, err = call("run", "h2.yaml", "--executor", "slurm", "-p", "cluster.toml")
    assert code == 0, err
    assert launcher.with_name("launched").read_text().startswith("-n 2 ")
    (record,) = Store(place / "results" / "store").records()
    level = Level("gpaw", "fast", {"h": 0.3, "vacuum": 3.0})
    task = Orbitals(molecule("H2"), level)
    assert task.key == record["key"]
    with Runner(place / "serial", workers=1) as runner:
        serial = runner.run(task)
    assert record["result"]["energy"] == pytest.approx(serial.energy, abs=1e-6)

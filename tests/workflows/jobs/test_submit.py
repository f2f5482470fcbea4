"""``submit --dry-run``, ``cancel`` and ``retry`` where there is no Slurm."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from heterodot.workflows import Store
from heterodot.workflows.running.batch.ledger import Job, Ledger

ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


@pytest.fixture
def no_slurm(monkeypatch, tmp_path):
    """A PATH without Slurm's commands."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("bash", "ps"):
        (commands / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(commands))


def test_the_script_runs_the_study(place, call):
    code, out, err = call("submit", "study.yaml", "--profile", "cluster.toml", "--dry-run")
    assert code == 0, err
    script = place / "results" / "jobs" / "study.sh"
    assert "results/jobs/study.sh: written" in out
    text = script.read_text()
    assert "#SBATCH --time=00:10:00\n" in text
    assert "#SBATCH --partition=main\n" in text
    assert not (place / "results" / "jobs" / "jobs.json").exists()
    run = subprocess.run(["bash", str(script)], capture_output=True, text=True, env=ENVIRONMENT)
    assert run.returncode == 0, run.stderr
    assert "1 task calculated" in run.stderr
    assert (place / "results" / "table.txt").exists()
    hurt = list(place.rglob("hurt"))
    assert not hurt


def test_the_job_imports_nothing_from_the_folder_of_the_study(place, call):
    """The study may be a stranger's, and may have come with a file called ase.py."""
    (place / "ase.py").write_text("open('hurt', 'w').close()\n")
    call("submit", "study.yaml", "--profile", "cluster.toml", "--dry-run")
    script = place / "results" / "jobs" / "study.sh"
    run = subprocess.run(["bash", str(script)], capture_output=True, text=True, env=ENVIRONMENT)
    assert not (place / "hurt").exists()
    assert run.returncode == 0, run.stderr


def test_the_driver_mode_asks_for_a_small_job(place, call):
    call("submit", "study.yaml", "-p", "cluster.toml", "--mode", "driver", "--dry-run")
    text = (place / "results" / "jobs" / "study.sh").read_text()
    assert "#SBATCH --ntasks=1\n" in text
    assert "#SBATCH --time=1-00:00:00\n" in text
    assert f"--profile '{place}/cluster.toml'".replace("'s a", "'\"'\"'s a") in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "none.toml"], "none.toml: not there"),
        ([], "--profile"),
        (["-p", "cluster.toml", "--mode", "fast"], "allocation, driver"),
        (["-p", "cluster.toml", "--workers", "0"], "--workers"),
        (["-p", "bad.toml"], "bad.toml: mode"),
        (["-p", "evil.toml"], "--account"),
        (["-p", "twice.toml"], "time is set"),
        (["-p", "odd.toml"], "character"),
    ],
)
def test_faults_are_one_line_and_leave_nothing(place, call, arguments, words):
    (place / "bad.toml").write_text("mode = 'x'")
    (place / "evil.toml").write_text("[job]\noptions = {account = 'a --wrap=x'}")
    (place / "twice.toml").write_text("[job]\noptions = {time = '1:00'}")
    (place / "odd.toml").write_text('[environment]\nA = "x\\ny"')
    code, _, err = call("submit", "study.yaml", *arguments, "--dry-run")
    assert code == 2
    assert err.count("\n") == 1
    assert words in err
    assert not (place / "results").exists()


def test_a_study_that_cannot_run_is_not_submitted(place, call):
    text = (place / "study.yaml").read_text().replace("relaxation", "d_band_centre")
    (place / "study.yaml").write_text(text)
    code, _, err = call("submit", "study.yaml", "-p", "cluster.toml", "--dry-run")
    assert code == 2
    assert "study.yaml:8" in err


def test_without_slurm_the_line_says_so(place, call, no_slurm):
    code, _, err = call("submit", "study.yaml", "-p", "cluster.toml")
    assert code == 2
    assert "sbatch is not on this machine" in err
    assert Ledger(place / "results").jobs() == []


def test_status_of_a_submitted_study_without_slurm(place, call, no_slurm):
    ledger = Ledger(place / "results")
    with ledger.held():
        ledger.add(Job("7", "study", "allocation", "study.sh", 1.0))
    code, out, _ = call("status", "study.yaml")
    assert code == 0
    assert "job 7 (study, allocation): unknown" in out
    assert "the queue cannot be asked: squeue is not on this machine" in out


RUN = (
    "import sys; from pathlib import Path; from heterodot.workflows.running.batch.drivers import "
    "Driving\n"
    "with Driving(Path(sys.argv[1]), 1): print('begun', flush=True); sys.stdin.read()"
)


def test_cancel_stops_a_run_on_this_machine_and_nothing_else(place, call, no_slurm):
    command = [sys.executable, "-c", RUN, str(place / "results")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes) as driver, subprocess.Popen(command, **pipes) as other:
        driver.stdout.readline(), other.stdout.readline()
        for path in (place / "results" / "jobs").glob("driver-*.json"):
            data = json.loads(path.read_text())
            if data["process"]["pid"] == other.pid:
                other.stdin.close()
                other.wait(10)
                data["ended"] = ""
                data["process"].update(pid=os.getpid())  # a number used again, by us
                path.write_text(json.dumps(data))
        code, out, _ = call("cancel", "study.yaml")
        assert code == 0
        assert f"stopped the run of process {driver.pid}" in out
        assert driver.wait(10) != 0
    assert "nothing waits or runs" in call("cancel", "study.yaml")[1]


def test_cancel_ends_a_real_run_and_what_is_finished_stays(place, call, no_slurm):
    text = (place / "study.yaml").read_text()
    slow = "  - vibrations: {fmax: 1.0e-20, steps: 1000000}\n"
    (place / "study.yaml").write_text(text.replace("output:", slow + "output:"))
    run = [sys.executable, "-m", "heterodot.cli", "run", "study.yaml", "--workers", "2"]
    with subprocess.Popen(run, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as driver:
        store, deadline = place / "results" / "store", time.monotonic() + 60
        while not list(store.glob("results/*/*.json")) and time.monotonic() < deadline:
            time.sleep(0.1)
        code, out, _ = call("cancel", "study.yaml")
        assert code == 0
        assert f"process {driver.pid}" in out
        assert driver.wait(10) in (-15, 143)
    assert len(list(Store(store).keys())) == 1
    assert "driver stopped" in call("status", "study.yaml")[1]


def plant(place, n: int, **entries) -> str:
    key = f"{n:064x}"
    store = Store(place / "results" / "store")
    store.fail(key, {"label": f"dot {n}", "error": "ConvergenceError", "message": "x", **entries})
    (store.work_folder(key) / "log.txt").write_text("said")
    return key


def test_retry_forgets_what_is_meant(place, call):
    keys = [plant(place, n) for n in range(1, 5)]
    keys.append(plant(place, 5, error="CrashError"))
    store = Store(place / "results" / "store")

    def left() -> set[str]:
        return {failure["label"] for failure in store.failures()}

    code, out, _ = call("retry", "study.yaml", "--transient")
    assert code == 0
    assert "1 failure forgotten" in out
    assert "now: heterodot run study.yaml" in out
    assert left() == {"dot 1", "dot 2", "dot 3", "dot 4"}
    assert call("retry", "study.yaml", "dot 1")[0] == 0
    assert call("retry", "results", keys[1])[0] == 0
    assert left() == {"dot 3", "dot 4"}
    code, _, err = call("retry", "study.yaml", "dott 3")
    assert code == 2
    assert "did you mean 'dot 3'" in err
    assert left() == {"dot 3", "dot 4"}
    assert store.log_path(keys[2]).exists()
    call("retry", "study.yaml", "dot*", "--afresh")
    assert left() == set()
    assert not store.work_path(keys[2]).exists()
    assert store.work_path(keys[0]).exists()
    assert "0 failures forgotten" in call("retry", "study.yaml")[1]


def test_retry_needs_a_store_of_results(place, call):
    code, _, err = call("retry", "study.yaml")
    assert code == 2
    assert "run the study first" in err


def test_retry_never_submits_a_strangers_script(place, call, tmp_path):
    """A results folder that came with jobs and a script: nothing of it is handed to the queue."""
    plant(place, 1)
    folder = place / "results" / "jobs"
    folder.mkdir()
    (folder / "study.sh").write_text("#!/bin/bash\ntouch hurt\n")
    ledger = Ledger(place / "results")
    with ledger.held():
        ledger.add(Job("999999999", "study", "allocation", "study.sh", 1.0))
    code, out, _ = call("retry", "study.yaml")
    assert code == 0
    assert "now: heterodot run" in out
    assert len(ledger.jobs()) == 1

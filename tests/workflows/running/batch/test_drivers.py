"""What a run says of itself, and what others make of it."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from heterodot.workflows import Event
from heterodot.workflows.running.batch.drivers import Driving, drivers

SLEEPING = """\
import sys, time
from pathlib import Path
from heterodot.workflows.running.batch.drivers import Driving
with Driving(Path(sys.argv[1]), 1):
    print("begun", flush=True)
    time.sleep(600)
"""


def event(kind: str, key: str, **more) -> Event:
    return Event(kind, label=f"dot {key}", key=key, task="relax", **more)


def test_it_tells_what_it_does(tmp_path, monkeypatch):
    monkeypatch.setattr("heterodot.workflows.running.batch.drivers.HEARTBEAT", 0.05)
    seen = []
    with Driving(tmp_path, 2, seen.append) as driving:
        for key in "abc":
            driving(event("submitted", key, n_planned=5))
        driving(event("finished", "a", n_done=1, n_planned=5))
        driving(event("failed", "b", n_done=2, n_planned=5))
        deadline = time.monotonic() + 20
        while drivers(tmp_path)[0].done < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        (driver,) = drivers(tmp_path)
        assert driver.state == "running"
        assert driver.running == {"dot c": "relax"}
        assert (driver.planned, driver.done, driver.failed) == (5, 2, 1)
    (driver,) = drivers(tmp_path)
    assert driver.state == "finished"
    assert not driver.running
    assert len(seen) == 5


def test_an_error_is_told(tmp_path):
    with pytest.raises(ZeroDivisionError), Driving(tmp_path, 1):
        _ = 1 / 0
    assert drivers(tmp_path)[0].state == "failed"


def test_one_that_was_killed_is_known_to_be_stopped(tmp_path):
    command = [sys.executable, "-c", SLEEPING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        assert drivers(tmp_path)[0].state == "running"
        process.kill()
    (driver,) = drivers(tmp_path)
    assert driver.state == "stopped"
    assert driver.ended == ""


def test_what_a_killed_one_was_writing_goes_and_what_a_living_one_writes_stays(tmp_path):
    command = [sys.executable, "-c", SLEEPING, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.kill()
    (stopped,) = (tmp_path / "jobs").glob("driver-*.json")
    stopped.with_name(f"{stopped.name}.host.1.1.tmp").write_text("half")
    with Driving(tmp_path, 1):
        assert not list((tmp_path / "jobs").glob("*.tmp"))
        (running,) = {*(tmp_path / "jobs").glob("driver-*.json")} - {stopped}
        half = running.with_name(f"{running.name}.host.1.1.tmp")
        half.write_text("half")
        with Driving(tmp_path, 1):
            assert half.exists()


def test_one_on_another_host_is_believed_as_long_as_it_speaks(tmp_path):
    with Driving(tmp_path, 1):
        (driver,) = drivers(tmp_path)
        far = replace(driver, process=replace(driver.process, host="elsewhere"))
        assert far.is_running
        assert not replace(far, updated=time.time() - 1000).is_running


def test_torn_and_foreign_files_are_passed_over(tmp_path):
    folder = tmp_path / "jobs"
    folder.mkdir()
    for n, text in enumerate(("", "[]", "{}", "[" * 100_000, '{"process": {"pid": 1}}')):
        (folder / f"driver-{n}.json").write_text(text)
    assert drivers(tmp_path) == []


def test_only_a_few_of_those_that_ended_are_kept(tmp_path):
    with Driving(tmp_path, 1):
        pass
    (path,) = (tmp_path / "jobs").glob("driver-*.json")
    for n in range(20):
        data = json.loads(path.read_text())
        data["begun"] = n
        path.with_name(f"driver-{n}.json").write_text(json.dumps(data))
    with Driving(tmp_path, 1):
        assert len(drivers(tmp_path)) <= 7


def test_a_folder_that_cannot_be_written_stops_no_run(tmp_path):
    (tmp_path / "jobs").write_text("a file in its place")
    with Driving(tmp_path, 1) as driving:
        driving(event("submitted", "a"))
    assert drivers(tmp_path) == []

"""A process is told to end only when it is shown to be the one written down."""

import subprocess
import sys
from dataclasses import replace

import pytest

from heterodot.workflows.store.processes import Process, started


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def known(pid: int) -> Process:
    return replace(Process.current(), pid=pid, started=started(pid))


def test_this_process_is_alive_and_comes_back_from_json():
    here = Process.current()
    assert here.is_alive
    assert Process.from_dict(here.to_dict()) == here


def test_a_stopped_process_has_ended(sleeper):
    process = known(sleeper.pid)
    assert process.is_alive
    assert process.stop()
    assert sleeper.wait(10) != 0
    assert not process.is_alive
    assert process.stop()


@pytest.mark.parametrize(
    "change", [{"started": "1"}, {"started": ""}, {"boot": "another"}, {"host": "elsewhere"}]
)
def test_another_process_of_that_number_is_left_alone(sleeper, change):
    stranger = replace(known(sleeper.pid), **change)
    assert not stranger.is_alive
    assert stranger.stop()
    assert sleeper.poll() is None


def test_an_ended_process_that_nobody_waited_for_is_not_alive(sleeper):
    process = known(sleeper.pid)
    sleeper.kill()
    with subprocess.Popen([sys.executable, "-c", ""]):
        pass  # let the signal arrive
    assert not process.is_alive


@pytest.mark.parametrize("pid", [None, 0, 1, -1, "12", True, 1.5])
def test_no_number_of_a_process(pid):
    with pytest.raises(ValueError, match="pid"):
        Process.from_dict({**Process.current().to_dict(), "pid": pid})

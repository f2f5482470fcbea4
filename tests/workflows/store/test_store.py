from __future__ import annotations

import errno
import json
import os
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from ase.build import molecule

from heterodot.calculators import Level
from heterodot.cli import main
from heterodot.errors import StoreError
from heterodot.workflows import Runner, SinglePoint, Store

KEY = "ab" * 32
OTHER = "cd" * 32


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


def files(store: Store) -> list[str]:
    return sorted(p.name for p in (store.path / "results").rglob("*") if p.is_file())


def test_record_comes_back_with_its_arrays(store):
    large = np.random.default_rng(0).random((20, 3))
    small = np.arange(3)
    record = {
        "result": {"energy": -1.5, "forces": large, "list": [{"deep": large * 2}], "s": small}
    }
    store.put(KEY, record, '{"task":"x"}')
    found = store.get(KEY)
    assert found["result"]["energy"] == -1.5
    np.testing.assert_array_equal(found["result"]["forces"], large)
    np.testing.assert_array_equal(found["result"]["list"][0]["deep"], large * 2)
    assert found["result"]["s"] == [0, 1, 2]
    assert found["content"] == {"task": "x"}
    assert list(store.keys()) == [KEY]
    assert KEY in store
    assert OTHER not in store
    assert store.get(OTHER) is None


@pytest.mark.parametrize("size", [0, 1, 40])
def test_torn_record_is_set_aside_and_missing(store, size):
    store.put(KEY, {"result": {"energy": 1.0}})
    path = store.path / "results" / "a" / f"{KEY}.json"
    path.write_bytes(path.read_bytes()[:size])
    assert store.get(KEY) is None
    assert KEY not in store
    store.put(KEY, {"result": {"energy": 2.0}})
    assert store.get(KEY)["result"]["energy"] == 2.0


@pytest.mark.parametrize("damage", ["torn", "gone"])
def test_damaged_arrays_make_the_record_missing(store, damage):
    store.put(KEY, {"result": {"forces": np.ones((100, 3))}})
    (archive,) = (store.path / "results" / "a").glob("*.npz")
    if damage == "torn":
        archive.write_bytes(archive.read_bytes()[:200])
    else:
        archive.unlink()
    assert store.get(KEY) is None


def test_arrays_are_read_when_they_are_used_and_not_before(store, monkeypatch):
    large = np.arange(300.0).reshape(100, 3)
    store.put(KEY, {"result": {"energy": -1.0, "forces": large}})
    found = store.get(KEY)["result"]
    assert found["energy"] == -1.0
    forces = found["forces"]
    assert forces.shape == (100, 3)
    assert forces.dtype == float
    assert len(forces) == 100
    reads = []
    read = np.lib.format.read_array
    monkeypatch.setattr(
        np.lib.format, "read_array", lambda *a, **k: reads.append(1) or read(*a, **k)
    )
    assert store.get(KEY) is not None
    assert not reads
    assert (np.asarray(forces, float) == large).all()
    assert forces[1].tolist() == [3, 4, 5]
    assert forces.tolist() == large.tolist()
    assert len(reads) == 1


def test_damage_inside_an_archive_is_one_line_and_is_calculated_again(store):
    store.put(KEY, {"result": {"forces": np.random.default_rng(0).random((1000, 3))}})
    (archive,) = (store.path / "results" / "a").glob("*.npz")
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 0xFF
    archive.write_bytes(content)
    forces = store.get(KEY)["result"]["forces"]  # what it says it is, is whole
    with pytest.raises(StoreError, match=r"damaged.*set aside: run again") as caught:
        np.asarray(forces)
    assert "\n" not in str(caught.value)
    assert store.get(KEY) is None


def test_an_archive_that_goes_while_it_is_awaited_is_one_line(store):
    store.put(KEY, {"result": {"forces": np.ones((100, 3))}})
    forces = store.get(KEY)["result"]["forces"]
    (archive,) = (store.path / "results" / "a").glob("*.npz")
    archive.unlink()
    with pytest.raises(StoreError, match="was the store moved"):
        np.asarray(forces)


def test_full_disk_is_one_line_and_leaves_nothing(store, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match=r"No space left.*free the disk") as caught:
        store.put(KEY, {"result": {"forces": np.ones((100, 3))}})
    assert "\n" not in str(caught.value)
    assert files(store) == []


def test_not_finite_numbers_are_not_stored(store):
    with pytest.raises(ValueError, match="not JSON compliant"):
        store.put(KEY, {"result": {"energy": float("nan")}})


def test_keys_cannot_leave_the_store(store):
    for key in ("../../etc/passwd", "a" * 63, "G" * 64, "ab" * 32 + "\n"):
        with pytest.raises(StoreError, match="64 hexadecimal digits"):
            store.get(key)


def test_newer_store_is_refused(tmp_path):
    store = Store(tmp_path)
    (store.path / "store.json").write_text(json.dumps({"schema": 99}))
    with pytest.raises(StoreError, match="schema 99"):
        Store(tmp_path)


def test_a_file_in_the_way_is_one_line(tmp_path):
    (tmp_path / "store").write_text("not a folder")
    with pytest.raises(StoreError, match="cannot be used as a result store"):
        Store(tmp_path / "store")


@pytest.mark.parametrize("text", ["[]", '{"schema": "x"}', "{}", "not JSON"])
def test_a_damaged_marker_is_one_line(tmp_path, text):
    Store(tmp_path)
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(StoreError, match="cannot be used as a result store"):
        Store(tmp_path)


def test_a_record_without_its_content_is_set_aside(store):
    store.put(KEY, {"result": {"energy": 1.0}})
    path = store.path / "results" / "a" / f"{KEY}.json"
    path.write_text('{"result": {"a": 1}}')
    assert store.get(KEY) is None


def test_failure_is_cleared_by_success(store):
    store.fail(KEY, {"message": "did not converge"})
    assert store.failures()[0]["message"] == "did not converge"
    assert store.get(KEY) is None
    store.put(KEY, {"result": {}})
    assert store.failures() == []


def _write_many(path: str, worker: int) -> None:
    store = Store(path)
    for i in range(30):
        store.put(f"{i:064x}", {"result": {"n": i, "by": worker, "a": np.full((50, 3), i)}})


def test_four_writers_tear_nothing(store):
    with ProcessPoolExecutor(4, mp_context=get_context("fork")) as pool:
        list(pool.map(_write_many, [str(store.path)] * 4, range(4)))
    records = [store.get(key) for key in store.keys()]  # noqa: SIM118 - not a mapping
    assert sorted(r["result"]["n"] for r in records) == list(range(30))
    assert all((np.asarray(r["result"]["a"]) == r["result"]["n"]).all() for r in records)
    assert not [name for name in files(store) if name.endswith((".tmp", ".torn"))]


def _dead_process() -> int:
    dead = get_context("fork").Process(target=int)
    dead.start()
    dead.join()
    assert dead.pid is not None
    return dead.pid


@pytest.mark.parametrize("machine", [socket.gethostname(), "elsewhere"])
def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_not(
    store, machine, tmp_path
):
    store.put(KEY, {"result": {}})
    folder = store.path / "results" / "a"
    (folder / f"{KEY}.json.{socket.gethostname()}.{os.getpid()}.1.tmp").write_text("being written")
    (folder / f"{KEY}.json.{machine}.{_dead_process()}.1.tmp").write_text("half")
    holder, ready = get_context("fork"), tmp_path / "ready"
    held = holder.Process(target=_hold, args=(str(store.path), str(ready), 60))
    held.start()
    while not ready.exists():
        time.sleep(0.01)
    store.sweep()
    assert len([name for name in files(store) if name.endswith(".tmp")]) == 2, "the task is held"
    held.kill()
    held.join()
    store.sweep()
    left = {name for name in files(store) if name.endswith(".tmp")}
    assert left == {f"{KEY}.json.{socket.gethostname()}.{os.getpid()}.1.tmp"}


def test_what_a_killed_writer_left_is_swept_before_its_parent_has_asked_for_it(store):
    (store.path / "results" / "a").mkdir(exist_ok=True)
    ended = subprocess.Popen([sys.executable, "-c", "print(1)"], stdout=subprocess.PIPE)
    ended.stdout.read()
    while "State:\tZ" not in Path(f"/proc/{ended.pid}/status").read_text():
        time.sleep(0.01)
    name = f"{KEY}.json.{socket.gethostname()}.{ended.pid}.1.tmp"
    (store.path / "results" / "a" / name).write_text("half")
    store.sweep()
    assert name not in files(store)
    ended.communicate()


def test_a_store_that_cannot_be_locked_or_written_is_left_unswept(store, monkeypatch):
    (store.path / "results" / "a").mkdir(exist_ok=True)
    name = f"{KEY}.json.elsewhere.1.1.tmp"
    (store.path / "results" / "a" / name).write_text("half")

    def refuse(self):
        raise StoreError("lock: read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_lock_descriptor", refuse)
        store.sweep()
    assert name in files(store)


def test_sweeping_does_not_let_go_of_a_task_in_hand(store):
    (store.path / "results" / "a").mkdir(exist_ok=True)
    name = f"{KEY}.json.elsewhere.1.1.tmp"
    (store.path / "results" / "a" / name).write_text("half")
    with store.claim(KEY):
        store.sweep()
        assert Store(store.path).is_held(KEY)
    assert name in files(store)


def _hold(path: str, ready: str, seconds: float) -> None:
    with Store(path).claim(KEY):
        Path(ready).touch()
        time.sleep(seconds)


def test_claim_excludes_another_process_and_dies_with_it(store, tmp_path):
    context = get_context("fork")
    ready = tmp_path / "ready"
    holder = context.Process(target=_hold, args=(str(store.path), str(ready), 60))
    holder.start()
    while not ready.exists():
        time.sleep(0.01)
    with store.claim(OTHER):  # another key is free
        pass
    waiter = context.Process(target=_hold, args=(str(store.path), str(tmp_path / "second"), 0))
    waiter.start()
    waiter.join(0.3)
    assert waiter.is_alive()  # waits for the holder
    holder.kill()
    waiter.join(5)
    assert waiter.exitcode == 0


@pytest.fixture
def no_locks(monkeypatch):
    """A file system without locks, as some mounts of NFS and Lustre are: the system call fails."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("heterodot.workflows.store.locks.fcntl.fcntl", refuse)
    monkeypatch.setattr("heterodot.workflows.store.locks.fcntl.lockf", refuse)


NO_LOCKS = r"lock: cannot be locked \(No locks available\): put the store on a file system with lo"


def test_no_locks_is_one_line(store, no_locks):
    """Two drivers could calculate the same task into one folder: refused, not hoped for."""
    for asked in (store.claim(KEY), store.claim(KEY, wait=False)):
        with pytest.raises(StoreError, match=NO_LOCKS) as caught, asked:
            pytest.fail("the task was taken")
        assert "\n" not in str(caught.value)
    with pytest.raises(StoreError, match=NO_LOCKS):
        store.is_held(KEY)


@pytest.mark.parametrize("executor", ["serial", "local"])
def test_a_runner_needs_locks_before_it_starts(store, no_locks, executor):
    with pytest.raises(StoreError, match=NO_LOCKS):
        Runner(store, executor, 1)


def test_a_study_without_locks_is_refused_once(tmp_path, no_locks, capsys):
    """In one line, not in one for each question."""
    (tmp_path / "study.yaml").write_text(
        "heterodot: 1\nsystems:\n  a: {build: [{molecule: CO}]}\n  b: {build: [{molecule: H2O}]}\n"
        "levels:\n  emt: {code: emt}\nquestions:\n  - relaxation: {}\n"
    )
    with pytest.raises(SystemExit) as left:
        main(["run", str(tmp_path / "study.yaml"), "--workers", "1"])
    _, err = capsys.readouterr()
    assert left.value.code == 2
    assert err.count("heterodot: ") == 1
    assert re.search(NO_LOCKS, err)
    assert not list((tmp_path / "study-results").glob("table*"))


def test_finished_results_are_read_where_nothing_can_be_locked(store, no_locks, monkeypatch):
    """A store on read-only media has no file to lock, and needs none."""
    task = SinglePoint(molecule("CO"), Level("emt"))
    forces = [[0.0, 0.0, 0.0]] * 2
    stored = {"energy": -1.25, "forces": forces, "charges": None, "recovery": ""}
    store.put(task.key, {"result": stored})
    monkeypatch.setattr("heterodot.workflows.store.store.os.open", _read_only)
    with Runner(store, "serial", on_event=lambda event: None) as runner:
        assert runner.run(task).energy == -1.25  # EMT's own is another


def _read_only(*_):
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))

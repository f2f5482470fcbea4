"""A store from someone else: it is read as data, runs nothing, and leads nowhere."""

import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest

from heterodot.calculators import Level
from heterodot.errors import StoreError
from heterodot.workflows import Runner, SinglePoint, Store
from heterodot.workflows.running.execution import TASK_FILE
from heterodot.workflows.study.export import export_database

KEY = "ab" * 32
EVIL = "mkdir_on_import:Evil"


class Bomb:
    def __reduce__(self):
        return (os.mkdir, ("hurt",))


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    monkeypatch.chdir(tmp_path)
    return Store(tmp_path / "store")


def plant(store: Store, text: str, archive: bytes = b"") -> None:
    folder = store.path / "results" / "a"
    folder.mkdir(exist_ok=True)
    (folder / f"{KEY}.json").write_text(text)
    if archive:
        (folder / f"{KEY}.{'0' * 12}.npz").write_bytes(archive)


WHOLE = {"key": KEY, "result": {"x": {"__array__": "a0"}}, "content": {}}
RECORD = json.dumps({**WHOLE, "arrays": f"{KEY}.{'0' * 12}.npz"})


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(f"{name}.npy", content)
    return buffer.getvalue()


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def promising(shape: str) -> bytes:
    """Return an array's header alone, promising that many numbers."""
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode()


def test_a_good_archive_is_read(store):
    numbers = np.arange(100.0)
    plant(store, RECORD, archive(a0=npy(numbers)))
    np.testing.assert_array_equal(store.get(KEY)["result"]["x"], numbers)


@pytest.mark.parametrize(
    "content",
    [
        archive(a0=npy(np.array([Bomb()], dtype=object))),
        archive(a0=pickle.dumps(Bomb())),
        pickle.dumps(Bomb()),
        archive(a0=promising("(1000000000000,)")),
        archive(a0=promising("(-5,)")),
        archive(a0=promising("__import__('os').mkdir('hurt')")),
        archive(a0=b"\x93NUMPY\x03\x00" + b"\x00" * 40),
        archive(other=npy(np.ones(3))),
        b"PK\x05\x06",
    ],
    ids=["object", "pickle", "no-zip", "promise", "negative", "code", "version", "name", "torn"],
)
def test_no_archive_runs_code_or_takes_memory(store, content):
    plant(store, RECORD, content)
    assert store.get(KEY) is None
    assert not Path("hurt").exists()


def test_a_zip_bomb_is_refused_by_its_size(store, monkeypatch):
    monkeypatch.setattr("heterodot.workflows.store.archives.MAX_ARRAYS", 1_000_000)
    packed = archive(a0=npy(np.zeros(1_000_000)))
    assert len(packed) < 20_000
    plant(store, RECORD, packed)
    assert store.get(KEY) is None


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        '{"result": ' + "9" * 10_000 + "}",
        "[]",
        "null",
        json.dumps({**WHOLE, "arrays": "../../../secret.npz"}),
        json.dumps({**WHOLE, "arrays": "/etc/passwd"}),
        json.dumps({**WHOLE, "arrays": 7}),
    ],
    ids=["deep-list", "deep-map", "digits", "list", "null", "up", "absolute", "number"],
)
def test_no_record_hurts_or_leads_out(store, text):
    np.savez(store.path.parent / "secret.npz", a0=np.ones(3))
    plant(store, text)
    assert store.get(KEY) is None


def test_a_large_record_is_not_read(store, monkeypatch):
    monkeypatch.setattr("heterodot.workflows.store.archives.MAX_JSON", 1000)
    plant(store, json.dumps({**WHOLE, "result": "x" * 2000}))
    assert store.get(KEY) is None


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "AB" * 32, "", "ab" * 31, "ab" * 32 + "\n"])
def test_no_key_is_a_path(store, key):
    for use in (store.get, store.work_path, store.log_path, lambda k: store.put(k, {})):
        with pytest.raises(StoreError, match="hexadecimal"):
            use(key)


def test_failures_name_their_own_log_only(store):
    failures = store.path / "failures"
    (failures / f"{KEY}.json").write_text(json.dumps({"label": "x", "log": "../../etc/passwd"}))
    (failures / "other.json").write_text("{}")
    (failures / f"{'cd' * 32}.json").write_text("[" * 100_000)
    (found,) = store.failures()
    assert found == {"label": "x", "log": None, "key": KEY}


@pytest.mark.parametrize("name", ["results", "work", "failures"])
def test_a_store_with_a_link_for_a_folder_is_refused(tmp_path, name):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="symbolic link"):
        Store(tmp_path / "store")


def test_the_store_itself_may_be_a_link(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "scratch")
    Store(tmp_path / "store").put(KEY, {"result": 1}, "{}")
    assert KEY in Store(tmp_path / "store")


@pytest.mark.parametrize("inside", [False, True])
def test_partial_work_that_leads_out_is_refused(store, inside, cluster):
    precious = store.path.parent / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    task = SinglePoint(cluster, Level("emt"))
    work = store.path / "work" / task.key
    if inside:
        work.mkdir()
        (work / "log.txt").symlink_to(precious / "file")
    else:
        work.symlink_to(precious)
    with Runner(store, "serial") as runner, pytest.raises(StoreError, match="symbolic link"):
        runner.run(task)
    assert [p.name for p in precious.iterdir()] == ["file"]
    assert (precious / "file").read_text() == "mine"


def test_results_behind_a_link_are_not_written_to(store):
    (store.path.parent / "elsewhere").mkdir()
    (store.path / "results" / "a").symlink_to(store.path.parent / "elsewhere")
    with pytest.raises(StoreError, match="symbolic link"):
        store.put(KEY, {"result": 1}, "{}")
    assert not list((store.path.parent / "elsewhere").iterdir())


def test_the_lock_is_no_link(store, cluster):
    (store.path / "lock").symlink_to(store.path.parent / "made")
    with Runner(store, "serial") as runner, pytest.raises(StoreError, match="lock"):
        runner.run(SinglePoint(cluster, Level("emt")))
    assert not (store.path.parent / "made").exists()


def test_a_task_left_in_a_foreign_store_is_not_run(store, cluster, monkeypatch):
    """What waits in a work folder is not asked for: only the user's own tasks are run."""
    Path("mkdir_on_import.py").write_text("import os\nos.mkdir('hurt')\n")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    task = SinglePoint(cluster, Level.from_ase("ase.calculators.emt:EMT"))
    planted = SinglePoint(cluster, Level.from_ase(EVIL)).to_dict()
    for key in (task.key, SinglePoint(cluster, Level.from_ase(EVIL)).key):
        folder = store.work_folder(key)
        (folder / TASK_FILE).write_text(json.dumps(planted))
        (folder / "error.json").write_text(json.dumps({"error": "os", "message": "x"}))
    with Runner(store, workers=1) as runner:
        assert np.isfinite(runner.run(task).energy)
    assert not Path("hurt").exists()


def test_records_of_a_foreign_code_are_exported_without_it(store, cluster):
    task = SinglePoint(cluster, Level("emt"))
    with Runner(store, "serial") as runner:
        runner.run(task)
    path = store.path / "results" / task.key[0] / f"{task.key}.json"
    record = json.loads(path.read_text())
    record["level"] = Level.from_ase(EVIL).to_dict()
    path.write_text(json.dumps(record))
    assert export_database(store, Path("all.db")) == 1
    record["content"]["structure"] = "none"
    path.write_text(json.dumps(record))
    with pytest.raises(StoreError, match="not one of ours"):
        export_database(store, Path("all.db"))

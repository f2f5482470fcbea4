"""Counting finished tasks by the index, and what the index survives."""

import json

import pytest

from heterodot.workflows import Store
from heterodot.workflows.store.index import NAME, Entry, read_index

KEYS = [f"{n:x}" * 64 for n in range(1, 5)]


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path / "store")
    for n, key in enumerate(KEYS):
        task = "relax" if n % 2 else "orbitals"
        store.put(key, {"result": {}, "task": task, "cpu_seconds": float(n)}, "{}")
    return store


WHOLE = {key: Entry("relax" if n % 2 else "orbitals", float(n)) for n, key in enumerate(KEYS)}


def test_every_stored_record_is_in_it(store, monkeypatch):
    monkeypatch.setattr(store, "peek", lambda key: pytest.fail("a record was read"))
    assert read_index(store) == WHOLE


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-7]),
        lambda path: path.write_text("[" * 100_000 + "\n" + "\x00\xff" + "[1]\n{}\n"),
        lambda path: path.write_text(
            json.dumps(["f" * 64, "relax", 1e9, "emt", 1, 1.0, 1.0, ""]) + "\n"
        ),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["gone", "torn", "foreign", "lies", "folder"],
)
def test_it_is_only_a_cache(store, damage):
    damage(store.path / NAME)
    assert read_index(store) == WHOLE
    assert read_index(store) == WHOLE


def test_it_is_mended_after_a_torn_line(store, monkeypatch):
    path = store.path / NAME
    path.write_bytes(path.read_bytes()[:-7])
    late = "9" * 64
    store.put(late, {"result": {}, "task": "hessian", "cpu_seconds": 1.0}, "{}")
    assert read_index(store) == {**WHOLE, late: Entry("hessian", 1.0)}
    monkeypatch.setattr(store, "peek", lambda key: pytest.fail("a record was read"))
    assert read_index(store) == {**WHOLE, late: Entry("hessian", 1.0)}


def test_a_deleted_record_does_not_count(store):
    (store.path / "results" / "1" / f"{KEYS[0]}.json").unlink()
    assert KEYS[0] not in read_index(store)


def test_it_is_never_written_by_way_of_a_link(store):
    path, precious = store.path / NAME, store.path.parent / "precious"
    precious.write_text("mine")
    path.unlink()
    path.symlink_to(precious)
    store.put("a" * 64, {"result": {}, "task": "relax"}, "{}")
    read_index(store)
    assert precious.read_text() == "mine"

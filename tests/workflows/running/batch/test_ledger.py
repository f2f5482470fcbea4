"""Numbers of jobs in the results folder."""

import json
import threading

import pytest

from heterodot.errors import StoreError
from heterodot.workflows.running.batch.ledger import Job, Ledger

JOB = Job("12", "study", "allocation", "study.sh", 1.0)


def test_jobs_come_back_in_order_with_their_ends(tmp_path):
    ledger = Ledger(tmp_path)
    assert ledger.jobs() == []
    with ledger.held():
        ledger.add(JOB)
        ledger.add(Job("13", "study", "driver", "study.sh", 2.0))
    ledger.close("12", "TIMEOUT", "TimeLimit")
    first, second = Ledger(tmp_path).jobs()
    assert (first.number, first.ended, first.reason) == ("12", "TIMEOUT", "TimeLimit")
    assert second.ended == ""


def test_several_at_once_lose_none(tmp_path):
    def add(n: int) -> None:
        ledger = Ledger(tmp_path)
        with ledger.held():
            ledger.add(Job(str(n), "study", "allocation", "study.sh", float(n)))

    threads = [threading.Thread(target=add, args=(n,)) for n in range(1, 21)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(job.number) for job in Ledger(tmp_path).jobs()) == list(range(1, 21))


@pytest.mark.parametrize(
    "change",
    [
        {"number": "12; touch hurt"},
        {"number": "-n"},
        {"number": ""},
        {"script": "../../x.sh"},
        {"script": "-x.sh"},
        {"script": "a b.sh"},
        {"submitted": "x"},
        {"submitted": []},
    ],
)
def test_what_is_no_job_is_left_out(tmp_path, change):
    ledger = Ledger(tmp_path)
    with ledger.held():
        ledger.add(JOB)
    data = json.loads(ledger.path.read_text())
    data["jobs"] += [{**data["jobs"][0], **change}, None, 7, []]
    ledger.path.write_text(json.dumps(data))
    assert ledger.jobs() == [JOB]


@pytest.mark.parametrize("text", ["", "[]", '{"jobs": 3}', "[" * 100_000])
def test_a_torn_ledger_is_an_empty_one(tmp_path, text):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "jobs.json").write_text(text)
    assert Ledger(tmp_path).jobs() == []


def test_no_link_is_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "jobs").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="symbolic link"), Ledger(tmp_path / "results").held():
        pass
    assert not list((tmp_path / "elsewhere").iterdir())

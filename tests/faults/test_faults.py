"""The fault campaign in short: every fault once (``make test-faults`` runs it at length)."""

from __future__ import annotations

import os
import random
import shutil
import subprocess

import pytest
from tests.faults import campaign, one_node
from tests.faults.campaign import SLURM_TASKS, reference
from tests.faults.faults import FAULTS, GPAW_FAULTS, NEED_ROOT
from tests.faults.harness import Outcome, Trial, table
from tests.faults.one_node import InUseError, refuse_company, why_not
from tests.faults.slurm_faults import SLURM_FAULTS

TASKS = 10
SEED = 20261127


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return reference(tmp_path_factory.mktemp("reference") / "store", TASKS)


@pytest.fixture(scope="module")
def undisturbed_long(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reference") / "long"
    return reference(folder, SLURM_TASKS, long=True)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_repeated_or_torn(fault, tmp_path, undisturbed):
    if fault in NEED_ROOT and (os.geteuid() or not shutil.which("unshare")):
        pytest.skip(f"{fault}: needs root, to mount and to enter namespaces")
    trial = Trial(fault, tmp_path / "store", undisturbed, TASKS)
    outcome = FAULTS[fault](trial, random.Random(SEED))
    assert outcome.is_clean, outcome


@pytest.mark.slurm
@pytest.mark.slow
@pytest.mark.parametrize("fault", SLURM_FAULTS)
def test_a_queue_that_ends_or_loses_jobs_costs_only_what_was_unfinished(
    fault, tmp_path, undisturbed_long
):
    pytest.importorskip("executorlib")
    if why := why_not():
        pytest.skip(why)
    trial = Trial(fault, tmp_path / "trial" / "store", undisturbed_long, SLURM_TASKS, long=True)
    try:
        refuse_company(trial.folder)
        outcome = SLURM_FAULTS[fault](trial, random.Random(SEED))
    except InUseError as error:
        pytest.skip(str(error))
    assert outcome.is_clean, outcome


def _drain_and_fail(folder):
    with one_node.node_put_right():
        one_node.set_node("drain", folder)
        assert not one_node.is_up()
        raise ZeroDivisionError


@pytest.mark.slurm
def test_the_node_comes_back_whatever_fails_and_is_not_taken_from_others(tmp_path):
    if why := why_not():
        pytest.skip(why)
    try:
        refuse_company(tmp_path)
    except InUseError as error:
        pytest.skip(str(error))
    with pytest.raises(ZeroDivisionError):
        _drain_and_fail(tmp_path)
    assert one_node.is_up()
    asked = ["sbatch", "--parsable", "--output=/dev/null", "--wrap", "sleep 60"]
    job = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=tmp_path).stdout
    try:
        with pytest.raises(InUseError, match=rf"jobs {job.strip()} of others"):
            one_node.set_node("down", tmp_path / "elsewhere")
        assert one_node.is_up()
    finally:
        subprocess.run(["scancel", job.strip()], check=True)


@pytest.mark.gpaw
@pytest.mark.slow
@pytest.mark.parametrize("fault", GPAW_FAULTS)
def test_a_rank_of_gpaw_that_dies_takes_nothing_with_it(fault, tmp_path):
    known = reference(tmp_path / "reference", 2, gpaw=True)
    trial = Trial(fault, tmp_path / "store", known, 2, gpaw=True)
    outcome = GPAW_FAULTS[fault](trial, random.Random(SEED))
    assert outcome.is_clean, outcome


@pytest.mark.slow
def test_two_drivers_with_four_workers_each_do_nothing_twice(tmp_path, undisturbed):
    trial = Trial("two drivers", tmp_path / "store", undisturbed, TASKS, workers=4)
    outcome = FAULTS["two drivers"](trial, random.Random(SEED))
    assert outcome.is_clean, outcome


def test_the_judge_sees_what_is_wrong():
    assert Outcome("x", 3).is_clean
    for fault in ("repeated", "different", "torn", "orphans"):
        assert not Outcome("x", 3, **{fault: 1}).is_clean
    printed = table([Outcome("x", 3), Outcome("x", 4, torn=1, note="look here")])
    assert "look here" in printed
    assert printed.splitlines()[1].split() == ["x", "2", "7", "0", "0", "1", "0"]


def test_without_slurm_the_campaign_says_what_it_leaves_out_and_why(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["campaign", "--slurm", "--only", "Slurm: node drained"])
    assert campaign.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Slurm: node drained       left out: no Slurm here: .ci/slurm up starts one" in lines[-2]
    assert lines[-1] == "0 of 0 trials clean"

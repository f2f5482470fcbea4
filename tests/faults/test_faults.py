"""The fault campaign in short: every fault once (``make test-faults`` runs it at length)."""

from __future__ import annotations

import os
import random
import shutil

import pytest
from tests.faults.campaign import reference
from tests.faults.faults import FAULTS, GPAW_FAULTS, NEED_ROOT
from tests.faults.harness import Outcome, Trial, table

TASKS = 10
SEED = 20261127


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    return reference(tmp_path_factory.mktemp("reference") / "store", TASKS)


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_lost_repeated_or_torn(fault, tmp_path, undisturbed):
    if fault in NEED_ROOT and (os.geteuid() or not shutil.which("unshare")):
        pytest.skip(f"{fault}: needs root, to mount and to enter namespaces")
    trial = Trial(fault, tmp_path / "store", undisturbed, TASKS)
    outcome = FAULTS[fault](trial, random.Random(SEED))
    assert outcome.is_clean, outcome


@pytest.mark.gpaw
@pytest.mark.slow
@pytest.mark.parametrize("fault", GPAW_FAULTS)
def test_a_rank_of_gpaw_that_dies_takes_nothing_with_it(fault, tmp_path):
    known = reference(tmp_path / "reference", 2, gpaw=True)
    trial = Trial(fault, tmp_path / "store", known, 2, gpaw=True)
    outcome = GPAW_FAULTS[fault](trial, random.Random(SEED))
    assert outcome.is_clean, outcome


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

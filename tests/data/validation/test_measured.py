"""Errors, and the spread above which several levels disagree."""

import pytest

from heterodot.data.validation.disagreement import with_disagreement
from heterodot.data.validation.measured import (
    Answer,
    LevelRecord,
    Measured,
    Quantity,
    disagreement_threshold,
    measured,
)
from heterodot.errors import InputError


def test_errors_of_values():
    quantity = Quantity("a length", "Å", reference={"a": 2.0, "b": 4.0, "c": 1.0}, relative=True)
    errors = quantity.errors({"a": 2.1, "b": 3.9})
    assert (errors.n, errors.item) == (2, "a")
    assert errors.mean == pytest.approx(1.25)
    assert errors.mae == pytest.approx(3.75)
    assert errors.largest == pytest.approx(5.0)
    assert quantity.error_unit == "%"
    assert quantity.errors({}) is None


def levels(*answers):
    return tuple(
        LevelRecord(f"level {n}", "code", {"n": n}, {}, answers={"e": Answer(values)})
        for n, values in enumerate(answers)
    )


ENERGIES = Quantity("energies", "eV", reference=dict.fromkeys("abcd", 0.0), is_energy=True)


def test_the_threshold_parts_wrong_means_from_right_ones():
    found = Measured(
        {"e": ENERGIES},
        levels({"a": 0.01, "b": 0.0, "c": 0.6, "d": 0.8}, {"a": -0.01, "b": 0.1, "c": 0.1, "d": 0}),
    )
    judged = with_disagreement(found, ["level 0", "level 1"]).disagreement
    assert judged.spreads["e: c"] == pytest.approx(0.5 / 2**0.5)
    assert judged.errors["e: c"] == pytest.approx(0.35)
    assert judged.threshold == pytest.approx(0.21)
    assert (judged.told, judged.untold, judged.false_alarms, judged.quiet) == (2, 0, 0, 2)


def test_no_threshold_where_there_is_nothing_to_part():
    found = Measured({"e": ENERGIES}, levels({"a": 0.0}, {"a": 0.1}))
    with pytest.raises(InputError, match="0 of 1 means are wrong"):
        with_disagreement(found, ["level 0", "level 1"])
    with pytest.raises(InputError, match="given level 7: expected two or more of level 0, level 1"):
        with_disagreement(found, ["level 0", "level 7"])


def test_the_threshold_that_potentials_disagree_at_is_the_stored_one():
    judged = measured().disagreement
    assert disagreement_threshold(9.0) == judged.threshold
    assert 0 < judged.threshold < 1
    assert len(judged.members) >= 2

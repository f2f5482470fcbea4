"""Numbers that a caller gives: what is one, and what is said of what is none."""

import math
from fractions import Fraction

import numpy as np
import pytest

from heterodot.checks import between, finite, is_number, is_whole, positive, whole
from heterodot.errors import InputError, StructureError

NONE = [True, np.True_, "1", None, [1.0], 1j, math.nan, math.inf, -math.inf, np.float64("nan")]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0, -1, 1.5, np.int64(3), np.float32(0.5), 1e300, 2**900])
def test_a_number(value):
    assert is_number(value)
    assert finite(value, "x") == value


@pytest.mark.parametrize("value", [*NONE, 10**400, -(10**400), np.array(1.0), Fraction(1, 2)])
def test_no_number(value):
    assert not is_number(value)
    with pytest.raises(InputError, match=r"^x .*: expected a finite number, eV$"):
        finite(value, "x", "eV")


@pytest.mark.parametrize("value", [*NONE, 1.0, np.float64(2.0)])
def test_no_whole_number(value):
    assert not is_whole(value)
    with pytest.raises(InputError, match=r"^n .*: expected a whole number, 0 or more$"):
        whole(value, "n")


def test_whole_numbers_are_within_their_bounds():
    assert type(whole(np.int64(2), "n", 0, 2)) is int
    assert whole(10**400, "n") == 10**400
    for value in (-1, 3):
        with pytest.raises(InputError, match=f"^n {value}: expected a whole number, 0…2$"):
            whole(value, "n", 0, 2)


def test_numbers_are_within_their_bounds():
    assert between(1, "share", 0, 1) == between(np.float64(1.0), "share", 0, 1) == 1.0
    for value in (-0.1, 1.1, math.nan):
        with pytest.raises(InputError, match=rf"^share {value}: expected a number, 0…1$"):
            between(value, "share", 0, 1)
    assert positive(9.5, "radius", "Å", below=10) == 9.5
    with pytest.raises(InputError, match=r"^radius 10: expected a positive number below 10, Å$"):
        positive(10, "radius", "Å", below=10)


@pytest.mark.parametrize(
    "check",
    [
        lambda error: finite("1", "x", error=error),
        lambda error: positive(0, "x", error=error),
        lambda error: between(2, "x", 0, 1, error=error),
        lambda error: whole(-1, "x", error=error),
    ],
)
def test_the_error_is_the_callers(check):
    with pytest.raises(StructureError):
        check(StructureError)
    with pytest.raises(InputError) as caught:
        check(InputError)
    assert type(caught.value) is InputError

"""Numbers a user gives: refused when they cannot be meant."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from heterodot.errors import StructureError


def checked_number(value: Any, what: str, expected: str) -> float:
    """Return a finite number as a float.

    Raises
    ------
    StructureError
        It is none (a bool, a string, NaN, infinite).
    """
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not number or not math.isfinite(value):
        raise StructureError(f"{what} {value!r}, expected {expected}")
    return float(value)


def checked_fraction(value: Any, what: str) -> float:
    """Return a number from 0 to 1.

    Raises
    ------
    StructureError
        It is none.
    """
    fraction = checked_number(value, what, "0…1")
    if not 0 <= fraction <= 1:
        raise StructureError(f"{what} {value!r}, expected 0…1")
    return fraction


def checked_integer(value: Any, what: str, least: int = 0, most: int | None = None) -> int:
    """Return a whole number within bounds.

    Raises
    ------
    StructureError
        It is none, or out of them.
    """
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        bounds = f"{least} or more" if most is None else f"{least}…{most}"
        raise StructureError(f"{what} {value!r}, expected a whole number, {bounds}")
    return int(value)

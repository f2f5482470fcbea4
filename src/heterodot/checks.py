"""Numbers that a caller gives: refused in one line where they are none."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from heterodot.errors import InputError


def is_number(value: object) -> bool:
    """Whether a value is a finite real number; True, "3" and arrays are not."""
    plain = isinstance(value, int | float | np.integer | np.floating)
    return plain and not isinstance(value, bool) and math.isfinite(value)  # type: ignore[arg-type]


def finite(value: object, name: str, unit: str = "") -> float:
    """Return a finite real number as a float; a float of a class of its own stays what it is.

    Parameters
    ----------
    value : object
        What was given.
    name : str
        What the message calls it.
    unit : str
        For the message.

    Raises
    ------
    InputError
        NaN, infinite, or no number.
    """
    if not is_number(value):
        raise InputError(f"{name} {value!r}: expected a finite number{unit and f', {unit}'}")
    if isinstance(value, float) and not isinstance(value, np.floating):
        return value
    return float(value)  # type: ignore[arg-type]


def positive(value: object, name: str, unit: str = "") -> float:
    """Return a positive finite number; see :func:`finite`.

    Raises
    ------
    InputError
        It is not one.
    """
    if not is_number(value) or not float(value) > 0:  # type: ignore[arg-type]
        raise InputError(f"{name} {value!r}: expected a positive number{unit and f', {unit}'}")
    return float(value)  # type: ignore[arg-type]


def finite_array(values: Sequence[float] | np.ndarray, name: str, unit: str = "") -> np.ndarray:
    """Return (n,) finite real numbers.

    Raises
    ------
    InputError
        One of them is none; the message shows it.
    """
    if not isinstance(values, list | tuple | range | np.ndarray) or not np.ndim(
        np.array(values, object)
    ):
        raise InputError(f"{name} {values!r}: expected a list of numbers{unit and f', {unit}'}")
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu" and np.isfinite(values).all():
        return values.astype(float).ravel()
    listed = (
        np.array(values, object).ravel().tolist()
    )  # as they were: no True made 1, no 0 made "0"
    return np.array([finite(value, f"{name}: {i}", unit) for i, value in enumerate(listed)], float)


def window_of(values: object, name: str = "window", unit: str = "eV") -> tuple[float, float]:
    """Return a window (low, high) with low < high.

    Raises
    ------
    InputError
        Not two finite numbers that rise.
    """
    if isinstance(values, tuple | list | np.ndarray) and len(values) == 2:
        low, high = values
        if is_number(low) and is_number(high) and low < high:
            return float(low), float(high)
    raise InputError(f"{name} {values!r}: expected (low, high), low < high, {unit}")

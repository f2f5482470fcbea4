"""Numbers that a caller gives: refused in one line where they are none."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TypeGuard

import numpy as np

from heterodot.errors import InputError


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a finite real number; True, "3" and arrays are not."""
    if is_whole(value):
        return abs(int(value)) <= sys.float_info.max  # others are too large for a float
    return isinstance(value, float | np.floating) and math.isfinite(value)


def is_whole(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number; True, 3.0 and "3" are not."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def finite(
    value: object, name: str, unit: str = "", *, error: type[InputError] = InputError
) -> float:
    """Return a finite real number as a float; a float of a class of its own stays what it is.

    Parameters
    ----------
    value : object
        What was given.
    name : str
        What the message calls it.
    unit : str
        For the message.
    error : type
        What is raised.

    Raises
    ------
    InputError
        NaN, infinite, or no number; the ``error`` that is asked for.
    """
    if not is_number(value):
        raise error(f"{name} {value!r}: expected a finite number{unit and f', {unit}'}")
    if isinstance(value, float) and not isinstance(value, np.floating):
        return value
    return float(value)


def positive(
    value: object,
    name: str,
    unit: str = "",
    *,
    below: float = math.inf,
    error: type[InputError] = InputError,
) -> float:
    """Return a positive finite number below a bound; see :func:`finite`.

    Raises
    ------
    InputError
        It is not one.
    """
    if not is_number(value) or not 0 < float(value) < below:
        bound = f" below {below:g}" if below < math.inf else ""
        raise error(f"{name} {value!r}: expected a positive number{bound}{unit and f', {unit}'}")
    return float(value)


def between(
    value: object, name: str, low: float, high: float, *, error: type[InputError] = InputError
) -> float:
    """Return a number from ``low`` to ``high``; see :func:`finite`.

    Raises
    ------
    InputError
        It is not one.
    """
    if not is_number(value) or not low <= value <= high:
        raise error(f"{name} {value!r}: expected a number, {low:g}…{high:g}")
    return float(value)


def whole(
    value: object,
    name: str,
    least: int = 0,
    most: int | None = None,
    *,
    error: type[InputError] = InputError,
) -> int:
    """Return a whole number within bounds; see :func:`finite`.

    Raises
    ------
    InputError
        It is none, or out of them.
    """
    if not is_whole(value) or value < least or (most is not None and value > most):
        bounds = f"{least} or more" if most is None else f"{least}…{most}"
        raise error(f"{name} {value!r}: expected a whole number, {bounds}")
    return int(value)


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

"""What the arguments of questions and tasks must be, checked against their declared types.

A wrong type, a NaN or a negative number is one line at the moment it is given, not an error of
Python's somewhere inside, or of a job hours later.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, Literal, Union, cast

import numpy as np

from heterodot.checks import is_number, is_whole
from heterodot.errors import InputError

_LEAST: dict[str, tuple[float, bool, float, str]] = {
    "fmax": (0.0, False, math.inf, "a positive force, eV/Å"),
    "steps": (1, True, 1_000_000, "1 or more, 1000000 at most"),
    "n_starts": (1, True, 1000, "1 to 1000 starts"),
    "delta": (0.0, False, math.inf, "a positive displacement, Å"),
    "free_radius": (0.0, False, math.inf, "a positive radius, Å"),
    "temperature": (0.0, False, math.inf, "a positive temperature, K"),
    "width": (0.0, False, math.inf, "a positive width, eV"),
    "seed": (0, True, math.inf, "0 or more"),
    "limit": (1, True, math.inf, "1 or more"),
    "controls": (0, True, math.inf, "0 or more"),
}
"""Least value, whether it is allowed itself, largest value, in words; by the argument's name."""

_NAMED = {
    "supercell": "three whole numbers such as [2, 2, 2], or a list of such",
    "pairs": "pairs of elements or orbitals, such as ('Cu', 'S')",
    "fragments": "'adsorbate', the name of an array, or a list of atom indices for each of them",
}
"""What is said of some arguments in place of their types."""

_WORDS = {int: "a whole number", float: "a finite number", str: "text", bool: "True or False"}


class Checked:
    """Base of questions and tasks: their arguments are of the types they are declared with."""

    def __post_init__(self) -> None:
        """Check every argument.

        Raises
        ------
        InputError
            ``name value: expected …``, in one line.
        """
        hints = _hints(cast(Any, type(self)))
        for entry in fields(cast(Any, self)):
            if not entry.init:
                continue
            value = getattr(self, entry.name)
            if not _fits(value, hints[entry.name]):
                words = " or ".join(dict.fromkeys(_expected(hints[entry.name])))
                expected = _NAMED.get(entry.name, words)
                raise InputError(f"{entry.name} {_shown(value)}: expected {expected}")
            if entry.name in _LEAST and (is_number(value) or is_whole(value)):
                least, inclusive, most, words = _LEAST[entry.name]
                if value < least or value > most or (value == least and not inclusive):
                    raise InputError(f"{entry.name} {_shown(value)}: expected {words}")


@cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type, as generously as Python's own: lists for tuples, 1 for 1.0."""
    if hint is Any:
        return True
    if hint in _WORDS or hint is type(None):
        return _is_scalar(value, hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, member) for member in args)
    if origin is Literal:
        return any(value is member or value == member for member in args)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping) and all(
            _fits(k, args[0]) and _fits(v, args[1]) for k, v in value.items()
        )
    if origin in (tuple, list, Sequence, Iterable, Collection, set, frozenset):
        return _is_list(value, origin, args)
    return not isinstance(hint, type) or isinstance(value, hint)


def _is_scalar(value: Any, hint: Any) -> bool:
    if hint is bool:
        return isinstance(value, bool | np.bool_)
    if hint is int:
        return is_whole(value)
    if hint is float:
        return is_number(value)
    return isinstance(value, hint)


def _is_list(value: Any, origin: Any, args: tuple[Any, ...]) -> bool:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return False
    items = list(value) if isinstance(value, Collection) else None
    if items is None or not args:
        return True
    if origin is tuple and Ellipsis not in args:
        return len(items) == len(args) and all(map(_fits, items, args))
    return all(_fits(item, args[0]) for item in items)


def _expected(hint: Any) -> list[str]:
    """Return what a type takes, in words."""
    if hint in _WORDS:
        return [_WORDS[hint]]
    if hint is type(None):
        return ["None"]
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return [words for member in args for words in _expected(member)]
    if origin is Literal:
        return [repr(member) for member in args]
    if origin in (dict, Mapping):
        return [f"a mapping of {_expected(args[0])[0]} to {_expected(args[1])[0]}"]
    if origin is tuple and Ellipsis not in args:
        return [f"{len(args)} values, each {_expected(args[0])[0]}"]
    if args:
        return [f"a list, each {' or '.join(_expected(args[0]))}"]
    name = getattr(hint, "__name__", str(hint))
    return ["a structure (ASE Atoms)" if name == "Atoms" else f"a {name}"]


def _shown(value: Any) -> str:
    if isinstance(value, bool | int | float | str | bytes | list | tuple | Mapping | type(None)):
        text = " ".join(repr(value).split())
    else:
        text = f"of type {type(value).__name__}"
    return text if len(text) <= 60 else f"{text[:59]}…"

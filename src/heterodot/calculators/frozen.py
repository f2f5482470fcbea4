"""Immutable, hashable, picklable JSON: what a level of theory keeps its settings in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from heterodot.errors import LevelError


class FrozenMapping(Mapping[str, Any]):
    """A mapping that cannot change, of frozen values; equal and hashed by content."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, Any]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: str) -> Any:
        return self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mapping) and self._items == dict(other)

    def __repr__(self) -> str:
        return repr(thaw(self))


def freeze(value: Any, name: str = "value") -> Any:
    """Return a JSON value as immutable mappings, tuples and scalars; numpy values become plain.

    Raises
    ------
    LevelError
        If it is not JSON.
    """
    if isinstance(value, Mapping):
        return FrozenMapping({_key(k, name): freeze(v, f"{name}.{k}") for k, v in value.items()})
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(freeze(v, name) for v in value)
    if isinstance(value, float) and not math.isfinite(value):
        raise LevelError(f"{name} = {value!r}: expected a finite number")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise LevelError(
        f"{name} = {value!r}: expected numbers, strings, lists and mappings "
        "(a level of theory is plain JSON)"
    )


def _key(key: Any, name: str) -> str:
    if not isinstance(key, str):
        raise LevelError(f"{name}: key {key!r}: expected a string")
    return key


def thaw(value: Any) -> Any:
    """Return a frozen value as plain dictionaries and lists, the caller's own."""
    if isinstance(value, Mapping):
        return {k: thaw(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [thaw(v) for v in value]
    return value

"""What a figure is drawn from, as a digest: the drawing function, its data, the code that draws."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, partial
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from ase import Atoms

import heterodot
from heterodot.workflows.store.archives import StoredArray
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

_DRAWING = ("analysis", "data", "workflows/parts", "workflows/questions", "workflows/study")
"""Folders of heterodot whose modules and style sheets decide what a figure looks like."""


class Digests:
    """Digests of drawings; what several of them share is read once.

    A digest is the same for the same function with the same data, in any process. Nothing is drawn
    and no object is pickled: dataclasses go by their fields, arrays by their numbers.
    """

    def __init__(self) -> None:
        self._known: dict[int, bytes] = {}
        self._kept: list[Any] = []  # an id is an object's own only as long as it lives

    def of(self, drawing: Callable[[], Any]) -> str:
        """Return the digest of a drawing; empty where something in it cannot be told apart.

        Parameters
        ----------
        drawing : callable
            A function, a bound method or a ``functools.partial`` of one.
        """
        try:
            return self._digest(drawing).hex()
        except _UnknownError:
            return ""

    def _digest(self, value: Any) -> bytes:
        known = self._known.get(id(value))
        if known is None:
            found = hashlib.sha256()
            for part in self._parts(value):
                found.update(part)
            known = found.digest()
            if not isinstance(value, str | int | float | bool | None):
                self._known[id(value)] = known
                self._kept.append(value)
        return known

    def _parts(self, value: Any) -> Iterable[bytes]:
        yield type(value).__qualname__.encode()
        if isinstance(value, bool | int | float | complex | str | bytes | PurePath | None):
            yield repr(value).encode()
        elif isinstance(value, np.ndarray | np.generic | StoredArray):
            array = np.asarray(value)
            if array.dtype.hasobject:
                raise _UnknownError
            yield f"{array.dtype.str}{array.shape}".encode()
            yield np.ascontiguousarray(array).tobytes()
        elif isinstance(value, Atoms):
            yield self._digest(structure_to_dict(value))
        elif isinstance(value, Mapping):
            for key, entry in value.items():
                yield self._digest(key)
                yield self._digest(entry)
        elif isinstance(value, set | frozenset):
            yield from sorted(map(self._digest, value))
        elif isinstance(value, list | tuple):
            yield from map(self._digest, value)
        else:
            yield from self._parts_of_objects(value)

    def _parts_of_objects(self, value: Any) -> Iterable[bytes]:
        if isinstance(value, partial):
            yield self._digest((value.func, value.args, value.keywords))
        elif isinstance(value, Enum):
            yield value.name.encode()
        elif is_dataclass(value) and not isinstance(value, type):
            for field in fields(value):
                yield field.name.encode()
                yield self._digest(getattr(value, field.name))
        elif hasattr(value, "__qualname__"):  # a function, a method or a class
            if "<locals>" in value.__qualname__:  # may know what we do not see
                raise _UnknownError
            yield f"{value.__module__}.{value.__qualname__}".encode()
            if getattr(value, "__self__", None) is not None:
                yield self._digest(value.__self__)
        else:
            raise _UnknownError


class _UnknownError(Exception):
    """Something that is neither data nor a function of a module."""


@cache
def drawing_version() -> str:
    """Return a digest of the code that draws: of ours, and matplotlib's version."""
    from importlib.metadata import version

    root = Path(heterodot.__file__).parent
    found = hashlib.sha256(f"{heterodot.__version__} {version('matplotlib')}".encode())
    for folder in _DRAWING:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".mplstyle"):
                found.update(path.read_bytes())
    return found.hexdigest()

"""Dataclasses as plain JSON and back, by their type hints: one converter for all of them.

A dataclass that inherits from :class:`Record` has ``to_dict`` and ``from_dict``. Where its
dictionary is not its fields in their order, the class says only the difference::

    @dataclass(frozen=True)
    class Share(Record, also=("fraction",)):
        n: int
        of: int

        @property
        def fraction(self) -> float: ...
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from difflib import get_close_matches
from enum import Enum
from functools import cache
from pathlib import Path
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    Self,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np

from heterodot.errors import InputError

Ints = Annotated[np.ndarray, int]
"""An array of integers; a bare ``np.ndarray`` is read as one of floats."""

Numbers = Annotated[np.ndarray, None]
"""An array of whatever numbers it is made of: real or complex."""


@dataclass(frozen=True)
class Fits:
    """What a value must be beyond its type: ``Annotated[str, Fits(name.fullmatch, "a name")]``.

    Attributes
    ----------
    test : callable
        Gets the value, gives something true where it fits.
    expected : str
        What fits, for errors.
    """

    test: Callable[[Any], object]
    expected: str


Made = TypeVar("Made")


class RecordError(InputError):
    """What should be a record is none: a field is missing, unknown, or of another type.

    Attributes
    ----------
    place : str
        The value at fault; empty where that is no single one.
    """

    def __init__(self, message: str, place: str = "") -> None:
        super().__init__(message)
        self.place = place


_FOREIGN: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {}


def register(kind: type[Made], write: Callable[[Made], Any], read: Callable[[Any], Made]) -> None:
    """Say how objects of a class that is not ours become plain JSON, and are made of it again."""
    _FOREIGN[kind] = (write, read)


class Record:
    """What dataclasses inherit that are written as plain JSON.

    Class keywords
    --------------
    written : tuple of str
        Fields and properties that are written, in their order; all fields by default.
    also : tuple of str
        Properties that are written after them. On reading they are passed over: they follow from
        the fields.
    keep_arrays : bool
        Arrays stay arrays, for a store that keeps them beside its JSON; lists by default.
    lenient : bool
        On reading, what is no field is passed over: other versions wrote it, or it is derived.
    none_for_nan : bool
        Numbers that are not finite are written as None, and None is read as NaN.
    error : type
        What :meth:`from_dict` raises, in place of :class:`RecordError`.
    """

    _written: ClassVar[tuple[str, ...]] = ()
    _also: ClassVar[tuple[str, ...]] = ()
    _keep_arrays: ClassVar[bool] = False
    _lenient: ClassVar[bool] = False
    _none_for_nan: ClassVar[bool] = False
    _error: ClassVar[type[InputError]] = RecordError

    def __init_subclass__(
        cls,
        written: Iterable[str] | None = None,
        also: Iterable[str] | None = None,
        keep_arrays: bool | None = None,
        lenient: bool | None = None,
        none_for_nan: bool | None = None,
        error: type[InputError] | None = None,
        **others: Any,
    ) -> None:
        super().__init_subclass__(**others)
        cls._written = cls._written if written is None else tuple(written)
        cls._also = cls._also if also is None else tuple(also)
        cls._keep_arrays = cls._keep_arrays if keep_arrays is None else keep_arrays
        cls._lenient = cls._lenient if lenient is None else lenient
        cls._none_for_nan = cls._none_for_nan if none_for_nan is None else none_for_nan
        cls._error = cls._error if error is None else error

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values (and arrays, where the class keeps them)."""
        found: dict[str, Any] = {}
        for name in (*(self._written or _fields(type(self))), *self._also):
            value = plain(getattr(self, name), self._keep_arrays)
            if self._none_for_nan and isinstance(value, float) and not math.isfinite(value):
                value = None
            found[name] = value
        return found

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Rebuild from :meth:`to_dict` (arrays may be lists).

        Raises
        ------
        RecordError
            For a missing field, an unknown one (unless the class is lenient), or a value of another
            type; the class's own ``error``, where it has one.
        """
        try:
            return read_record(cls, data, cls.__name__)
        except RecordError as error:
            if issubclass(RecordError, cls._error):
                raise
            raise cls._error(str(error)) from error


def read_record(cls: type[Made], data: Any, place: str = "", **own: Any) -> Made:
    """Make a dataclass of a mapping, each value as its type hint says.

    Parameters
    ----------
    cls : dataclass
    data : mapping
        Fields by name; those with defaults may be missing.
    place : str
        What errors put before the name of a field.
    **own
        Fields that are not for the mapping to give.

    Raises
    ------
    RecordError
        For a missing field, an unknown one (unless the class is lenient), or a value of another
        type.
    """
    known = {name: field for name, field in _fields(cls).items() if name not in own}
    hints = _hints(cls)
    if not isinstance(data, Mapping):
        raise _misfit(place, data, f"a table of {', '.join(known)}")
    derived = {*getattr(cls, "_written", ()), *getattr(cls, "_also", ())}
    for key in () if getattr(cls, "_lenient", False) else data:
        if key not in known and key not in derived:
            near = get_close_matches(str(key), known, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            listed = ", ".join(known)
            raise RecordError(f"{_in(place, key)}: unknown, expected one of {listed}{meant}")
    for field in known.values():
        if field.name not in data and not _has_default(field):
            words = _words(hints[field.name])
            expected = f", expected {words}" if words else ""
            raise RecordError(f"{_in(place, field.name)}: not given{expected}")
    given = {key: data[key] for key in known if key in data}
    if getattr(cls, "_none_for_nan", False):
        unknown = [key for key, value in given.items() if value is None and hints[key] is float]
        given |= dict.fromkeys(unknown, math.nan)
    read_ones = {key: read(hints[key], value, _in(place, key)) for key, value in given.items()}
    return cls(**read_ones, **own)


def convert_fields(record: Any) -> None:
    """Make each field what its type hint says; for ``__post_init__``, lists become tuples.

    Raises
    ------
    RecordError
        ``field: what was given, what was expected``.
    """
    for name in _fields(type(record)):
        value = read(_hints(type(record))[name], getattr(record, name), name)
        object.__setattr__(record, name, value)


def _in(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def plain(value: Any, keep_arrays: bool = False) -> Any:
    """Return a value as JSON knows it: tuples as lists, numpy's numbers as Python's.

    Parameters
    ----------
    value : object
        A number, text, None, array, :class:`Record`, enum, path, object of a class known by
        :func:`register`, or a mapping or sequence of them; anything else is returned as it is.
    keep_arrays : bool
        Arrays stay arrays; those of a record within are as its own class says.
    """
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return value if keep_arrays else value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one, keep_arrays) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, keep_arrays) for one in value]
    for kind, (write, _) in _FOREIGN.items():
        if isinstance(value, kind):
            return write(value)
    return value


def read(hint: Any, value: Any, place: str) -> Any:
    """Return a JSON value as the type that a hint names.

    Parameters
    ----------
    hint : type
        Numbers, text, Literal, enums, arrays, records, classes known by :func:`register`, and
        tuples, lists, mappings and unions of them; ``Any`` takes what there is.
    value : object
    place : str
        What an error calls it.

    Raises
    ------
    RecordError
        If it is of another type.
    """
    origin, inside = get_origin(hint), get_args(hint)
    if hint is Any:
        return value
    if origin is Annotated and isinstance(inside[1], Fits):
        return _fitting(inside[0], inside[1], value, place)
    if origin is Annotated:
        return _array(value, inside[1], place)
    if hint is np.ndarray:
        return _array(value, float, place)
    if origin in (Union, types.UnionType):
        return _one_of(inside, value, place)
    if origin is Literal:
        if value not in inside:
            raise _misfit(place, value, "one of " + ", ".join(map(repr, inside)))
        return value
    if origin is tuple:
        return _tuple(inside, value, place)
    if origin is list:
        return [read(inside[0], v, f"{place}[{n}]") for n, v in enumerate(_items(value, place))]
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(inside, value, place)
    return _single(hint, value, place)


def _fitting(hint: Any, fits: Fits, value: Any, place: str) -> Any:
    """Return the value as its type, if it passes the test too."""
    try:
        found = read(hint, value, place)
    except RecordError as error:
        if error.place != place:
            raise  # of one of its parts, which says more
        raise _misfit(place, value, fits.expected) from error
    if not fits.test(found):
        raise _misfit(place, value, fits.expected)
    return found


def _words(hint: Any) -> str:
    """Return what a value of a type is in words; empty where they would say nothing."""
    if get_origin(hint) is Annotated and isinstance(get_args(hint)[1], Fits):
        return str(get_args(hint)[1].expected)
    return _TYPES.get(hint, "") if isinstance(hint, type) else ""


def _single(hint: type, value: Any, place: str) -> Any:
    """Return one value of a plain type, an enum, a path, a record or a class of others."""
    if hint in _FOREIGN and not isinstance(value, hint):
        return _foreign(hint, value, place)
    if is_dataclass(hint) and not isinstance(value, hint):
        return _record(hint, value, place)
    if issubclass(hint, Enum) and not isinstance(value, hint):
        if value not in {one.value for one in hint}:
            raise _misfit(place, value, "one of " + ", ".join(repr(one.value) for one in hint))
        return hint(value)
    if hint is Path and isinstance(value, str):
        return Path(value)
    value = value.item() if isinstance(value, np.generic) else value
    number = isinstance(value, int) and not isinstance(value, bool)
    fits = number if hint is int else isinstance(value, hint) or (hint is float and number)
    if not fits:
        raise _misfit(place, value, _TYPES.get(hint, hint.__name__))
    return value


def _record(hint: Any, value: Any, place: str) -> Any:
    """Return a dataclass within another; as its own ``from_dict`` makes it, where it has one."""
    own = getattr(hint, "from_dict", None)
    if own is None or own.__func__ is Record.__dict__["from_dict"].__func__:
        return read_record(hint, value, place)
    return own(value)


def _foreign(hint: type, value: Any, place: str) -> Any:
    """Return an object of a class that is not ours, as what was registered for it makes it."""
    try:
        return _FOREIGN[hint][1](value)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _misfit(place, value, f"what {hint.__name__} is written as") from error


_TYPES = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}


def _one_of(hints: tuple[Any, ...], value: Any, place: str) -> Any:
    """Return the value as the first type of a union that fits."""
    if value is None and type(None) in hints:
        return None
    choices = [hint for hint in hints if hint is not type(None)]
    errors = []
    for hint in choices:
        try:
            return read(hint, value, place)
        except RecordError as error:
            errors.append(error)
    if all(hint in _TYPES for hint in choices):
        raise _misfit(place, value, " or ".join(_TYPES[hint] for hint in choices))
    raise errors[-1]


def _tuple(hints: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    items = _items(value, place)
    if len(hints) == 2 and hints[1] is Ellipsis:
        hints = (hints[0],) * len(items)
    elif len(items) != len(hints):
        raise _misfit(place, value, f"{len(hints)} values")
    pairs = zip(hints, items, strict=True)
    return tuple(read(hint, one, f"{place}[{n}]") for n, (hint, one) in enumerate(pairs))


def _items(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list | tuple | np.ndarray):
        raise _misfit(place, value, "a list")
    return list(value)


def _mapping(hints: tuple[Any, ...], value: Any, place: str) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise _misfit(place, value, "a table of names and values")
    key_of = int if hints[0] is int else str
    try:
        return {key_of(k): read(hints[1], v, f"{place}[{k!r}]") for k, v in value.items()}
    except ValueError as error:
        if isinstance(error, RecordError):
            raise
        raise _misfit(place, list(value), "whole numbers as names") from error


def _array(value: Any, kind: type | None, place: str) -> np.ndarray:
    if value is None:
        raise _misfit(place, value, "an array of numbers")
    try:
        return np.asarray(value, kind)
    except (TypeError, ValueError) as error:
        raise _misfit(place, value, "an array of numbers") from error


def _misfit(place: str, value: Any, expected: str) -> RecordError:
    return RecordError(f"{place}: given {_short(value)}, expected {expected}", place)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _made_of(cls: Any) -> dict[str, Field[Any]]:
    return {field.name: field for field in fields(cls) if field.init}


def _hints_of(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls, include_extras=True)


_fields: Callable[[Any], dict[str, Field[Any]]] = cache(_made_of)
_hints: Callable[[Any], dict[str, Any]] = cache(_hints_of)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING

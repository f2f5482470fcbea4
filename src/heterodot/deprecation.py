"""Old names that still answer for one version, each with a warning that says the new one."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, cast

from heterodot.errors import InputError

Called = TypeVar("Called", bound=Callable[..., Any])


def renamed(**names: str) -> Callable[[Called], Called]:
    """Let a function or a class take keywords by their old names too, for one version.

    An old keyword is handed on under its new name with a DeprecationWarning. Of a class (a frozen
    dataclass too) the old name is also readable on its instances, with the same warning.

    Parameters
    ----------
    **names : str
        Old name to new name.

    Raises
    ------
    InputError
        When called: both names of one argument are given.
    """

    def decorate(called: Called) -> Called:
        if not isinstance(called, type):
            return _translating(called, called.__name__, names)
        cls: Any = called
        cls.__init__ = _translating(cls.__init__, cls.__name__, names)
        for old, new in names.items():
            # the name may say something else by now
            if old not in vars(cls) and not callable(getattr(cls, old, None)):
                setattr(cls, old, _reader(cls.__name__, old, new))
        return called

    return decorate


def formerly_mapping(new: str) -> Callable[[Called], Called]:
    """Let a method be read as the mapping too that had its name, for one version.

    ``result.name()`` is the method; ``result.name[key]``, its length, keys and items are those of
    the attribute ``new``, with a DeprecationWarning.
    """

    def decorate(method: Called) -> Called:
        return cast(Called, _ReadableMethod(method, new))

    return decorate


class _ReadableMethod:
    """A method that gives, on an instance, what can be called and read."""

    def __init__(self, method: Callable[..., Any], new: str) -> None:
        functools.update_wrapper(cast(Callable[..., Any], self), method)
        self.method, self.new = method, new

    def __call__(self, *given: Any, **keywords: Any) -> Any:
        return self.method(*given, **keywords)

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else _FormerMapping(self.method, instance, self.new)


class _FormerMapping(Mapping[str, Any]):
    """A bound method, and the mapping that had its name."""

    def __init__(self, method: Callable[..., Any], instance: Any, new: str) -> None:
        functools.update_wrapper(cast(Callable[..., Any], self), method)
        self._method, self._instance, self._new = method, instance, new

    def __call__(self, *given: Any, **keywords: Any) -> Any:
        return self._method(self._instance, *given, **keywords)

    def _read(self) -> Mapping[str, Any]:
        _warn(f"{type(self._instance).__name__}.{self._method.__name__}", self._new, 4)
        found: Mapping[str, Any] = getattr(self._instance, self._new)
        return found

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def former_names(module: str, **names: str) -> Callable[[str], Any]:
    """Return ``__getattr__`` of a module in which something was renamed.

    Parameters
    ----------
    module : str
        The module's ``__name__``.
    **names : str
        Old name to new name, which the module has.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _warn(f"{module}.{name}", f"{module}.{names[name]}")
        return getattr(sys.modules[module], names[name])

    return find


def warn_renamed(old: str, new: str) -> None:
    """Warn of an old name of a value: what was given, and what it is called now."""
    _warn(old, new)


def _translating(function: Any, called: str, names: dict[str, str]) -> Any:
    @functools.wraps(function)
    def translated(*args: Any, **keywords: Any) -> Any:
        for old in names.keys() & keywords.keys():
            new = names[old]
            if new in keywords:
                raise InputError(f"{called} got {old} and {new}: they are one, give {new}")
            _warn(f"{called}({old}=…)", f"{new}=…")
            keywords[new] = keywords.pop(old)
        return function(*args, **keywords)

    return translated


def _reader(cls: str, old: str, new: str) -> property:
    def read(self: Any) -> Any:
        _warn(f"{cls}.{old}", new)
        return getattr(self, new)

    read.__doc__ = f"Old name of ``{new}``."
    return property(read)


def _warn(old: str, new: str, level: int = 3) -> None:
    message = f"{old} is now {new}; the old name goes with the next version"
    warnings.warn(message, DeprecationWarning, stacklevel=level)

"""Old names that still answer for one version, each with a warning that says the new one."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

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
            if old not in vars(cls):  # the name may say something else by now
                setattr(cls, old, _reader(cls.__name__, old, new))
        return called

    return decorate


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


def _warn(old: str, new: str) -> None:
    message = f"{old} is now {new}; the old name goes with the next version"
    warnings.warn(message, DeprecationWarning, stacklevel=3)

"""Options of a function: an object, or its fields as keywords; each is written down once."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, get_type_hints

from heterodot.errors import InputError

Options = TypeVar("Options")
Function = TypeVar("Function", bound=Callable[..., Any])


def chosen(
    kind: type[Options], options: Options | None, keywords: Mapping[str, Any], called: str
) -> Options:
    """Return options from an object and from keywords, which win.

    Parameters
    ----------
    kind : type
        Dataclass of the options.
    options : object of that type, optional
        Its defaults unless given.
    keywords : mapping
        Some of its fields.
    called : str
        What was called, for the message.

    Raises
    ------
    InputError
        The object is of another type.
    TypeError
        A keyword is no field, as Python says it of any function.
    """
    if options is not None and not isinstance(options, kind):
        raise InputError(
            f"{called}: given options of type {type(options).__name__}, expected {kind.__name__}"
        )
    known: Any = kind
    for name in keywords:
        if name not in {entry.name for entry in fields(known)}:
            raise TypeError(f"{called}() got an unexpected keyword argument {name!r}")
    given: Any = kind() if options is None else options
    return replace(given, **keywords) if keywords else given


def shared_out(keywords: Mapping[str, Any], *kinds: type[Any]) -> tuple[dict[str, Any], ...]:
    """Return of some keywords those that are fields of each dataclass.

    Those that are fields of none are with the first: :func:`chosen` refuses them.
    """
    of_kind = [{entry.name for entry in fields(kind)} for kind in kinds]
    of_kind[0] = set(keywords) - set().union(*of_kind[1:])
    return tuple({k: v for k, v in keywords.items() if k in names} for names in of_kind)


def defaults_of(kind: Any) -> dict[str, Any]:
    """Return the default of each field of a dataclass."""
    return {entry.name: entry.default for entry in fields(kind)}


def keywords_shown(keywords: Any, defaults: Mapping[str, Any]) -> Callable[[Function], Function]:
    """Let ``inspect.signature`` and ``typing.get_type_hints`` see each keyword of a function.

    One that takes ``**keywords: Unpack[…]`` shows type checkers what they are; studies and
    ``help`` read the signature.

    Parameters
    ----------
    keywords : TypedDict
        The keywords, by name.
    defaults : mapping
        Of each of them.
    """

    def decorate(function: Function) -> Function:
        hints = get_type_hints(keywords)
        signature = inspect.signature(function)
        own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
        own += [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=hint
            )
            for name, hint in hints.items()
        ]
        shown: Any = function
        shown.__signature__ = signature.replace(parameters=own)
        shown.__annotations__ = {**hints, **function.__annotations__}
        return function

    return decorate

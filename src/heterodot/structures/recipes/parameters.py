"""What a function or a workflow takes, as a pydantic model: the study's schema is the code's own.

A parameter whose type cannot be written in a study file (a structure, a level) is left out; one
that can is checked strictly: no number from a string, no integer from a truth value.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union

from heterodot.structures.recipes.steps import SITE_PARAMETERS

if TYPE_CHECKING:
    from pydantic import BaseModel

_SCALARS = (bool, int, float, str, type(None))


BOUNDS: dict[str, dict[str, Any]] = {
    "fmax": {"gt": 0},
    "steps": {"ge": 1, "le": 1_000_000},
    "n_starts": {"ge": 1, "le": 1000},
    "delta": {"gt": 0},
    "free_radius": {"gt": 0},
    "height": {"gt": 0, "le": 100},
    "seed": {"ge": 0},
}
"""What the type of a parameter does not say, by its name."""


class NotPlainError(Exception):
    """The type cannot be written in a study file."""


@cache
def parameter_model(
    target: Callable[..., Any],
    leave_out: frozenset[str],
    optional: frozenset[str] = frozenset(),
    sites: frozenset[str] = SITE_PARAMETERS,
) -> type[BaseModel]:
    """Return the model of a callable's parameters.

    Parameters
    ----------
    target : callable
        A function, or a dataclass.
    leave_out : frozenset of str
        Parameters the study fills in itself.
    optional : frozenset of str
        Parameters the study fills in where the file does not give them.
    sites : frozenset of str
        Parameters for which a rule that chooses atoms may stand.
    """
    from pydantic import ConfigDict, Field, create_model

    hints = _type_hints(target)
    fields: dict[str, Any] = {}
    for name, parameter in inspect.signature(target).parameters.items():
        if name in leave_out or parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        try:
            kind = plain_type(hints.get(name, Any))
        except NotPlainError:
            continue
        if name in sites:
            kind = Union[kind, Literal["active"], site_rule_model()]  # noqa: UP007 - the members are values here
        if name in BOUNDS:
            kind = Annotated[kind, Field(**BOUNDS[name])]
        required = parameter.default is inspect.Parameter.empty and name not in optional
        fields[name] = (kind, ... if required else _default(parameter.default))
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    return create_model(f"{target.__name__} parameters", __config__=config, **fields)


@cache
def site_rule_model() -> type[BaseModel]:
    """Return the model of a rule that chooses atoms: the keywords of ``select_sites``."""
    from heterodot.structures import select_sites

    return parameter_model(select_sites, frozenset({first_parameter(select_sites)}))


def first_parameter(target: Callable[..., Any]) -> str:
    """Name of the first parameter of a callable."""
    return next(iter(inspect.signature(target).parameters))


def plain_type(hint: Any) -> Any:
    """Return what a study file can hold of a type.

    Raises
    ------
    NotPlainError
        Nothing of it.
    """
    if hint is Any or hint in _SCALARS:
        return hint
    if hint is Path:
        return str
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return plain_type(args[0])
    if origin is Literal:
        return hint
    if origin in (Union, types.UnionType):
        return _plain_union(args)
    if origin in (dict, Mapping):
        return dict[args[0], plain_type(args[1])]  # type: ignore[misc, valid-type]
    if origin is tuple and Ellipsis not in args:
        return hint
    if origin in (list, tuple, set, frozenset, Sequence, Iterable, Collection):
        return list[plain_type(args[0])]  # type: ignore[misc]
    return _plain_class(hint)


def _plain_union(members: tuple[Any, ...]) -> Any:
    plain = []
    for member in members:
        try:
            plain.append(plain_type(member))
        except NotPlainError:
            continue
    if not [kind for kind in plain if kind is not type(None)]:
        raise NotPlainError
    return Union[tuple(plain)]  # noqa: UP007 - the members are values here


def _plain_class(hint: Any) -> Any:
    """Return the model of a facet, which is written as a mapping of its own fields."""
    from heterodot.structures import Facet

    if hint is Facet:
        return parameter_model(Facet, frozenset())
    raise NotPlainError


def _default(value: Any) -> Any:
    # the value itself is never used: what the file leaves out is left to the callable
    return value if isinstance(value, bool | int | float | str) else None


def _type_hints(target: Callable[..., Any]) -> dict[str, Any]:
    if is_dataclass(target):
        return typing.get_type_hints(target)  # those of a base in the names of its own module
    return typing.get_type_hints(target.__init__ if inspect.isclass(target) else target)

"""Protocol and overrides of a level, put together and checked; the levels that go with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from heterodot.calculators.dispersion import setting as dispersion
from heterodot.calculators.frozen import FrozenMapping, freeze, thaw
from heterodot.calculators.keywords import hint
from heterodot.calculators.registry import Code
from heterodot.errors import LevelError


def checked_prior(kind: type[Any], owner: str, given: Any, others: tuple[str, ...]) -> Any:
    """Return the level that leads another one.

    Parameters
    ----------
    kind : type
        :class:`heterodot.calculators.Level`, which imports this module.
    owner : str
        The code it goes with, for errors.
    given : object
        A level, the name of a code, or a mapping as ``Level.from_dict`` takes it.
    others : tuple of str
        Words that would have been understood as well, for errors.

    Raises
    ------
    LevelError
        It is none of these, or cannot lead.
    """
    found = _companion(kind, owner, "prior", given, others)
    if found.geometry is not None:
        raise LevelError(f"{owner}: prior {found.label}: expected a level by itself")
    if found.implementation.dear:
        raise LevelError(
            f"{owner}: prior {found.label}: as dear as what it is to lead; expected a "
            "potential or xTB (sevennet, gfn1-xtb)"
        )
    return found


def checked_geometry(level: Any) -> Any:
    """Return the level whose minima another one is asked at, as given to that one.

    Raises
    ------
    LevelError
        It is no level, the level itself, one at the geometries of a third, or beside a prior.
    """
    found = _companion(type(level), level.code, "geometry", level.geometry)
    if found.geometry is not None:
        raise LevelError(
            f"{level.code}: geometry {found.label}: takes its own geometries from another level; "
            f"expected a level by itself, such as {found.geometry_level.label}"
        )
    if (found.code, found.identity) == (level.code, level.identity):
        raise LevelError(
            f"{level.code}: geometry {found.label}: is the level itself; expected another one, or "
            "no geometry"
        )
    if level.prior is not None:
        raise LevelError(
            f"{level.code}: prior beside geometry {found.label}: nothing is relaxed at "
            f"{level.code} itself; leave the prior out, or give it to the geometry's level"
        )
    return found


def _companion(
    kind: type[Any], owner: str, role: str, given: Any, others: tuple[str, ...] = ()
) -> Any:
    data = {"code": given} if isinstance(given, str) else given
    try:
        found = kind.from_dict(data) if isinstance(data, Mapping) else data
    except LevelError as error:
        raise LevelError(f"{owner}: {role}: {error}") from error
    if not isinstance(found, kind):
        words = ["a level", "the name of a code", *map(repr, others)]
        raise LevelError(
            f"{owner}: {role} {given!r}: expected {', '.join(words[:-1])} or {words[-1]}"
        )
    return found


@lru_cache(maxsize=512)
def checked_overrides(code: Code, protocol: str, overrides_json: str) -> FrozenMapping:
    """Return the overrides converted to the code's types, or raise LevelError.

    The key is JSON because a mapping would not tell True from 1. A dispersion of "none" is left
    out: it is the level without the setting.
    """
    protocols = code.protocols()
    if protocol not in protocols:
        raise LevelError(
            f"{code.name}: unknown protocol {protocol!r}{hint(protocol, protocols)}; "
            f"known: {', '.join(protocols)}"
        )
    overrides, method = json.loads(overrides_json), None
    if adds_dispersion(code) and dispersion.NAME in overrides:
        method = dispersion.coerce(code.name, overrides.pop(dispersion.NAME))
    coerced = code.coerce(overrides)
    settings = code.resolve(protocol, coerced)
    code.check_settings(settings)
    if method is not None:
        dispersion.resolve(code.name, method, code.functional(settings))
        coerced[dispersion.NAME] = method
    frozen: FrozenMapping = freeze(coerced, code.name)
    return frozen


def adds_dispersion(code: Code) -> bool:
    """Whether dispersion is ours to add: not where the code has a setting of that name."""
    return code.capabilities.dispersion is not None and dispersion.NAME not in code.keywords


@lru_cache(maxsize=512)
def resolved_settings(code: Code, protocol: str, overrides: FrozenMapping) -> FrozenMapping:
    """Return protocol and (checked) overrides put together, the dispersion with its functional."""
    own = thaw(overrides)
    method = own.pop(dispersion.NAME, None) if adds_dispersion(code) else None
    settings = code.resolve(protocol, own)
    if method is not None:
        named = dispersion.resolve(code.name, method, code.functional(settings))
        settings = {**settings, dispersion.NAME: named}
    resolved: FrozenMapping = freeze(settings, code.name)
    return resolved

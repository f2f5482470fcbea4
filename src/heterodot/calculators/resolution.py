"""Protocol and overrides of a level, put together and checked, once for each level."""

from __future__ import annotations

import json
from functools import lru_cache

from heterodot.calculators.dispersion import setting as dispersion
from heterodot.calculators.frozen import FrozenMapping, freeze, thaw
from heterodot.calculators.keywords import hint
from heterodot.calculators.registry import Code
from heterodot.errors import LevelError


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

"""The levels that are asked: those that are there, or those a user names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from heterodot.calculators import Level, available_codes, get_code
from heterodot.errors import InputError, LevelError
from heterodot.paths import user_path


def usual_levels() -> dict[str, Level]:
    """Return every level that can run here and is neither dear nor a toy, by its label."""
    levels = [
        Level(name, overrides=overrides)
        for name, state in available_codes().items()
        if state.available
        for overrides in get_code(name).variants()
    ]
    return {level.label: level for level in levels}


def named_levels(names: Sequence[str]) -> dict[str, Level]:
    """Return levels by their labels.

    Parameters
    ----------
    names : sequence of str
        ``code``, ``code:model``, ``code:key=value,key=value``, or a YAML file of levels as a study
        writes them (``name: {code: …}``).

    Raises
    ------
    InputError
        A name that is none of these.
    """
    found: dict[str, Level] = {}
    for name in names:
        if name.endswith((".yaml", ".yml")):
            found |= _from_file(name)
            continue
        level = _from_text(name)
        found[level.label] = level
    return found


def one_level(name: str) -> Level:
    """Return the one level of a name, as :func:`named_levels` reads it.

    Raises
    ------
    InputError
        It is none, or a file of several.
    """
    known = named_levels([name])
    if len(known) != 1:
        raise InputError(f"--level {name!r}: {len(known)} levels, expected one")
    (level,) = known.values()
    return level


def _from_text(text: str) -> Level:
    code, _, rest = text.partition(":")
    overrides: dict[str, Any] = {}
    protocol = "moderate"
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            key, value = "model", part
        if key == "protocol":
            protocol = value
        else:
            overrides[key] = _value(value)
    return Level(code, protocol, overrides)


def _value(text: str) -> Any:
    """Return what JSON makes of a value; the text itself where it is none ("on", "7net-0")."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _from_file(name: str) -> dict[str, Level]:
    import yaml

    try:
        loaded = yaml.safe_load(user_path(name).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise InputError(f"{name}: cannot be read: {' '.join(str(error).split())}") from error
    if isinstance(loaded, dict) and isinstance(loaded.get("levels"), dict):
        loaded = loaded["levels"]  # a study
    if not isinstance(loaded, dict) or not all(isinstance(v, dict) for v in loaded.values()):
        raise InputError(f"{name}: expected levels as a study writes them: name: {{code: …}}")
    found = {}
    for key, entry in loaded.items():
        try:
            found[str(key)] = Level.from_dict(entry)
        except LevelError as error:
            raise InputError(f"{name}: {key}: {error}") from error
        if found[str(key)].geometry is not None:
            raise InputError(
                f"{name}: {key}: {found[str(key)].label}: single points are not validated; "
                "expected a level at its own geometries: leave 'geometry' out"
            )
    return found

"""Calculators the user has named: what ``config.toml`` in their own configuration says of them.

::

    [calculators.mymace]
    factory = "my_models:mace"     # module:function, called with the settings
    label = "MACE, ZCIS"           # in tables and figures; the name if not given
    packages = ["mace-torch"]      # whose versions belong to its results
    functional = "PBE"             # what it was trained with; makes dispersion a setting
    elements = ["Cu", "In", "S"]   # all, if not given

    [calculators.mymace.settings]
    model = "medium"
    dtype = "float32"

    [calculators.mymace.precise]   # what a protocol changes in them
    dtype = "float64"

Only this file and Python name import paths; a study names ``mymace``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ase.data import chemical_symbols

from heterodot.calculators.frozen import freeze, thaw
from heterodot.calculators.keywords import hint
from heterodot.calculators.protocol_files import PROTOCOL_NAMES
from heterodot.errors import InputError, LevelError
from heterodot.own_files import own_file, read_toml
from heterodot.paths import user_path

FILE = "config.toml"
"""Name of the file in the user's own configuration."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Definition:
    """A calculator of the user's own.

    Attributes
    ----------
    name : str
        What levels and studies call it.
    factory : str
        "module:function" (or class); called with the settings, it returns an ASE calculator.
    label : str
        For tables and figures.
    functional : str
        The functional its energies are of, whose dispersion parameters fit; empty if not known.
    packages : tuple of str
        Distributions whose versions belong to its results, beside the factory's own.
    elements : tuple of str
        Symbols it has parameters for; empty for all.
    periodic, molecular, stress : bool
        What it can do.
    native : bool
        Whether each task gets a process of its own, so that a crash of the code is that task's
        alone.
    settings : mapping
        Keyword arguments of the factory.
    protocols : mapping of str to mapping
        What "fast", "moderate" and "precise" change in them.
    where : str
        The file it is from.
    """

    name: str
    factory: str
    label: str = ""
    functional: str = ""
    packages: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    periodic: bool = True
    molecular: bool = True
    stress: bool = True
    native: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    protocols: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    where: str = ""

    def given(self, keyword: str) -> list[Any]:
        """Return every value the file gives for a setting."""
        tables = (self.settings, *self.protocols.values())
        return [table[keyword] for table in tables if keyword in table]

    @property
    def keywords(self) -> list[str]:
        """The names of all settings."""
        return list(dict.fromkeys(k for t in (self.settings, *self.protocols.values()) for k in t))


_TEXTS = ("packages", "elements")
_TABLES = ("settings", *PROTOCOL_NAMES)
_KEYS = [f.name for f in fields(Definition) if f.name not in ("name", "protocols", "where")]
_KEYS += PROTOCOL_NAMES


def read_definitions(taken: Mapping[str, object]) -> dict[str, Definition]:
    """Return the calculators of the user's own configuration by their names.

    Parameters
    ----------
    taken : mapping of str
        Names of installed codes, which may not be used again.

    Raises
    ------
    LevelError
        ``FILE: calculators.NAME.KEY: what was given, what was expected``, in one line; also for a
        file that others could have written.
    """
    try:
        path = own_file(FILE)
        data = {} if path is None else read_toml(path, "a configuration")
    except InputError as error:
        raise LevelError(str(error)) from error
    try:
        for key in data:
            if key != "calculators":
                raise LevelError(f"{key}: unknown, expected calculators")
        named = _table(data, "calculators", "calculators")
        used = {name.lower(): name for name in taken}
        return {name: _definition(name, entry, used, path) for name, entry in named.items()}
    except LevelError as error:
        raise LevelError(f"{path}: {error}") from error


def _definition(name: str, entry: Any, used: Mapping[str, str], path: Path | None) -> Definition:
    here = f"calculators.{name}"
    _require(_NAME.fullmatch(name), here, name, "a name of letters, digits, '.', '_' and '-'")
    if name.lower() in used:
        raise LevelError(
            f"{here}: {used[name.lower()]!r} is an installed code, expected another name"
        )
    _require(isinstance(entry, Mapping), here, entry, f"a table [{here}]")
    for key in entry:
        if key not in _KEYS:
            known = ", ".join(_KEYS)
            raise LevelError(f"{here}.{key}: unknown{hint(key, _KEYS)}; expected one of {known}")
    values = {k: _value(f"{here}.{k}", k, v) for k, v in entry.items() if k not in _TABLES}
    factory = values.get("factory")
    _require(factory is not None, f"{here}.factory", None, "module:function")
    settings = _settings(entry, "settings", here)
    protocols = {p: _settings(entry, p, here) for p in PROTOCOL_NAMES}
    return Definition(
        **{**values, "name": name, "settings": settings, "protocols": protocols, "where": str(path)}
    )


def _value(where: str, key: str, value: Any) -> Any:
    """Return the value of a key that is no table, checked."""
    if key in _TEXTS:
        texts = isinstance(value, list) and all(isinstance(text, str) for text in value)
        fits, expected = _LISTS[key]
        _require(texts and all(map(fits, value)), where, value, expected)
        return tuple(value)
    if key == "factory":
        fits_path = isinstance(value, str) and _PATH.fullmatch(value)
        _require(fits_path, where, value, "module:function, e.g. 'my_models:mace'")
    elif key in ("label", "functional"):
        printable = isinstance(value, str) and value.isprintable()
        _require(printable, where, value, "text")
    else:
        _require(isinstance(value, bool), where, value, "true or false")
    return value


_LISTS: dict[str, tuple[Callable[[str], object], str]] = {
    "packages": (_PACKAGE.fullmatch, "a list of packages, as pip names them"),
    "elements": (lambda text: text in chemical_symbols[1:], "a list of chemical symbols"),
}


def _settings(entry: Mapping[str, Any], key: str, here: str) -> dict[str, Any]:
    where = f"{here}.{key}"
    table = _table(entry, key, where)
    for name in table:
        _require(name.isidentifier(), f"{where}.{name}", name, "the name of a parameter")
    plain: dict[str, Any] = thaw(freeze(table, where))
    return {name: _with_home(value, f"{where}.{name}") for name, value in plain.items()}


def _with_home(value: Any, where: str) -> Any:
    """Return a setting with its paths below ``~`` written out: what they hold is hashed."""
    if isinstance(value, str) and value.startswith("~/"):
        try:
            return str(user_path(value))
        except InputError as error:
            raise LevelError(f"{where}: {error}") from error
    if isinstance(value, Mapping):
        return {key: _with_home(part, where) for key, part in value.items()}
    return [_with_home(part, where) for part in value] if isinstance(value, list) else value


def _table(data: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    found = data.get(key, {})
    _require(isinstance(found, Mapping), where, found, f"a table [{where}]")
    return dict(found)


def _require(fits: object, where: str, given: object, expected: str) -> None:
    if not fits:
        shown = "nothing" if given is None else repr(given)
        raise LevelError(f"{where}: given {shown}, expected {expected}")

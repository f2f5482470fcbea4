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
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from ase.data import chemical_symbols

from heterodot.calculators.frozen import freeze, thaw
from heterodot.calculators.protocol_files import PROTOCOL_NAMES
from heterodot.errors import InputError, LevelError
from heterodot.own_files import own_file, read_toml
from heterodot.paths import user_path
from heterodot.records import Fits, read, read_record

FILE = "config.toml"
"""Name of the file in the user's own configuration."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PATH = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


Name = Annotated[str, Fits(_NAME.fullmatch, "a name of letters, digits, '.', '_' and '-'")]
ImportPath = Annotated[str, Fits(_PATH.fullmatch, "module:function, e.g. 'my_models:mace'")]
Parameter = Annotated[str, Fits(str.isidentifier, "the name of a parameter")]
Text = Annotated[str, Fits(str.isprintable, "text of one line")]
Package = Annotated[str, Fits(_PACKAGE.fullmatch, "the name of a package, as pip knows it")]
Element = Annotated[str, Fits({*chemical_symbols[1:]}.__contains__, "a chemical symbol")]


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
    fast, moderate, precise : mapping
        What the protocols change in them.
    where : str
        The file it is from.
    """

    name: str
    factory: ImportPath
    label: Text = ""
    functional: Text = ""
    packages: tuple[Package, ...] = ()
    elements: tuple[Element, ...] = ()
    periodic: bool = True
    molecular: bool = True
    stress: bool = True
    native: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict)
    fast: Mapping[str, Any] = field(default_factory=dict)
    moderate: Mapping[str, Any] = field(default_factory=dict)
    precise: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    @property
    def protocols(self) -> dict[str, Mapping[str, Any]]:
        """What each protocol changes in the settings."""
        return {name: getattr(self, name) for name in PROTOCOL_NAMES}

    def given(self, keyword: str) -> list[Any]:
        """Return every value the file gives for a setting."""
        tables = (self.settings, *self.protocols.values())
        return [table[keyword] for table in tables if keyword in table]

    @property
    def keywords(self) -> list[str]:
        """The names of all settings."""
        return list(dict.fromkeys(k for t in (self.settings, *self.protocols.values()) for k in t))


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
        named = read(dict[str, Any], data.get("calculators", {}), "calculators")
        used = {name.lower(): name for name in taken}
        return {name: _definition(name, entry, used, path) for name, entry in named.items()}
    except InputError as error:
        raise LevelError(f"{path}: {error}") from error


def _definition(name: str, entry: Any, used: Mapping[str, str], path: Path | None) -> Definition:
    here = f"calculators.{name}"
    read(Name, name, here)
    if name.lower() in used:
        raise LevelError(
            f"{here}: {used[name.lower()]!r} is an installed code, expected another name"
        )
    found: Definition = read_record(Definition, entry, here, name=name, where=str(path))
    tables = {"settings": found.settings, **found.protocols}
    plain: dict[str, Any] = {k: _settings(table, f"{here}.{k}") for k, table in tables.items()}
    return replace(found, **plain)


def _settings(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    for name in table:
        read(Parameter, name, f"{where}.{name}")
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

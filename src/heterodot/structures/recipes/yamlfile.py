"""Read a study's YAML safely, remembering the line of everything in it.

What is accepted is the plain part of YAML: mappings with string keys, sequences, and scalars read
by the core schema of YAML 1.2 (so ``NO`` and ``on`` are words, and ``1e-3`` is a number). Tags,
merge keys and duplicate keys are refused; size, depth, aliases and the expanded size are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import StudyError
from heterodot.paths import read_at_most, user_path

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node, ScalarNode

MAX_BYTES = 1_000_000
MAX_DEPTH = 16
MAX_ALIASES = 1_000
MAX_VALUES = 50_000
"""Bounds on the file, its nesting, its aliases and what it grows to once they are followed."""

Location = tuple[str | int, ...]
"""Where a value is: the keys and list positions that lead to it."""

_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the direction of text, halves of characters."""
_MAX_DIGITS = 18


@dataclass(frozen=True)
class Document:
    """A study file as plain data.

    Attributes
    ----------
    path : Path
        The file; ``Path()`` where the data come from none, as those of the command line.
    data : object
        Mappings, lists, strings, numbers, booleans and None.
    lines : dict of Location to int
        Line (from 1) of every value.
    """

    path: Path
    data: Any
    lines: dict[Location, int]

    def line(self, location: Location) -> int:
        """Line of a value, or of the nearest thing that contains it."""
        for n in range(len(location), -1, -1):
            if location[:n] in self.lines:
                return self.lines[location[:n]]
        return 1

    def error(self, location: Location, message: str) -> StudyError:
        """Make the error that says where in the file the fault is."""
        where = field_name(location)
        if self.path != Path():
            where = f"{self.path}:{self.line(location)}: {where}"
        return StudyError(f"{where}: {_one_line(message)}")


def field_name(location: Location) -> str:
    """Write a location as a user would: ``systems.type-a.build[2].pyramid``."""
    name = ""
    for part in location:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else str(part)
    return name or "study"


def load_yaml(path: str | Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    StudyError
        ``FILE:LINE: field: what was given, what was expected``, in one line.
    """
    path = user_path(path)
    return parse_yaml(_read(path), path)


def parse_yaml(text: str, path: str | Path = "<text>") -> Document:
    """Read YAML text; ``path`` is what its errors are called by. See :func:`load_yaml`."""
    import yaml

    path = user_path(path)
    if not isinstance(text, str):
        raise StudyError(f"{path}: given {type(text).__name__}, expected the text of a study")
    try:
        _check_events(text, path)
        node = yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise StudyError(
            f"{path}:{line}: not valid YAML: {_one_line(error.problem or error.context or '')}"
        ) from error
    except yaml.YAMLError as error:
        raise StudyError(f"{path}:1: not valid YAML: {_one_line(str(error))}") from error
    if node is None:
        raise StudyError(f"{path}:1: study: given an empty file, expected a mapping")
    builder = _Builder(path)
    return Document(path, builder.value(node, ()), builder.lines)


def _loader() -> Any:
    """Return libyaml's parser where PyYAML was built with it: ten times faster, as safe."""
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _read(path: Path) -> str:
    try:
        raw = read_at_most(path, MAX_BYTES)
    except OSError as error:
        raise StudyError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(raw) > MAX_BYTES:
        raise StudyError(f"{path}:1: study: larger than {MAX_BYTES} bytes, expected a study file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise StudyError(f"{path}:{line}: study: not UTF-8 text") from error


def _check_events(text: str, path: Path) -> None:
    """Refuse deep nesting, many aliases, tags and several documents before anything is built."""
    import yaml

    depth = aliases = documents = values = 0
    for event in yaml.parse(text, Loader=_loader()):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        aliases += isinstance(event, yaml.AliasEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        values += isinstance(event, yaml.ScalarEvent)
        if values > 2 * MAX_VALUES:  # keys are counted here as well
            raise StudyError(f"{path}:{line}: more than {MAX_VALUES} values")
        if depth > MAX_DEPTH:
            raise StudyError(f"{path}:{line}: nested more than {MAX_DEPTH} deep")
        if aliases > MAX_ALIASES:
            raise StudyError(f"{path}:{line}: more than {MAX_ALIASES} aliases")
        if documents > 1:
            raise StudyError(f"{path}:{line}: given a second document, expected one per file")
        if getattr(event, "tag", None) is not None:
            raise StudyError(f"{path}:{line}: given the tag {event.tag!r}, expected plain values")


class _Builder:
    """Turn YAML nodes into plain data, noting the line of each value."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Location, int] = {}

    def value(self, node: Node, location: Location) -> Any:
        """Value of a node and of everything under it."""
        self.lines[location] = node.start_mark.line + 1
        if len(self.lines) > MAX_VALUES or len(location) > MAX_DEPTH:
            raise self._error(node, location, "its aliases make it too large")
        if node.id == "mapping":
            return self._mapping(node, location)
        if node.id == "sequence":
            return [self.value(item, (*location, n)) for n, item in enumerate(node.value)]
        return self._scalar(node, location)

    def _mapping(self, node: MappingNode, location: Location) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, location)
            if key in result:
                raise self._error(key_node, (*location, key), "given twice, expected each key once")
            result[key] = self.value(value_node, (*location, key))
            if value_node.id == "scalar" or value_node.start_mark.line < key_node.start_mark.line:
                continue
            self.lines[*location, key] = key_node.start_mark.line + 1
        return result

    def _key(self, node: Node, location: Location) -> str:
        if node.id != "scalar":
            raise self._error(node, location, "given a compound key, expected a word")
        if not node.style and node.value == "<<":
            raise self._error(node, location, "merge keys (<<) are not read: write the keys out")
        return self._printable(node, location)

    def _scalar(self, node: ScalarNode, location: Location) -> Any:
        text = self._printable(node, location)
        if node.style:
            return text
        if _NULL.match(text):
            return None
        if _BOOL.match(text):
            return text.lower() == "true"
        if _INT.match(text):
            if len(text) > _MAX_DIGITS:
                raise self._error(node, location, f"given a {len(text)}-digit number")
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        return text

    def _printable(self, node: ScalarNode, location: Location) -> str:
        """Return a scalar's text; control characters and halves of characters are no text."""
        text = str(node.value)
        bad = _NOT_TEXT.search(text)
        if bad is not None:
            raise self._error(node, location, f"given the character {bad[0]!a}, expected text")
        return text

    def _error(self, node: Node, location: Location, message: str) -> StudyError:
        line = node.start_mark.line + 1
        return StudyError(f"{self.path}:{line}: {field_name(location)}: {message}")


def _one_line(text: str) -> str:
    return " ".join(text.split())

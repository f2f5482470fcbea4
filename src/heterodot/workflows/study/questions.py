"""What a study asks: questions by their kind, with their own keywords."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from heterodot.errors import InputError
from heterodot.paths import read_at_most, user_path
from heterodot.structures.recipes.checking import check, nearest, shown
from heterodot.structures.recipes.parameters import first_parameter, parameter_model
from heterodot.workflows.questions.registry import get_question, question_kinds
from heterodot.workflows.study.schema import check_name

if TYPE_CHECKING:
    from heterodot.structures.recipes.yamlfile import Document, Location

MAX_FILE = 1_000_000
"""Bytes of a file that an argument names."""

_OWN_KEYS = ("name", "systems", "level", "levels")
_FILLED_IN = frozenset({"level", "levels", "name"})


@dataclass(frozen=True)
class Asked:
    """A checked entry of ``questions``: a question, of which systems, at which levels.

    Attributes
    ----------
    kind : str
        See :mod:`heterodot.workflows.questions.registry`.
    name : str
        What tables call it; the kind unless the study names it.
    arguments : mapping
        Checked keywords of the workflow.
    systems, levels : tuple of str
        Where it is asked.
    location : Location
    """

    kind: str
    name: str
    arguments: Mapping[str, Any]
    systems: tuple[str, ...]
    levels: tuple[str, ...]
    location: Location

    @property
    def workflow(self) -> Any:
        """The question's class."""
        return get_question(self.kind)

    @property
    def takes_levels(self) -> bool:
        """Whether the workflow is asked once, of all its levels in their order."""
        return "levels" in inspect.signature(self.workflow).parameters

    @property
    def takes_site(self) -> bool:
        """Whether the workflow can be told a site."""
        return "site" in inspect.signature(self.workflow).parameters

    @property
    def needs_site(self) -> bool:
        """Whether the workflow is about one site and cannot do without."""
        if not self.takes_site:
            return False
        default = inspect.signature(self.workflow).parameters["site"].default
        return default is inspect.Parameter.empty or "free_radius" in self.arguments

    @property
    def structure_argument(self) -> str:
        """Name of the structure in the workflow: ``dot``, ``atoms``, ``complex`` and so on."""
        return first_parameter(self.workflow)


def read_question(
    data: Mapping[str, Any],
    document: Document,
    location: Location,
    systems: tuple[str, ...],
    levels: tuple[str, ...],
) -> Asked:
    """Check one entry of ``questions``.

    Raises
    ------
    StudyError
        One line that says where and what.
    """
    given = [key for key in data if key not in _OWN_KEYS]
    known = question_kinds()
    if len(given) != 1:
        raise document.error(
            location,
            f"given {', '.join(map(str, data)) or 'nothing'}, expected one question "
            f"({', '.join(known)}) and at most {', '.join(_OWN_KEYS)}",
        )
    kind = given[0]
    where = (*location, kind)
    if kind not in known:
        near = nearest(kind, (*known, *_OWN_KEYS))
        raise document.error(where, f"unknown question, expected one of {', '.join(known)}{near}")
    try:
        question = get_question(kind)
    except InputError as error:
        raise document.error(where, str(error)) from error
    left_out = _FILLED_IN | {first_parameter(question)}
    model = parameter_model(question, left_out, frozenset({"site"}))
    keys = _renamed(data[kind] or {}, question.former_keys, document, where)
    arguments = _with_files(check(model, keys, document, where), question, document, where)
    return Asked(
        kind=kind,
        name=_name(data.get("name", kind), document, location),
        arguments=_native(arguments),
        systems=_chosen(data, ("systems",), systems, document, location),
        levels=_chosen(data, ("level", "levels"), levels, document, location),
        location=location,
    )


def _with_files(
    arguments: Mapping[str, Any], question: Any, document: Document, where: Location
) -> dict[str, Any]:
    """Return the arguments with the names of files replaced by what is in them."""
    found = dict(arguments)
    for key in question.file_keys & found.keys():
        name = found[key]
        if not isinstance(name, str) or "\n" in name:
            continue
        try:
            path = document.path.parent / user_path(name)
            content = read_at_most(path, MAX_FILE)
        except (InputError, OSError) as error:
            why = getattr(error, "strerror", None) or error
            raise document.error(
                (*where, key), f"given {name!r}: cannot be read ({why})"
            ) from error
        if len(content) > MAX_FILE:
            raise document.error(
                (*where, key), f"given {name!r}: expected {MAX_FILE} bytes at most"
            )
        found[key] = content.decode("utf-8", "replace") + "\n"
    return found


def _renamed(data: Any, former: Mapping[str, str], document: Document, location: Location) -> Any:
    """Return the keys of a question with those of before under their names of now."""
    if not isinstance(data, Mapping):
        return data
    for old in former.keys() & data.keys():
        if former[old] in data:
            raise document.error((*location, old), f"given beside {former[old]!r}, expected one")
    return {former.get(key, key): value for key, value in data.items()}


def _name(value: Any, document: Document, location: Location) -> str:
    try:
        return check_name(value if isinstance(value, str) else "")
    except ValueError as error:
        raise document.error(
            (*location, "name"), f"given {shown(value)}, expected {error}"
        ) from error


def _chosen(
    data: Mapping[str, Any],
    keys: tuple[str, ...],
    known: tuple[str, ...],
    document: Document,
    location: Location,
) -> tuple[str, ...]:
    given = [key for key in keys if key in data]
    if not given:
        return known
    if len(given) > 1:
        raise document.error((*location, given[1]), f"given beside {given[0]!r}, expected one")
    value = data[given[0]]
    names = value if isinstance(value, list) else [value]
    where = (*location, given[0])
    for name in names:
        if name not in known:
            listed = ", ".join(known)
            raise document.error(
                where, f"given {shown(name)}, expected {listed}{nearest(str(name), known)}"
            )
    if not names:
        raise document.error(where, f"given an empty list, expected {', '.join(known)}")
    return tuple(dict.fromkeys(names))


def _native(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make lists of the file tuples for the frozen workflows."""
    return {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}

"""Which questions there are, by kind; a question's module is imported when it is asked.

Ours are the classes with a ``kind`` in the modules of this package and of its folders, read from
their source. Those of other packages are entry points of the group ``heterodot.questions``::

    [project.entry-points."heterodot.questions"]
    cohesion = "my_package:Cohesion"
"""

from __future__ import annotations

import ast
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from heterodot.errors import InputError
from heterodot.workflows import questions

if TYPE_CHECKING:
    from heterodot.workflows.parts.question import Question

ENTRY_POINT_GROUP = "heterodot.questions"


@dataclass(frozen=True)
class Declared:
    """A question before it is imported.

    Attributes
    ----------
    kind : str
        Its key in a study.
    path : str
        ``module:class``.
    summary : str
        The first line of its docstring; of a question of another package, who brings it.
    """

    kind: str
    path: str
    summary: str


def declared() -> dict[str, Declared]:
    """Return all questions by kind: ours, then those of other packages."""
    return {**_own(), **_others()[0]}


def question_kinds() -> tuple[str, ...]:
    """Return the kinds there are: ours, then those of other packages, each sorted."""
    return tuple(declared())


def refused() -> tuple[str, ...]:
    """Return a line for each question of another package whose kind is taken."""
    return _others()[1]


def get_question(kind: str) -> type[Question]:
    """Return the class of a question.

    Raises
    ------
    InputError
        There is none of this kind, or the package that brings it is broken.
    """
    known = declared()
    if kind not in known:
        raise InputError(f"unknown question {kind!r}; known: {', '.join(known)}")
    return _loaded(known[kind])


@cache
def _loaded(one: Declared) -> type[Question]:
    from heterodot.workflows.parts.question import Question

    module, _, name = one.path.partition(":")
    try:
        found: Any = getattr(import_module(module), name)
    except Exception as error:  # whatever is wrong with another's package is one line of ours
        if one.kind in _own():
            raise
        why = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"question {one.kind!r} ({one.summary}): {one.path} cannot be imported: {why}"
        ) from error
    if not (isinstance(found, type) and issubclass(found, Question)):
        raise InputError(
            f"question {one.kind!r} ({one.summary}): {one.path} is not a "
            "heterodot.workflows.Question"
        )
    if getattr(found, "kind", None) != one.kind:
        raise InputError(
            f"question {one.kind!r} ({one.summary}): {one.path} says kind = "
            f"{getattr(found, 'kind', None)!r}, expected the name of its entry point"
        )
    return found


@cache
def _own() -> Mapping[str, Declared]:
    modules = pkgutil.walk_packages(questions.__path__, f"{questions.__name__}.")
    names = [module.name for module in modules if not module.ispkg]
    found = [one for name in names for one in _declared_in(name)]
    return {one.kind: one for one in sorted(found, key=lambda one: one.kind)}


def _declared_in(module: str) -> Iterator[Declared]:
    """Read the classes with a ``kind`` of their own from the source of a module."""
    for node in ast.parse(_source_of(module)).body:
        if not isinstance(node, ast.ClassDef):
            continue
        for entry in node.body:
            if (
                isinstance(entry, ast.AnnAssign)
                and ast.unparse(entry.target) == "kind"
                and ast.unparse(entry.annotation).startswith("ClassVar")
                and isinstance(entry.value, ast.Constant)
            ):
                summary = (ast.get_docstring(node) or "").partition("\n")[0]
                yield Declared(str(entry.value.value), f"{module}:{node.name}", summary)


def _source_of(module: str) -> str:
    """Return the source of a module without importing it.

    Raises
    ------
    ImportError
        It is not there: only compiled files are installed.
    """
    spec = find_spec(module)
    read = getattr(spec.loader if spec else None, "get_source", None)
    source = read(module) if read else None
    if source is None:
        raise ImportError(f"{module}: no source; install heterodot with its .py files")
    return str(source)


@cache
def _others() -> tuple[Mapping[str, Declared], tuple[str, ...]]:
    """Return what other packages bring, and a line for each whose kind is taken."""
    found: dict[str, Declared] = {}
    complaints = []
    for entry in sorted(metadata.entry_points(group=ENTRY_POINT_GROUP), key=lambda e: e.value):
        owner = f"from {entry.dist.name} {entry.dist.version}" if entry.dist else "from a package"
        if entry.name in _own():
            whose = "heterodot's own"
        elif entry.name in found and found[entry.name].path != entry.value:
            whose = f"that of {found[entry.name].path}"
        else:
            found[entry.name] = Declared(entry.name, entry.value, owner)
            continue
        complaints.append(
            f"question {entry.name!r} {owner} ({entry.value}) is left out: {entry.name!r} is "
            f"{whose}; it needs another name"
        )
    return dict(sorted(found.items())), tuple(complaints)

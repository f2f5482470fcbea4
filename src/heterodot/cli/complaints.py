"""What is wrong with the arguments, in our own words: the option, what was given, what it takes."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from heterodot.cli.common.text import one_line
from heterodot.paths import user_path

_EXPECTED = {
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of fewer digits",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_parsing": "true or false",
    "string_unicode": "text",
}
"""Kinds of errors the parser of the arguments reports, and what was expected."""

_BOUNDS = {
    "greater_than": ("gt", "a number above {}"),
    "greater_than_equal": ("ge", "{} or more"),
    "less_than": ("lt", "a number below {}"),
    "less_than_equal": ("le", "{} or less"),
}

_HOME = re.compile(r"(--[a-z][a-z-]*=|-[a-z])?(~[^/]*(?:/.*)?)", re.DOTALL)
_HINT = re.compile(r" \(on the command line (--[a-z-]+)[^)]*\)")
_LONGEST = 80


def with_home(word: str) -> str:
    """Return an argument with a leading ``~`` written out.

    A shell does so only with a word of its own: of ``--output=~/x`` it leaves it.

    Raises
    ------
    InputError
        For a home folder nobody has.
    """
    found = _HOME.fullmatch(word)
    if found is None:
        return word
    option, path = found.groups()
    return f"{option or ''}{user_path(path)}"


def possible_advice(text: str, options: Collection[str]) -> str:
    """Return a message without the hints at options that a command does not have."""
    return _HINT.sub(lambda found: found[0] if found[1] in options else "", text)


def complaint(error: Any) -> str:
    """Return one line for an error of the arguments' parser, with the value it is about."""
    cause = error.__cause__
    details = getattr(cause, "errors", None)
    parameter = getattr(error, "param", None)
    if not callable(details) or parameter is None:
        return one_line(error.format_message())
    first = details()[0]
    names = getattr(parameter, "opts", None) or [parameter.name]
    name = max(names, key=len) if str(names[0]).startswith("-") else f"argument {parameter.name!r}"
    return one_line(f"{name}: given {_shown(first.get('input'))}, expected {_expected(first)}")


def _expected(found: dict[str, Any]) -> str:
    kind = str(found.get("type"))
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return words.format(f"{found.get('ctx', {}).get(bound):g}")
    said = str(found.get("msg")).removeprefix("Input should be ").removeprefix("Value error, ")
    return said[:1].lower() + said[1:]


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"

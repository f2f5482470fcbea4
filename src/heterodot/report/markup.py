"""HTML as a type: text is escaped where it becomes markup, so that no title becomes a tag."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from ase.data import atomic_numbers

_VOID = frozenset({"br", "hr", "img", "input", "meta"})


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Child = str | Markup | Iterable["Child"] | None
"""What stands inside a tag: plain text (escaped), markup, several of them, or nothing."""


def tag(element: str, /, *children: Child, **attributes: str | bool | int | None) -> Markup:
    """Return an element.

    Parameters
    ----------
    element : str
        Its name.
    *children : str, Markup, iterable of them or None
        Text is escaped.
    **attributes : str, int, bool or None
        Values are escaped; True is an attribute without a value, False and None are left out. A
        trailing ``_`` is dropped and ``_`` is written ``-``: ``class_``, ``aria_label``.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if element in _VOID:
        return Markup(f"<{element}{written}>")
    return Markup(f"<{element}{written}>{join(children)}</{element}>")


def join(children: Child) -> Markup:
    """Return children one after the other as markup."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(html.escape(children, quote=True))
    return Markup("".join(join(child) for child in children))


def _attribute(name: str, value: str | bool | int | None) -> str:
    written = name.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {written}"
    return f' {written}="{html.escape(str(value), quote=True)}"'


_WORD = re.compile(
    r"(?<![A-Za-z0-9_])(?:(?P<formula>(?:[A-Z][a-z]?\d*){1,8})(?![A-Za-z0-9_])"
    r"|(?P<base>[A-ZΔ][a-z]?)_(?P<index>[A-Za-z]{1,4})(?![A-Za-z0-9_])(?P<charge>['′″•]*))"
)
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")
_GAS = re.compile(r" gas\b|\(g\)")


def typeset(text: str) -> Markup:
    """Return text with the counts of formulas and the indices of quantities as subscripts.

    The charges of defects (V_Cu') are superscripts. An element with a number behind it is an atom
    (Cu28) unless it is called a gas.
    """
    parts, at = [], 0
    for found in _WORD.finditer(text):
        parts += [join(text[at : found.start()]), _set(found, text[found.end() :])]
        at = found.end()
    return Markup("".join([*parts, join(text[at:])]))


def _set(found: re.Match[str], rest: str) -> Markup:
    if found["formula"] is None:
        charge = found["charge"].replace("'", "′")
        return join(
            [found["base"], tag("sub", found["index"]), tag("sup", charge) if charge else None]
        )
    pairs = _PART.findall(found["formula"])
    is_formula = len(pairs) > 1 or _GAS.match(rest)
    if not is_formula or any(symbol not in atomic_numbers for symbol, _ in pairs):
        return join(found["formula"])
    return join([[symbol, tag("sub", count) if count else None] for symbol, count in pairs])

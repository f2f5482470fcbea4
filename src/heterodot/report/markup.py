"""HTML as a type: text is escaped where it becomes markup, so that no title becomes a tag."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

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


_FORMULA = re.compile(r"(?<![A-Za-z0-9_])((?:[A-Z][a-z]?\d*){1,6}[*(]?|[A-ZΔ]_[A-Za-z]{1,4}\b)")


def typeset(text: str) -> Markup:
    """Return text with the counts of formulas and the indices of quantities as subscripts."""
    parts, at = [], 0
    for found in _FORMULA.finditer(text):
        parts += [join(text[at : found.start()]), _subscripted(found[0])]
        at = found.end()
    return Markup("".join([*parts, join(text[at:])]))


def _subscripted(word: str) -> Markup:
    base, bar, index = word.partition("_")
    if bar:
        return Markup(f"{html.escape(base)}<sub>{html.escape(index)}</sub>")
    if not re.search(r"[A-Za-z]\d", word):
        return join(word)
    return Markup(re.sub(r"(\d+)", r"<sub>\1</sub>", html.escape(word)))

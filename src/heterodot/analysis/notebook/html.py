"""Pieces of HTML for a notebook: text from anywhere is escaped, nothing needs a network."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from heterodot.analysis.figures.style import png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STYLE = (
    "<style>.heterodot table{border-collapse:collapse;margin:.3em 0}"
    ".heterodot th,.heterodot td{padding:.15em .7em;text-align:right;font-weight:normal;"
    "border-bottom:1px solid rgba(128,128,128,.25)}"
    ".heterodot thead th{border-bottom:1px solid currentColor;opacity:.75}"
    ".heterodot th:first-child,.heterodot td:first-child{text-align:left}"
    ".heterodot .doubt{color:#b3541e}.heterodot .quiet{opacity:.75}"
    ".heterodot pre{margin:.3em 0;white-space:pre-wrap}"
    ".heterodot ul{margin:.2em 0;padding-left:1.3em}</style>"
)


def block(*parts: str) -> str:
    """Return parts, HTML already, as one block with the style of all of them."""
    return f'<div class="heterodot">{_STYLE}{"".join(parts)}</div>'


def heading(text: str, after: str = "") -> str:
    """Return a line in bold, and what stands quietly after it."""
    more = f' <span class="quiet">{escape(after)}</span>' if after else ""
    return f"<div><b>{escape(text)}</b>{more}</div>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of text; the first column is to the left, the others are to the right."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def text(content: str) -> str:
    """Return text as it is, its columns below one another."""
    return f"<pre>{escape(content)}</pre>"


def doubts(sentences: Iterable[str], mark: str = "") -> str:
    """Return a list of doubts, in the colour of doubts; nothing where there is none."""
    items = "".join(f"<li>{escape(mark)}{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul class="doubt">{items}</ul>' if items else ""


def folded(summary: str, content: str) -> str:
    """Return HTML below a line that opens it; nothing where there is no content."""
    if not content:
        return ""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def png_text(figure: Figure) -> str:
    """Return a figure as a PNG in base64, as a MIME bundle has it."""
    return base64.b64encode(png(figure)).decode()

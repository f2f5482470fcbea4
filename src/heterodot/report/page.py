"""The page: one HTML file with its style, scripts and data, that asks no network for anything.

Text is escaped where it becomes markup, data is JSON that holds no tag, and the page's own policy
allows no script but those it was written with (by their hashes) and no connection to anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from heterodot.report.contents import Contents
from heterodot.report.markup import Markup, join, tag
from heterodot.report.sections import SECTIONS, head

ASSETS = Path(__file__).with_name("assets")

_SCRIPTS = ("vendor/3Dmol-min.js", "charts/*.js", "tables.js", "viewer.js", "page.js")
"""Scripts in the order they run."""


def page(contents: Contents) -> str:
    """Return the report as one HTML file."""
    scripts = _scripts()
    sections = [(section, section.render(contents)) for section in SECTIONS]
    there = [(section, body) for section, body in sections if body]
    body = join(
        [
            tag("a", "Skip to the results", href="#results", class_="skip"),
            head.render(contents, [(s.ANCHOR, s.TITLE) for s, _ in there]),
            tag("main", [_section(s, body) for s, body in there], id="results", tabindex="-1"),
            tag("footer", head.footer(contents)),
            _data("structures", {view.key: view.data for view in contents.views}),
            _data("charts", {chart["name"]: chart for chart in contents.charts}),
            [tag("script", Markup(text)) for text in scripts],
        ]
    )
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en">{_head(contents.result.title, scripts)}',
            f"<body>{body}</body></html>\n",
        ]
    )


def _section(section: Any, body: Markup) -> Markup:
    title = tag("h2", section.TITLE, id=f"{section.ANCHOR}-title")
    return tag("section", title, body, id=section.ANCHOR, aria_labelledby=f"{section.ANCHOR}-title")


def _head(title: str, scripts: tuple[str, ...]) -> Markup:
    policy = "; ".join(
        [
            "default-src 'none'",
            "style-src 'unsafe-inline'",
            f"script-src {' '.join(map(_hash, scripts))}",
            "img-src data: blob:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        # a policy's quotes are its syntax; nothing of it is anyone's text
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="heterodot"),
        tag("title", title),
        tag("style", Markup(_style())),
    )


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _scripts() -> tuple[str, ...]:
    """Return the page's own scripts."""
    paths = [path for pattern in _SCRIPTS for path in sorted(ASSETS.glob(pattern))]
    return tuple(path.read_text("utf-8") for path in paths)


@cache
def _style() -> str:
    paths = [
        path for pattern in ("page.css", "charts/*.css") for path in sorted(ASSETS.glob(pattern))
    ]
    return "\n".join(path.read_text("utf-8") for path in paths)


def _data(name: str, value: Any) -> Markup:
    return tag("script", Markup(as_json(value)), type="application/json", id=f"data-{name}")


def as_json(value: Any) -> str:
    """Return a value as JSON that ends no script and opens no comment, whatever text is in it."""
    text = json.dumps(
        _finite(value), default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)

"""The top of the page: what was asked and how far it was answered; and its foot."""

from __future__ import annotations

from collections.abc import Sequence

from heterodot import __version__
from heterodot.report.contents import Contents
from heterodot.report.doubts import Weight, weight
from heterodot.report.markup import Markup, tag, typeset
from heterodot.report.tables import titled


def render(contents: Contents, sections: Sequence[tuple[str, str]]) -> Markup:
    """Return title, what was asked, how it stands, and the way to each section."""
    result = contents.result
    links = [tag("li", tag("a", title, href=f"#{anchor}")) for anchor, title in sections]
    return tag(
        "header",
        tag("p", "heterodot report", class_="kicker"),
        tag("h1", typeset(result.title)),
        tag("p", typeset(_asked(contents)), class_="asked"),
        tag("dl", [_fact(*fact) for fact in _facts(contents)], class_="facts"),
        tag(
            "nav",
            tag("ul", links),
            tag("button", "Dark", id="theme", type="button", aria_pressed="false"),
            aria_label="Sections",
        ),
    )


def footer(contents: Contents) -> Markup:
    """Return what made the page, and when."""
    return tag(
        "p",
        f"Written by heterodot {__version__}, {contents.created}. This file holds everything it "
        "shows and loads nothing. Three-dimensional views: 3Dmol.js 2.5.5 (BSD-3-Clause).",
    )


def _asked(contents: Contents) -> str:
    cases = contents.result.cases
    kinds = [titled(block.question) for block in contents.blocks]
    kinds = [
        kinds[0],
        *(kind if kind[1:2].isupper() else kind[:1].lower() + kind[1:] for kind in kinds[1:]),
    ]
    levels = list(dict.fromkeys(block.level for block in contents.blocks))
    systems = _count(len({case.system.name for case in cases}), "system")
    return f"{_sentence(dict.fromkeys(kinds))} of {systems}, at {_sentence(levels)}."


def _sentence(words: Sequence[str] | dict[str, None]) -> str:
    *first, last = list(words)
    text = f"{', '.join(first)} and {last}" if first else last
    return text[:1].upper() + text[1:]


def _facts(contents: Contents) -> list[tuple[str, str, str]]:
    """Return number, what it counts, and how it is to be coloured."""
    result = contents.result
    n_cases, n_errors = len(result.cases), len(result.errors)
    flags = dict.fromkeys(f for a in result.results.values() for f in a.flags)
    wrong = sum(weight(flag) is Weight.WRONG for flag in flags)
    seconds = sum(float(r.get("cpu_seconds") or 0) for r in contents.tasks.records)
    facts = [
        (f"{n_cases - n_errors} of {n_cases}", "questions answered", "bad" if n_errors else ""),
        (str(len(flags)), f"flag{'s' * (len(flags) != 1)}", ""),
        (str(wrong), "of them serious", "bad" if wrong else ""),
        (str(len(contents.views)), "structures", ""),
        (str(len(contents.tasks.records)), "tasks", ""),
    ]
    return [*facts, (_duration(seconds), "of CPU", "")] if seconds else facts


def _fact(number: str, what: str, tone: str) -> Markup:
    return tag("div", tag("dt", what), tag("dd", number), class_=tone or None)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"

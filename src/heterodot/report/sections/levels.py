"""What each level may be believed for, and how it was set."""

from __future__ import annotations

import json

from heterodot.calculators import Level
from heterodot.report.contents import Contents
from heterodot.report.markup import Markup, join, tag

TITLE = "Levels of theory"
ANCHOR = "levels"


def render(contents: Contents) -> Markup:
    """Return each level with its caveats and settings."""
    levels: dict[str, Level] = {}
    for case in contents.result.cases:
        for level in getattr(case.workflow, "levels", None) or [case.workflow.level]:
            levels.setdefault(level.label, level)
    parts = []
    for label, level in levels.items():
        caveats = dict.fromkeys(t for b in contents.blocks if b.level == label for t in b.caveats)
        settings = json.dumps(level.settings, indent=1, ensure_ascii=False, default=str)
        parts.append(
            tag(
                "article",
                tag("h3", label),
                tag("ul", [tag("li", text) for text in caveats]) if caveats else None,
                tag(
                    "details",
                    tag("summary", "Settings"),
                    tag("p", f"{level.code}, protocol {level.protocol}"),
                    tag("pre", settings),
                ),
            )
        )
    return join(parts)

"""How a study and what it found show themselves in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from heterodot.analysis.notebook.html import block, doubts, folded, heading, table, text
from heterodot.data.flags import DAGGER
from heterodot.workflows.study.tables import shown_value

if TYPE_CHECKING:
    from heterodot.workflows.study.rows import Row


def rows_html(title: str, rows: Sequence[Row]) -> str:
    """Return answers as HTML: a table for each question and level, the systems side by side."""
    parts = [heading(title)]
    for question, level in dict.fromkeys((row.question, row.level) for row in rows):
        found = [row for row in rows if (row.question, row.level) == (question, level)]
        names = dict.fromkeys(name for row in found for name in row.values)
        lines = [(name, *(_cell(row, name) for row in found)) for name in names]
        parts += [heading(question, level), table(("", *(row.label for row in found)), lines)]
        parts.append(doubts(f"{row.label}: failed: {row.error}" for row in found if row.error))
        said = [f"{row.label}: {flag}" for row in found for flag in row.flags]
        parts.append(folded(f"{DAGGER} flags ({len(said)})", doubts(said)))
    caveats = dict.fromkeys(caveat for row in rows for caveat in row.caveats)
    parts.append(folded(f"caveats ({len(caveats)})", doubts(caveats)))
    return block(*parts)


def _cell(row: Row, name: str) -> str:
    if row.error:
        return "failed"
    if name not in row.values:
        return "—"
    return shown_value(row, name) + (DAGGER if name in row.marks else "")


def study_html(study: Any) -> str:
    """Return what a ``Study`` asks as HTML; nothing is built for it."""
    asked = [
        (question.name, ", ".join(question.systems), ", ".join(question.levels))
        for question in study.questions
    ]
    levels = [(name, level.label) for name, level in study.levels.items()]
    return block(
        heading(study.title, str(study.document.path)),
        table(("question", "of", "at"), asked),
        table(("level", ""), levels),
        text(f"{len(study.case_systems)} cases; results in {study.output}"),
    )

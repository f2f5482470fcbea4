"""How an answer shows itself in a notebook: its numbers with their doubts beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heterodot.analysis.notebook.html import block, doubts, folded, heading, table, text
from heterodot.data.flags import DAGGER, Marked


def result_html(result: Any) -> str:
    """Return a ``Result`` as HTML: what † means below it, the rest folds open."""
    kind = type(result).__name__.removesuffix("Result")
    caveats = [c for c in result.caveats if not any(c in flag.message for flag in result.flags)]
    states = ", ".join(result.structures)
    hint = f"structures: {states} (heterodot.view shows them)" if states else ""
    return block(
        heading(_words(kind), result.level),
        table(("", "value", "rests on"), value_rows(result.quantities())),
        doubts(map(str, result.flags), f"{DAGGER} "),
        folded(f"caveats ({len(caveats)})", doubts(caveats)),
        folded("what was subtracted from what", _references(result)),
        folded("in words", text(result.headline())),
        f'<div class="quiet">{hint}</div>',
    )


def value_rows(quantities: Mapping[str, Marked]) -> list[tuple[str, str, str]]:
    """Return name, value and flags of quantities, as text."""
    return [(name, _shown(name, one), ", ".join(one.names)) for name, one in quantities.items()]


def _shown(name: str, one: Marked) -> str:
    digits = 1 if "cm⁻¹" in name or "(°)" in name else 3
    return f"{one:.{digits}f}" if isinstance(one.value, float) else f"{one}"


def _references(result: Any) -> str:
    return text(result.references_table()) if result.references() else ""


def _words(name: str) -> str:
    """Return the name of a class as words: CO2Reduction as CO2 reduction."""
    words: list[str] = []
    for letter in name:
        starts = letter.isupper() and words and words[-1][-1].islower()
        after_digit = letter.isupper() and words and words[-1][-1].isdigit()
        if not words or starts or after_digit:
            words.append(letter)
        else:
            words[-1] += letter
    return " ".join([words[0], *(w if w.isupper() else w.lower() for w in words[1:])])

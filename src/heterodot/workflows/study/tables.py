"""Tables of a study's rows: as text with the systems side by side, as CSV, as JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import textwrap
from collections.abc import Iterable, Sequence

from heterodot.data.flags import DAGGER
from heterodot.workflows.study.rows import Row

WIDTH = 100
"""Characters of a line of text."""


def text_table(title: str, rows: Sequence[Row]) -> str:
    """Return the answers as text: one block per question and level, one column per system."""
    blocks = [title, "=" * len(title)]
    labels = {row.system: row.label for row in rows}
    blocks += [f"{name}: {label}" for name, label in labels.items() if label != name]
    for question, level in dict.fromkeys((row.question, row.level) for row in rows):
        block = [row for row in rows if (row.question, row.level) == (question, level)]
        blocks += ["", f"{question} — {level}", *_side_by_side(block), *_doubts(block)]
    blocks += _caveats(rows)
    return "\n".join(blocks)


def csv_table(rows: Sequence[Row]) -> str:
    """Return one line per row, a column for every quantity of any of them."""
    columns = list(dict.fromkeys(name for row in rows for name in _with_spreads(row)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ("system", "label", "question", "level", "status")
    writer.writerow([*head, *columns, "marks", "flags", "caveats", "error"])
    for row in rows:
        fixed = (row.system, row.label, row.question, row.level, "failed" if row.error else "ok")
        known = _with_spreads(row)
        values = [_cell(known.get(name, ""), precision=6) for name in columns]
        doubts = (_marks(row), "; ".join(row.flags), "; ".join(row.caveats), row.error)
        writer.writerow([_harmless(cell) for cell in (*fixed, *values, *doubts)])
    return text.getvalue()


def json_table(title: str, rows: Sequence[Row]) -> str:
    """Return the rows as JSON."""
    return json.dumps(
        {"title": title, "rows": [_finite(row.to_dict()) for row in rows]},
        indent=1,
        ensure_ascii=False,
        allow_nan=False,
    )


def _side_by_side(block: Sequence[Row]) -> list[str]:
    names = list(dict.fromkeys(name for row in block for name in row.values))
    shared = [name for name in names if _is_shared_text(name, block)]
    names = [name for name in names if name not in shared]
    grid = [["", *(row.system for row in block)]]
    for name in names:
        cells = [shown_value(row, name) for row in block]
        marks = [DAGGER if name in row.marks else "" for row in block]
        # the digits stay below one another: a column with marks keeps their place everywhere
        pads = [
            "" if mark or not row.marks else " " for mark, row in zip(marks, block, strict=True)
        ]
        grid.append([name, *(c + m + p for c, m, p in zip(cells, marks, pads, strict=True))])
    if any(row.error for row in block):
        grid.append(["", *("failed" if row.error else "" for row in block)])
    grid.append(["flags", *(str(len(row.flags)) if not row.error else "" for row in block)])
    widths = [max(len(line[n]) for line in grid) for n in range(len(grid[0]))]
    lines = ["  ".join(_pad(cell, n, widths) for n, cell in enumerate(line)) for line in grid]
    rule = "-" * min(WIDTH, sum(widths) + 2 * len(widths) - 2)
    head = [f"{name}: {_first(block, name)}" for name in shared]
    return [*head, *(line.rstrip() for line in (lines[0], rule, *lines[1:]))]


def shown_value(row: Row, name: str) -> str:
    """Return a value of a row as a table shows it, with its spread and without its mark."""
    value = row.values.get(name)
    if isinstance(value, float) and math.isfinite(value) and over_orders(name):
        return f"{value:.2e}"
    digits = 1 if "cm⁻¹" in name or "(°)" in name else 3
    return _cell(row.values.get(name, "—"), digits) + _plus_minus(row, name, digits)


def over_orders(name: str) -> bool:
    """Whether a number of this name runs over orders of magnitude: a rate, a time, a D."""
    return any(unit in name for unit in ("(cm²/s)", "(1/s)", "(s)"))


def _with_spreads(row: Row) -> dict[str, float | str]:
    """Return the values by name, the spread of each behind it."""
    found: dict[str, float | str] = {}
    for name, value in row.values.items():
        found[name] = value
        if name in row.spreads:
            found[f"± {name}"] = row.spreads[name]
    return found


def _plus_minus(row: Row, name: str, digits: int) -> str:
    return f" ± {_cell(row.spreads[name], digits)}" if name in row.spreads else ""


def _is_shared_text(name: str, block: Sequence[Row]) -> bool:
    """Whether it is the same words for every system: said once, above the columns."""
    values = [row.values.get(name) for row in block if not row.error]
    return name == "conditions" and len(set(values)) == 1


def _first(block: Sequence[Row], name: str) -> float | str:
    return next(row.values[name] for row in block if name in row.values)


def _pad(cell: str, column: int, widths: Sequence[int]) -> str:
    return cell.ljust(widths[column]) if column == 0 else cell.rjust(widths[column])


def _doubts(block: Sequence[Row]) -> list[str]:
    lines = []
    if any(row.spreads for row in block):
        lines.append("± sample standard deviation of the members of the committee")
    for row in block:
        lines += _wrapped(f"{row.system}: {DAGGER} {text}" for text in _by_flags(row))
        lines += _wrapped(f"{row.system}: flag {flag}" for flag in row.flags)
        if row.error:
            lines += _wrapped([f"{row.system}: failed: {row.error}"])
    return lines


def _by_flags(row: Row) -> list[str]:
    """Say which flags the marked values rest on: values with the same ones in one sentence."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name, flags in row.marks.items():
        groups.setdefault(flags, []).append(name)
    said = []
    for flags, names in groups.items():
        which = ", ".join(names)
        if len(names) > 3 and len(groups) == 1:
            which = f"all numbers but {len(row.values) - len(names)}"
            which = which if len(names) < len(row.values) else "all numbers"
        said.append(f"{which}: {', '.join(flags)}")
    return said


def _marks(row: Row) -> str:
    """Return the marked values with the names of their flags, for one cell."""
    return "; ".join(f"{name}: {', '.join(flags)}" for name, flags in row.marks.items())


def _caveats(rows: Sequence[Row]) -> list[str]:
    found = dict.fromkeys((row.level, caveat) for row in rows for caveat in row.caveats)
    lines = _wrapped(f"caveat ({level}): {caveat}" for level, caveat in found)
    return ["", *lines] if lines else []


def _wrapped(sentences: Iterable[str]) -> list[str]:
    return [
        line
        for sentence in sentences
        for line in textwrap.wrap(
            sentence,
            WIDTH,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _cell(value: float | str, precision: int = 3) -> str:
    if isinstance(value, float):
        return f"{value:.{precision}f}" if math.isfinite(value) else "—"
    return str(value)


def _harmless(cell: str) -> str:
    """Keep a spreadsheet from taking text for a formula."""
    is_number = cell.lstrip("+-").replace(".", "", 1).isdigit()
    return f"'{cell}" if cell[:1] in "=+-@" and cell and not is_number else cell


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value

"""What can be taken from the page: structures, tables, the study, the results."""

from __future__ import annotations

import json
from typing import Any

from heterodot.report.contents import Contents
from heterodot.report.markup import Markup, join, tag
from heterodot.workflows.study.tables import csv_table, json_table

TITLE = "Downloads"
ANCHOR = "downloads"

MOST_BYTES = 4_000_000
"""Of all results as JSON; larger ones lie beside the page only."""


def render(contents: Contents) -> Markup:
    """Return the buttons; page.js makes the files, of the data the page holds."""
    rows = contents.result.rows()
    files = [
        ("table.csv", "Numbers", "CSV", csv_table(rows)),
        ("table.json", "Numbers with their flags", "JSON", json_table(contents.result.title, rows)),
        ("results.json", "Every result whole", "JSON", _whole(contents)),
        ("study.yaml", "The study as it was asked", "YAML", contents.text),
    ]
    items = [_item(*file) for file in files if file[3]]
    items.append(
        tag(
            "li",
            tag("button", "All structures", type="button", data_all_structures=True),
            tag("span", f"extended XYZ, {len(contents.views)} frames"),
        )
    )
    return join([tag("ul", items, class_="downloads")])


def _whole(contents: Contents) -> str:
    """Return every result whole, as JSON; nothing where that would be most of the page."""
    result = contents.result
    answers = {name: answer.to_dict() for name, answer in result.results.items()}
    errors = {name: str(error) for name, error in result.errors.items()}
    whole = {"title": result.title, "results": answers, "errors": errors}
    text = json.dumps(whole, default=_plain, ensure_ascii=False)
    return text if len(text) <= MOST_BYTES else ""


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _item(name: str, what: str, kind: str, text: str) -> Markup:
    return tag(
        "li",
        tag("button", what, type="button", data_download=name),
        tag("span", f"{kind}, {max(1, len(text.encode()) // 1000)} kB"),
        tag("template", text, data_file=name),
    )

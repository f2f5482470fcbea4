"""How every relaxation went: geometries, the largest force left, what it took."""

from __future__ import annotations

from typing import Any

from heterodot.report.contents import Contents
from heterodot.report.markup import Markup, join, tag
from heterodot.report.sections.charts import places
from heterodot.report.tasks import cost

TITLE = "Convergence"
ANCHOR = "convergence"


def render(contents: Contents) -> Markup:
    """Return a row for each relaxation."""
    found = [record for record in contents.tasks.records if record["task"] == "relax"]
    if not found:
        return Markup("")
    columns = ("relaxation", "geometries", "largest force (eV/Å)", "criterion", "E (eV)", "CPU")
    head = [tag("th", text, scope="col") for text in columns]
    table = tag(
        "table",
        tag("thead", tag("tr", head)),
        tag("tbody", [_row(record) for record in found]),
        data_name="relaxations",
    )
    failures = [
        tag(
            "p",
            tag("strong", f"{failure.get('label') or failure['key'][:12]}: "),
            str(failure.get("message", "failed")),
            class_="failure",
        )
        for failure in contents.result.failures
    ]
    charts = places(c for c in contents.charts_of() if c["kind"] == ANCHOR)
    return join([charts, failures, tag("div", table, class_="scroll hd-scroll", tabindex="0")])


def _row(record: dict[str, Any]) -> Markup:
    result, settings = record["result"], record["content"]["settings"]
    force, criterion = float(result["fmax"]), float(settings["fmax"])
    missed = "flagged weight-0" if force > criterion else None
    return tag(
        "tr",
        tag("th", str(record["label"] or record["key"][:12]), scope="row"),
        tag("td", str(len(result["energies"]))),
        tag("td", f"{force:.4f}", class_=missed),
        tag("td", f"{criterion:g}"),
        tag("td", f"{float(result['energy']):.4f}".replace("-", "−")),
        tag("td", cost(record)),
    )

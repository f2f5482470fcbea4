"""Where everything comes from: how each system was built, which task ran what."""

from __future__ import annotations

from typing import Any

from heterodot import provenance
from heterodot.report.contents import Contents
from heterodot.report.markup import Markup, join, tag
from heterodot.report.tasks import cost
from heterodot.workflows.study.systems import system_notes

TITLE = "Provenance"
ANCHOR = "provenance"


def render(contents: Contents) -> Markup:
    """Return building steps, the study and the tasks, folded."""
    parts = [
        tag("details", tag("summary", "How the structures were built"),
            [_system(contents, name) for name in contents.systems]),
    ]  # fmt: skip
    if contents.text:
        parts.append(tag("details", tag("summary", "The study file"), tag("pre", contents.text)))
    if contents.tasks.records:
        head = [tag("th", t, scope="col") for t in ("task", "kind", "level", "atoms", "CPU", "key")]
        rows = [_task(record) for record in contents.tasks.records]
        table = tag("table", tag("thead", tag("tr", head)), tag("tbody", rows), data_name="tasks")
        parts.append(
            tag("details", tag("summary", f"Tasks ({len(rows)})"), _versions(contents),
                tag("div", table, class_="scroll hd-scroll"))
        )  # fmt: skip
    return join(parts)


def _system(contents: Contents, name: str) -> Markup:
    system = contents.systems[name].system
    steps = [
        tag("li", tag("code", str(step.get("step"))), " ", _parameters(step))
        for step in provenance.history(system.atoms)
    ]
    notes = [tag("li", note) for note in system_notes(system.atoms)]
    return join([tag("h4", system.label), tag("ol", steps), tag("ul", notes)])


def _parameters(step: dict[str, Any]) -> str:
    return ", ".join(f"{k} {v}" for k, v in step.items() if k != "step" and v is not None)


def _versions(contents: Contents) -> Markup:
    found: dict[str, set[str]] = {}
    for record in contents.tasks.records:
        for name, version in (record.get("versions") or {}).items():
            found.setdefault(str(name), set()).add(str(version))
    said = ", ".join(f"{name} {' / '.join(sorted(which))}" for name, which in found.items())
    return tag("p", said)


def _task(record: dict[str, Any]) -> Markup:
    level = record.get("level") or {}
    return tag(
        "tr",
        tag("th", str(record["label"] or "—"), scope="row"),
        tag("td", str(record["task"])),
        tag("td", f"{level.get('code', '')} {level.get('protocol', '')}"),
        tag("td", str(len(record["content"]["structure"]["numbers"]))),
        tag("td", cost(record)),
        tag("td", tag("code", str(record["key"])[:12])),
    )

"""The ledger: what each difference was made of, term by term, with the task of each energy."""

from __future__ import annotations

from heterodot.report.contents import Contents
from heterodot.report.ledger import Difference, LedgerEntry, ledger
from heterodot.report.markup import Markup, join, tag, typeset
from heterodot.report.tables import shown, titled

TITLE = "Ledger of references"
ANCHOR = "ledger"


def render(contents: Contents) -> Markup:
    """Return the differences of every answer."""
    parts = []
    for block in contents.blocks:
        for case in block.cases:
            answer = block.answers.get(case.name)
            found = [] if answer is None else ledger(answer, contents.tasks)
            if found:
                title = f"{case.system.label}: {titled(block.question)}"
                parts.append(
                    tag(
                        "details",
                        tag(
                            "summary",
                            typeset(title),
                            tag("span", f"{len(found)} difference{'s' * (len(found) != 1)}"),
                        ),
                        [_difference(one) for one in found],
                    )
                )
    if not parts:
        return Markup("")
    said = "What was subtracted from what for every ΔE and ΔG, each energy with the task it is of."
    return join([tag("p", said, class_="hint"), parts])


def _difference(one: Difference) -> Markup:
    total = f"{one.name} = {shown(float(one.value.value))} {one.unit}"
    names = ", ".join(one.value.names)
    mark = tag("span", "†", title=names, class_="mark") if names else None
    head = [tag("th", text, scope="col") for text in ("×", "energy (eV)", "of", "task")]
    return tag(
        "div",
        tag(
            "table",
            tag("caption", tag("strong", typeset(total)), mark),
            tag("thead", tag("tr", head)),
            tag("tbody", [_row(entry) for entry in one.entries]),
        ),
        class_="scroll",
    )


def _row(entry: LedgerEntry) -> Markup:
    task = tag("span", entry.task, " ", tag("code", entry.key[:12])) if entry.key else "—"
    return tag(
        "tr",
        tag("td", f"{entry.coefficient:+g}".replace("-", "−")),
        tag("td", f"{entry.energy:.4f}".replace("-", "−")),
        tag("td", typeset(entry.what), tag("small", entry.parts) if entry.parts else None),
        tag("td", task),
    )

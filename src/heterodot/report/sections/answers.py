"""The answers: numbers side by side, what they are flagged for, their charts."""

from __future__ import annotations

from heterodot.report.contents import Contents
from heterodot.report.doubts import WORDS, Weight, weight
from heterodot.report.markup import Markup, join, tag, typeset
from heterodot.report.tables import Block, Cell, Note, titled

TITLE = "Results"
ANCHOR = "answers"


def render(contents: Contents) -> Markup:
    """Return a part for each question and level."""
    return join([_block(block) for block in contents.blocks])


def _block(block: Block) -> Markup:
    return tag(
        "article",
        tag("h3", typeset(titled(block.question)), tag("span", block.level, class_="level")),
        [_error(block, name, text) for name, text in block.errors.items()],
        tag("div", _table(block) if block.rows else None, _notes(block), class_="beside"),
        id=block.anchor,
        class_="answer",
    )


def _table(block: Block) -> Markup:
    heads = [tag("th", "", scope="col")]
    for case in block.cases:
        label = case.system.label if case.system.label != case.system.name else None
        small = tag("small", label) if label else None
        heads.append(tag("th", case.system.name, small, scope="col"))
    rows = [
        tag("tr", tag("th", typeset(name), scope="row"), [_cell(block, cell) for cell in cells])
        for name, cells in block.rows
        if name != "conditions"
    ]
    conditions = next((cells for name, cells in block.rows if name == "conditions"), [])
    said = " · ".join(dict.fromkeys(cell.text for cell in conditions if cell.value is not None))
    caption = tag("caption", said) if said else None
    table = tag("table", caption, tag("thead", tag("tr", heads)), tag("tbody", rows))
    return tag(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label=block.question
    )


def _cell(block: Block, cell: Cell) -> Markup:
    if not cell.notes:
        return tag("td", typeset(cell.text))
    links = ",".join(map(str, cell.notes))
    names = "; ".join(str(block.notes[n - 1].flag) for n in cell.notes)
    first = f"#{block.anchor}-note-{cell.notes[0]}"
    mark = tag("a", f"†{links}", href=first, class_="mark", title=names)
    worst = min(weight(block.notes[n - 1].flag) for n in cell.notes)
    return tag("td", typeset(cell.text), mark, class_=f"flagged weight-{worst.value}")


def _error(block: Block, name: str, text: str) -> Markup:
    system = next(case.system for case in block.cases if case.name == name)
    return tag("p", tag("strong", f"{system.label}: not answered. "), text, class_="failure")


def _notes(block: Block) -> Markup | None:
    if not block.notes:
        return tag("p", "Nothing is flagged.", class_="clean") if block.answers else None
    groups = []
    for kind in Weight:
        notes = [note for note in block.notes if weight(note.flag) is kind]
        if notes:
            groups.append(tag("h4", WORDS[kind]))
            items = [_note(block, note) for note in notes]
            groups.append(tag("ol", items, class_=f"notes weight-{kind.value}"))
    return tag("div", groups, class_="doubts")


def _note(block: Block, note: Note) -> Markup:
    systems = ", ".join(note.systems) if len(block.cases) > 1 else ""
    return tag(
        "li",
        tag("span", typeset(note.flag.message)),
        " ",
        tag("code", note.flag.name),
        tag("span", systems, class_="who") if systems else None,
        value=note.number,
        id=f"{block.anchor}-note-{note.number}",
    )

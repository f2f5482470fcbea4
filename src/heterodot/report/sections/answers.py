"""The answers: numbers side by side, what they are flagged for, their charts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heterodot.report.contents import Contents
from heterodot.report.doubts import WORDS, Weight, weight
from heterodot.report.markup import Child, Markup, join, tag, typeset
from heterodot.report.pictures import pictures
from heterodot.report.sections.charts import places
from heterodot.report.tables import Cell, Note, TableBlock, shown, titled

TITLE = "Results"
ANCHOR = "answers"

MOST_COLUMNS = 6
"""Systems side by side; of more, each is a row."""

CONVERGENCE = "convergence"
"""The kind of chart that has a section of its own."""


def render(contents: Contents) -> Markup:
    """Return a part for each question and level."""
    return join(
        [
            [_block(block, contents) for block in contents.blocks],
            places(c for c in contents.charts_of() if c["kind"] != CONVERGENCE),
        ]
    )


def _block(block: TableBlock, contents: Contents) -> Markup:
    return tag(
        "article",
        tag(
            "h3",
            tag("span", typeset(titled(block.question))),
            tag("span", block.level, class_="level"),
        ),
        tag("p", _asked(block), class_="hint"),
        [_error(block, name, text) for name, text in block.errors.items()],
        _drawn(block, contents),
        tag("div", _table(block) if block.rows else None, _notes(block), class_="beside"),
        _published(block, contents),
        id=block.anchor,
        class_="answer",
    )


def _drawn(block: TableBlock, contents: Contents) -> list[Markup]:
    """Return the charts of the answers; where there is none for their kind, the figures."""
    charts = contents.charts_of(block.question, block.cases[0].level)
    return places(charts) if charts else pictures(block, contents.result.folder)


def _asked(block: TableBlock) -> str | None:
    """Return what the study says of how to answer."""
    given = block.cases[0].question.arguments
    said = (f"{name.replace('_', ' ')} {_plain(value)}" for name, value in given.items())
    return f"Asked with {', '.join(said)}." if given else None


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ".join(map(_plain, value))
    if isinstance(value, Mapping):
        return " ".join(f"{name} {_plain(one)}" for name, one in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _published(block: TableBlock, contents: Contents) -> Markup | None:
    """Return the numbers of others that the study names, ours beside them."""
    rows = []
    for entry in contents.result.published:
        for case, column in zip(block.cases, range(len(block.cases)), strict=True):
            if (case.system.name, block.question) == (entry.system, entry.question):
                ours = {name: cells[column] for name, cells in block.rows}
                for name, value in entry.values.items():
                    rows.append(_beside(block, case.system.label, name, value, ours, entry.source))
    if not rows:
        return None
    columns = ("", "system", "ours", "published", "ours − published", "source")
    head = tag("thead", tag("tr", [tag("th", text, scope="col") for text in columns]))
    table = tag("table", tag("caption", "Beside published values"), head, tag("tbody", rows))
    return tag("div", table, class_="scroll published", tabindex="0", role="region")


def _beside(
    block: TableBlock, label: str, name: str, value: float, ours: Mapping[str, Cell], source: str
) -> Markup:
    cell = ours.get(name, Cell("—"))
    apart = cell.value - value if isinstance(cell.value, int | float) else None
    return tag(
        "tr",
        tag("th", typeset(name), scope="row"),
        tag("td", typeset(label)),
        _cell(block, cell),
        tag("td", shown(float(value), name)),
        tag("td", shown(apart, name)),
        tag("td", source),
    )


def _table(block: TableBlock) -> Markup:
    """Return quantities by systems; with many systems, systems by quantities."""
    rows = [(name, cells) for name, cells in block.rows if name != "conditions"]
    conditions = next((cells for name, cells in block.rows if name == "conditions"), [])
    said = " · ".join(dict.fromkeys(cell.text for cell in conditions if cell.value is not None))
    systems = [_system(block, n) for n in range(len(block.cases))]
    names: list[Child] = [typeset(name) for name, _ in rows]
    cells = [[_cell(block, cell) for cell in own] for _, own in rows]
    if len(systems) > MOST_COLUMNS:
        systems, names = names, systems
        cells = [list(column) for column in zip(*cells, strict=True)]
    heads = [tag("th", "", scope="col"), *(tag("th", one, scope="col") for one in systems)]
    body = [
        tag("tr", tag("th", name, scope="row"), own) for name, own in zip(names, cells, strict=True)
    ]
    table = tag(
        "table",
        tag("caption", typeset(said)) if said else None,
        tag("thead", tag("tr", heads)),
        tag("tbody", body),
        data_name=block.anchor,
        style=f"--marks: {max((len(_mark(c)) for _, own in rows for c in own), default=0)}ch",
    )
    about = f"{titled(block.question)}, {block.level}"
    scroll = tag(
        "div", table, class_="scroll hd-scroll", tabindex="0", role="region", aria_label=about
    )
    return tag("div", scroll, class_="numbers")


def _system(block: TableBlock, n: int) -> Child:
    system = block.cases[n].system
    label = "" if system.label == system.name else system.label.removeprefix(f"{system.name}: ")
    return [system.name, tag("small", typeset(label)) if label else None]


def _cell(block: TableBlock, cell: Cell) -> Markup:
    """Return a number with the notes it rests on; all keep the place of marks, for the digits."""
    if not cell.notes:
        return tag("td", typeset(cell.text), tag("span", class_="pad hd-pad"))
    names = "; ".join(str(block.notes[n - 1].flag) for n in cell.notes)
    first = f"#{block.anchor}-note-{cell.notes[0]}"
    mark = tag("a", _mark(cell), href=first, class_="mark", title=names)
    worst = min(weight(block.notes[n - 1].flag) for n in cell.notes)
    return tag("td", typeset(cell.text), mark, class_=f"flagged weight-{worst.value}")


def _mark(cell: Cell) -> str:
    """Return † and the numbers of the notes: ``†1–3,5``; nothing without any."""
    runs: list[list[int]] = []
    for n in cell.notes:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    shown = (f"{run[0]}–{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)
    return f"†{','.join(shown)}" if runs else ""


def _error(block: TableBlock, name: str, text: str) -> Markup:
    system = next(case.system for case in block.cases if case.name == name)
    return tag(
        "p", tag("strong", typeset(system.label), ": not answered. "), text, class_="failure"
    )


def _notes(block: TableBlock) -> Markup | None:
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


def _note(block: TableBlock, note: Note) -> Markup:
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

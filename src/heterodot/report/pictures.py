"""The drawn figures of answers that have no chart of their own on the page, as images in it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from heterodot.report.markup import Markup, tag, typeset
from heterodot.report.tables import TableBlock

MOST_BYTES = 600_000
"""Of one figure; a larger one is named only."""

MOST_FIGURES = 24
"""Of one question at one level; the page says how many more there are."""


def pictures(block: TableBlock, folder: Path) -> list[Markup]:
    """Return the figures of a block that were drawn into the folder of the results.

    Parameters
    ----------
    block : TableBlock
    folder : Path
        Of the results: ``figures`` in it holds them. What is not there is not shown.
    """
    there = [path for stems in _stems(block) if (path := _first(folder / "figures", stems))]
    found = [_figure(path) for path in there[:MOST_FIGURES]]
    if len(there) > MOST_FIGURES:
        said = f"{MOST_FIGURES} of {len(there)} figures; the others are in the folder figures."
        found.append(tag("p", said, class_="hint"))
    return found


def _first(folder: Path, stems: tuple[str, ...]) -> Path | None:
    """Return the first of the files that is there; links are not followed."""
    paths = (folder / f"{stem}.svg" for stem in stems)
    return next((path for path in paths if path.is_file() and not path.is_symlink()), None)


def _stems(block: TableBlock) -> Iterator[tuple[str, ...]]:
    """Yield the names each figure may have: those that systems share first, then each system's."""
    answered = [case for case in block.cases if case.name in block.answers]
    answers = {case.system.label: block.answers[case.name] for case in answered}
    if answers:
        level = block.cases[0].level
        for name in type(next(iter(answers.values()))).shared_figures(answers):
            yield (f"{name}-{block.question}-{level}", name)
    for case in answered:
        own = block.answers[case.name].figures(case.name.replace("/", "-"), case.system.label)
        yield from ((name,) for name in own)


def _figure(path: Path) -> Markup:
    content, name = path.read_bytes(), path.stem.replace("-", " ")
    title = tag("figcaption", typeset(name), " ", tag("code", path.name))
    if len(content) > MOST_BYTES:
        return tag("figure", title, class_="drawn")
    data = base64.b64encode(content).decode()
    image = tag("img", src=f"data:image/svg+xml;base64,{data}", alt=name, loading="lazy")
    return tag("figure", image, title, class_="drawn")

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
"""Of one question at one level: of more systems, the first are shown."""


def pictures(block: TableBlock, folder: Path) -> list[Markup]:
    """Return the figures of a block that were drawn into the folder of the results.

    Parameters
    ----------
    block : TableBlock
    folder : Path
        Of the results: ``figures`` in it holds them. What is not there is not shown.
    """
    found = []
    for stem in list(dict.fromkeys(_stems(block)))[:MOST_FIGURES]:
        path = folder / "figures" / f"{stem}.svg"
        if path.is_file() and not path.is_symlink():
            found.append(_figure(stem, path))
    return found


def _stems(block: TableBlock) -> Iterator[str]:
    """Yield file names without ending: those that systems share first, then each system's own."""
    answered = [case for case in block.cases if case.name in block.answers]
    answers = {case.system.label: block.answers[case.name] for case in answered}
    if answers:
        level = block.cases[0].level
        for name in type(next(iter(answers.values()))).shared_figures(answers):
            yield from (f"{name}-{block.question}-{level}", name)
    for case in answered:
        yield from block.answers[case.name].figures(case.name.replace("/", "-"), case.system.label)


def _figure(stem: str, path: Path) -> Markup:
    content = path.read_bytes()
    title = tag("figcaption", typeset(stem.replace("-", " ")), " ", tag("code", path.name))
    if len(content) > MOST_BYTES:
        return tag("figure", title, class_="drawn")
    data = base64.b64encode(content).decode()
    image = tag(
        "img", src=f"data:image/svg+xml;base64,{data}", alt=stem.replace("-", " "), loading="lazy"
    )
    return tag("figure", image, title, class_="drawn")

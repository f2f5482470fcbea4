"""What to cite, from the parts used."""

from __future__ import annotations

from heterodot.report.citations import CitedSource, bibtex, sources
from heterodot.report.contents import Contents
from heterodot.report.markup import Markup, join, tag

TITLE = "What to cite"
ANCHOR = "citing"


def render(contents: Contents) -> Markup:
    """Return the sources in words and as BibTeX."""
    found = sources(contents.result, contents.tasks.records)
    items = [
        tag("li", tag("span", source.why, class_="why"), tag("span", source.text, _doi(source)))
        for source in found
    ]
    text = bibtex(found)
    return join(
        [
            tag("ul", items, class_="sources"),
            tag(
                "details",
                tag("summary", "BibTeX"),
                tag("button", "Download references.bib", type="button",
                    data_download="references.bib"),
                tag("pre", text),
                tag("template", text, data_file="references.bib"),
            ),
        ]
    )  # fmt: skip


def _doi(source: CitedSource) -> Markup | None:
    """Return the DOI, where the text does not have it."""
    known = source.doi and source.doi not in source.text
    return tag("code", f" {source.doi}") if known else None

"""What to cite, from the parts a study used: codes, questions, crystals; as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from heterodot import __version__, provenance
from heterodot.calculators import Level
from heterodot.workflows.study.cases import Case
from heterodot.workflows.study.results import StudyResult

_DOI = re.compile(r"doi:(10\.\d{4,9}/[^\s,;]*[^\s,;.)])")
_SPECIAL = re.compile(r"([&%#$_{}])")


@dataclass(frozen=True)
class CitedSource:
    """A source, and why it is to be cited.

    Attributes
    ----------
    key, why, bibtex : str
    text : str
        In a line, for people.
    doi : str
        Empty where it has none.
    """

    key: str
    why: str
    text: str
    bibtex: str
    doi: str = ""


def sources(result: StudyResult, records: Iterable[Mapping[str, Any]]) -> list[CitedSource]:
    """Return what a study should cite, ourselves first, by what it asks and its tasks' records."""
    led = any(_is_led(record["result"]) for record in records)
    levels = [level for case in result.cases for level in _levels(case, led)]
    used = {
        "codes": {level.code for level in levels},
        "questions": {case.question.kind for case in result.cases},
        "labels": " ".join(level.label for level in levels),
    }
    found = [_own(), *(_listed(entry) for entry in _entries() if _is_used(entry["of"], used))]
    return [*found, *_crystals(result)]


def bibtex(found: Iterable[CitedSource]) -> str:
    """Return sources as one file."""
    return "\n\n".join(source.bibtex for source in found) + "\n"


def _is_led(found: Mapping[str, Any]) -> bool:
    """Whether a cheaper level led the task with this result."""
    way = str(found.get("optimizer", ""))
    return bool(found.get("prior")) or "led" in way or way.startswith("prior")


def _levels(case: Case, led: bool) -> list[Level]:
    """Return the levels of a case and of its geometries, and where ``led`` what leads dear ones."""
    asked = getattr(case.workflow, "levels", None) or [case.workflow.level]
    levels = [one for level in asked for one in dict.fromkeys((level, level.geometry_level))]
    dear = [level for level in levels if led and level.implementation.dear]
    leaders = [level.leader(case.system.atoms) for level in dear]
    return [level for level in (*levels, *leaders) if level is not None]


@cache
def _entries() -> list[Mapping[str, Any]]:
    import yaml

    path = Path(__file__).with_name("citations.yaml")
    loaded: list[Mapping[str, Any]] = yaml.safe_load(path.read_text("utf-8"))
    return loaded


def _is_used(of: Mapping[str, Any], used: Mapping[str, Any]) -> bool:
    return bool(
        of.get("always")
        or used["codes"] & set(of.get("codes", ()))
        or used["questions"] & set(of.get("questions", ()))
        or any(word in used["labels"] for word in of.get("labels", ()))
    )


def _own() -> CitedSource:
    fields = {
        "author": "{The heterodot developers}",
        "title": "heterodot: atomistic modelling of quantum-dot photocatalysts",
        "version": __version__,
        "note": "Software",
    }
    text = f"The heterodot developers, heterodot {__version__} (software)"
    return CitedSource("heterodot", "this study", text, _written("software", "heterodot", fields))


def _listed(entry: Mapping[str, Any]) -> CitedSource:
    fields = entry["fields"]
    place = (
        f"{fields['journal']} {fields['volume']}, {fields['pages']}"
        if "journal" in fields
        else f"arXiv:{fields['eprint']}"
    )
    authors = _plain(str(fields["author"])).split(" and ")
    first = authors[0] if len(authors) == 1 else f"{authors[0].partition(',')[0]} et al."
    text = f"{first}, {place.replace('--', '–')} ({fields['year']})"
    written = _written(entry["type"], entry["key"], fields)
    return CitedSource(entry["key"], entry["why"], text, written, str(fields.get("doi", "")))


def _crystals(result: StudyResult) -> list[CitedSource]:
    """Return where the crystals come from that the structures were cut from."""
    found: dict[str, CitedSource] = {}
    for case in result.cases:
        record = provenance.details(case.system.atoms).get("crystal")
        if not isinstance(record, Mapping) or not record.get("source"):
            continue
        name, text = str(record.get("name", "crystal")), str(record["source"])
        doi = next(iter(_DOI.findall(text)), "")
        fields = {"note": _SPECIAL.sub(r"\\\1", text), "doi": doi}
        key = f"crystal-{re.sub('[^A-Za-z0-9]', '', name)}"
        written = _written("misc", key, {k: v for k, v in fields.items() if v})
        found.setdefault(key, CitedSource(key, f"the crystal {name}", text, written, doi))
    return list(found.values())


def _written(kind: str, key: str, fields: Mapping[str, Any]) -> str:
    width = max(map(len, fields))
    lines = [f"  {name.ljust(width)} = {{{value}}}," for name, value in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _plain(text: str) -> str:
    r"""Return BibTeX as letters: ``{\o}`` is ø."""
    for tex, letter in (
        ("{\\o}", "ø"), ("{\\v S}", "Š"), ("{\\'o}", "ó"), ('{\\"o}', "ö"),
    ):  # fmt: skip
        text = text.replace(tex, letter)
    return text.replace("{", "").replace("}", "")

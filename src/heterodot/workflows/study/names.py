"""The names of a study's cases: how many there are, and whether their files can be told apart.

Files are named after systems, questions and levels. Where a file system does not tell ``Relax``
from ``relax``, the second answer would be written over the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heterodot.structures.recipes.yamlfile import Document
    from heterodot.workflows.study.questions import Asked

MAX_CASES = 20_000
"""Cases of a study at most: systems × questions × levels."""


def case_name(system: str, question: Asked, level: str, levels: Sequence[str]) -> str:
    """Return ``system/question``, and ``/level`` where the study has several."""
    name = f"{system}/{question.name}"
    return name if len(levels) < 2 or question.takes_levels else f"{name}/{level}"


def check_names(
    document: Document,
    systems: Sequence[str],
    levels: Sequence[str],
    questions: Sequence[Asked],
) -> None:
    """Check that there are not too many cases, and that no two would share a file.

    Raises
    ------
    StudyError
        One line that names both, or says how many there are.
    """
    _check_number(document, questions, systems, levels)
    for key, names in (("systems", systems), ("levels", levels)):
        for first, second in _alike(names):
            raise document.error(
                (key, second),
                f"{second!r} beside {first!r}: files are named after them, and not every file "
                "system tells them apart; expected another name",
            )
    seen: dict[str, tuple[str, Asked]] = {}
    for question in questions:
        for name in _names(question, levels):
            for key in _file_names(name):
                known, other = seen.setdefault(key, (name, question))
                if known != name or other is not question:
                    raise _collision(document, name, question, known, other)
    for system in systems:
        parts = system.casefold().split(".")
        for n in range(1, len(parts)):
            if ".".join(parts[:n]) in seen:
                taken, _ = seen[".".join(parts[:n])]
                raise document.error(
                    ("systems", system),
                    f"{system!r} is what files of {taken} are named; expected another name",
                )


def _check_number(
    document: Document, questions: Sequence[Asked], systems: Sequence[str], levels: Sequence[str]
) -> None:
    number = sum(len(q.systems) * (1 if q.takes_levels else len(q.levels)) for q in questions)
    if number > MAX_CASES:
        raise document.error(
            ("questions",),
            f"given {number} cases ({len(systems)} systems, {len(levels)} levels, {len(questions)} "
            f"questions), expected at most {MAX_CASES}: ask each question of fewer ('systems', "
            "'levels'), or split the study",
        )


def _alike(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            yield first, name


def _names(question: Asked, levels: Sequence[str]) -> Iterator[str]:
    asked = question.levels[-1:] if question.takes_levels else question.levels
    for system in question.systems:
        for level in asked:
            yield case_name(system, question, level, levels)


def _file_names(name: str) -> tuple[str, str]:
    """Return what files of a case begin with: structures, and figures."""
    plain = name.casefold()
    return plain.replace("/", "."), plain.replace("/", "-") + "/figure"


def _collision(
    document: Document, name: str, question: Asked, known: str, other: Asked
) -> Exception:
    where = (*question.location, question.kind)
    if known == name:
        return document.error(where, f"{name} is asked twice, expected a 'name' for one of them")
    if question is other:
        return document.error(
            where,
            f"{name} and {known} would share their files; rename a system or a level",
        )
    return document.error(
        where,
        f"{name} and {known} would share their files on some file systems; expected another 'name' "
        "for one of them",
    )

"""The figures of a study, each as a function that draws it when called."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from heterodot.data.flags import flag_note
from heterodot.workflows.parts.gates import carried_flags
from heterodot.workflows.parts.results import Drawing

if TYPE_CHECKING:
    from ase import Atoms
    from matplotlib.figure import Figure

    from heterodot.analysis import Flag
    from heterodot.workflows.study.cases import Case, System

TITLE_WIDTH = 48
"""Characters of a line of flags above a picture."""

MAX_PICTURES = 100
"""Systems that get a picture of their own; each takes half a second to draw."""


def figures_of(cases: Sequence[Case], answers: Mapping[str, Any]) -> dict[str, Drawing]:
    """Return the figures by file name (without ending); ``answers`` are results by case name.

    One picture per system (of the first :data:`MAX_PICTURES`) and of each state an answer was found
    at, the figures of each answer, and per question and level those that its answers share.
    """
    drawings: dict[str, Drawing] = {}
    systems: dict[str, Case] = {}
    for case in cases:
        if case.is_asked:
            systems.setdefault(case.system.name, case)
    for name in list(systems)[:MAX_PICTURES]:
        drawings[name] = partial(_picture, systems[name].system)
    drawings.update(_states(cases, answers, list(systems)[:MAX_PICTURES]))
    for case in cases:
        if case.name in answers:
            answer = answers[case.name]
            drawings.update(answer.figures(case.name.replace("/", "-"), case.system.label))
    for kind in dict.fromkeys(case.question.kind for case in cases):
        _add_shared(drawings, _groups(cases, answers, kind))
    return drawings


def _add_shared(
    drawings: dict[str, Drawing], groups: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """Add the figures that the answers to a question at a level share.

    Their file is named after question and level too where there are several of one name.
    """
    shared = {
        key: type(next(iter(answers.values()))).shared_figures(answers)
        for key, answers in groups.items()
    }
    counts = Counter(name for found in shared.values() for name in found)
    taken = set(drawings)
    for (question, level), found in shared.items():
        for name, draw in found.items():
            alone = counts[name] == 1 and name not in taken
            drawings[name if alone else f"{name}-{question}-{level}"] = draw


def _groups(
    cases: Sequence[Case], answers: Mapping[str, Any], kind: str
) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the answers of one kind by question and level, each by the label of its system."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for case in cases:
        if case.question.kind == kind and case.name in answers:
            group = groups.setdefault((case.question.name, case.level), {})
            label = case.system.label
            if label in group:  # two systems may be called alike
                label = f"{label} ({case.system.name})"
            group[label] = answers[case.name]
    return groups


def _picture(system: System) -> Figure:
    """Draw a system as built, what it is flagged for in its title."""
    from heterodot.analysis import picture

    title = _flagged_title(system.label, carried_flags(system.atoms))
    return picture(system.atoms, site=system.site, title=title)


def _states(
    cases: Sequence[Case], answers: Mapping[str, Any], systems: Sequence[str]
) -> dict[str, Drawing]:
    """Return a picture of each geometry an answer was found at, once where answers share it."""
    drawings: dict[str, Drawing] = {}
    drawn: list[tuple[str, Atoms]] = []
    for case in cases:
        name, answer = case.system.name, answers.get(case.name)
        if name not in systems or answer is None:
            continue
        drawn.append((name, case.system.atoms))  # the picture as built is there already
        for state, atoms in answer.structures.items():
            if (name, atoms) in drawn:
                continue
            drawn.append((name, atoms))
            stem = f"{case.name.replace('/', '-')}-{state}"
            title = f"{case.system.label}: {answer.state_name(state)}"
            drawings[stem] = partial(
                _state, atoms, case.system.site, title, answer.state_flags(state)
            )
    return drawings


def _state(atoms: Atoms, site: int | None, title: str, flags: Sequence[Flag]) -> Figure:
    """Draw a geometry an answer was found at, what it is flagged for in its title."""
    from heterodot.analysis import picture

    return picture(atoms, site=site, title=_flagged_title(title, flags))


def _flagged_title(title: str, flags: Sequence[Flag]) -> str:
    """Return a title with the names of the flags below it, none broken at its hyphen."""
    said = textwrap.wrap(flag_note(flags), TITLE_WIDTH, break_on_hyphens=False)
    return "\n".join([title, *said])

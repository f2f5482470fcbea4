"""The figures of a study, each as a function that draws it when called."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from heterodot.analysis.figures.style import join_caption
from heterodot.data.flags import flag_note
from heterodot.workflows.parts.gates import carried_flags

if TYPE_CHECKING:
    from ase import Atoms
    from matplotlib.figure import Figure

    from heterodot.analysis import Flag
    from heterodot.workflows.study.cases import Case
    from heterodot.workflows.study.results import StudyResult

Drawing = Callable[[], "Figure"]

TITLE_WIDTH = 48
"""Characters of a line of flags above a picture."""

MAX_PICTURES = 100
"""Systems that get a picture of their own; each takes half a second to draw."""


def figures_of(result: StudyResult) -> dict[str, Drawing]:
    """Return the figures by file name (without ending).

    One picture per system (of the first :data:`MAX_PICTURES`) and of each relaxed
    state, a free-energy diagram per question and level with all systems in it, a projected density
    of states per question and level, and bonding curves per case.
    """
    drawings: dict[str, Drawing] = {}
    systems: dict[str, Case] = {}
    for case in result.cases:
        systems.setdefault(case.system.name, case)
    for name in list(systems)[:MAX_PICTURES]:
        drawings[name] = partial(_picture, systems[name])
    drawings.update(_states(result, list(systems)[:MAX_PICTURES]))
    for case in result.cases:
        if case.question.kind == "bonding" and case.name in result.results:
            drawings[f"cohp-{case.name.replace('/', '-')}"] = partial(
                _cohp, result.results[case.name], case
            )
        if case.question.kind == "charge_transfer" and case.name in result.results:
            drawings.update(_charge_transfer(result.results[case.name], case))
        if case.question.kind == "electron_localisation" and case.name in result.results:
            drawings.update(_localisation(result.results[case.name], case))
        if case.question.kind == "screening" and case.name in result.results:
            stem = case.name.replace("/", "-")
            answer = result.results[case.name]
            for stage in range(len(answer.correlations)):
                suffix = f"-{stage + 1}" if len(answer.correlations) > 1 else ""
                drawings[f"{stem}{suffix}"] = partial(
                    answer.plot, title=case.system.label, stage=stage
                )
        if case.question.kind == "band_alignment" and case.name in result.results:
            answer = result.results[case.name]
            if answer.layered is not None:
                drawings[f"layers-{case.name.replace('/', '-')}"] = answer.plot
    makers = {
        "co2_reduction": ("free_energy", _diagram),
        "reaction": ("free_energy", _diagram),
        "d_band_centre": ("pdos", _pdos),
        "electronic_structure": ("electronic_structure", _densities),
        "band_alignment": ("alignment", _staircase),
    }
    for kind, (name, draw) in makers.items():
        groups = _groups(result, kind)
        for (question, level), answers in groups.items():
            stem = (
                name if len(groups) == 1 and name not in drawings else f"{name}-{question}-{level}"
            )
            drawings[stem] = partial(draw, answers)
    return drawings


def _groups(result: StudyResult, kind: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the answers of one kind by question and level, each by the label of its system."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for case in result.cases:
        if case.question.kind == kind and case.name in result.results:
            if kind == "band_alignment" and not result.results[case.name].edges:
                continue  # an interface has a figure of its own
            group = groups.setdefault((case.question.name, case.level), {})
            label = case.system.label
            if label in group:  # two systems may be called alike
                label = f"{label} ({case.system.name})"
            group[label] = result.results[case.name]
    return groups


def _picture(case: Case) -> Figure:
    """Draw a system as built, what it is flagged for in its title."""
    from heterodot.analysis import picture

    atoms = case.system.atoms
    title = _flagged_title(case.system.label, carried_flags(atoms))
    return picture(atoms, site=case.system.site, title=title)


def _states(result: StudyResult, systems: Sequence[str]) -> dict[str, Drawing]:
    """Return a picture of each geometry an answer was found at, once where answers share it."""
    drawings: dict[str, Drawing] = {}
    drawn: list[tuple[str, Atoms]] = []
    for case in result.cases:
        name, answer = case.system.name, result.results.get(case.name)
        if name not in systems or answer is None:
            continue
        drawn.append((name, case.system.atoms))  # the picture as built is there already
        for state, atoms in answer.structures.items():
            if (name, atoms) in drawn:
                continue
            drawn.append((name, atoms))
            stem = f"{case.name.replace('/', '-')}-{state}"
            drawings[stem] = partial(_state, case, answer, state, atoms)
    return drawings


def _state(case: Case, answer: Any, state: str, atoms: Atoms) -> Figure:
    """Draw a geometry an answer was found at, what it is flagged for in its title."""
    from heterodot.analysis import picture

    site = case.system.site
    title = f"{case.system.label}: {answer.state_name(state)}"
    return picture(atoms, site=site, title=_flagged_title(title, answer.state_flags(state)))


def _flagged_title(title: str, flags: Sequence[Flag]) -> str:
    """Return a title with the names of the flags below it, none broken at its hyphen."""
    said = textwrap.wrap(flag_note(flags), TITLE_WIDTH, break_on_hyphens=False)
    return "\n".join([title, *said])


def _diagram(answers: dict[str, Any]) -> Figure:
    from heterodot.analysis import plot_free_energy

    return plot_free_energy({label: answer.diagram for label, answer in answers.items()})


def _cohp(answer: Any, case: Case) -> Figure:
    return answer.plot(window=answer.cohp.window, caption=case.system.label)


def _charge_transfer(answer: Any, case: Case) -> dict[str, Drawing]:
    """Return the profile and the surfaces of Δρ, where the code gives densities."""
    if answer.difference is None:
        return {}
    stem, title = case.name.replace("/", "-"), case.system.label
    return {
        f"transfer-profile-{stem}": partial(answer.plot, title=title),
        f"transfer-surfaces-{stem}": partial(answer.picture, title=title),
    }


def _localisation(answer: Any, case: Case) -> dict[str, Drawing]:
    stem, title = case.name.replace("/", "-"), case.system.label
    return {
        f"elf-slice-{stem}": partial(answer.plot, title=title),
        f"elf-surfaces-{stem}": partial(answer.picture, title=title),
    }


def _pdos(answers: dict[str, Any]) -> Figure:
    from heterodot.analysis import plot_pdos

    found = {label: answer for label, answer in answers.items() if answer.moments}
    return plot_pdos(
        {label: answer.densities() for label, answer in found.items()},
        {label: answer.marked_moments() for label, answer in found.items()},
    )


def _densities(answers: dict[str, Any]) -> Figure:
    from heterodot.analysis import plot_pdos

    return plot_pdos(
        {answer.marked(label): answer.densities() for label, answer in answers.items()},
        caption=_notes(answers),
    )


def _notes(answers: dict[str, Any]) -> str:
    """Say what † means beside each system that is flagged."""
    return join_caption(flag_note(answer.flags, label) for label, answer in answers.items())


def _staircase(answers: dict[str, Any]) -> Figure:
    from heterodot.analysis.alignment.plot import plot_staircase

    edges = {}
    for label, answer in answers.items():
        for face, edge in answer.edges.items():
            named = label if face == "mean" else f"{label}, {face}"
            edges[answer.marked(named)] = edge
    first = next(iter(answers.values()))
    return plot_staircase(edges, first.scale, first.ph, caption=_notes(answers))

"""Free-energy diagrams whose potential, pH and temperature can be moved.

Each state is sent as its Gibbs energy, its pairs and what it is made of, each part with the
oscillators its Gibbs energy was summed over: enough to have G at another temperature exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ase import units

from heterodot.analysis.thermo.pathway import Pathway
from heterodot.data.committee import members_of
from heterodot.data.conditions import STANDARD_TEMPERATURE
from heterodot.data.reactions.path import PathState
from heterodot.report.charts.common import Chart, dagger_note, flag_texts, short_names
from heterodot.report.charts.warming import anchor, measured_reaction, parts_of, warm_range
from heterodot.workflows.questions.reaction_result import ReactionFreeEnergyResult

ANSWERS = (ReactionFreeEnergyResult,)

U_RANGE = (-2.0, 1.0)
"""V: what the slider spans at least; further where a limiting potential lies beyond."""


def charts(answers: Mapping[str, ReactionFreeEnergyResult]) -> list[Chart]:
    """Return a diagram of the main line, and one of each branch, of all systems together.

    Diagrams of other states or conditions than the first stand alone.
    """
    branches = dict.fromkeys(branch for answer in answers.values() for branch in answer.diagrams)
    found: list[Chart] = []
    for branch in branches:
        alike: dict[Any, dict[str, ReactionFreeEnergyResult]] = {}
        for label, answer in answers.items():
            if branch in answer.diagrams:
                diagram = answer.diagrams[branch]
                key = (len(diagram.steps), diagram.conditions)
                alike.setdefault(key, {})[label] = answer
        found += [_chart(group, branch) for group in alike.values()]
    return found


def _chart(answers: Mapping[str, ReactionFreeEnergyResult], branch: str | None) -> Chart:
    diagrams = {label: answer.diagrams[branch] for label, answer in answers.items()}
    first, result = next(iter(diagrams.values())), next(iter(answers.values()))
    short = short_names(answers)
    systems = [
        {"name": label, "short": short[label], **_system(answer, branch)}
        for label, answer in answers.items()
    ]
    low, high, why = warm_range(systems, first.temperature)
    whole = {label: diagram.all_flags for label, diagram in diagrams.items()}
    title = "Free-energy diagram" + (f", {branch}" if branch else "")
    return {
        "kind": "free_energy",
        "name": "free_energy" + (f"-{branch}" if branch else ""),
        "title": f"{title}: {result.path.equation}",
        "caption": _caption(diagrams),
        "daggers": dagger_note(whole),
        "references": list(dict.fromkeys(t for d in diagrams.values() for t in d.references)),
        "constants": {"kB": units.kB, "invcm": units.invcm, "T_data": STANDARD_TEMPERATURE},
        "scale": first.scale,
        "U": first.U,
        "pH": first.pH,
        "T": first.temperature,
        "ranges": {"U": _potentials(diagrams), "T": None if low is None else [low, high]},
        "fixed_T": why,
        "systems": systems,
    }


def _system(answer: ReactionFreeEnergyResult, branch: str | None) -> dict[str, Any]:
    """Return a diagram as numbers, with the flags of every state and change."""
    diagram, states = answer.diagrams[branch], answer.path.line(branch)
    parts, why = parts_of(answer)
    return {
        "level": diagram.level,
        "steps": [_step(diagram, states, i) for i in range(len(diagram.steps))],
        "change_flags": [flag_texts(diagram.change_flags(c)) for c in diagram.changes],
        "equilibrium": diagram.equilibrium_potential is not None,
        "equilibrium_flags": flag_texts(diagram.equilibrium_flags),
        "measured": measured_reaction(answer, branch),
        "measured_now": diagram.measured_potential,
        "parts": parts,
        "why_fixed": why,
        "anchor": anchor(answer),
    }


def _step(diagram: Pathway, states: Sequence[PathState], index: int) -> dict[str, Any]:
    step = diagram.steps[index]
    return {
        "label": step.label,
        "gibbs": float(step.gibbs),
        "members": members_of(step.gibbs),
        "pairs": step.n_electrons_transferred,
        "content": states[index].content,
        "flags": flag_texts(diagram.level_flags(index)),
    }


def _potentials(diagrams: Mapping[str, Pathway]) -> list[float]:
    """Return what the slider of U spans, V, on either scale and at any pH."""
    limits = [d.at(U=0.0, pH=0.0).limiting_potential for d in diagrams.values()]
    known = [d.U for d in diagrams.values()] + [u for u in limits if u is not None]
    low, high = min(U_RANGE[0], *known), max(U_RANGE[1], *known)
    return [_floor(low), -_floor(-high)]


def _floor(value: float) -> float:
    """Round down to a multiple of half a volt."""
    return float(value // 0.5) * 0.5


def _caption(diagrams: Mapping[str, Pathway]) -> str:
    """Level, temperature of the calculation, and what the marks mean."""
    levels = ", ".join(dict.fromkeys(d.level for d in diagrams.values() if d.level))
    parts = [levels, "bold: the limiting step"]
    if any(d.all_flags for d in diagrams.values()):
        parts.append("dashed and †: rests on a flag")
    sizes = sorted({len(d.members) for d in diagrams.values() if d.members})
    if sizes:
        of = " or ".join(map(str, sizes))
        parts.append(f"bands: ± one sample standard deviation of {of} members")
    return "; ".join(part for part in parts if part) + "."

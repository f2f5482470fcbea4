"""Band centres against binding energies, where a study has both of the same systems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from heterodot.data.committee import members_of
from heterodot.report.charts.common import Chart, flag_texts, short_names
from heterodot.workflows.parts.results import Result
from heterodot.workflows.questions.d_band import DBandCentreResult

LEAST = 3
"""Systems: two points make no trend."""


Answers = Mapping[str, Result]
"""The answers about one system by question."""


def descriptor_charts(systems: Mapping[str, Mapping[str, Answers]]) -> list[Chart]:
    """Return one chart for each level at which three systems or more have both.

    Parameters
    ----------
    systems : mapping of str to mapping of str to mapping of str to Result
        The answers about each system by question, by the label of the system, by level.
    """
    found = [_chart(level, answers) for level, answers in systems.items()]
    return [chart for chart in found if chart is not None]


def _chart(level: str, systems: Mapping[str, Answers]) -> Chart | None:
    points = {label: _numbers(answers) for label, answers in systems.items()}
    points = {label: (xs, ys) for label, (xs, ys) in points.items() if xs and ys}
    x_names = _shared([xs for xs, _ in points.values()])
    x_names.sort(key=lambda name: "VBM" not in name)  # E_F is arbitrary within a gap
    y_names = _shared([ys for _, ys in points.values()])
    if len(points) < LEAST or not x_names or not y_names:
        return None
    short = short_names(points)
    return {
        "kind": "descriptor",
        "name": f"descriptor-{level}",
        "title": "Band centre and binding",
        "caption": f"{_levels(systems)}; {len(points)} systems, no line fitted.",
        "x_names": x_names,
        "y_names": y_names,
        "points": [
            {"name": label, "short": short[label], "x": xs, "y": ys}
            for label, (xs, ys) in points.items()
        ],
    }


def _numbers(answers: Answers) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the band centres and the binding energies among a system's numbers."""
    centres: dict[str, Any] = {}
    energies: dict[str, Any] = {}
    for question, answer in answers.items():
        for name, quantity in answer.quantities().items():
            if not isinstance(quantity.value, int | float):
                continue
            cell = {
                "value": float(quantity.value),
                "spread": quantity.spread if members_of(quantity.value) else None,
                "flags": flag_texts(quantity.flags),
            }
            if isinstance(answer, DBandCentreResult) and " centre" in name:
                centres[name] = cell
            elif name.startswith("E_ads"):
                # E_ads alone does not say of what; the question does
                energies[f"{question}: {name}" if name.startswith("E_ads (") else name] = cell
    return centres, energies


def _shared(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names that three or more have, in order."""
    names = dict.fromkeys(name for column in columns for name in column)
    return [name for name in names if sum(name in column for column in columns) >= LEAST]


def _levels(systems: Mapping[str, Answers]) -> str:
    every = (answer.level for answers in systems.values() for answer in answers.values())
    return ", ".join(dict.fromkeys(every))

"""Charts of the report as data: plain JSON that the JavaScript in ``report/assets`` draws.

One module per kind of chart. Each says in ``ANSWERS`` which results it draws and has a function
``charts(answers)``, of the results to one question by the label of the system; modules are found by
their being here. Nothing is calculated that the results do not hold.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from heterodot.report.charts.common import Chart

if TYPE_CHECKING:
    from heterodot.workflows.parts.results import Result
    from heterodot.workflows.study.results import StudyResult

__all__ = ["Chart", "charts_of", "shared_charts", "study_charts"]


def charts_of(result: Result, label: str = "") -> list[Chart]:
    """Return the charts of one result.

    Parameters
    ----------
    result : Result
        The answer to any question.
    label : str
        Of the system.

    Returns
    -------
    list of dict
        Each with ``kind`` (which function of ``heterodot.charts`` draws it), ``name`` (of files),
        ``title`` and ``caption``, and what that kind needs; JSON values only. Empty where there is
        nothing to draw.
    """
    return shared_charts({label: result})


def shared_charts(answers: Mapping[str, Result]) -> list[Chart]:
    """Return the charts of several results to one question, as :func:`charts_of`.

    Parameters
    ----------
    answers : mapping of str to Result
        By the label of the system.
    """
    found: list[Chart] = []
    for module in _modules():
        own = {k: a for k, a in answers.items() if isinstance(a, module.ANSWERS)}
        found += module.charts(own) if own else []
    return found


def study_charts(study: StudyResult) -> list[Chart]:
    """Return the charts of all answers of a study, those of one question and level together.

    Each also says its ``question`` and ``level``; what is of several questions (the relaxations, a
    descriptor against an energy) says neither.
    """
    from heterodot.report.charts.convergence import study_convergence
    from heterodot.report.charts.descriptor import descriptor_charts

    found: list[Chart] = []
    for (question, level), answers in _groups(study).items():
        for chart in shared_charts(answers):
            found.append({**chart, "question": question, "level": level})
    return _named_apart([*found, *descriptor_charts(_by_level(study)), *study_convergence(study)])


def _modules() -> Iterator[ModuleType]:
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        module = import_module(f"{__name__}.{name}")
        if hasattr(module, "ANSWERS"):
            yield module


def _labels(study: StudyResult) -> dict[str, str]:
    """Return what each system is called, its name too where two are called alike."""
    systems = {case.system.name: case.system.label for case in study.cases}
    called = list(systems.values())
    return {n: f"{lab} ({n})" if called.count(lab) > 1 else lab for n, lab in systems.items()}


def _groups(study: StudyResult) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the answers by question and level, each by the label of its system."""
    labels, results = _labels(study), study.results
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for case in study.cases:
        if case.name in results:
            group = groups.setdefault((case.question.name, case.level), {})
            group[labels[case.system.name]] = results[case.name]
    return groups


def _by_level(study: StudyResult) -> dict[str, dict[str, dict[str, Any]]]:
    """Return the answers about each system by question, by the system's label, by level."""
    labels, results = _labels(study), study.results
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for case in study.cases:
        if case.name in results:
            systems = found.setdefault(case.level, {})
            own = systems.setdefault(labels[case.system.name], {})
            own[case.question.name] = results[case.name]
    return found


def _named_apart(charts: list[Chart]) -> list[Chart]:
    """Give charts of one name numbers, so that their files are told apart."""
    names = [chart["name"] for chart in charts]
    seen: dict[str, int] = {}
    for chart, name in zip(charts, names, strict=True):
        seen[name] = seen.get(name, 0) + 1
        if names.count(name) > 1:
            chart["name"] = f"{name}-{seen[name]}"
    return charts

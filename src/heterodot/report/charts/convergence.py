"""How every relaxation of a study converged: energy and largest force of every step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from heterodot.report.charts.common import Chart, significant
from heterodot.workflows.store.store import Store

if TYPE_CHECKING:
    from heterodot.workflows.study.results import StudyResult


def study_convergence(study: StudyResult) -> list[Chart]:
    """Return one chart of the relaxations in the study's store; none without a store."""
    folder = study.folder / "store"
    if not (folder / "store.json").is_file():
        return []
    store = Store(folder)
    return convergence_charts(store, study.keys or store.names())


def convergence_charts(store: Store, keys: Iterable[str]) -> list[Chart]:
    """Return one chart of the relaxations among the tasks of a store, the longest first.

    Records are read as they are; one that cannot be is left out here, as it is by the store.
    """
    runs = [run for key in sorted(keys) if (run := _run(store.get(key))) is not None]
    runs.sort(key=lambda run: (run["converged"], -len(run["energies"])))
    return [_chart(runs)] if runs else []


def _run(record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return one relaxation as numbers; None of another task."""
    if record is None or record.get("task") != "relax":
        return None
    result, content = record["result"], record.get("content") or {}
    settings = content.get("settings", {}) if isinstance(content, Mapping) else {}
    energies, forces = (np.ravel(result.get(n, [])).tolist() for n in ("energies", "forces"))
    if not energies or len(energies) != len(forces):
        return None
    criterion = settings.get("fmax")
    return {
        "name": str(record.get("label") or "relaxation"),
        "level": _level(record.get("level")),
        "energies": [round(float(energy) - float(energies[-1]), 6) for energy in energies],
        "final": float(energies[-1]),
        "forces": significant(forces, 4),
        "criterion": None if criterion is None else float(criterion),
        "converged": criterion is None or float(result.get("fmax", forces[-1])) <= float(criterion),
        "optimizer": str(result.get("optimizer", "")),
    }


def _level(level: Any) -> str:
    return str(level.get("code", "")) if isinstance(level, Mapping) else ""


def _chart(runs: Iterable[dict[str, Any]]) -> Chart:
    found = list(runs)
    missed = [run["name"] for run in found if not run["converged"]]
    said = f"{len(found)} relaxations" if len(found) > 1 else "One relaxation"
    left = f"; not converged: {', '.join(missed)}" if missed else ", all converged"
    return {
        "kind": "convergence",
        "name": "convergence",
        "title": "Convergence of the relaxations",
        "caption": f"{said}{left}. Energies from the last step; dashed: the force asked for.",
        "runs": found,
    }

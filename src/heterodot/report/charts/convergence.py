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
    return convergence_charts(Store(folder), getattr(study, "keys", None) or None)


def convergence_charts(store: Store, keys: Iterable[str] | None = None) -> list[Chart]:
    """Return one chart of the relaxations in a store, those not converged and the longest first.

    Parameters
    ----------
    store : Store
    keys : iterable of str, optional
        Of the tasks to look at; all in the store unless given.
    """
    known = store.names() if keys is None else keys
    runs = [run for key in sorted(set(known)) if (run := _run(store, key)) is not None]
    runs.sort(key=lambda run: (run["converged"], -len(run["energies"])))
    return [_chart(runs)] if runs else []


def _run(store: Store, key: str) -> dict[str, Any] | None:
    """Return one relaxation as numbers; None of another task."""
    glance = store.peek(key)  # without its arrays, which only a relaxation is read for
    record = store.get(key) if glance and glance.get("task") == "relax" else None
    if record is None:
        return None
    result, settings = record["result"], (record.get("content") or {}).get("settings", {})
    energies, forces = (np.asarray(result.get(n, []), float) for n in ("energies", "forces"))
    if not len(energies) or len(energies) != len(forces):
        return None
    criterion = settings.get("fmax")
    last = float(result.get("fmax", forces[-1]))
    return {
        "name": str(record.get("label") or "relaxation").strip(),
        "level": _level(record.get("level")),
        "energies": [round(float(energy), 6) for energy in energies - energies[-1]],
        "final": float(energies[-1]),
        "forces": significant(forces, 4),
        "criterion": None if criterion is None else float(criterion),
        "converged": criterion is None or last <= float(criterion),
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

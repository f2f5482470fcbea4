"""Every kind of task by its name: for a worker that does not share our memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heterodot.calculators import Level
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.computing.serialization import structure_from_dict
from heterodot.workflows.tasks.density import Density
from heterodot.workflows.tasks.local_bonding import LocalBonding
from heterodot.workflows.tasks.localisation import Localisation
from heterodot.workflows.tasks.moving.dynamics import Dynamics
from heterodot.workflows.tasks.moving.gap import Gap
from heterodot.workflows.tasks.moving.states_along import StatesAlong
from heterodot.workflows.tasks.proposed_band import ProposeBand
from heterodot.workflows.tasks.task import Task
from heterodot.workflows.tasks.tasks import Hessian, Orbitals, Relax, SinglePoint

KINDS: dict[str, type[Task]] = {
    kind.kind: kind
    for kind in (
        *(SinglePoint, Relax, RelaxCell, Hessian),
        *(Orbitals, LocalBonding, Density, Localisation),
        *(Dynamics, Gap, StatesAlong),
        ProposeBand,
    )
}


def task_from_dict(data: Mapping[str, Any]) -> Task:
    """Rebuild a task from :meth:`heterodot.workflows.tasks.task.Task.to_dict`."""
    return KINDS[data["task"]](
        structure_from_dict(data["structure"]),
        Level.from_dict(data["level"]),
        label=data["label"],
        **data["settings"],
    )

"""How a task ends: what became of it, and what the store remembers of one that failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from heterodot.errors import HeterodotError
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.task import Task


class Executed(NamedTuple):
    """What became of a task: whether it was computed now, its record if it is at hand, whether that
    is on disk for good (else see :meth:`~heterodot.workflows.store.store.Store.sync`), and whether
    it was left to another process that holds it.
    """

    computed: bool
    record: Mapping[str, Any] | None
    synced: bool = True
    is_held: bool = False


def failure_record(
    task: Task, store: Store, error: HeterodotError, seconds: float
) -> dict[str, Any]:
    """Return what the store remembers of a task that failed."""
    log = store.log_path(task.key)
    return {
        "label": task.label,
        "task": task.kind,
        "level": task.level.to_dict(),
        "error": type(error).__name__,
        "message": str(error),
        "log": str(log.relative_to(store.path)) if log.exists() else None,
        "seconds": round(seconds, 3),
        "when": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }

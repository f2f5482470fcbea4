"""How far a store has come, read from its files alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from heterodot.workflows.store.archives import read_json
from heterodot.workflows.store.index import read_index
from heterodot.workflows.store.store import Store


@dataclass(frozen=True)
class StoreStatus:
    """What a store holds.

    Attributes
    ----------
    n_finished : int
    by_kind : dict of str to int
        Finished tasks by kind.
    cpu_seconds : float
        Spent on them.
    under_way : tuple of str
        Tasks with partial work: running now, or cut off.
    failures : tuple of dict
        What failed and has not succeeded since.
    """

    n_finished: int
    by_kind: dict[str, int]
    cpu_seconds: float
    under_way: tuple[str, ...]
    failures: tuple[dict[str, Any], ...]


def store_status(store: Store) -> StoreStatus:
    """Count what is finished, failed and under way."""
    index = read_index(store)
    kinds = Counter(entry.kind for entry in index.values())
    failures = tuple(store.failures())
    failed = {failure["key"] for failure in failures}
    partial = sorted(p for p in (store.path / "work").glob("*") if p.name not in failed)
    return StoreStatus(
        n_finished=len(index),
        by_kind=dict(kinds.most_common()),
        cpu_seconds=sum(entry.cpu_seconds for entry in index.values()),
        under_way=tuple(_label(path) for path in partial if path.name not in store),
        failures=failures,
    )


def _label(work: Any) -> str:
    try:
        return str(read_json(work / "task.json")["label"])
    except (OSError, ValueError, KeyError):
        return f"task {work.name[:12]}…"

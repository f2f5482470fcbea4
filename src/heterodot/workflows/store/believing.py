"""Whether a record is the result of the task that asks for it, before anybody believes it.

A store may be copied, edited, mended by hand or come from someone else. What is found under a
task's key is taken for its result only if it is of the right kind, of as many atoms, and made of
finite numbers in the right shapes; anything else is set aside, and the task is calculated again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from heterodot.checks import is_number
from heterodot.workflows.store.archives import StoredArray
from heterodot.workflows.store.store import Store
from heterodot.workflows.tasks.task import Task

_NOT_A_RESULT = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError)


def stored_result(task: Task, store: Store) -> Any:
    """Return the typed result the store has of a task, or None where it has none to be believed.

    A record that is not believed is set aside; :attr:`Store.refused` says why.

    Raises
    ------
    StoreError
        If the record cannot be read or set aside.
    """
    record = store.get(task.key)
    if record is None:
        return None
    reason = misfit(task, record)
    if not reason:
        try:
            return task.result(record["result"])
        except _NOT_A_RESULT as error:
            reason = f"its result is not that of a task {task.kind!r} ({_said(error)})"
    store.refuse(task.key, reason)
    return None


def misfit(task: Task, record: Mapping[str, Any]) -> str:
    """Return why a record cannot be the task's; empty where nothing speaks against it."""
    kind, n_atoms = record.get("task", task.kind), record.get("atoms", len(task.atoms))
    if kind != task.kind:
        return f"it is of a task {str(kind)[:40]!r}, expected {task.kind!r}"
    if n_atoms != len(task.atoms):
        return f"it is of {str(n_atoms)[:40]} atoms, expected {len(task.atoms)}"
    result = record.get("result")
    if not isinstance(result, Mapping):
        return "it holds no result"
    for name, shape in task.form().items():
        found = _fault(result.get(name), shape)
        if found:
            return f"{name}: {found}"
    return ""


def _fault(value: Any, shape: tuple[int | None, ...]) -> str:
    """Return what is wrong with a number or an array; of a shape, None stands for any length."""
    if not shape:
        return "" if is_number(value) else f"{_short(value)}, expected a finite number"
    expected = "×".join("n" if n is None else str(n) for n in shape)
    try:
        array = value.load() if isinstance(value, StoredArray) else np.asarray(value, float)
    except (TypeError, ValueError, OverflowError):
        return f"{_short(value)}, expected {expected} numbers"
    if len(array.shape) != len(shape) or any(
        n is not None and n != m for n, m in zip(shape, array.shape, strict=True)
    ):
        return f"an array of {'×'.join(map(str, array.shape)) or 1}, expected {expected} numbers"
    if array.dtype.kind not in "fiu":
        return f"an array of {array.dtype}, expected numbers"
    if not np.isfinite(array).all():
        return f"{int((~np.isfinite(array)).sum())} numbers that are not finite"
    return ""


def _short(value: Any) -> str:
    text = "none" if value is None else repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:120]

"""What happens to a task, for whoever watches."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """Something that happened to a task, for a progress display.

    Attributes
    ----------
    kind : {"planned", "submitted", "finished", "cached", "failed", "retried", "waiting", "refused"}
        "cached" means the store had it; "retried" that its worker, job or node was lost; "waiting"
        that another driver has it in hand; "refused" that the store had a record which cannot be
        believed, so that the task is calculated again.
    label, key : str
        Which task; empty for "planned".
    seconds : float
        Since the task was submitted.
    n_done, n_planned : int
        Tasks done so far and expected in all (an estimate: workflows plan their maximum).
    message : str
        The error of a failed task, or why a record was refused.
    task : str
        The task's kind ("relax", …); empty for "planned".
    """

    kind: str
    label: str = ""
    key: str = ""
    seconds: float = 0.0
    n_done: int = 0
    n_planned: int = 0
    message: str = ""
    task: str = ""

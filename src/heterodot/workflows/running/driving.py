"""Several workflows at once: each in a driver thread, all their tasks in one executor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from heterodot.errors import HeterodotError, InputError
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.outcomes import Done, Failed, results_of

MAX_THREADS = 256
"""Driver threads at most, unless more tasks than that run at a time: each costs memory."""


class Workflow(Protocol):
    """A question that can be run."""

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, for the progress display."""

    def run(self, runner: Runner) -> Any:
        """Submit tasks, wait, return a typed result."""


def run_all(workflows: Mapping[str, Workflow], runner: Runner) -> dict[str, Any]:
    """Run workflows side by side to their ends.

    Returns
    -------
    dict
        By name, in the order given: the typed result. Of thousands of workflows,
        :data:`MAX_THREADS` are under way at a time, or twice as many as there are workers.

    Raises
    ------
    HeterodotError
        Once all have ended, where any failed: the error of the first, those of the others in its
        notes. :func:`outcomes_of` is for who can go on without them.
    """
    outcomes = outcomes_of(workflows, runner)
    return dict(zip(outcomes, results_of(outcomes.values()), strict=True))


def outcomes_of(workflows: Mapping[str, Workflow], runner: Runner) -> dict[str, Done[Any] | Failed]:
    """Run workflows side by side to their ends, as :func:`run_all` does.

    Returns
    -------
    dict
        By name, in the order given: ``Done`` with the result, or ``Failed`` with the error that
        ended that workflow. The others go on.
    """
    if not isinstance(workflows, Mapping):
        raise InputError(
            f"workflows of type {type(workflows).__name__}: expected a mapping of names to them"
        )
    for name, workflow in workflows.items():
        if not (hasattr(workflow, "planned_tasks") and callable(getattr(workflow, "run", None))):
            raise InputError(f"{name}: of type {type(workflow).__name__}, expected a question")
    runner.plan(sum(workflow.planned_tasks for workflow in workflows.values()))

    def outcome(workflow: Workflow) -> Done[Any] | Failed:
        try:
            return Done(workflow.run(runner))
        except HeterodotError as error:
            return Failed(error, workflow)

    calls = [lambda w=workflow: outcome(w) for workflow in workflows.values()]
    most = max(MAX_THREADS, 2 * runner.workers)
    return dict(zip(workflows, side_by_side(*calls, most=most), strict=True))


def side_by_side(*calls: Callable[[], Any], most: int | None = None) -> list[Any]:
    """Run calls in threads, ``most`` at a time; return what they return, or raise the first error.

    Without ``most`` each has a thread of its own, so calls may wait for one another.
    """
    if not calls:
        return []
    n_threads = len(calls) if most is None else min(most, len(calls))
    with ThreadPoolExecutor(n_threads, thread_name_prefix="workflow") as threads:
        futures = [threads.submit(call) for call in calls]
        return [future.result() for future in futures]

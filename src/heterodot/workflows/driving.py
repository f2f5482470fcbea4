"""Several workflows at once: each in a driver thread, all their tasks in one executor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from heterodot.errors import HeterodotError
from heterodot.workflows.runner import Runner


class Workflow(Protocol):
    """A question that can be run."""

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, for the progress display."""

    def run(self, runner: Runner) -> Any:
        """Submit tasks, wait, return a typed result."""


def run_all(workflows: Mapping[str, Workflow], runner: Runner) -> dict[str, Any]:
    """Run workflows side by side.

    Returns
    -------
    dict
        By name, in the order given: the result, or the :class:`HeterodotError` that ended that
        workflow. The others go on.
    """
    for workflow in workflows.values():
        runner.plan(workflow.planned_tasks)

    def outcome(workflow: Workflow) -> Any:
        try:
            return workflow.run(runner)
        except HeterodotError as error:
            return error

    calls = [lambda w=workflow: outcome(w) for workflow in workflows.values()]
    return dict(zip(workflows, side_by_side(*calls), strict=True))


def side_by_side(*calls: Callable[[], Any]) -> list[Any]:
    """Run calls in threads of their own; return what they return, or raise the first error."""
    if not calls:
        return []
    with ThreadPoolExecutor(len(calls), thread_name_prefix="workflow") as threads:
        futures = [threads.submit(call) for call in calls]
        return [future.result() for future in futures]

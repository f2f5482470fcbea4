"""How far a run is, for whoever shows it; in a notebook, a line that renews itself.

Events are those of :mod:`heterodot.workflows.tasks.events`.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from html import escape
from typing import Any

INTERVAL = 0.25
"""Seconds between two looks of the line in a notebook; chosen, the eye asks for no more."""

SHOWN = 3
"""Tasks under way that the line names."""


class Progress:
    """Follows the events of a runner.

    ``left`` is the estimate of what is to come: the tasks planned and not done, at the pace so
    far. Workflows plan their maximum, so it errs on the long side. The executor takes tasks in the
    order they are submitted, so the oldest ``workers`` of them are the ones that run.
    """

    def __init__(self, workers: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self.workers = workers
        self.clock = clock
        self.started = clock()
        self.submitted: dict[str, str] = {}
        self.begun: dict[str, float] = {}
        self.done = self.planned = self.computed = 0
        self.lock = threading.Lock()

    def __call__(self, event: Any) -> None:
        """Take note of an event and show it."""
        with self.lock:
            self.update(event)

    def update(self, event: Any) -> None:
        """Take note of an event."""
        self.done, self.planned = event.n_done, max(event.n_planned, event.n_done)
        if event.kind in ("submitted", "retried"):
            self.submitted[event.key] = event.label
        elif event.kind in ("finished", "failed", "cached"):
            self.submitted.pop(event.key, None)
            self.begun.pop(event.key, None)
            self.computed += event.kind != "cached"
        for key in list(self.submitted)[: self.workers]:
            self.begun.setdefault(key, self.clock())

    @property
    def running(self) -> list[tuple[str, float]]:
        """Label and seconds of every task that runs."""
        now = self.clock()
        oldest = list(self.submitted.items())[: self.workers]
        return [(label, now - self.begun.get(key, now)) for key, label in oldest]

    @property
    def left(self) -> str:
        """Time left, in words; empty as long as nothing is known."""
        to_do = self.planned - self.done
        if not self.computed or to_do <= 0:
            return ""
        seconds = (self.clock() - self.started) / self.computed * to_do
        return f"up to {duration(seconds)} left"


class NotebookProgress(Progress):
    """One line below a cell of a notebook that renews itself; failures stay beneath it.

    Nothing but IPython is needed, and nothing is to be seen before the first task is calculated:
    what the store has is answered without a line.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._handle: Any = None
        self._shown = -INTERVAL
        self._failed: list[str] = []

    def __call__(self, event: Any) -> None:
        """Show an event."""
        with self.lock:
            self.update(event)
            if event.kind in ("failed", "refused"):
                self._failed.append(f"{event.label} {event.kind}: {event.message}")
            if self._handle is None:  # by the thread of the cell, whose output it belongs to
                self._handle = _displayed({"text/plain": ""})
            if not (self.computed or self.submitted):
                return
            now = self.clock() - self.started
            last = self.planned and self.done >= self.planned
            if now - self._shown >= INTERVAL or event.kind == "failed" or last:
                self._shown = now
                self._show()

    def _show(self) -> None:
        self._handle.update({"text/html": self._html(), "text/plain": self._text()}, raw=True)

    def _text(self) -> str:
        under_way = ", ".join(label for label, _ in self.running[:SHOWN])
        words = [f"{self.done} of at most {self.planned} tasks", self.left, under_way]
        return "; ".join(filter(None, words))

    def _html(self) -> str:
        bar = f'<progress value="{self.done}" max="{max(self.planned, 1)}"></progress>'
        failed = "".join(f'<div style="color:#b3541e">{escape(one)}</div>' for one in self._failed)
        return f"<div>{bar} {escape(self._text())}</div>{failed}"


def _displayed(bundle: dict[str, str]) -> Any:
    """Display a MIME bundle; return the handle it can be renewed by."""
    from IPython.display import display

    return display(bundle, raw=True, display_id=True)


def usual_progress(workers: int = 1) -> Callable[[Any], None]:
    """Return what follows a run where nobody says: a line in a notebook, nothing elsewhere."""
    return NotebookProgress(workers=workers) if in_notebook() else lambda _: None


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook; IPython is not imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and getattr(shell, "kernel", None) is not None


def duration(seconds: float) -> str:
    """Return a time in words, in the unit that fits it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"

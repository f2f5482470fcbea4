"""What runs and how much is left: a live display on a terminal, plain lines anywhere else."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from heterodot.cli.common.text import one_line
from heterodot.workflows.running.progress import Progress, duration

if TYPE_CHECKING:
    from heterodot.workflows import Event

PLAIN_INTERVAL = 2.0
"""Seconds between plain lines about ordinary progress."""


class PlainProgress(Progress):
    """One line per finished task, not more than one in two seconds; failures always."""

    def __init__(self, write: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.write = write
        self.written = -PLAIN_INTERVAL

    def __call__(self, event: Event) -> None:
        """Show an event."""
        with self.lock:
            self.update(event)
            now = self.clock() - self.started
            due = now - self.written >= PLAIN_INTERVAL and event.kind == "finished"
            if due or event.kind in ("failed", "retried", "refused"):
                self.written = now
                self.write(self._line(event))

    def _line(self, event: Event) -> str:
        parts = [f"[{self.done}/{self.planned}] {event.label} {event.kind}"]
        if event.kind in ("failed", "refused"):
            parts.append(one_line(event.message))
        if event.seconds >= 0.05:
            parts.append(f"{event.seconds:.1f} s")
        return ", ".join([*parts, *filter(None, [self.left])])


class LiveProgress(Progress):
    """A bar with what runs beneath it, drawn by rich on a terminal."""

    def __init__(self, live: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.live = live
        self.live.get_renderable = self.render
        self.live.refresh()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        with self.lock:
            self.update(event)
        if event.kind in ("failed", "retried", "refused"):
            message = one_line(event.message)
            self.live.console.print(f"{event.label} {event.kind} {message}", markup=False)

    def render(self) -> Any:
        """Draw the present state."""
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        with self.lock:
            running, waiting = self.running, len(self.submitted) - len(self.running)
            done, planned, left = self.done, self.planned, self.left
        head = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=max(planned, 1), completed=done, width=32)
        head.add_row(bar, f"{done} of {planned} tasks", left)
        rows = [Text(f"  {label}  {duration(seconds)}") for label, seconds in running[:16]]
        more = [Text(f"  {waiting} waiting")] if waiting > 0 else []
        return Group(head, *rows, *more)


@contextlib.contextmanager
def progress(workers: int) -> Iterator[Progress]:
    """Give the display that fits stderr."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield PlainProgress(_print_line, workers=workers)
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), refresh_per_second=4, transient=True) as live:
        yield LiveProgress(live, workers=workers)


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """End at once on Ctrl-C or SIGTERM, with one line: finished tasks are safe on disk.

    The workers notice that they are alone and end as well.
    """
    driver = os.getpid()

    def stop(number: int, _: Any) -> None:
        if os.getpid() != driver:  # a forked worker, told off together with us
            os._exit(128 + number)
        reset = "\x1b[?25h\n" if sys.stderr.isatty() else ""
        line = "heterodot: interrupted; finished work is kept, run again to go on\n"
        with contextlib.suppress(OSError):  # whoever read it may have gone
            os.write(2, (reset + line).encode())
        os._exit(128 + number)

    previous = {n: signal.signal(n, stop) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _print_line(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the command line prints

"""Progress: live on a terminal, plain lines elsewhere, and an estimate of what is left."""

import io

from heterodot.cli.progress import LiveProgress, PlainProgress, progress
from heterodot.workflows import Event


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_plain_lines_say_what_ran_and_how_much_is_left():
    clock, lines = Clock(), []
    show = PlainProgress(lines.append, clock=clock)
    show(Event("planned", n_planned=10))
    show(Event("submitted", "dot relax", "k1", n_planned=10))
    clock.now = 30.0
    show(Event("finished", "dot relax", "k1", seconds=30.0, n_done=1, n_planned=10))
    assert lines == ["[1/10] dot relax finished, 30.0 s, up to 4 min left"]
    clock.now = 30.5
    show(Event("finished", "quick", "k2", n_done=2, n_planned=10))
    assert len(lines) == 1
    show(Event("failed", "bad", "k3", n_done=3, n_planned=10, message="no\nhope"))
    assert lines[-1].startswith("[3/10] bad failed, no hope")


def test_cached_tasks_are_no_pace():
    show = PlainProgress(lambda _: None, clock=Clock())
    show(Event("cached", "dot", "k", n_done=5, n_planned=10))
    assert show.left == ""


def test_live_display_names_the_running_tasks():
    from rich.console import Console
    from rich.live import Live

    clock = Clock()
    text = io.StringIO()
    console = Console(file=text, force_terminal=True, width=100)
    with Live(console=console, auto_refresh=False, transient=True) as live:
        show = LiveProgress(live, clock=clock)
        show(Event("submitted", "type-a relax", "k1", n_planned=4))
        clock.now = 12.0
        live.refresh()
    assert "type-a relax" in text.getvalue()
    assert "0 of 4 tasks" in text.getvalue()


def test_only_as_many_tasks_run_as_there_are_workers():
    clock = Clock()
    show = PlainProgress(lambda _: None, workers=2, clock=clock)
    for n in range(4):
        show(Event("submitted", f"task {n}", f"k{n}", n_planned=4))
    clock.now = 5.0
    show(Event("finished", "task 0", "k0", n_done=1, n_planned=4))
    clock.now = 7.0
    assert show.running == [("task 1", 7.0), ("task 2", 2.0)]


def test_without_a_terminal_lines_are_plain(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with progress(2) as show:
        assert isinstance(show, PlainProgress)


def test_an_end_by_signal_needs_no_reader():
    """Its reader gone, the line cannot be written; the process ends all the same."""
    import signal
    import subprocess
    import sys

    code = (
        "import sys, time; from heterodot.cli.progress import interruptible\n"
        "with interruptible():\n"
        "    print('begun', flush=True)\n"
        "    time.sleep(600)"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        process.stdout.readline()
        process.stderr.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM

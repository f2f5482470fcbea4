"""Draw the figures of a study: those whose data or style changed, side by side in processes."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heterodot.errors import HeterodotError, InputError, StoreError
from heterodot.workflows.store.archives import read_json
from heterodot.workflows.study.drawing.digests import Digests, drawing_version
from heterodot.writing import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STAMP = ".figures.json"
"""Remembers what each figure was drawn from, so that it is not drawn again."""

WORTH_FORKING = 4
"""Figures from which on a second process pays. Chosen: each takes about half a second to draw, a
process a tenth to start."""

_FORMATS = ("png", "svg")


def write_figures(
    drawings: Mapping[str, Callable[[], Figure]], folder: Path, processes: int = 1
) -> int:
    """Draw what is not there as it should be; return how many were drawn.

    Parameters
    ----------
    drawings : mapping of str to callable
        By file name without ending.
    folder : Path
        Of the results; the files go to ``figures``, what they were drawn from to :data:`STAMP`.
    processes : int
        At most.

    Raises
    ------
    StoreError
        A figure cannot be written.
    """
    digests, style, known = Digests(), drawing_version(), _drawn_before(folder / STAMP)
    wanted = {}
    for name, draw in drawings.items():
        data = digests.of(draw)
        wanted[name] = f"{style[:32]}{data[:32]}" if data else ""
    due = [
        name
        for name, key in wanted.items()
        if not key or known.get(name) != key or not _is_there(folder / "figures" / name)
    ]
    if due:
        _draw(drawings, due, folder / "figures", processes)
    now = {name: key for name, key in wanted.items() if key}
    if now != known:
        write_atomically(folder / STAMP, json.dumps({"drawn": now}).encode())
    return len(due)


def _drawn_before(stamp: Path) -> Mapping[str, Any]:
    try:
        found = read_json(stamp)["drawn"]
    except (OSError, ValueError, KeyError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _is_there(stem: Path) -> bool:
    """Whether a figure is there in every format, or the reason why it cannot be drawn."""
    return _reason(stem).exists() or all(
        stem.with_name(f"{stem.name}.{kind}").exists() for kind in _FORMATS
    )


def _reason(stem: Path) -> Path:
    return stem.with_name(f"{stem.name}.txt")


def _draw(
    drawings: Mapping[str, Callable[[], Figure]], names: list[str], folder: Path, processes: int
) -> None:
    """Draw here, or in forked processes, which have the data without being handed it."""
    processes = min(processes, usable_processors(), len(names) // 2)
    forks = sys.platform == "linux" and threading.current_thread() is threading.main_thread()
    if len(names) < WORTH_FORKING or processes < 2 or not forks:
        _draw_these(drawings, names, folder)
        return
    _load_matplotlib()  # once, before there are several of us
    fork = multiprocessing.get_context("fork")
    complaints = fork.SimpleQueue()
    children = [
        fork.Process(target=_in_child, args=(drawings, names[n::processes], folder, complaints))
        for n in range(1, processes)
    ]
    for child in children:
        child.start()
    try:
        _draw_these(drawings, names[::processes], folder)
    finally:
        for child in children:
            child.join()
    if not complaints.empty():
        raise StoreError(complaints.get())
    for n, child in enumerate(children, start=1):
        if child.exitcode:  # killed, for want of memory perhaps: what it left is drawn here
            left = [name for name in names[n::processes] if not _is_there(folder / name)]
            _draw_these(drawings, left, folder)


def _in_child(
    drawings: Mapping[str, Callable[[], Figure]], names: list[str], folder: Path, complaints: Any
) -> None:
    try:
        _draw_these(drawings, names, folder)
    except StoreError as error:
        complaints.put(str(error))


def _draw_these(
    drawings: Mapping[str, Callable[[], Figure]], names: Iterable[str], folder: Path
) -> None:
    for name in names:
        _save(drawings[name], folder / name)


def _save(draw: Callable[[], Figure], stem: Path) -> None:
    """Draw and save one figure; one that cannot be drawn leaves the reason in its place."""
    from heterodot.analysis import save_figure

    try:
        figure = draw()
    except HeterodotError as error:
        write_atomically(_reason(stem), f"not drawn: {error}\n".encode())
        return
    try:
        save_figure(figure, stem.with_name(f"{stem.name}.png"))
    except InputError as error:
        raise StoreError(f"{error}; nothing calculated is lost, run again once it can") from error
    finally:
        del figure
        gc.collect()  # figures refer to themselves: left alone, a hundred of them are 200 MB
    _reason(stem).unlink(missing_ok=True)


def _load_matplotlib() -> None:
    """Import what every figure needs, its fonts too."""
    for name in ("backends.backend_agg", "backends.backend_svg", "font_manager"):
        import_module(f"matplotlib.{name}")


def usable_processors() -> int:
    """Return the number of processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

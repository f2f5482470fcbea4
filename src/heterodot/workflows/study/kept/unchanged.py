"""Whether a study was answered before and nothing has changed since: then nothing is to be done.

A run that answered everything leaves a stamp in the results folder: the study's text, the state of
every file it may have read, every record it used and every file it wrote, and what it said. The
next run compares them, which needs no structure built and no code loaded. Anything at all that is
different, missing or not understood, and the study is run as ever.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import heterodot
from heterodot.errors import HeterodotError, InputError
from heterodot.own_files import own_path
from heterodot.paths import read_at_most, user_path
from heterodot.writing import write_atomically

NAME = ".unchanged.json"
"""The stamp, in the results folder."""

MAX_BYTES = 50_000_000
"""Of a stamp that is read."""

_WRITTEN = ("structures", "figures", "files")
_OUTPUT = re.compile(r"^output:[ \t]*([^\s#'\"][^#\n]*?)[ \t]*(?:#.*)?$", re.MULTILINE)
_GROUPS = ("heterodot.calculators", "heterodot.questions")
_NOTHING = [-1, -1]

State = list[int]
"""Size and time of change (ns) of a file."""


@dataclass(frozen=True)
class Unchanged:
    """What there is to say of a study that needs no run.

    Attributes
    ----------
    folder : Path
        The results.
    table : str
        The answers, as text.
    n_tasks : int
        In the store.
    said : tuple of str
        What the run that answered it said before it began.
    """

    folder: Path
    table: str
    n_tasks: int
    said: tuple[str, ...]


def find_unchanged(study: Path, output: Path | None = None) -> Unchanged | None:
    """Return what is known of a study nothing of which has changed since it was answered, or None.

    Parameters
    ----------
    study : Path
        The study file.
    output : Path, optional
        Its results folder, where the user named one.
    """
    try:
        text = read_at_most(study, MAX_BYTES)
        folder = _results_of(study, text) if output is None else user_path(output)
        stamp = json.loads(read_at_most(folder / NAME, MAX_BYTES))
        if stamp["study"] != _digest(text) or stamp["program"] != _program():
            return None
        # the files of the results last: the folder may be large
        for place, states in ((study.parent, stamp["inputs"]), (folder, stamp["files"])):
            if any(_state(place / name) != known for name, known in states.items()):
                return None
        if {**_listed(folder), **stamp["files"]} != stamp["files"]:
            return None
        table = (folder / "table.txt").read_text(encoding="utf-8")
        return Unchanged(folder, table, int(stamp["n_tasks"]), tuple(map(str, stamp["said"])))
    except (HeterodotError, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # no stamp, or not one of ours: the study is run, and says what is wrong


class Stamp:
    """Takes note of what a run reads, before it reads it, and leaves the stamp at its end.

    Parameters
    ----------
    study : Path
        The study file.
    """

    def __init__(self, study: Path) -> None:
        self._study = study
        self._text = study.read_bytes() if study.is_file() else b""
        self._inputs: dict[str, State] = {}

    def take_inputs(self, data: Any) -> None:
        """Note the state of every file that a text of the study may name."""
        config = own_path("config.toml")
        names = [*dict.fromkeys(_file_names(data)), *([config] if config else [])]
        self._inputs = {name: _state(self._study.parent / name) for name in names}

    def leave(self, folder: Path, keys: Iterable[str], said: Iterable[str] = ()) -> None:
        """Write the stamp of a run that answered everything.

        Parameters
        ----------
        folder : Path
            The results.
        keys : iterable of str
            Of the tasks the answers rest on.
        said : iterable of str
            What the user was told before anything was calculated.
        """
        used = set(keys)
        records = (folder / "store" / "results").glob("*/*")
        paths = [path for path in records if path.name.partition(".")[0] in used]
        stamp = {
            "study": _digest(self._text),
            "program": _program(),
            "inputs": self._inputs,
            "files": {**{str(p.relative_to(folder)): _state(p) for p in paths}, **_listed(folder)},
            "n_tasks": len(used),
            "said": list(said),
        }
        write_atomically(folder / NAME, json.dumps(stamp).encode())


def _results_of(study: Path, text: bytes) -> Path:
    """Return where the results of a study most likely are; the stamp there says whose they are."""
    found = _OUTPUT.search(text.decode())
    given = found[1] if found else f"{study.stem}-results"
    return Path(os.path.normpath(study.parent / user_path(given)))


def _listed(folder: Path) -> dict[str, State]:
    """Return the state of every file a run writes."""
    names = [path for path in folder.iterdir() if path.is_file() and path.name != NAME]
    for part in _WRITTEN:
        names += [path for path in (folder / part).glob("*") if path.is_file()]
    return {str(path.relative_to(folder)): _state(path) for path in sorted(names)}


def _state(path: Path) -> State:
    try:
        found = path.stat()
    except (OSError, ValueError):  # not there, or a name no file can have
        return _NOTHING
    return [found.st_size, found.st_mtime_ns] if stat.S_ISREG(found.st_mode) else _NOTHING


def _file_names(data: Any) -> Iterator[str]:
    """Yield every text of a study that may be the name of a file, as a path."""
    if isinstance(data, Mapping):
        for value in data.values():
            yield from _file_names(value)
    elif isinstance(data, list):
        for value in data:
            yield from _file_names(value)
    elif isinstance(data, str) and "\n" not in data and "\0" not in data:
        for name in dict.fromkeys((data, data.rpartition("@")[0] or data)):
            with suppress(InputError):  # of a home nobody has: no file
                yield str(user_path(name))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _program() -> str:
    """Return a digest of what answers: our own files, and what other packages register."""
    root = Path(heterodot.__file__).parent
    known = [[str(p), *_state(p)] for p in sorted(root.rglob("*.py"))]
    entries = [
        [group, entry.name, entry.value, entry.dist.version if entry.dist else ""]
        for group in _GROUPS
        for entry in metadata.entry_points(group=group)
    ]
    return _digest(json.dumps([heterodot.__version__, sys.version, known, entries]).encode())

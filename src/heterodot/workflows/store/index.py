"""An index of the store: one line per finished task, so that counting them opens one file.

The index is a cache. Its lines are appended as records are stored; what is missing from it, torn
or foreign is read from the records themselves and added, and what it names beyond them does not
count. It may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from heterodot.paths import read_at_most

NAME = "index.jsonl"

MAX_BYTES = 1_000_000_000
"""Bytes of the index that are read; a million tasks take a fifth of it."""


class Entry(NamedTuple):
    """What the index knows of a finished task.

    Its kind and the CPU seconds it took; the code, the number of atoms, the wall time (s) and the
    largest memory (MB) of the first rank, both times the number of ranks, and its level
    (:func:`level_digest`), where they are known, for asking as much of a queue.
    """

    kind: str
    cpu_seconds: float
    code: str = ""
    atoms: int = 0
    seconds: float = 0.0
    megabytes: float = 0.0
    level: str = ""


def level_digest(level: Mapping[str, Any]) -> str:
    """Return a short name of a level of theory, given as data: of its code and all settings."""
    text = json.dumps(level, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def note(folder: Path, key: str, record: Mapping[str, Any]) -> None:
    """Append a line about a record; best effort, since the record itself is what counts."""
    _append(folder, [_line(key, _entry(record))])


class Records(Protocol):
    """What the index reads of a store."""

    path: Path

    def names(self) -> Iterable[str]:
        """Keys of the finished tasks."""

    def peek(self, key: str) -> Mapping[str, Any] | None:
        """Return a record without its arrays."""


def read_index(store: Records) -> dict[str, Entry]:
    """Return kind and CPU seconds of every finished task by its key, and mend the index."""
    finished = set(store.names())
    known = {key: entry for key, entry in _read(store.path).items() if key in finished}
    missing = {}
    for key in sorted(finished - known.keys()):
        record = store.peek(key)
        if record is not None:
            missing[key] = _entry(record)
    _append(store.path, [_line(key, entry) for key, entry in missing.items()])
    return {**known, **missing}


def _entry(record: Mapping[str, Any]) -> Entry:
    known = record.get("level")
    level = known if isinstance(known, Mapping) else {}
    ranks = max(1.0, _number(record.get("ranks")))
    return Entry(
        str(record.get("task", "?"))[:40],
        _number(record.get("cpu_seconds")),
        str(level.get("code", ""))[:40],
        int(_number(record.get("atoms"))),
        ranks * _number(record.get("seconds")),
        ranks * _number(record.get("megabytes")),
        level_digest(level) if level else "",
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0


def _line(key: str, entry: Entry) -> str:
    return json.dumps([key, *entry]) + "\n"


def _read(folder: Path) -> dict[str, Entry]:
    try:
        text = read_at_most(folder / NAME, MAX_BYTES).decode(errors="replace")
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            key, kind, cpu, code, atoms, seconds, megabytes, level = json.loads(line)
            took = (int(atoms), float(seconds), float(megabytes))
            found[str(key)] = Entry(str(kind), float(cpu), str(code), *took, str(level))
    return found


def _append(folder: Path, lines: Iterable[str]) -> None:
    content = "".join(lines).encode()
    if not content:
        return
    with contextlib.suppress(OSError):
        # one write each: lines of several processes do not mix on a local file system
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(folder / NAME, flags, 0o666)
        try:
            os.write(descriptor, content)
        finally:
            os.close(descriptor)

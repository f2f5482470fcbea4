"""What killed writers left of files they never finished, told from what is being written now.

Results are written aside and renamed (:mod:`heterodot.writing`). The name says by whom: what a
process of this machine left that is no more goes at once; of other machines, whose processes
cannot be seen from here, what nobody has touched for an hour.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

from heterodot.workflows.store.processes import started
from heterodot.writing import ASIDE, HOST

PATIENCE = 3600.0
"""Seconds; a table or a figure is written in far fewer."""

_BEFORE = re.compile(r"\.(?P<name>.+)\.(?P<pid>[0-9]+)\.tmp\.(?:png|svg)")
"""Figures of versions that did not write their machine into the name."""


def sweep_leftovers(folders: Iterable[Path]) -> list[Path]:
    """Remove what dead writers left in these folders; return what was removed.

    Best effort: a folder that can only be read keeps them, in nobody's way.
    """
    removed = []
    for folder in folders:
        with contextlib.suppress(OSError):
            for entry in os.scandir(folder):
                if entry.is_file(follow_symlinks=False) and _is_left(entry):
                    path = Path(entry.path)
                    path.unlink(missing_ok=True)
                    removed.append(path)
    return removed


def _is_left(entry: os.DirEntry[str]) -> bool:
    found = ASIDE.fullmatch(entry.name) or _BEFORE.fullmatch(entry.name)
    if found is None:
        return False
    is_old = time.time() - entry.stat(follow_symlinks=False).st_mtime > PATIENCE
    here = found.groupdict().get("host") == HOST
    return is_old or (here and not started(int(found["pid"])))

"""A file that a task has written and that stays beside its record: too long for arrays in memory.

It is written in the task's own folder and named in the result by a :class:`KeptFile`; the store
moves it beside the record when the task is finished, and gives it back as one with its new place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass
class KeptFile:
    """Where a file of a result is; the store changes ``path`` when it moves the file.

    Attributes
    ----------
    path : Path
    """

    path: Path

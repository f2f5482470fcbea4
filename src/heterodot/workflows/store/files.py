"""Files beside a record, such as a trajectory: moved there when the task is finished.

A file is ``results/a/abcd….NAME.ENDING``. The record says its name and its size; one that leads
elsewhere, is a link or has another size is not believed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heterodot.data.kept_file import KeptFile

_MARK = "__file__"
_NAME = re.compile(r"[0-9a-f]{64}\.[a-z]{1,20}\.[a-z0-9]{1,8}")


def move_files(record: Mapping[str, Any], key: str, folder: Path) -> dict[str, Any]:
    """Move the files of a result beside its record; return the record with their names in it.

    Parameters
    ----------
    record : mapping
        Files are :class:`KeptFile` among the entries of its ``result``, each told its new place.
    key : str
    folder : Path
        Of the record.
    """
    result = record.get("result")
    if not isinstance(result, Mapping):
        return dict(record)
    moved = dict(result)
    for entry, value in result.items():
        if isinstance(value, KeptFile):
            place = folder / f"{key}.{entry}{value.path.suffix}"
            if value.path != place:
                _take(value.path, place)
                value.path = place
            moved[entry] = {_MARK: place.name, "bytes": place.stat().st_size}
    return {**record, "result": moved}


def _take(path: Path, place: Path) -> None:
    """Give a file its place; it stays where it was, too, until the record is there, if it can."""
    place.unlink(missing_ok=True)
    try:
        os.link(path, place)
    except OSError:  # a file system without hard links
        path.replace(place)


def find_files(record: Mapping[str, Any], key: str, folder: Path) -> dict[str, Any]:
    """Undo :func:`move_files`: entries that name a file become :class:`KeptFile`.

    Raises
    ------
    ValueError
        For a file that is not there, not whole, or not the record's own.
    """
    result = record.get("result")
    if not isinstance(result, Mapping):
        return dict(record)
    found = dict(result)
    for entry, value in result.items():
        if isinstance(value, Mapping) and _MARK in value:
            found[entry] = KeptFile(_checked(value, key, folder))
    return {**record, "result": found}


def _checked(said: Mapping[str, Any], key: str, folder: Path) -> Path:
    name = str(said[_MARK])
    if _NAME.fullmatch(name) is None or not name.startswith(key):
        raise ValueError(f"file {name[:100]!r}, expected one of its own")
    path = folder / name
    if path.is_symlink() or not path.is_file():
        raise ValueError(f"its file {name} is not there")
    size = os.stat(path).st_size  # noqa: PTH116
    if size != said.get("bytes"):
        raise ValueError(f"its file {name} has {size} bytes, expected {said.get('bytes')}")
    return path

"""Paths as users write them: ``~`` is the home folder, and what is read is a file, not a pipe."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from heterodot.errors import InputError, StoreError


def user_path(given: str | os.PathLike[str]) -> Path:
    """Return a path with a leading ``~`` or ``~name`` replaced by the home folder.

    Raises
    ------
    InputError
        If it is no path, or names a user nobody knows.
    """
    text = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(text, str) or "\0" in text:
        raise InputError(f"path {given!r}: expected the name of a file or a folder")
    home = os.path.expanduser(text)  # noqa: PTH111 - Path fails where there is no home
    if text.startswith("~") and home == text:
        who = text.split("/", 1)[0]
        raise InputError(
            f"{text}: no home folder of {who!r}, expected a user of this machine; ./{text} for a "
            "file of that name"
        )
    return Path(home)


def read_at_most(path: str | os.PathLike[str], size: int) -> bytes:
    """Return the content of a file, or its first ``size`` + 1 bytes.

    Nothing is waited for: a pipe, a socket or a device is no file.

    Raises
    ------
    OSError
        If it cannot be read; of a pipe, a folder or a device it says so.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, f"{_kind(mode)}, expected a file", os.fspath(path))
        return file.read(size + 1)


def refuse_link(path: str | Path) -> None:
    """Raise StoreError for a symbolic link inside a store, or among results."""
    if os.path.islink(path):  # noqa: PTH114 - this runs once a task
        raise StoreError(
            f"{path}: a symbolic link, expected no link among results; take it away (the folder of "
            "the store itself may be one)"
        )


def refuse_no_file(path: Path) -> None:
    """Raise InputError for a place where no file can be written.

    A device or a pipe would be replaced by the file itself.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: is {_kind(mode)}, expected the name of a file to write")


def kind_of(path: str | os.PathLike[str]) -> str:
    """Return what is at a path that is no file: "a pipe", "a folder"; "nothing" if nothing is."""
    try:
        return _kind(os.stat(path).st_mode)  # noqa: PTH116 - Path.stat is this
    except OSError:
        return "nothing"


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "no file")

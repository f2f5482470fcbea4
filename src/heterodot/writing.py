"""Files that are there whole or not at all: written aside, then renamed.

A full disk or a kill leaves the file of before, if there was one, and never half a new one. The
name of what is written aside says whose it is (host, process, thread), so that what a killed
process left can be told from what is being written now.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

HOST = re.sub("[^A-Za-z0-9-]", "-", socket.gethostname())[:60]
"""This machine, as it is written into file names."""

ASIDE = re.compile(
    r"\.?(?P<name>.+)\.(?P<host>[A-Za-z0-9-]+)\.(?P<pid>[0-9]+)\.(?P<thread>[0-9]+)"
    r"\.tmp(?:\.[A-Za-z0-9]+)?"
)
"""Names of files that are being written."""


def write_atomically(path: Path | str, content: bytes, sync: bool = True) -> None:
    """Write a file so that it is there whole or not at all; synced, it outlasts a power cut."""
    # plain system calls: this runs once a task, and pathlib and io take twice as long
    temporary = f"{path}.{HOST}.{os.getpid()}.{threading.get_ident()}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        try:
            _write_all(descriptor, content)
            if sync:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)  # noqa: PTH104
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise


@contextlib.contextmanager
def written_aside(*paths: Path) -> Iterator[tuple[Path, ...]]:
    """Give names to write to in place of ``paths``, with their endings; rename them at the end.

    For writers that go by the name of a file. An error leaves what was there before.

    Raises
    ------
    OSError
        What the writer raised; also where it wrote less than it should, if its file is not there.
    """
    mark = f"{HOST}.{os.getpid()}.{threading.get_ident()}.tmp"
    aside = tuple(path.with_name(f".{_short(path.stem)}.{mark}{path.suffix}") for path in paths)
    try:
        yield aside
        for temporary in aside:
            _sync(temporary)
        for temporary, path in zip(aside, paths, strict=True):
            temporary.replace(path)
    finally:
        for temporary in aside:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _short(stem: str) -> str:
    """Return a name that leaves room for the mark: names end at 255 bytes."""
    return stem.encode()[:100].decode(errors="ignore")


def _sync(path: Path) -> None:
    """Bring a file to disk: some file systems say only then that there is no room."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EROFS):  # cannot be synced
            raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]

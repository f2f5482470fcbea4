"""Locks on single bytes of a file: the system lets go of them when their holder dies."""

from __future__ import annotations

import fcntl
import struct


def lock_range(descriptor: int, offset: int, wait: bool = True) -> bool:
    """Lock one byte of an open file; return whether it is ours now.

    Parameters
    ----------
    descriptor, offset : int
    wait : bool
        Wait for another process that holds it; else say at once.

    Raises
    ------
    OSError
        If the file system has no locks.
    """
    return _call(descriptor, offset, fcntl.F_WRLCK, wait)


def unlock_range(descriptor: int, offset: int) -> None:
    """Let go of a byte."""
    _call(descriptor, offset, fcntl.F_UNLCK, True)


def _call(descriptor: int, offset: int, kind: int, wait: bool) -> bool:
    """Lock or unlock one byte, by open file where the system can (Linux), else by process.

    Returns whether it was done: a lock that another holds is not, unless waited for.
    """
    ofd = getattr(fcntl, "F_OFD_SETLKW" if wait else "F_OFD_SETLK", None)
    try:
        if ofd is None:
            how = fcntl.LOCK_EX if kind == fcntl.F_WRLCK else fcntl.LOCK_UN
            fcntl.lockf(descriptor, how | (0 if wait else fcntl.LOCK_NB), 1, offset)
        else:  # struct flock of 64-bit Linux: short type, whence; off_t start, len; pid_t
            fcntl.fcntl(descriptor, ofd, struct.pack("hhqqi", kind, 0, offset, 1, 0))
    except (BlockingIOError, PermissionError):  # EAGAIN or EACCES: held
        if wait:
            raise
        return False
    return True

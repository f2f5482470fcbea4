"""A process known for certain: by host, boot, number and the moment it started.

A process number is used again after a while. Nothing is sent to one before it was shown to be the
process that was written down.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from heterodot.records import Fits, Record


@dataclass(frozen=True)
class Process(Record, lenient=True):
    """One process of one host.

    Attributes
    ----------
    host : str
    boot : str
        The host's boot id; empty where the system has none.
    pid : int
    started : str
        When it started, as the system tells it (Linux: clock ticks since boot).
    """

    host: str
    boot: str
    pid: Annotated[int, Fits((2).__le__, "the number of a process, 2 or more")]
    started: str

    @classmethod
    def current(cls) -> Process:
        """Return this very process."""
        return cls(socket.gethostname(), _boot(), os.getpid(), started(os.getpid()))

    @property
    def is_here(self) -> bool:
        """Whether it is, or was, a process of this host."""
        return self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool | None:
        """Whether it runs; None where that cannot be known from here (another host)."""
        if not self.is_here:
            return None
        if self.boot != _boot():
            return False
        return self.started != "" and started(self.pid) == self.started

    def stop(self, patience: float = 10.0) -> bool:
        """Ask it to end (SIGTERM) and wait; return whether it has ended.

        Parameters
        ----------
        patience : float
            Seconds to wait.

        Raises
        ------
        PermissionError
            If it belongs to someone else.
        """
        if not hasattr(os, "pidfd_open"):
            return self._stop_by_number()
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            # the handle cannot pass to another process: what is checked now is what is told
            if not self.is_alive:
                return True
            signal.pidfd_send_signal(handle, signal.SIGTERM)
            return bool(select.select([handle], [], [], patience)[0])
        finally:
            os.close(handle)

    def _stop_by_number(self) -> bool:
        if self.is_alive:
            os.kill(self.pid, signal.SIGTERM)
        return not self.is_alive


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def started(pid: int) -> str:
    """Return when a process of this host started, as the system tells it.

    Empty if there is none, or one that has ended and that its parent has not asked for yet.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "" if Path("/proc/self/stat").exists() else _started_by_ps(pid)
    return "" if fields[0] in "ZX" else fields[19]


def _started_by_ps(pid: int) -> str:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip()

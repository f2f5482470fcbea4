"""Processes that are forked from a driver: when that is safe, and that they end with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from multiprocessing.util import Finalize

_WATCHDOG = "heterodot-watchdog"


def _mend_threading() -> None:
    """Let a forked process forget its parent's threads, where Python's own attempt has failed.

    Factors that a thread has made by SuperLU (``scipy.sparse.linalg.splu``, SciPy 1.17) cannot be
    taken away in a process which another thread forks: the error comes up in Python's own clearing
    up, which then does nothing. The process would take its parent's threads for its own, and wait
    at its end for locks that nobody holds.
    """
    if threading.main_thread() is not threading.current_thread():
        threading._after_fork()  # type: ignore[attr-defined]  # noqa: SLF001 - nothing public does it


if hasattr(os, "register_at_fork"):  # after Python's own, which importing threading registered
    os.register_at_fork(after_in_child=_mend_threading)


def safe_to_fork() -> bool:
    """Whether no other thread could hold a lock that a forked child would wait for."""
    others = [t for t in threading.enumerate() if t.name != _WATCHDOG]
    return sys.platform == "linux" and others == [threading.main_thread()]


def prepare_worker() -> None:
    """Set up a worker of the local pool: one BLAS thread, and an end with its driver."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")  # the work is parallel over tasks, not inside them
    watch_parent()
    Finalize(None, _leave, exitpriority=-1000)


def _leave() -> None:
    """End a worker that has nothing left to do, whatever threads a code has left behind."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def watch_parent() -> None:
    """End this process soon after its parent is gone: no orphans of a killed driver.

    The system's own parent-death signal will not do: it fires when the *thread* that made the
    process ends.
    """
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, name=_WATCHDOG, daemon=True).start()


def die_with_parent() -> None:
    """Ask the system (Linux) to kill this process when the thread that made it ends."""
    if sys.platform != "linux":
        return
    import ctypes

    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)

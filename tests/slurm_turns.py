"""Turns at this machine's Slurm: many tests share it, and one that loses its node has it alone."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def turn(alone: bool) -> Iterator[None]:
    """Wait for a turn: with others, or ``alone``, which waits for them and keeps them out."""
    conf = os.environ.get("SLURM_CONF", "/etc/slurm/slurm.conf")
    digest = hashlib.sha256(conf.encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir(), f"heterodot-slurm-{os.getuid()}-{digest}.lock")
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield

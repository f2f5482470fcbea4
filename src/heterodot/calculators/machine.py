"""What the machine has."""

from __future__ import annotations

import os
from functools import cache


@cache
def machine_memory() -> float | None:
    """Return the physical memory of this machine, bytes; None where the system does not say."""
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        return None

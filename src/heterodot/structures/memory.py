"""How much memory one operation may use, so that what cannot fit is refused before it is made."""

from __future__ import annotations

import os


def usable_memory() -> float:
    """Return how many bytes one operation may use: half of the machine's memory."""
    try:
        return 0.5 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 4e9

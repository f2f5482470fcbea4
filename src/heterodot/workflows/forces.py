"""The size of a set of forces."""

from __future__ import annotations

import numpy as np


def largest_force(forces: np.ndarray) -> float:
    """Return the largest norm of a row of (a, 3) ``forces``, eV/Å."""
    return float(np.sqrt((forces**2).sum(axis=1).max()))

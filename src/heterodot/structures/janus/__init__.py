"""Janus nanocrystals: a cuboid of one crystal with a cap of another on one of its faces."""

from __future__ import annotations

from heterodot.structures.janus.build import janus
from heterodot.structures.janus.options import CapOptions, CuboidOptions, SeatOptions

__all__ = ["CapOptions", "CuboidOptions", "SeatOptions", "janus"]

"""Alloys: quasi-random crystals, and dots with a given short-range order."""

from __future__ import annotations

from heterodot.structures.alloys.ordering import anneal_short_range_order
from heterodot.structures.alloys.quasirandom import quasirandom
from heterodot.structures.alloys.warren_cowley import ShortRangeOrder, warren_cowley

__all__ = ["ShortRangeOrder", "anneal_short_range_order", "quasirandom", "warren_cowley"]

"""What is known of each magic size: its recipe, and how good it is."""

from __future__ import annotations

from collections.abc import Mapping

from heterodot.structures.clusters.recipes import CoreCage

MAGIC_SIZES: Mapping[int, int] = {6: 0, 12: 0, 13: 2, 16: 0, 28: 0, 33: 0, 34: 0}
"""Formula units, and which of the cages of that size is the best hollow one."""

FILLED: Mapping[int, CoreCage] = {
    34: CoreCage(28, 6, (0.99, 0.55, -0.48), (0.08, -0.12, 0.02)),
}
"""Cages with a core."""

QUALITY: Mapping[tuple[int, str], str] = {}
"""How good each one is, by size and form."""

"""Symmetry-distinct configurations: counted, generated, or drawn at random."""

from __future__ import annotations

from heterodot.structures.enumeration.counting import count_configurations
from heterodot.structures.enumeration.groups import site_permutations

__all__ = ["count_configurations", "site_permutations"]

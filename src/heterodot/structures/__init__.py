"""Builders: plain functions that take and return ``ase.Atoms``; no energies, no files, no state."""

from __future__ import annotations

from heterodot.structures.crystal_table import CrystalEntry
from heterodot.structures.crystals import (
    crystal,
    crystal_entry,
    crystal_names,
    interplanar_angle,
    interplanar_spacing,
)
from heterodot.structures.lattice import Facet, cut
from heterodot.structures.pyramids import pyramid
from heterodot.structures.symmetry import (
    count_configurations,
    distinct_sites,
    point_group_permutations,
)

__all__ = [
    "CrystalEntry",
    "Facet",
    "count_configurations",
    "crystal",
    "crystal_entry",
    "crystal_names",
    "cut",
    "distinct_sites",
    "interplanar_angle",
    "interplanar_spacing",
    "point_group_permutations",
    "pyramid",
]

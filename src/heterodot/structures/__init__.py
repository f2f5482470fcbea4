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

__all__ = [
    "CrystalEntry",
    "Facet",
    "crystal",
    "crystal_entry",
    "crystal_names",
    "cut",
    "interplanar_angle",
    "interplanar_spacing",
    "pyramid",
]

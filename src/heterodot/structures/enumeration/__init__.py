"""Symmetry-distinct configurations: counted, generated, or drawn at random."""

from __future__ import annotations

from heterodot.structures.enumeration.configurations import Configuration, Configurations
from heterodot.structures.enumeration.counting import count_configurations
from heterodot.structures.enumeration.enumerate import enumerate_configurations
from heterodot.structures.enumeration.enumeration_options import (
    Conditions,
    DrawOptions,
    Equivalence,
)
from heterodot.structures.enumeration.groups import site_permutations

__all__ = [
    "Conditions",
    "Configuration",
    "Configurations",
    "DrawOptions",
    "Equivalence",
    "count_configurations",
    "enumerate_configurations",
    "site_permutations",
]

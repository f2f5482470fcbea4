"""Lattice matching: which supercells of two surfaces fit each other, and how well."""

from __future__ import annotations

from heterodot.structures.matching.match import Match
from heterodot.structures.matching.options import MatchOptions
from heterodot.structures.matching.relations import Parallel, parse_relation
from heterodot.structures.matching.results import Matches
from heterodot.structures.matching.search import match_lattices
from heterodot.structures.matching.spacings import PlaneComparison, compare_planes
from heterodot.structures.matching.surface_cell import Net, SurfaceCell, net, surface_cell

__all__ = [
    "Match",
    "MatchOptions",
    "Matches",
    "Net",
    "Parallel",
    "PlaneComparison",
    "SurfaceCell",
    "compare_planes",
    "match_lattices",
    "net",
    "parse_relation",
    "surface_cell",
]

"""Clusters built from topology or by rule: magic-size compounds, metals, and guests in hosts."""

from __future__ import annotations

from heterodot.structures.clusters.cages import Cage, best_cage, cages
from heterodot.structures.clusters.doping import dope
from heterodot.structures.clusters.gate import check_cluster, coordination_statistics
from heterodot.structures.clusters.guests.hosts import place_guest
from heterodot.structures.clusters.guests.voids import largest_void
from heterodot.structures.clusters.magic_size import magic_size_cluster
from heterodot.structures.clusters.metals import co2_on_cluster, metal_cluster
from heterodot.structures.clusters.point_groups import point_group
from heterodot.structures.clusters.rings import ring_statistics
from heterodot.structures.clusters.tetrahedra import tetrahedral_cluster

__all__ = [
    "Cage",
    "best_cage",
    "cages",
    "check_cluster",
    "co2_on_cluster",
    "coordination_statistics",
    "dope",
    "largest_void",
    "magic_size_cluster",
    "metal_cluster",
    "place_guest",
    "point_group",
    "ring_statistics",
    "tetrahedral_cluster",
]

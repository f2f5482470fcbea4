"""What is known of each magic size: its recipe, and how good it is.

Energies are of GFN1-xTB (300 K) per formula unit of CdSe, relaxed to 0.05 eV/Å; the searches are
those of ``benchmarks/magic_size_search.py``. GFN1 has no d shell on Cd and Zn: take the order of
sizes and shapes as a hint, not as chemistry.
"""

from __future__ import annotations

from collections.abc import Mapping

from heterodot.structures.clusters.recipes import CoreCage, Stored

MAGIC_SIZES: Mapping[int, int] = {6: 0, 12: 0, 13: 2, 16: 0, 28: 0, 33: 0, 34: 0}
"""Formula units, and which of the cages of that size is the best hollow one."""

STUFFED_13 = (
    (0.262, 2.373, -1.753),
    (-2.069, -1.351, 0.000),
    (-3.173, 2.637, 0.000),
    (2.311, -1.672, 0.000),
    (3.362, 1.662, -1.637),
    (0.262, 2.373, 1.753),
    (0.982, -0.822, -3.516),
    (-0.566, -3.379, -2.104),
    (-2.779, 0.379, -2.530),
    (0.982, -0.822, 3.516),
    (-0.566, -3.379, 2.104),
    (3.362, 1.662, 1.637),
    (-2.779, 0.379, 2.530),
    (-1.587, -1.498, 3.769),
    (2.002, 3.477, 0.000),
    (4.437, 0.000, 0.000),
    (-1.965, -3.961, 0.000),
    (-2.229, 2.928, -2.385),
    (-4.198, 0.184, 0.000),
    (1.885, 1.567, 3.723),
    (1.885, 1.567, -3.723),
    (1.947, -2.918, 2.311),
    (1.947, -2.918, -2.311),
    (-1.587, -1.498, -3.769),
    (-2.229, 2.928, 2.385),
    (0.102, 0.105, 0.000),
)
"""Positions (Å) of 13 Cd, then 13 Se: one Se in the middle of a cage of 25. Point group Cs.

Found by basin hopping in the pair potential (17 000 hops from random starts, 90 minima with
coordination 3 to 5), the 60 lowest relaxed with GFN1-xTB (300 K, 0.01 eV/Å): of those with a filled
cage, the lowest that passes the gate; made symmetric by averaging over its two operations.
"""

FILLED: Mapping[int, CoreCage | Stored] = {
    13: Stored(STUFFED_13),
    33: CoreCage(28, 6, (1.94, -1.76, 0.08), (0.15, 0.21, 0.15), missing=6, exchanged=True),
    34: CoreCage(28, 6, (0.99, 0.55, -0.48), (0.08, -0.12, 0.02)),
}
"""Cages with a core. 33 and 34: the drum Cd6Se6 (without one CdSe for 33) in the cage of 28, in the
orientation that gives the lowest GFN1-xTB energy after relaxation of the 14 lowest minima that
about 350 random orientations have in the pair potential. The cube Cd4Se4 in the cage of 30 (0.08 eV
per unit higher) and the drum in the cage of 27 (0.04) were tried as well."""

FILLED_OTHERWISE: Mapping[tuple[str, int], CoreCage] = {
    ("CdTe", 33): CoreCage(28, 6, (-0.2, 0.62, -1.05), (-0.04, 0.13, -0.27), missing=0),
}
"""Compounds for which the relaxed structure above fails the gate (a Te with six bonds, 0.006 eV per
unit lower), and the best that passes."""

BEST_FILLED: Mapping[int, tuple[str, ...] | None] = {13: ("CdS", "CdTe"), 33: None, 34: None}
"""Sizes whose core–cage form is the best found, and for which compounds (None: all)."""

QUALITY: Mapping[tuple[int, str], str] = {
    (6, "cage"): "The drum of Cd6Se6. GFN1-xTB: -115.516 eV per CdSe.",
    (12, "cage"): "Sodalite cage. GFN1-xTB: -115.781 eV per CdSe.",
    (13, "cage"): (
        "Not a good one: with GFN1-xTB the best 13 found, -115.771 eV per CdSe, is less stable "
        "than the cages of 12 (-115.781) and 16 (-115.837) and has adjacent four-rings. Searches "
        "with DFT find a core–cage (G. Zhang, X. Wang, D. Xu, Nanoscale 2025, 17, 12847): compare "
        "form 'core-cage'."
    ),
    (13, "core-cage"): (
        "One anion in a cage of 25 ions, from a search for CdSe. GFN1-xTB, eV per formula unit "
        "against the hollow cage: CdSe +0.012 (-115.758), CdS -0.014, CdTe -0.018, ZnS +0.065, "
        "ZnSe +0.083, ZnTe +0.080."
    ),
    (16, "cage"): "GFN1-xTB: -115.837 eV per CdSe.",
    (28, "cage"): "GFN1-xTB: -115.912 eV per CdSe.",
    (33, "core-cage"): (
        "Cd5Se5 in the cage of 28, from a search over orientations for CdSe. GFN1-xTB: -116.009 eV "
        "per CdSe. Others lie within 0.01 eV: take several if it matters. Against the hollow cage "
        "of 28, eV per unit: CdSe -0.097, CdS -0.165, CdTe -0.136, ZnS -0.015, ZnSe +0.027, "
        "ZnTe -0.001."
    ),
    (34, "core-cage"): (
        "The drum in the cage of 28, from a search over orientations for CdSe. GFN1-xTB: -116.016 "
        "eV per CdSe. Others lie within 0.01 eV, and searches with DFT find a Cd4Se6 core lower "
        "(G. Zhang, X. Wang, D. Xu, Nanoscale 2025, 17, 12847). Against the hollow cage of 28, eV "
        "per unit: CdSe -0.105, CdS -0.183, CdTe -0.158, ZnS -0.018, ZnSe +0.034, ZnTe -0.004."
    ),
}
"""How good each one is, by size and form."""

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
    (2.35, 1.88, -0.68),
    (-0.09, -2.43, -0.22),
    (2.24, -0.86, -3.82),
    (-1.78, 0.97, 3.05),
    (0.88, 4.08, 1.49),
    (-0.70, 1.74, -2.51),
    (2.52, 0.34, 2.92),
    (0.91, -2.66, 3.37),
    (3.43, -2.00, -0.68),
    (-3.62, -0.07, -0.66),
    (-3.15, -2.98, 1.22),
    (-2.10, 3.90, -0.24),
    (-0.99, -2.30, -3.42),
    (-2.65, -2.43, -1.42),
    (0.44, 3.89, -1.17),
    (-1.51, 3.45, 2.22),
    (-0.82, -3.78, 1.87),
    (3.78, 0.17, -2.07),
    (1.44, -2.98, -2.34),
    (-3.16, 2.16, -1.77),
    (2.90, 2.56, 1.77),
    (0.18, 0.18, -0.34),
    (-3.60, -0.52, 1.88),
    (0.28, -0.25, 4.09),
    (2.97, -2.02, 1.84),
    (-0.13, -0.04, -4.36),
)
"""Positions (Å) of 13 Cd, then 13 Se: one Se in the middle of a cage of 25.

Found by basin hopping in the pair potential (17 000 hops from random starts, 90 minima with
coordination 3 to 5): of the minima with a filled cage, the lowest in GFN1-xTB that passes the
gate.
"""

FILLED: Mapping[int, CoreCage | Stored] = {
    13: Stored(STUFFED_13),
    33: CoreCage(28, 6, (1.94, -1.76, 0.08), (0.15, 0.21, 0.15), missing=6, exchanged=True),
    34: CoreCage(28, 6, (0.99, 0.55, -0.48), (0.08, -0.12, 0.02)),
}
"""Cages with a core. 33 and 34: the drum Cd6Se6 (without one CdSe for 33) in the cage of 28, in the
orientation that gives the lowest GFN1-xTB energy after relaxation of the 14 lowest minima that
about 350 random orientations have in the pair potential."""

BEST_FILLED = (33, 34)
"""Sizes whose core–cage form is the best known here."""

QUALITY: Mapping[tuple[int, str], str] = {
    (6, "cage"): "The drum of Cd6Se6. GFN1-xTB: -115.516 eV per CdSe.",
    (12, "cage"): "Sodalite cage. GFN1-xTB: -115.781 eV per CdSe.",
    (13, "cage"): (
        "The best 13 found with GFN1-xTB, and not a good one: -115.771 eV per CdSe, less stable "
        "than the cages of 12 (-115.781) and 16 (-115.837); adjacent four-rings. Searches with DFT "
        "find a core–cage (G. Zhang, X. Wang, D. Xu, Nanoscale 2025, 17, 12847): compare "
        "form 'core-cage'."
    ),
    (13, "core-cage"): (
        "One Se in a cage of 25 ions, from a search. GFN1-xTB: -115.758 eV per CdSe, 0.16 eV per "
        "cluster above the hollow cage."
    ),
    (16, "cage"): "GFN1-xTB: -115.837 eV per CdSe.",
    (28, "cage"): "GFN1-xTB: -115.912 eV per CdSe.",
    (33, "core-cage"): (
        "Cd5Se5 in the cage of 28, from a search over orientations. GFN1-xTB: -116.009 eV per CdSe "
        "(hollow 28: -115.912). Others lie within 0.01 eV: take several if it matters."
    ),
    (34, "core-cage"): (
        "The drum in the cage of 28, from a search over orientations. GFN1-xTB: -116.016 eV per "
        "CdSe (hollow 28: -115.912). Others lie within 0.01 eV, and DFT finds a Cd4Se6 core lower "
        "(G. Zhang, X. Wang, D. Xu, Nanoscale 2025, 17, 12847)."
    ),
}
"""How good each one is, by size and form."""

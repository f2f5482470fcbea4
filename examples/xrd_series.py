"""X-ray patterns of Zn-doped CuInS2 dots (x = 8, 4, 2, 1) between those of CuInS2 and ZnS.

Each dot is a six-layer frustum of CuInS2 filled to the feed Cu:(Zn+In) = x:12. A rigid dot keeps
the lattice of the crystal it is cut from: scaled by Vegard's rule (default), its (112) peak moves
with composition as published, between CuInS2 (112) and ZnS (111); with ``rigid`` it hardly does.
Peaks of dots this small lie 0.1 to 0.15° low, since form factors fall across a broad peak.
Run: python examples/xrd_series.py [rigid] (a few seconds; writes xrd_series.png and .svg)
"""

from __future__ import annotations

import sys

import numpy as np

from heterodot.analysis import debye_pattern, plot_powder, save_figure, xrd_pattern
from heterodot.structures import crystal, fill_cations, pyramid, vegard_scaled

FEEDS = (8, 4, 2, 1)


def main(rigid: bool = False) -> None:
    """Build the four dots, calculate their patterns, print the peaks, write the figure."""
    two_theta = np.arange(15.0, 65.0, 0.1)
    frustum = pyramid("CuInS2", base=9, layers=6)
    patterns = []
    for x in FEEDS:
        dot = fill_cations(frustum, f"{x}/12")
        if not rigid:
            dot = vegard_scaled(dot, "CuInS2", {"Zn": "ZnS"})
        label = f"{x}/12, {dot.get_chemical_formula()}"
        patterns.append(debye_pattern(dot, two_theta, debye_waller_factors=1.0, label=label))
    marks = {name: xrd_pattern(crystal(name), two_theta=(15, 65)) for name in ("CuInS2", "ZnS")}
    lines = {
        "CuInS2 (112)": marks["CuInS2"].angle((1, 1, 2)),
        "ZnS (111)": marks["ZnS"].angle((1, 1, 1)),
    }
    for pattern in patterns:
        print(f"{pattern.label:28s} first peak {pattern.peak(25, 32)[0]:.2f}°")
    print("  ".join(f"{name} {angle:.2f}°" for name, angle in lines.items()))
    lattice = "lattice of CuInS2" if rigid else "lattice scaled by composition (Vegard)"
    figure = plot_powder(
        patterns,
        marks,
        lines,
        height=3.6,
        caption=f"Zn-doped CuInS2 dots, feed Cu:(Zn+In) = x/12: six-layer frusta of base 9, "
        f"not relaxed, {lattice}; B = 1 Å²; sticks: crystals at experimental lattice constants",
    )
    save_figure(figure, "xrd_series")


if __name__ == "__main__":
    main(rigid="rigid" in sys.argv[1:])

"""X-ray patterns of Zn-doped CuInS2 dots (x = 8, 4, 2, 1) between those of CuInS2 and ZnS dots.

Each dot is a six-layer frustum of CuInS2 filled to the feed Cu:(Zn+In) = x:12, in eight random
fillings: the curve is their mean, and the spread of a peak is that of single fillings. A rigid dot
keeps the lattice of the crystal it is cut from; by default it is scaled by Vegard's rule, with
``rigid`` it is not.

A peak of a dot this small lies 0.11 to 0.14° below its Bragg angle, since form factors and
polarization fall across a broad peak: the references are therefore dots of the same size and shape.
Between them the peak moves to higher angles with less copper, by 0.1° from x = 8 to x = 1, a few
times the spread of single fillings: the zinc share of the cations rises from 20 to 31 %, and ZnS
has the smaller lattice. Cai et al. (ACS Catal. 2023, 13, 15546) report the opposite, a shift to
lower angles. Neither a random filling nor Vegard's rule gives that, nor does taking the vacancies
and the excess of indium into account by the known compounds: CuIn3Se5 has a smaller lattice than
CuInSe2 (see ``heterodot.structures.vegard_scaled``). What is left, none of it in this model:
the zinc left in the dots may be less than that of the feed or gathered in a shell; strain, ligands
and relaxation of dots with many vacancies; In–S bonds longer than Cu–S and Zn–S.
Run: python examples/xrd_series.py [rigid] (some seconds; writes xrd_series.png and .svg)
"""

from __future__ import annotations

import sys

import numpy as np
from ase import Atoms

from heterodot.analysis import debye_pattern, plot_powder, save_figure, xrd_pattern
from heterodot.analysis.diffraction.powder import PowderPattern
from heterodot.structures import crystal, fill_cations, pyramid, vegard_scaled

FEEDS = (8, 4, 2, 1)
FILLINGS = 8
ANGLES = np.arange(15.0, 65.0, 0.1)


def main(rigid: bool = False) -> None:
    """Fill the dots, calculate their patterns, print the peaks, write the figure."""
    frustum = pyramid("CuInS2", base=9, layers=6)
    references = {
        "CuInS2 dot (112)": pattern_of(frustum),
        "ZnS dot (111)": pattern_of(pyramid("ZnS", base=9, layers=6)),
    }
    lines = {name: pattern.peak(25, 32)[0] for name, pattern in references.items()}
    patterns = []
    for x in FEEDS:
        single = [pattern_of(filled(frustum, x, seed, rigid)) for seed in range(FILLINGS)]
        mean = np.mean([pattern.intensity for pattern in single], axis=0)
        label = f"{x}/12, {single[0].label}"
        patterns.append(
            PowderPattern(ANGLES, mean, single[0].wavelength, label, note=single[0].note)
        )
        spread = np.std([pattern.peak(25, 32)[0] for pattern in single], ddof=1)
        print(f"{label:26s} first peak {patterns[-1].peak(25, 32)[0]:.2f} ± {spread:.2f}°")
    marks = {name: xrd_pattern(crystal(name), two_theta=(15, 65)) for name in ("CuInS2", "ZnS")}
    bragg = (marks["CuInS2"].angle((1, 1, 2)), marks["ZnS"].angle((1, 1, 1)))
    for (name, angle), crystal_angle in zip(lines.items(), bragg, strict=True):
        print(f"{name:26s} first peak {angle:.2f}°; the crystal's {crystal_angle:.2f}°")
    lattice = "lattice of CuInS2" if rigid else "lattice scaled by composition (Vegard)"
    figure = plot_powder(
        patterns,
        marks,
        lines,
        height=3.6,
        caption=f"Zn-doped CuInS2 dots, feed Cu:(Zn+In) = x/12: six-layer frusta of base 9, mean "
        f"of {FILLINGS} random fillings, not relaxed, {lattice}; B = 1 Å²; lines: peaks of CuInS2 "
        "and ZnS dots of the same size; sticks: crystals at experimental lattice constants",
    )
    save_figure(figure, "xrd_series")


def filled(frustum: Atoms, x: int, seed: int, rigid: bool) -> Atoms:
    """Return a random filling of the frustum with the feed x/12, scaled unless it is rigid."""
    dot = fill_cations(frustum, f"{x}/12", seed=seed)
    return dot if rigid else vegard_scaled(dot, "CuInS2", {"Zn": "ZnS"})


def pattern_of(dot: Atoms) -> PowderPattern:
    """Return the Debye sum of a dot with B = 1 Å²."""
    label = dot.get_chemical_formula()
    return debye_pattern(dot, ANGLES, debye_waller_factors=1.0, label=label)


if __name__ == "__main__":
    main(rigid="rigid" in sys.argv[1:])

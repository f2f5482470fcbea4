"""How adsorbates stand on a site before they are relaxed.

The frame has the site at the origin and z along the outward normal; the height is free.
"""

from __future__ import annotations

import numpy as np

from heterodot.data.species.entries import Orientation
from heterodot.data.species.shapes import Point, polar, turned

PHYSISORBED_HEIGHT = 3.0
"""Å between the site and a molecule that lies flat and is not bonded."""

ORIGIN: Point = (0.0, 0.0, 0.0)


def carbon_dioxide() -> tuple[Orientation, ...]:
    """Return carbon dioxide, bent near CO2⁻ (C–O 1.25 Å, 134°) or linear as in the gas."""
    symbols = ("C", "O", "O")
    linear = 1.16
    bent = [ORIGIN, polar(1.25, 67.0), polar(1.25, -67.0)]
    side = turned([ORIGIN, polar(1.28, 67.0), polar(1.21, -67.0)], 45.0)
    end = [polar(linear, 50.0), ORIGIN, polar(2 * linear, 50.0)]
    flat = [ORIGIN, (linear, 0.0, 0.0), (-linear, 0.0, 0.0)]
    return (
        Orientation("C-down", symbols, np.array(bent), 0),
        Orientation("O-end-on", symbols, np.array(end), 1, 2.3),
        Orientation("side-on", symbols, side, 0, second=1),
        Orientation("flat", symbols, np.array(flat), 0, PHYSISORBED_HEIGHT),
    )


def carboxyl_radical() -> tuple[Orientation, ...]:
    """Return carboxyl on carbon: the lone orbital of C points down.

    cis and trans as for the HOCO radical: H–O–C=O 0° (hydrogen towards the other oxygen) and 180°
    (hydrogen towards the surface).
    """
    symbols = ("C", "O", "O", "H")
    o_double, o_single = polar(1.22, -61.0), polar(1.35, 61.0)
    inwards = np.array(o_single) + np.array(polar(0.98, -13.0))
    outwards = np.array(o_single) + np.array(polar(0.98, 135.0))
    return (
        Orientation("C-down-cis", symbols, np.array([ORIGIN, o_double, o_single, inwards]), 0),
        Orientation("C-down-trans", symbols, np.array([ORIGIN, o_double, o_single, outwards]), 0),
    )


def formate() -> tuple[Orientation, ...]:
    """Return formate: both oxygens on the site, or one (bent at the oxygen)."""
    symbols = ("C", "O", "O", "H")
    both = [ORIGIN, polar(1.26, 122.0), polar(1.26, -122.0), (0.0, 0.0, 1.10)]
    carbon = np.array(polar(1.30, 55.0))
    one = np.array([carbon, ORIGIN, carbon + polar(1.23, -10.0), carbon + polar(1.10, 115.0)])
    return (
        Orientation("bidentate", symbols, np.array(both), 1),
        Orientation("monodentate", symbols, one, 1),
    )


def water() -> tuple[Orientation, ...]:
    """Return water on its oxygen, upright and tilted."""
    symbols = ("O", "H", "H")
    upright = np.array([ORIGIN, (0.757, 0.0, 0.586), (-0.757, 0.0, 0.586)])
    return (
        Orientation("O-down", symbols, upright, 0, 2.15),
        Orientation("O-down-tilted", symbols, turned(upright, 50.0), 0, 2.15),
    )


def formic_acid(free: tuple[Point, ...]) -> tuple[Orientation, ...]:
    """Return formic acid, of the geometry of the free molecule, on its carbonyl oxygen."""
    positions = np.array(free, dtype=float)
    standing = turned(positions - positions[1], -65.0)
    return (Orientation("O-down", ("C", "O", "O", "H", "H"), standing, 1, 2.15),)

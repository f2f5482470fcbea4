"""Dots shared by the tests of this folder."""

from __future__ import annotations

from functools import cache

import numpy as np
from ase import Atoms

from heterodot.structures.crystals.crystal import crystal
from heterodot.structures.dots.pyramids import pyramid


@cache
def _zcis() -> tuple[Atoms, int]:
    dot = pyramid(crystal("CuInS2"), 3, truncate_corners="apex")
    cations = np.flatnonzero(dot.arrays["sublattice"] == "cation")
    apex = int(cations[dot.positions[cations, 2].argmax()])
    for element in ("Cu", "In"):
        i = next(j for j in cations if dot.symbols[j] == element and j != apex)
        dot.symbols[i] = "Zn"
        dot.arrays["formal_charge"][i] = 2
    return dot, apex


def zcis() -> tuple[Atoms, int]:
    """Cu4In4Zn2S19, the T3 dot without its apex sulphur, and the index of its apex copper."""
    dot, apex = _zcis()
    return dot.copy(), apex


@cache
def _zns(base: int) -> Atoms:
    return pyramid(crystal("ZnS"), base)


def zns(base: int = 3) -> Atoms:
    """A bare zinc-blende T_n tetrahedron ended by sulphur."""
    return _zns(base).copy()

"""Elastic constants of the crystals, measured, each with its source.

Of CdS, CdSe and ZnO, which are measured as wurtzite, the cubic constants are the least-squares
solution of the six relations between a cubic crystal seen along [111] and a hexagonal one, with the
internal strain between the two orientations of its tetrahedra (R. M. Martin, Phys. Rev. B 6, 4546
(1972)). Of ZnS, measured as both, this way gives 105.9, 61.7, 46.0 GPa from wurtzite (123.4, 58.5,
45.5, 139.6, 28.9) against 104.6, 65.3, 46.1 of zinc blende.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BERLINCOURT = "D. Berlincourt, H. Jaffe and L. R. Shiozawa, Phys. Rev. 129, 1009 (1963)"
VURGAFTMAN = "I. Vurgaftman, J. R. Meyer and L. R. Ram-Mohan, J. Appl. Phys. 89, 5815 (2001)"
MCSKIMIN = "H. J. McSkimin and D. G. Thomas, J. Appl. Phys. 33, 56 (1962)"
BATEMAN = "T. B. Bateman, J. Appl. Phys. 33, 3309 (1962)"


@dataclass(frozen=True)
class ElasticEntry:
    """Lattice constant and elastic constants of one compound, as measured.

    Attributes
    ----------
    a : float
        Cubic lattice constant, Å; of a compound measured as wurtzite, of the cubic cell of the
        same density unless zinc blende is known too.
    constants : tuple of float
        C11, C12, C44 (GPa); or C11, C12, C13, C33, C44 of wurtzite.
    source : str
        Of the elastic constants.
    """

    a: float
    constants: tuple[float, ...]
    source: str

    def cubic(self) -> tuple[float, float, float]:
        """Return C11, C12, C44 of zinc blende, GPa."""
        if len(self.constants) == 3:
            return self.constants[0], self.constants[1], self.constants[2]
        return _cubic_from_hexagonal(self.constants)


ELASTIC: dict[str, ElasticEntry] = {
    "Zn-S": ElasticEntry(5.409, (104.6, 65.3, 46.1), BERLINCOURT),
    "Zn-Se": ElasticEntry(5.668, (81.0, 48.8, 44.1), BERLINCOURT),
    "Zn-Te": ElasticEntry(6.103, (71.3, 40.7, 31.2), BERLINCOURT),
    "Cd-Te": ElasticEntry(6.482, (53.51, 36.81, 19.94), MCSKIMIN),
    "In-P": ElasticEntry(5.869, (101.1, 56.1, 45.6), VURGAFTMAN),
    "In-As": ElasticEntry(6.058, (83.29, 45.26, 39.59), VURGAFTMAN),
    "Ga-P": ElasticEntry(5.451, (140.5, 62.03, 70.33), VURGAFTMAN),
    "Ga-As": ElasticEntry(5.653, (122.1, 56.6, 60.0), VURGAFTMAN),
    "Cd-S": ElasticEntry(5.832, (90.7, 58.1, 51.0, 93.8, 15.04), f"wurtzite, {BERLINCOURT}"),
    "Cd-Se": ElasticEntry(6.05, (74.1, 45.2, 39.3, 83.6, 13.17), f"wurtzite, {BERLINCOURT}"),
    "Zn-O": ElasticEntry(4.566, (209.7, 121.1, 105.1, 210.9, 42.47), f"wurtzite, {BATEMAN}"),
}
"""By bond, cation first; room temperature. The lattice constants are those of the crystal table
where it has the crystal; else of O. Madelung, Semiconductors: Data Handbook, 3rd ed., 2004."""

METALS: dict[str, tuple[float, float, float]] = {
    "Cu": (168.4, 121.4, 75.4),
    "Ag": (124.0, 93.4, 46.1),
    "Au": (192.3, 163.1, 42.0),
}
"""C11, C12, C44 (GPa) at room temperature; the compilation in C. Kittel, Introduction to Solid
State Physics, 8th ed., 2005."""


def cubic_constants(name: str) -> tuple[float, float, float] | None:
    """Return C11, C12, C44 (GPa) of a cubic crystal by name ("ZnS", "Cu"); None where unknown."""
    if name in METALS:
        return METALS[name]
    entry = next((e for bond, e in ELASTIC.items() if bond.replace("-", "") == name), None)
    return None if entry is None else entry.cubic()


def _cubic_from_hexagonal(constants: tuple[float, ...]) -> tuple[float, float, float]:
    """Least-squares C11, C12, C44 (GPa) of the cubic crystal most like a wurtzite one.

    Seen along [111] the cubic crystal has C14 = ±(C11 − C12 − 2 C44) / (3√2), of opposite sign in
    the two kinds of layers of wurtzite; the strain this causes between them softens C11 − C12
    (and C66) by C14²/C44 and C44 by C14²/C66. Solved by fixed-point iteration.
    """
    c11, c12, c13, c33, c44 = constants
    seen_along_111 = np.array(
        [[3, 3, 6], [1, 5, -2], [2, 4, -4], [2, 4, 8], [2, -2, 2], [1, -1, 4]], float
    ) / 6  # fmt: skip
    hexagonal = np.array([c11, c12, c13, c33, c44, (c11 - c12) / 2])
    softening = np.zeros(6)
    for _ in range(100):
        cubic = np.linalg.lstsq(seen_along_111, hexagonal + softening, rcond=None)[0]
        stiff = seen_along_111 @ cubic
        c14 = (cubic[0] - cubic[1] - 2 * cubic[2]) / (3 * np.sqrt(2))
        lateral, axial = c14**2 / stiff[4], c14**2 / stiff[5]
        softening = np.array([lateral, -lateral, 0.0, 0.0, axial, lateral])
    return float(cubic[0]), float(cubic[1]), float(cubic[2])

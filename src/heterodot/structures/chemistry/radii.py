"""Radii of ions and atoms that the builders share, each from one source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

IONIC_RADII: dict[str, float] = {
    "Li": 0.59, "Na": 0.99, "K": 1.37, "Rb": 1.52, "Cs": 1.67,
    "Cu": 0.60, "Ag": 1.00, "Au": 1.37, "Mg": 0.57, "Ca": 1.00, "Sr": 1.18, "Ba": 1.35,
    "Mn": 0.66, "Fe": 0.63, "Co": 0.58, "Ni": 0.55, "Zn": 0.60, "Cd": 0.78, "Hg": 0.96, "Pb": 1.19,
    "Al": 0.39, "Ga": 0.47, "In": 0.62, "Bi": 1.03, "Ge": 0.39, "Sn": 0.55, "Ti": 0.605,
    "Zr": 0.72, "Mo": 0.65, "W": 0.66,
    "N": 1.46, "P": 2.12, "As": 2.22, "O": 1.40, "S": 1.84, "Se": 1.98, "Te": 2.21,
    "F": 1.33, "Cl": 1.81, "Br": 1.96, "I": 2.20,
}  # fmt: skip
"""Å. R. D. Shannon, Acta Cryst. A 32, 751 (1976), doi:10.1107/S0567739476001551: effective ionic
radii of the common ion, cations four-coordinate where they are so in these crystals (alkali and
alkaline-earth metals above Mg, Pb, Bi, Ti, Zr, Mo, W: six-coordinate; Au: +1). P and As: L.
Pauling, The Nature of the Chemical Bond, 3rd ed., 1960."""

TETRAHEDRAL_RADII: dict[str, float] = {
    "Be": 1.06, "Mg": 1.40, "Cu": 1.35, "Ag": 1.52, "Zn": 1.31, "Cd": 1.48, "Hg": 1.48,
    "Al": 1.26, "Ga": 1.26, "In": 1.44, "Ge": 1.22, "Sn": 1.40,
    "N": 0.70, "P": 1.10, "As": 1.18, "Sb": 1.36, "O": 0.66, "S": 1.04, "Se": 1.14, "Te": 1.32,
    "F": 0.64, "Cl": 0.99, "Br": 1.11, "I": 1.28,
}  # fmt: skip
"""Å; L. Pauling, The Nature of the Chemical Bond, 3rd ed., Cornell 1960, table 7-13, tetrahedral
covalent radii. They give the bond lengths of pairs without a crystal in the table (In–Se, Zn–P,
Zn–Cl)."""

UNKNOWN_RADIUS = 2.0
"""Å, van der Waals radius of elements that have none in the table."""


def van_der_waals_radii(numbers: Sequence[int] | np.ndarray) -> np.ndarray:
    """Return van der Waals radii, Å (S. Alvarez, Dalton Trans. 2013, 42, 8617)."""
    from ase.data.vdw_alvarez import vdw_radii

    return np.asarray(np.nan_to_num(vdw_radii[np.asarray(numbers, int)], nan=UNKNOWN_RADIUS))

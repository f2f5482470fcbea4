"""What a charged defect in a periodic cell has too little of energy for its images.

A charge q repeats with the cell, in a uniform background that neutralises it. In a crystal of
dielectric constant ε the energy lacks q²α/2εL, α Madelung's constant of the lattice of images (G.
Makov and M. C. Payne, Phys. Rev. B 51, 4014 (1995), doi:10.1103/PhysRevB.51.4014), and, of order
L⁻³, 2πqQ/3εV with Q = ∫ρr² of the charge that screens. That one spreads over the whole cell but
for the defect, Q = −q(1 − 1/ε)⟨r²⟩ over the cell of points nearest to the defect (S. Lany and A.
Zunger, Phys. Rev. B 78, 235104 (2008), doi:10.1103/PhysRevB.78.235104), which takes about a third
off the first.
"""

from __future__ import annotations

import numpy as np

from heterodot.checks import is_number
from heterodot.errors import InputError
from heterodot.structures.chemistry.coulomb import COULOMB
from heterodot.structures.chemistry.ewald import pair_potentials

CORRECTIONS = ("lany-zunger", "makov-payne", "none")

_POINTS = 48
"""Along each cell vector, for the mean of r²: to 1e-3."""


def madelung_constant(cell: np.ndarray) -> float:
    """Return α of a lattice of like charges in a neutralising background, L the root of volume.

    Parameters
    ----------
    cell : (3, 3) float array
        Rows, Å.
    """
    origin = np.zeros((1, 3))
    potential = float(pair_potentials(np.asarray(cell, float), origin, origin)[0, 0])
    return -potential * _length(cell) / COULOMB


def screening_share(cell: np.ndarray) -> float:
    """Return c: the correction of order L⁻³ is c(1 − 1/ε) of the first (−0.369 if cubic)."""
    return -4 * np.pi / 3 * _mean_square(cell) / _length(cell) ** 2 / madelung_constant(cell)


def image_charge_correction(
    cell: np.ndarray, charge: float, dielectric: float, kind: str = "lany-zunger"
) -> float:
    """Return what to add to the energy of a charged cell, eV.

    Parameters
    ----------
    cell : (3, 3) float array
        Rows, Å.
    charge : float
        e.
    dielectric : float
        Static, isotropic.
    kind : {"lany-zunger", "makov-payne", "none"}
        With the charge that screens; the first order alone; nothing.

    Raises
    ------
    InputError
        Another kind, or a dielectric constant below 1.
    """
    if kind not in CORRECTIONS:
        raise InputError(f"correction {kind!r}: expected one of {', '.join(CORRECTIONS)}")
    if not is_number(dielectric) or dielectric < 1:
        raise InputError(f"dielectric {dielectric!r}: expected a static constant of 1 or more")
    if kind == "none" or charge == 0:
        return 0.0
    first = COULOMB * charge**2 * madelung_constant(cell) / (2 * dielectric * _length(cell))
    if kind == "makov-payne":
        return float(first)
    return float(first * (1 + screening_share(cell) * (1 - 1 / dielectric)))


def _length(cell: np.ndarray) -> float:
    return float(abs(np.linalg.det(cell))) ** (1 / 3)


def _mean_square(cell: np.ndarray) -> float:
    """Return ⟨r²⟩ over the points nearer to the origin than to its images, Å²."""
    from ase.geometry import minkowski_reduce

    short = minkowski_reduce(np.asarray(cell, float))[0]
    steps = (np.arange(_POINTS) + 0.5) / _POINTS
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3)
    shifts = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    further = np.array(
        [(i, j, k) for i in (-1, 0, 1, 2) for j in (-1, 0, 1, 2) for k in (-1, 0, 1, 2)]
    )
    images = np.unique(np.concatenate([shifts, further]), axis=0)
    least = np.full(len(grid), np.inf)
    for shift in images:
        least = np.minimum(least, np.sum(((grid - shift) @ short) ** 2, axis=1))
    return float(least.mean())

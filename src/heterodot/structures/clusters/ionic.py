"""A pair potential that gives II–VI clusters their shape: ionic charges and Lennard-Jones cores.

The parameters are those of CdSe by E. Rabani, J. Chem. Phys. 2002, 116, 258
(doi:10.1063/1.1424321), which keep wurtzite and zinc blende stable. Other compounds take the shape
scaled to their own bond length.
"""

from __future__ import annotations

import numpy as np
from ase import units

from heterodot.errors import StructureError

CHARGE = 1.18
"""e, of the cation; the anion has the negative."""
SIGMA = (1.98, 5.24)
"""Å, cation and anion; arithmetic means for pairs."""
EPSILON_KELVIN = (16.8, 14.9)
"""K, cation and anion; geometric means for pairs."""
BONDED = 3.15
"""Å; cation and anion closer than this are bonded (ideal bond 2.6 Å)."""

_COULOMB = units.Hartree * units.Bohr
_LIMIT = 3000
_GRADIENT = 1e-4  # eV/Å


def relax_ionic(positions: np.ndarray, colours: np.ndarray) -> tuple[float, np.ndarray]:
    """Relax a neutral cluster of CdSe in the pair potential.

    Parameters
    ----------
    positions : (N, 3) array
        Å.
    colours : (N,) int array
        0 cation, 1 anion.

    Returns
    -------
    energy : float
        eV.
    positions : (N, 3) array
        Å, about their mean.

    Raises
    ------
    StructureError
        The atoms do not come to rest.
    """
    from scipy.optimize import minimize

    model = _Model(colours)
    found = minimize(
        model.energy, positions.ravel(), jac=True, method="L-BFGS-B",
        options={"maxiter": _LIMIT, "gtol": _GRADIENT, "ftol": 1e-14, "maxcor": 20},
    )  # fmt: skip
    x = np.asarray(found.x).reshape(-1, 3)
    if not np.isfinite(found.fun) or np.abs(found.jac).max() > 0.05:
        raise StructureError(f"cluster of {len(x)} atoms: the pair potential finds no rest for it")
    return float(found.fun), x - x.mean(axis=0)


def bonded(positions: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """Return the (M, 2) pairs i < j of cation and anion closer than :data:`BONDED`."""
    r = np.linalg.norm(positions[:, None] - positions[None], axis=-1)
    close = (r < BONDED) & (colours[:, None] != colours[None])
    return np.argwhere(np.triu(close, 1))


class _Model:
    """Pair parameters of a set of ions."""

    def __init__(self, colours: np.ndarray) -> None:
        charges = np.where(colours == 0, CHARGE, -CHARGE)
        sigma = np.asarray(SIGMA)[colours]
        depth = np.asarray(EPSILON_KELVIN)[colours] * units.kB
        self.coulomb = _COULOMB * charges[:, None] * charges[None]
        self.sigma6 = (0.5 * (sigma[:, None] + sigma[None])) ** 6
        self.depth = 4 * np.sqrt(depth[:, None] * depth[None])

    def energy(self, flat: np.ndarray) -> tuple[float, np.ndarray]:
        """Energy (eV) and gradient (3N,), eV/Å; distances below 0.7 Å count as 0.7 Å."""
        x = flat.reshape(-1, 3)
        apart = x[:, None] - x[None]
        r2 = np.maximum((apart**2).sum(axis=-1), 0.5)
        np.fill_diagonal(r2, 1e10)
        charge = self.coulomb / np.sqrt(r2)
        core = self.sigma6 / r2**3
        total = 0.5 * float((charge + self.depth * (core**2 - core)).sum())
        slope = -(charge + self.depth * (12 * core**2 - 6 * core)) / r2
        return total, (slope[:, :, None] * apart).sum(axis=1).ravel()

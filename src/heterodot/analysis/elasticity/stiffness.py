"""The elastic tensor of a crystal: stability, averages over a polycrystal, anisotropy.

Stability: M. Born, Math. Proc. Camb. Phil. Soc. 36, 160 (1940); F. Mouhat and F.-X. Coudert, Phys.
Rev. B 90, 224104 (2014), doi:10.1103/PhysRevB.90.224104. Averages: R. Hill, Proc. Phys. Soc. A 65,
349 (1952), doi:10.1088/0370-1298/65/5/307. Anisotropy: S. I. Ranganathan and M. Ostoja-Starzewski,
Phys. Rev. Lett. 101, 055504 (2008), doi:10.1103/PhysRevLett.101.055504.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heterodot.analysis.elasticity.strains import PAIRS
from heterodot.errors import InputError
from heterodot.records import Record

_SQUARES = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])


@dataclass(frozen=True, eq=False)
class Stiffness(Record):
    """An elastic tensor.

    Attributes
    ----------
    matrix : (6, 6) float array
        C in Voigt's notation, GPa, symmetric; in the Cartesian frame of the crystal.
    """

    matrix: np.ndarray

    def __post_init__(self) -> None:
        given = np.asarray(self.matrix, float)
        if given.shape != (6, 6) or not np.isfinite(given).all():
            raise InputError(f"stiffness of shape {given.shape}: expected 6 × 6 finite numbers")
        if np.abs(given - given.T).max() > 1e-6 * max(np.abs(given).max(), 1.0):
            raise InputError("stiffness: C_ij and C_ji differ; expected a symmetric matrix")
        object.__setattr__(self, "matrix", given)

    @cached_property
    def eigenvalues(self) -> np.ndarray:
        """(6,) moduli (GPa, ascending) in Kelvin's notation: the same in every frame."""
        root = np.sqrt(_SQUARES)
        return np.linalg.eigvalsh(self.matrix * root[:, None] * root)

    @property
    def is_stable(self) -> bool:
        """Whether every strain costs energy: all eigenvalues above zero."""
        return bool(self.eigenvalues.min() > 0)

    @property
    def is_cubic(self) -> bool:
        """Whether it is that of a cubic crystal along its axes."""
        c = self.matrix
        like = np.zeros((6, 6))
        like[:3, :3] = c[0, 1]
        np.fill_diagonal(like, [c[0, 0]] * 3 + [c[3, 3]] * 3)
        return bool(np.abs(c - like).max() < 1e-3 * np.abs(c).max())

    @property
    def criteria(self) -> dict[str, float]:
        """What must be positive, GPa: Born's named criteria of a cubic crystal, else one."""
        c = self.matrix
        if self.is_cubic:
            return {
                "C11 − C12": float(c[0, 0] - c[0, 1]),
                "C11 + 2 C12": float(c[0, 0] + 2 * c[0, 1]),
                "C44": float(c[3, 3]),
            }
        return {"least eigenvalue": float(self.eigenvalues.min())}

    @cached_property
    def compliance(self) -> np.ndarray:
        """(6, 6) S, 1/GPa.

        Raises
        ------
        InputError
            A strain costs no energy at all.
        """
        if np.abs(self.eigenvalues).min() < 1e-9 * np.abs(self.eigenvalues).max():
            raise InputError("stiffness without an inverse: a strain costs no energy")
        return np.linalg.inv(self.matrix)

    @property
    def bulk_voigt(self) -> float:
        """Bulk modulus at equal strain, GPa."""
        return float(self.matrix[:3, :3].sum() / 9)

    @property
    def bulk_reuss(self) -> float:
        """Bulk modulus at equal stress, GPa."""
        return float(1 / self.compliance[:3, :3].sum())

    @property
    def bulk(self) -> float:
        """Hill's mean of both, GPa."""
        return (self.bulk_voigt + self.bulk_reuss) / 2

    @property
    def shear_voigt(self) -> float:
        """Shear modulus at equal strain, GPa."""
        c = self.matrix
        diagonal, mixed = np.trace(c[:3, :3]), c[0, 1] + c[0, 2] + c[1, 2]
        return float((diagonal - mixed + 3 * np.trace(c[3:, 3:])) / 15)

    @property
    def shear_reuss(self) -> float:
        """Shear modulus at equal stress, GPa."""
        s = self.compliance
        diagonal, mixed = np.trace(s[:3, :3]), s[0, 1] + s[0, 2] + s[1, 2]
        return float(15 / (4 * diagonal - 4 * mixed + 3 * np.trace(s[3:, 3:])))

    @property
    def shear(self) -> float:
        """Hill's mean of both, GPa."""
        return (self.shear_voigt + self.shear_reuss) / 2

    @property
    def young(self) -> float:
        """Young's modulus of a polycrystal, GPa, by Hill's means."""
        return 9 * self.bulk * self.shear / (3 * self.bulk + self.shear)

    @property
    def poisson(self) -> float:
        """Poisson's ratio of a polycrystal, by Hill's means."""
        k, g = self.bulk, self.shear
        return (3 * k - 2 * g) / (2 * (3 * k + g))

    @property
    def anisotropy(self) -> float:
        """Universal anisotropy A^U = 5 G_V/G_R + K_V/K_R − 6: 0 for an isotropic solid."""
        return 5 * self.shear_voigt / self.shear_reuss + self.bulk_voigt / self.bulk_reuss - 6

    def young_along(self, directions: np.ndarray) -> np.ndarray:
        """Return Young's modulus (GPa) of the crystal along unit vectors (N, 3)."""
        d = np.asarray(directions, float)
        stress = np.stack([d[:, i] * d[:, j] for i, j in PAIRS], axis=1)
        # the shears of S are twice the tensor's, as Voigt counts them: σ·S·σ is the strain along d
        found: np.ndarray = 1 / np.einsum("ni,ij,nj->n", stress, self.compliance, stress)
        return found

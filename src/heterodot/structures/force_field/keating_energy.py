"""The Keating energy of a network of bonds, and its gradient, in a few vector operations.

    E = Σ_bonds (3 α / 8 d²) (b·b − d²)²  +  Σ_angles (3 β / 8 d d') (b·b' + d d' / 3)²

with b, b' the bond vectors at one atom, d, d' their equilibrium lengths, cos θ = −1/3 the angle of
the tetrahedron, and β the mean of the two bonds' (P. N. Keating, Phys. Rev. 145, 637 (1966); for
mixed bonds as C. Pryor, J. Kim, L. W. Wang, A. J. Williamson and A. Zunger, J. Appl. Phys. 83, 2548
(1998)). All bond vectors point from cation to anion, so that b·b' has the same sign at both. E
depends on the bond vectors only through their products; its gradient with respect to them is one
sparse symmetric matrix times the vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from ase import units

from heterodot.structures.force_field.keating_parameters import KeatingBond

NEWTON_PER_METRE = units.J / units.m**2
"""1 N/m in eV/Å²."""


@dataclass(frozen=True)
class BondNetwork:
    """Who is bonded to whom, whatever the positions.

    Attributes
    ----------
    pairs : (M, 2) int array
        Cation and anion of each bond.
    offsets : (M, 3) float array
        Lattice translation (Å) of the anion's image: b = x[anion] + offset − x[cation].
    kind : (M,) int array
        Which entry of ``bonds`` each is.
    names : tuple of str
        Name of each kind, such as "In-P".
    bonds : tuple of KeatingBond
        Constants of each kind.
    """

    pairs: np.ndarray
    offsets: np.ndarray
    kind: np.ndarray
    names: tuple[str, ...]
    bonds: tuple[KeatingBond, ...]

    def vectors(self, positions: np.ndarray) -> np.ndarray:
        """Return the (M, 3) bond vectors, Å."""
        ends = np.take(positions, self.pairs[:, 1], 0) + self.offsets
        return ends - np.take(positions, self.pairs[:, 0], 0)

    def field(self, name: str) -> np.ndarray:
        """Return (M,) ``length``, ``alpha`` or ``beta`` of every bond."""
        return np.array([getattr(bond, name) for bond in self.bonds])[self.kind]

    def among(self, bonds: np.ndarray) -> BondNetwork:
        """Return the network of some bonds ((M,) bool array) only."""
        return BondNetwork(
            self.pairs[bonds], self.offsets[bonds], self.kind[bonds], self.names, self.bonds
        )


@dataclass(frozen=True)
class KeatingEnergy:
    """Energy and gradient of a bond network.

    Attributes
    ----------
    n_atoms : int
        Number of atoms N.
    network : BondNetwork
        M bonds.
    angles : (A, 2) int array
        Pairs of bonds that share an atom.
    apices : (A,) int array
        That atom.
    """

    n_atoms: int
    network: BondNetwork
    angles: np.ndarray
    apices: np.ndarray

    @classmethod
    def of(cls, n_atoms: int, network: BondNetwork) -> KeatingEnergy:
        """Set up the energy of all bonds of a network and all angles between them."""
        found = [_angles(network.pairs[:, end], n_atoms) for end in (0, 1)]
        angles = np.concatenate(found).astype(np.int32)
        apices = [network.pairs[pairs[:, 0], end] for end, pairs in enumerate(found)]
        return cls(n_atoms, network, angles, np.concatenate(apices))

    def around(self, free: np.ndarray) -> KeatingEnergy:
        """Return the part that depends on the atoms ``free`` ((N,) bool array)."""
        moving = free[self.network.pairs].any(axis=1)
        turning = moving[self.angles].any(axis=1) | free[self.apices]
        needed = moving.copy()
        needed[self.angles[turning].ravel()] = True
        number = np.cumsum(needed) - 1
        return KeatingEnergy(
            self.n_atoms,
            self.network.among(needed),
            number[self.angles[turning]].astype(np.int32),
            self.apices[turning],
        )

    @cached_property
    def _constants(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Factor and d² of each bond; factor and −d d'/3 of each angle (eV/Å⁴, Å²)."""
        d = self.network.field("length")
        alpha, beta = (self.network.field(f) * NEWTON_PER_METRE for f in ("alpha", "beta"))
        p, q = self.angles.T
        product = d[p] * d[q]
        bend = 3 / 16 * (beta[p] + beta[q]) / product
        return 3 / 8 * alpha / d**2, d**2, bend, -product / 3

    @cached_property
    def _pattern(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows' starts, columns, and which value goes where, of the matrix of the gradient."""
        m = len(self.network.pairs)
        p, q = self.angles.T
        rows = np.concatenate([np.arange(m), p, q])
        columns = np.concatenate([np.arange(m), q, p])
        order = np.argsort(rows, kind="stable")
        values = np.concatenate([np.arange(m), *2 * [m + np.arange(len(p))]])
        starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=m))])
        return starts.astype(np.int32), columns[order].astype(np.int32), values[order]

    @cached_property
    def _incidence(self) -> Any:
        """(N, M) sparse matrix: −1 at the cation, +1 at the anion of each bond."""
        from scipy.sparse import csr_array

        m = len(self.network.pairs)
        signs = np.repeat([-1.0, 1.0], m)
        places = (self.network.pairs.T.ravel(), np.tile(np.arange(m), 2))
        return csr_array((signs, places), shape=(self.n_atoms, m))

    def __call__(self, positions: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the energy (eV) and its gradient (N, 3), eV/Å, at ``positions`` (N, 3), Å."""
        from scipy.sparse import csr_array

        stretch, squared, bend, product = self._constants
        b, off_length, off_product = self._deviations(positions, squared, product)
        energy = stretch @ off_length**2 + bend @ off_product**2
        values = np.concatenate([4 * stretch * off_length, 2 * bend * off_product])
        starts, columns, order = self._pattern
        matrix = csr_array((values[order], columns, starts), shape=(len(b), len(b)))
        return float(energy), self._incidence @ (matrix @ b)

    def of_atoms(self, positions: np.ndarray) -> np.ndarray:
        """Return the (N,) energy of each atom, eV: half of its bonds', all of its own angles'."""
        stretch, squared, bend, product = self._constants
        _, off_length, off_product = self._deviations(positions, squared, product)
        share = np.repeat(0.5 * stretch * off_length**2, 2)
        atoms = np.bincount(self.network.pairs.ravel(), share, minlength=self.n_atoms)
        apex = np.bincount(self.apices, bend * off_product**2, minlength=self.n_atoms)
        return atoms + apex

    def _deviations(
        self, positions: np.ndarray, squared: np.ndarray, product: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        b = self.network.vectors(positions)
        p, q = self.angles.T
        dots = np.einsum("ij,ij->i", np.take(b, p, 0), np.take(b, q, 0))
        return b, np.einsum("ij,ij->i", b, b) - squared, dots - product


def _angles(centres: np.ndarray, n_atoms: int) -> np.ndarray:
    """Return the (A, 2) pairs p < q of bonds with the same centre; ``centres`` is (M,)."""
    order = np.argsort(centres, kind="stable")
    counts = np.bincount(centres, minlength=n_atoms)
    starts = np.cumsum(counts) - counts
    found = [np.zeros((0, 2), int)]
    for k in range(2, int(counts.max(initial=0)) + 1):
        bonds = order[starts[counts == k][:, None] + np.arange(k)]
        first, second = np.triu_indices(k, 1)
        found.append(np.column_stack([bonds[:, first].ravel(), bonds[:, second].ravel()]))
    return np.concatenate(found)

"""States written in atom-centred orbitals: what COHP, COOP and bond orders are computed from.

Index letters: s spin, k k-point, n state, M orbital, a atom.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError
from heterodot.records import Ints, Numbers, Record

ORTHONORMAL = 1e-4
"""Largest deviation of C* S C from one before the orbitals are refused."""


@dataclass(frozen=True)
class LocalOrbitals(Record, keep_arrays=True):
    """Coefficients and overlap of the states of one converged calculation.

    Attributes
    ----------
    states : ElectronicStructure
        Energies (s, k, n), occupations, k-weights, Fermi level, level of theory.
    coefficients : (s, k, n, M) float or complex array
        Of state n on orbital M, orthonormal in the overlap: sum(C*_nM S_MN C_mN) is 1 for n = m
        and 0 otherwise.
    overlap : (k, M, M) float or complex array
        Overlap of the orbitals (of their Bloch sums at each k-point).
    atom, l : (M,) int array
        Atom and angular momentum of each orbital.

    Raises
    ------
    InputError
        Shapes that do not fit, or states that are not orthonormal.
    """

    states: ElectronicStructure
    coefficients: Numbers
    overlap: Numbers
    atom: Ints
    l: Ints  # noqa: E741 - the field's name for it

    def __post_init__(self) -> None:
        n_orbitals, n_k = len(self.atom), len(self.states.k_weights)
        expected = (*self.states.energies.shape, n_orbitals)
        square = (n_k, n_orbitals, n_orbitals)
        if (
            self.coefficients.shape != expected
            or self.overlap.shape != square
            or self.l.shape != self.atom.shape
        ):
            raise InputError(
                f"local orbitals: coefficients {self.coefficients.shape}, overlap "
                f"{self.overlap.shape}, l {self.l.shape}; expected {expected}, {square}, "
                f"({n_orbitals},)"
            )
        error = self._orthonormality_error()
        if not error < ORTHONORMAL:
            raise InputError(
                f"local orbitals: C* S C differs from one by {error:.1e}; expected states "
                "orthonormal in the overlap given"
            )

    def _orthonormality_error(self) -> float:
        unit = np.eye(self.coefficients.shape[2])
        return max(
            float(np.abs(c.conj() @ self.overlap[k] @ c.T - unit).max(initial=0.0))
            for channel in self.coefficients
            for k, c in enumerate(channel)
        )

    @property
    def complete(self) -> bool:
        """Whether there are as many states as orbitals, so that they give back the Hamiltonian."""
        return self.coefficients.shape[2] == self.coefficients.shape[3]

    @cached_property
    def orthogonalised(self) -> LocalOrbitals:
        """The same states in symmetrically orthogonalised orbitals, C' = S^½ C.

        P.-O. Löwdin, J. Chem. Phys. 18, 365 (1950), doi:10.1063/1.1747632.
        """
        values, vectors = np.linalg.eigh(self.overlap)
        root = (vectors * np.sqrt(np.clip(values, 0.0, None))[:, None, :]) @ np.conj(
            np.swapaxes(vectors, -1, -2)
        )
        coefficients = np.einsum("kMN,sknN->sknM", root, self.coefficients, optimize=True)
        unit = np.broadcast_to(np.eye(len(self.atom)), self.overlap.shape)
        return LocalOrbitals(self.states, coefficients, unit, self.atom, self.l)

    def hamiltonian(self, spin: int, k: int, zero: float = 0.0) -> np.ndarray:
        """(M, M) Hamiltonian S C (ε − zero) C* S of a spin channel and k-point, eV.

        Exact because the states are complete. In orbitals that overlap it depends on the zero of
        energy, off-site elements included (H − zero S).

        Raises
        ------
        InputError
            Fewer states than orbitals.
        """
        if not self.complete:
            n_states, n_orbitals = self.coefficients.shape[2:]
            raise InputError(
                f"COHP needs all states: this calculation kept {n_states} of {n_orbitals}; "
                "calculate every band (GPAW: leave nbands out)"
            )
        columns = self.overlap[k] @ self.coefficients[spin, k].T
        matrix: np.ndarray = (columns * (self.states.energies[spin, k] - zero)) @ columns.conj().T
        return matrix

    def density(self, spin: int, k: int) -> np.ndarray:
        """(M, M) density matrix sum(f_n C_nM C*_nN) of a spin channel and k-point.

        The only channel of a spin-paired calculation holds the electrons of both spins.
        """
        c = self.coefficients[spin, k]
        matrix: np.ndarray = (c.T * self.states.occupations[spin, k]) @ c.conj()
        return matrix

"""A better first density for GPAW's SCF when atoms move: the trend of the geometries before.

GPAW starts a new geometry from the old coefficients in the moved basis. Here the density matrices
of the last geometries, in the Löwdin-orthogonalised basis (so that each holds the right number of
electrons whatever the overlap), are combined with the coefficients that best combine the old
positions into the new ones: a step that goes on in the direction of the last ones is extrapolated,
a displacement by -δ after one by +δ is reflected at the centre. The SCF then converges as it
always does: only the number of iterations changes.

The fit of positions is that of T. A. Arias, M. C. Payne and J. D. Joannopoulos, Phys. Rev. B 45,
1538 (1992), taken to density matrices as by É. Polack et al., Mol. Phys. 118, e1779834 (2020).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

LENGTH = 8
"""Geometries remembered."""

_RIDGE = 1e-3
"""Å; trends along distances below this are noise of the SCF, not of the density."""

_LARGEST = 3.0
"""Sum of the absolute coefficients above which the noise of the SCF would be multiplied."""

SMALLEST = 4
"""Up to this many basis functions nothing is predicted: the density of H2 in a minimal basis comes
out exactly, and GPAW's mixer divides by its error of zero. With ten functions (dzp) it does not.
"""


def combination(positions: np.ndarray, known: list[np.ndarray]) -> np.ndarray:
    """Return the coefficients, summing to 1, that combine known positions into new ones.

    Parameters
    ----------
    positions : (a, 3) array
        Å.
    known : list of (a, 3) array
        The newest last; what the others do not explain is left to it.
    """
    newest = known[-1]
    target = (positions - newest).ravel()
    columns = np.array([(old - newest).ravel() for old in known[:-1]]).reshape(-1, target.size)
    normal = columns @ columns.T + _RIDGE**2 * np.eye(len(columns))
    trend = np.linalg.solve(normal, columns @ target)
    coefficients = np.append(trend, 1.0 - trend.sum())
    size = np.abs(coefficients).sum()
    if size > _LARGEST:  # towards the newest alone
        last = np.zeros(len(known))
        last[-1] = 1.0
        share = (_LARGEST - 1.0) / (size - 1.0)
        coefficients = share * coefficients + (1.0 - share) * last
    return coefficients


@dataclass(frozen=True)
class _Converged:
    positions: np.ndarray
    matrices: dict[int, np.ndarray]  # by spin, Löwdin-orthogonalised


class DensityPredictor:
    """Remember a calculator's converged densities and predict the next one.

    Only for LCAO with one real k-point, the bands on one rank; otherwise it does nothing.

    Parameters
    ----------
    calculator : gpaw ASECalculator
        Its ``move_atoms`` and ``create_new_calculation`` are replaced; call :meth:`remember` after
        each converged SCF.
    guess : mapping of int to (n, n) array, optional
        Density matrices by spin, Löwdin-orthogonalised, that the first SCF starts from; left alone
        where they are of another size.
    """

    def __init__(self, calculator: Any, guess: Mapping[int, np.ndarray] | None = None) -> None:
        self._calculator = calculator
        self._known: deque[_Converged] = deque(maxlen=LENGTH)
        self._guess = guess
        self._plain_move = calculator.move_atoms
        self._plain_create = calculator.create_new_calculation
        calculator.move_atoms = self._move
        calculator.create_new_calculation = self._create

    def remember(self) -> None:
        """Keep the density matrix of the geometry that has just converged."""
        dft = self._calculator.dft
        if not _applies(dft):
            return
        matrices = {}
        for wfs in dft.ibzwfs:
            root, _ = _roots(wfs.S_MM.data)
            matrices[wfs.spin] = root @ wfs.calculate_density_matrix() @ root
        self._known.append(_Converged(dft.atoms.positions.copy(), matrices))

    @property
    def newest(self) -> Mapping[int, np.ndarray] | None:
        """Density matrices of the last geometry, by spin: what others may start from."""
        return self._known[-1].matrices if self._known else None

    def _create(self, atoms: Any) -> None:
        self._plain_create(atoms)
        dft = self._calculator.dft
        if self._guess is None or not _applies(dft) or not _fits(self._guess, dft):
            return
        self._fill(dft.density, dft.ibzwfs, self._guess)
        dft.potential, dft.energies, _ = dft.pot_calc.calculate(
            dft.density, dft.ibzwfs, dft.potential.vHt_x
        )

    def _move(self, atoms: Any) -> None:
        if not self._known or not _applies(self._calculator.dft):
            self._plain_move(atoms)
            return
        density = self._calculator.dft.density
        # GPAW fills the density from the old coefficients once the basis has moved: here instead
        density.update = lambda ibzwfs: self._fill(
            density, ibzwfs, self._predicted(atoms.positions)
        )
        try:
            self._plain_move(atoms)
        finally:
            del density.update

    def _predicted(self, positions: np.ndarray) -> Mapping[int, np.ndarray]:
        known = list(self._known)
        shares = combination(positions, [k.positions for k in known])
        return {
            spin: sum(c * k.matrices[spin] for c, k in zip(shares, known, strict=True))
            for spin in known[-1].matrices
        }

    def _fill(self, density: Any, ibzwfs: Any, orthogonal: Mapping[int, np.ndarray]) -> None:
        density.nt_sR.data[:] = 0.0
        density.D_asii.data[:] = 0.0
        for wfs in ibzwfs:
            _, inverse = _roots(wfs.S_MM.data)
            matrix = inverse @ orthogonal[wfs.spin] @ inverse
            wfs.basis.construct_density(matrix, density.nt_sR.data[wfs.spin], q=wfs.q)
            for a, d_sii in density.D_asii.items():
                projected = wfs.P_aMi[a]
                d_sii[wfs.spin] += projected.T @ matrix @ projected
        for communicator in (ibzwfs.kpt_comm, ibzwfs.band_comm):
            communicator.sum(density.nt_sR.data)
            communicator.sum(density.D_asii.data)
        density.nt_sR.data[: density.ndensities] += density.nct_R.data
        ibzwfs.normalize_density(density)
        density.symmetrize(ibzwfs.ibz.symmetries)


def _applies(dft: Any) -> bool:
    """Whether the density is that of real LCAO matrices every rank has whole."""
    if dft.params.mode.name != "lcao" or dft.ibzwfs.band_comm.size > 1:
        return False
    if any(wfs.S_MM.shape[0] <= SMALLEST for wfs in dft.ibzwfs):
        return False
    collinear = dft.density.ncomponents < 4 and dft.density.taut_sR is None
    return bool(collinear and len(dft.ibzwfs.ibz) == 1 and dft.ibzwfs.dtype == float)


def _fits(guess: Mapping[int, np.ndarray], dft: Any) -> bool:
    """Whether the matrices are those of this basis and these spins."""
    return all(wfs.spin in guess and guess[wfs.spin].shape == wfs.S_MM.shape for wfs in dft.ibzwfs)


def _roots(overlap: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Square root of the overlap, and its inverse."""
    values, vectors = np.linalg.eigh(overlap)
    root = np.sqrt(values)
    return (vectors * root) @ vectors.T, (vectors / root) @ vectors.T

"""Electron localisation function of a finished GPAW calculation.

GPAW computes the ELF of plane waves and grids itself (``gpaw.elf``); for LCAO it lacks the kinetic
energy density, which is taken here from the wave functions on the grid, by the same finite
differences that GPAW takes for wave functions on grids.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms
from ase.units import Bohr

from heterodot.calculators.gpaw.orbitals import read_on_one_rank
from heterodot.data.localisation import FLOOR, PSEUDO, LocalisationFunction
from heterodot.errors import CapabilityError

EMPTY = 1e-10
"""Occupations below are left out."""

BATCH = 20
"""Wave functions on the grid at a time."""


def read_localisation(calculator: Any, atoms: Atoms) -> LocalisationFunction:
    """Return the ELF of a converged calculator; all MPI ranks must call it.

    Raises
    ------
    CalculationError
        If it has not been run for this structure.
    CapabilityError
        Noncollinear spins.
    """
    return read_on_one_rank(calculator, atoms, _read)


def _read(calculator: Any, atoms: Atoms) -> LocalisationFunction:
    dft = calculator.dft
    if dft.density.ncomponents == 4:
        raise CapabilityError("gpaw: no ELF of noncollinear spins: expected collinear ones")
    if dft.ibzwfs.mode == "lcao":
        dft.ibzwfs.add_to_ked = lambda taut_sR: _add_kinetic_energy_density(dft.ibzwfs, taut_sR)
    from gpaw.elf import elf_from_dft_calculation

    values = elf_from_dft_calculation(dft, ncut=FLOOR * Bohr**3).to_pbc_grid().data
    return LocalisationFunction(
        values=np.clip(values, 0.0, 1.0),
        cell=atoms.cell.array.copy(),
        numbers=atoms.numbers.copy(),
        positions=atoms.positions.copy(),
        pbc=tuple(bool(p) for p in atoms.pbc),  # type: ignore[arg-type]
        kind=PSEUDO,
    )


def _add_kinetic_energy_density(ibzwfs: Any, taut_sR: Any) -> None:
    """Add ½ Σ f |∇ψ|² of all k-points and spins to (s, n1, n2, n3) ``taut_sR``, atomic units."""
    for wfs in ibzwfs:
        occupations = wfs.weight * wfs.spin_degeneracy * wfs.myocc_n
        filled = np.flatnonzero(occupations > EMPTY)
        grid = taut_sR.desc.new(kpt=wfs.kpt_c, dtype=wfs.dtype)
        for start in range(0, len(filled), BATCH):
            some = filled[start : start + BATCH]
            psit_nR = grid.zeros(len(some))
            coefficients = np.ascontiguousarray(wfs.C_nM.data[some])
            wfs.basis.lcao_to_grid(coefficients, psit_nR.data, wfs.q)
            psit_nR.add_ked(occupations[some], taut_sR[wfs.spin])

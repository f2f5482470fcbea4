"""Coefficients and overlap of a finished GPAW calculation in LCAO mode."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators.gpaw.orbitals import (
    read_electronic_structure,
    read_on_one_rank,
    states_by_spin_and_k,
)
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.errors import CapabilityError


def read_local_orbitals(calculator: Any, atoms: Atoms) -> LocalOrbitals:
    """Return the orbitals of a converged GPAW calculator in LCAO mode; all MPI ranks must call it.

    Raises
    ------
    CapabilityError
        Plane waves, or k-points reduced by the point group: pairs of atoms would
        have to be symmetrised.
    CalculationError
        If it has not been run for this structure.
    """
    if calculator.results:
        _check(calculator)
    return read_on_one_rank(calculator, atoms, _read)


def _read(calculator: Any, atoms: Atoms) -> LocalOrbitals:
    states = read_electronic_structure(calculator, atoms)
    table = states_by_spin_and_k(calculator.dft)
    projections = states.projections["Mulliken"]
    return LocalOrbitals(
        states=states,
        coefficients=np.array([[wfs.C_nM.data for wfs in row] for row in table]),
        overlap=np.array([wfs.S_MM.data for wfs in table[0]]),
        atom=projections.atom,
        l=projections.l,
    )


def _check(calculator: Any) -> None:
    ibzwfs = calculator.dft.ibzwfs
    if ibzwfs.mode != "lcao":
        raise CapabilityError(
            "gpaw: plane waves are not atom-centred orbitals: use mode 'lcao' for COHP, COOP and "
            "bond orders"
        )
    ibz = ibzwfs.ibz
    if len(ibz.symmetries) > 1 and len(ibz.bz) > 1:
        raise CapabilityError(
            "gpaw: k-points reduced by the point group do not tell one pair of atoms from another: "
            "use the override symmetry 'off'"
        )

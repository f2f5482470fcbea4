"""Orbitals of a finished xTB calculation, shared out over atoms and shells.

With coefficients C (AO, MO) and overlap S, CᵀSC = 1. The Mulliken weight of orbital μ in state i is
C_μi (SC)_μi (R. S. Mulliken, J. Chem. Phys. 23, 1833 (1955), doi:10.1063/1.1740588), the Löwdin one
((S^½C)_μi)² (P.-O. Löwdin, J. Chem. Phys. 18, 365 (1950), doi:10.1063/1.1747632).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms
from ase.units import Hartree

from heterodot.calculators.populations import fermi_level, population_weights
from heterodot.calculators.xtb import parameters
from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.errors import CalculationError


def read_electronic_structure(calculator: Any, atoms: Atoms) -> ElectronicStructure:
    """Return the states of a converged :class:`XTBCalculator`.

    Raises
    ------
    CalculationError
        If it has not been run for this structure.
    """
    if calculator.result is None or calculator.check_state(atoms):
        raise CalculationError(
            "the xTB calculator has no result for this structure: ask it for the energy first"
        )
    result, native = calculator.result, calculator.native
    energies = np.atleast_2d(result["orbital-energies"]) * Hartree
    occupations = np.atleast_2d(result["orbital-occupations"])
    n_spins, n_orbitals = energies.shape
    coefficients = result["orbital-coefficients"].reshape(n_spins, n_orbitals, n_orbitals)
    shell_of = np.asarray(native.get("orbital-map"))
    atom = np.asarray(native.get("shell-map"))[shell_of]
    l_of = np.asarray(native.get("angular-momenta"))[shell_of]
    valence = np.array([parameters.valence_electrons(int(z)) for z in atoms.numbers], float)
    weights = {
        kind: w[:, None]
        for kind, w in population_weights(coefficients, result["overlap-matrix"]).items()
    }
    occupied = occupations[:, None]
    temperature = calculator.settings["electronic_temperature"]
    charges = {
        kind: valence - _per_atom(w, occupied, atom, len(atoms)) for kind, w in weights.items()
    }
    return ElectronicStructure(
        numbers=atoms.numbers.copy(),
        energies=energies[:, None],
        k_weights=np.ones(1),
        occupations=occupied,
        fermi_level=fermi_level(energies, occupations, temperature, split=n_spins == 2),
        n_electrons=float(valence.sum() - calculator.charge),
        projections={k: Projections(k, w, atom, l_of) for k, w in weights.items()},
        charges=charges,
        periodic=bool(atoms.pbc.any()),
    )


def read_local_orbitals(calculator: Any, atoms: Atoms) -> LocalOrbitals:
    """Return coefficients and overlap of a converged :class:`XTBCalculator`.

    Raises
    ------
    CalculationError
        If it has not been run for this structure.
    """
    states = read_electronic_structure(calculator, atoms)
    result, projections = calculator.result, states.projections["Mulliken"]
    n_orbitals = len(projections.atom)
    coefficients = result["orbital-coefficients"].reshape(states.n_spins, n_orbitals, n_orbitals)
    return LocalOrbitals(
        states=states,
        coefficients=np.ascontiguousarray(coefficients.transpose(0, 2, 1))[:, None],
        overlap=np.asarray(result["overlap-matrix"])[None],
        atom=projections.atom,
        l=projections.l,
    )


def _per_atom(
    weights: np.ndarray, occupations: np.ndarray, atom: np.ndarray, n_atoms: int
) -> np.ndarray:
    populations = np.einsum("skbp,skb->p", weights, occupations)
    return np.bincount(atom, weights=populations, minlength=n_atoms)

"""Gibbs energies of free molecules: ideal gas, rigid rotor, harmonic oscillator, electronic terms.

An open shell has more states than its spin tells: ²Π molecules such as OH and NO have two Λ
components that spin-orbit coupling splits, atoms the levels of their ground term. They are summed
as q = Σ g exp(−ε/kT). C. J. Cramer, Essentials of Computational Chemistry, 2nd ed., Wiley 2004,
chapter 10, as coded in ``ase.thermochemistry``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ase import Atoms, units

from heterodot.analysis.thermo.external_modes import EXTERNAL_MODE, smallest_aside
from heterodot.analysis.thermo.free_energy import (
    FreeEnergy,
    check_conditions,
    checked_frequencies,
    imaginary_flag,
)
from heterodot.checks import finite
from heterodot.data.conditions import STANDARD_PRESSURE, STANDARD_TEMPERATURE
from heterodot.data.flags import Flag
from heterodot.data.species.entries import IdealGas
from heterodot.data.species.table import SPECIES, Entries
from heterodot.errors import InputError

IDEAL_GASES: Mapping[str, IdealGas] = Entries("ideal_gas")
"""Symmetry number, shape, spin and electronic levels of the species that have them."""


def ideal_gas(
    energy: float,
    frequencies: Sequence[float],
    atoms: Atoms,
    name: str | IdealGas,
    temperature: float = STANDARD_TEMPERATURE,
    pressure: float = STANDARD_PRESSURE,
) -> FreeEnergy:
    """Gibbs energy of a free molecule: ideal gas, rigid rotor, harmonic oscillator.

    Against NIST-JANAF entropies right to 0.3 J/mol/K, OH and CH among them, whose rotation
    uncouples the spin from the axis (their H(T) − H(0) comes out 0.4 and 0.2 kJ/mol too high).

    Parameters
    ----------
    energy : float
        Electronic energy, eV; taken for that of the lowest electronic level. (A calculation
        without spin-orbit coupling gives the mean of the levels, 9 meV higher for OH.)
    frequencies : sequence of float
        cm⁻¹, imaginary as negative. Either the true vibrations only (3N − 5 or 3N − 6) or all 3N,
        of which the smallest in absolute value are taken for translations and rotations.
    atoms : Atoms
        Geometry for the moments of inertia (Å, amu); any cell is ignored.
    name : str or IdealGas
        A key of :data:`IDEAL_GASES`, or the molecule's own symmetry number, shape, spin and terms.
    temperature : float
        K.
    pressure : float
        Pa.

    Returns
    -------
    FreeEnergy
        Imaginary vibrations are left out of the sums, and flagged.

    Raises
    ------
    InputError
        Unknown molecule, wrong number of frequencies, or an energy, T or p that is no such number.
    """
    from ase.thermochemistry import IdealGasThermo

    gas = gas_entry(name)
    energy = finite(energy, "energy", "eV")
    check_conditions(temperature, pressure)
    all_modes = checked_frequencies(frequencies)
    vibrations, flags = _true_vibrations(all_modes, gas, len(atoms))
    real = [nu for nu in vibrations if nu > 0]
    imaginary = tuple(nu for nu in vibrations if nu <= 0)
    molecule = Atoms(atoms.numbers, atoms.positions)
    thermo = IdealGasThermo(
        [nu * units.invcm for nu in real],
        gas.geometry,
        atoms=molecule,
        symmetrynumber=gas.symmetry_number,
        spin=0,  # the electronic levels are summed here
        vib_selection="all",
    )
    internal, of_levels = _electronic(gas.levels, temperature)
    zpe = float(thermo.get_ZPE_correction())
    enthalpy = float(thermo.get_enthalpy(temperature, verbose=False)) + internal
    entropy = float(thermo.get_entropy(temperature, pressure, verbose=False)) + of_levels
    if imaginary:
        flags = (*flags, imaginary_flag(imaginary, "left out of ZPE and entropy"))
    return FreeEnergy(
        energy=energy,
        zpe=zpe,
        enthalpy_correction=enthalpy - zpe,
        entropy_term=temperature * entropy,
        temperature=float(temperature),
        pressure=float(pressure),
        model="ideal gas",
        frequencies=all_modes,
        imaginary=imaginary,
        flags=flags,
    )


def _electronic(levels: Sequence[tuple[int, float]], temperature: float) -> tuple[float, float]:
    """Return internal energy (eV, from the lowest level) and entropy (eV/K) of the levels."""
    energies = np.array([energy for _, energy in levels]) * units.invcm
    weights = np.array([g for g, _ in levels]) * np.exp(-energies / (units.kB * temperature))
    total = float(weights.sum())
    internal = float(weights @ energies) / total
    return internal, units.kB * float(np.log(total)) + internal / temperature


def _true_vibrations(
    frequencies: tuple[float, ...], gas: IdealGas, n_atoms: int
) -> tuple[list[float], tuple[Flag, ...]]:
    """Pick the vibrations of a free molecule; flag a large mode among the ones set aside."""
    expected = gas.n_vibrations(n_atoms)
    if expected < 0 or (gas.geometry == "monatomic" and n_atoms != 1):
        raise InputError(f"{gas.geometry} molecule with {n_atoms} atoms: the two do not fit")
    if len(frequencies) not in (expected, 3 * n_atoms):
        raise InputError(
            f"{len(frequencies)} frequencies for a {gas.geometry} molecule of {n_atoms} atoms: "
            f"expected its {expected} vibrations or all {3 * n_atoms} modes"
        )
    return smallest_aside(frequencies, len(frequencies) - expected, EXTERNAL_MODE)


def gas_entry(name: str | IdealGas) -> IdealGas:
    """Return the entry of a gas by its name, or as it is.

    Raises
    ------
    InputError
        If the table has none.
    """
    if isinstance(name, IdealGas):
        return name
    try:
        return IDEAL_GASES[name]
    except (KeyError, TypeError):
        known = ", ".join(IDEAL_GASES)
        what = f"is not in the table ({known})"
        if isinstance(name, str) and name in SPECIES:
            what = "has no symmetry number and spin in the table"
        raise InputError(f"gas {name!r} {what}: give an IdealGas instead") from None

"""Gibbs energies of free molecules: ideal gas, rigid rotor, harmonic oscillator, electronic terms.

An open shell has more states than its spin tells: ²Π molecules such as OH and NO have two Λ
components that spin-orbit coupling splits, atoms the levels of their ground term. They are summed
as q = Σ g exp(−ε/kT). C. J. Cramer, Essentials of Computational Chemistry, 2nd ed., Wiley 2004,
chapter 10, as coded in ``ase.thermochemistry``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms, units

from heterodot.analysis.thermo.external_modes import EXTERNAL_MODE, smallest_aside
from heterodot.analysis.thermo.free_energy import (
    STANDARD_PRESSURE,
    STANDARD_TEMPERATURE,
    FreeEnergy,
    check_conditions,
    checked_frequencies,
    imaginary_flag,
)
from heterodot.checks import finite
from heterodot.data.flags import Flag
from heterodot.errors import InputError


@dataclass(frozen=True)
class IdealGas:
    """What the ideal-gas partition function must know of a molecule.

    Attributes
    ----------
    symmetry_number : int
        Rotational symmetry number (Cramer 2004, appendix B).
    geometry : {"monatomic", "linear", "nonlinear"}
    spin : float
        Total electronic spin: 0 closed shell, 0.5 one unpaired electron, 1 triplet.
    terms : tuple of (int, float)
        Degeneracy and energy (cm⁻¹, from the lowest) of the electronic levels that are populated;
        one of degeneracy 2S + 1 unless given. A linear molecule in a Π or Δ state and an atom in a
        P or D one have more.
    """

    symmetry_number: int
    geometry: str
    spin: float = 0.0
    terms: tuple[tuple[int, float], ...] = ()

    def __post_init__(self) -> None:
        whole = isinstance(self.symmetry_number, int | np.integer)
        if not whole or isinstance(self.symmetry_number, bool):
            raise InputError(f"symmetry number {self.symmetry_number!r}: expected 1, 2, …")
        finite(self.spin, "spin")
        if self.geometry not in ("monatomic", "linear", "nonlinear"):
            raise InputError(
                f"geometry {self.geometry!r}: expected 'monatomic', 'linear' or 'nonlinear'"
            )
        if self.symmetry_number < 1:
            raise InputError(f"symmetry number {self.symmetry_number}: expected 1 or more")
        if self.spin < 0 or not float(2 * self.spin).is_integer():
            raise InputError(f"spin {self.spin}: expected 0, 0.5, 1, …")
        _check_terms(self.terms)

    @property
    def levels(self) -> tuple[tuple[int, float], ...]:
        """Degeneracies and energies (cm⁻¹) of the electronic levels."""
        return self.terms or ((round(2 * self.spin) + 1, 0.0),)

    def n_vibrations(self, n_atoms: int) -> int:
        """Return the number of true vibrations of ``n_atoms`` atoms: 3N − 5, 3N − 6 or 0."""
        if self.geometry == "monatomic":
            return 0
        return 3 * n_atoms - (5 if self.geometry == "linear" else 6)


def _check_terms(terms: tuple[tuple[int, float], ...]) -> None:
    expected = "expected (degeneracy 1, 2, …; energy ≥ 0 cm⁻¹) with the lowest at 0"
    for term in terms:
        if not isinstance(term, tuple) or len(term) != 2:
            raise InputError(f"electronic term {term!r}: {expected}")
        degeneracy, energy = term
        finite(energy, "energy of an electronic term", "cm⁻¹")
        whole = isinstance(degeneracy, int) and not isinstance(degeneracy, bool)
        if not whole or degeneracy < 1 or energy < 0:
            raise InputError(f"electronic term {term!r}: {expected}")
    if terms and min(energy for _, energy in terms) != 0:
        raise InputError(f"electronic terms {terms}: {expected}")


IDEAL_GASES: Mapping[str, IdealGas] = {
    "H2": IdealGas(2, "linear"),
    "CO": IdealGas(1, "linear"),
    "CO2": IdealGas(2, "linear"),
    "H2O": IdealGas(2, "nonlinear"),
    "O2": IdealGas(2, "linear", 1.0),
    "N2": IdealGas(2, "linear"),
    "OH": IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 139.21))),
    "SH": IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 376.96))),
    "CH": IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 27.95))),
    "NO": IdealGas(1, "linear", 0.5, ((2, 0.0), (2, 121.1))),
    "NO2": IdealGas(2, "nonlinear", 0.5),
    "CH3": IdealGas(6, "nonlinear", 0.5),
    "COOH": IdealGas(1, "nonlinear", 0.5),
    "HCOO": IdealGas(2, "nonlinear", 0.5),
    "HCOOH": IdealGas(1, "nonlinear"),
    "HCHO": IdealGas(2, "nonlinear"),
    "CH3OH": IdealGas(1, "nonlinear"),
    "CH4": IdealGas(12, "nonlinear"),
    "H": IdealGas(1, "monatomic", 0.5),
    "C": IdealGas(1, "monatomic", 1.0, ((1, 0.0), (3, 16.417), (5, 43.414))),
    "N": IdealGas(1, "monatomic", 1.5),
    "O": IdealGas(1, "monatomic", 1.0, ((5, 0.0), (3, 158.265), (1, 226.977))),
    "S": IdealGas(1, "monatomic", 1.0, ((5, 0.0), (3, 396.055), (1, 573.640))),
    "F": IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 404.141))),
    "Cl": IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 882.352))),
    "Br": IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 3685.24))),
    "I": IdealGas(1, "monatomic", 0.5, ((4, 0.0), (2, 7602.97))),
}
"""Molecules of CO2 reduction and their kin: symmetry number, shape, spin and electronic levels.

Levels of atoms: A. Kramida, Yu. Ralchenko, J. Reader, NIST Atomic Spectra Database
(doi:10.18434/T4W30F). Spin-orbit splittings of ²Π molecules (²Π₃/₂ below ²Π₁/₂ in OH and SH, above
in CH and NO): K. P. Huber, G. Herzberg, Constants of Diatomic Molecules, Van Nostrand 1979.
"""


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

    gas = _look_up(name)
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


def _look_up(name: str | IdealGas) -> IdealGas:
    if isinstance(name, IdealGas):
        return name
    try:
        return IDEAL_GASES[name]
    except (KeyError, TypeError):
        known = ", ".join(IDEAL_GASES)
        raise InputError(
            f"gas {name!r} is not in the table ({known}): give an IdealGas instead"
        ) from None

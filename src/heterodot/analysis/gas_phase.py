"""Gibbs energies of free molecules: ideal gas, rigid rotor, harmonic oscillator.

C. J. Cramer, Essentials of Computational Chemistry, 2nd ed., Wiley 2004, chapter 10, as coded in
``ase.thermochemistry``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ase import Atoms, units

from heterodot.analysis.flags import Flag
from heterodot.analysis.free_energy import (
    STANDARD_PRESSURE,
    STANDARD_TEMPERATURE,
    FreeEnergy,
    check_conditions,
    checked_frequencies,
    imaginary_flag,
)
from heterodot.errors import InputError

EXTERNAL_MODE = 100.0
"""cm⁻¹: a translation or rotation of a relaxed free molecule should lie below this."""


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
    """

    symmetry_number: int
    geometry: str
    spin: float = 0.0

    def __post_init__(self) -> None:
        if self.geometry not in ("monatomic", "linear", "nonlinear"):
            raise InputError(
                f"geometry {self.geometry!r}: expected 'monatomic', 'linear' or 'nonlinear'"
            )
        if self.symmetry_number < 1:
            raise InputError(f"symmetry number {self.symmetry_number}: expected 1 or more")
        if self.spin < 0 or not float(2 * self.spin).is_integer():
            raise InputError(f"spin {self.spin}: expected 0, 0.5, 1, …")

    def n_vibrations(self, n_atoms: int) -> int:
        """Return the number of true vibrations of ``n_atoms`` atoms: 3N − 5, 3N − 6 or 0."""
        if self.geometry == "monatomic":
            return 0
        return 3 * n_atoms - (5 if self.geometry == "linear" else 6)


IDEAL_GASES: Mapping[str, IdealGas] = {
    "H2": IdealGas(2, "linear"),
    "CO": IdealGas(1, "linear"),
    "CO2": IdealGas(2, "linear"),
    "H2O": IdealGas(2, "nonlinear"),
    "O2": IdealGas(2, "linear", 1.0),
    "N2": IdealGas(2, "linear"),
    "H": IdealGas(1, "monatomic", 0.5),
    "OH": IdealGas(1, "linear", 0.5),
    "COOH": IdealGas(1, "nonlinear", 0.5),
    "HCOO": IdealGas(2, "nonlinear", 0.5),
    "HCOOH": IdealGas(1, "nonlinear"),
    "HCHO": IdealGas(2, "nonlinear"),
    "CH3OH": IdealGas(1, "nonlinear"),
    "CH4": IdealGas(12, "nonlinear"),
}
"""Molecules of CO2 reduction: symmetry number, shape and spin of the ground state."""


def ideal_gas(
    energy: float,
    frequencies: Sequence[float],
    atoms: Atoms,
    name: str | IdealGas,
    temperature: float = STANDARD_TEMPERATURE,
    pressure: float = STANDARD_PRESSURE,
) -> FreeEnergy:
    """Gibbs energy of a free molecule: ideal gas, rigid rotor, harmonic oscillator.

    Parameters
    ----------
    energy : float
        Electronic energy, eV.
    frequencies : sequence of float
        cm⁻¹, imaginary as negative. Either the true vibrations only (3N − 5 or 3N − 6) or all 3N,
        of which the smallest in absolute value are taken for translations and rotations.
    atoms : Atoms
        Geometry for the moments of inertia (Å, amu); any cell is ignored.
    name : str or IdealGas
        A key of :data:`IDEAL_GASES`, or the molecule's own symmetry number, shape and spin.
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
        Unknown molecule, wrong number of frequencies, or T or p not positive.
    """
    from ase.thermochemistry import IdealGasThermo

    gas = _look_up(name)
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
        spin=gas.spin,
        vib_selection="all",
    )
    zpe = float(thermo.get_ZPE_correction())
    enthalpy = float(thermo.get_enthalpy(temperature, verbose=False))
    entropy = float(thermo.get_entropy(temperature, pressure, verbose=False))
    if imaginary:
        flags = (*flags, imaginary_flag(imaginary, "left out of ZPE and entropy"))
    return FreeEnergy(
        energy=float(energy),
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


def _true_vibrations(
    frequencies: tuple[float, ...], gas: IdealGas, n_atoms: int
) -> tuple[list[float], tuple[Flag, ...]]:
    """Pick the vibrations of a free molecule; flag a large mode among the ones set aside.

    ASE's own selection sorts by the square, so that a large imaginary mode would fall among the
    translations and vanish; this one sorts by the absolute value.
    """
    expected = gas.n_vibrations(n_atoms)
    if expected < 0 or (gas.geometry == "monatomic" and n_atoms != 1):
        raise InputError(f"{gas.geometry} molecule with {n_atoms} atoms: the two do not fit")
    if len(frequencies) not in (expected, 3 * n_atoms):
        raise InputError(
            f"{len(frequencies)} frequencies for a {gas.geometry} molecule of {n_atoms} atoms: "
            f"expected its {expected} vibrations or all {3 * n_atoms} modes"
        )
    ordered = sorted(frequencies, key=abs)
    split = len(ordered) - expected
    large = [nu for nu in ordered[:split] if abs(nu) > EXTERNAL_MODE]
    if not large:
        return ordered[split:], ()
    text = ", ".join(f"{nu:.0f}" for nu in large)
    message = f"taken for translations or rotations but not small: {text} cm⁻¹; relax tighter"
    return ordered[split:], (Flag("large-external-mode", message),)


def _look_up(name: str | IdealGas) -> IdealGas:
    if isinstance(name, IdealGas):
        return name
    try:
        return IDEAL_GASES[name]
    except KeyError:
        known = ", ".join(IDEAL_GASES)
        raise InputError(
            f"gas {name!r} is not in the table ({known}): give an IdealGas instead"
        ) from None

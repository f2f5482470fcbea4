"""Vibrations of a minimum and of a saddle as rates: Vineyard's attempt frequency, Eyring's rate.

Frequencies are real and in cm⁻¹, translations and rotations and the saddle's imaginary one left
out; energies in eV, temperatures in K, rates in s⁻¹.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from ase import units

from heterodot.checks import positive
from heterodot.data.committee import CommitteeEnergy
from heterodot.errors import InputError
from heterodot.records import Record

LIGHT = 2.99792458e10
"""cm/s, exact: from cm⁻¹ to s⁻¹."""

PLANCK = 4.135667696e-15
"""eV s (CODATA 2018, exact in the SI of 2019)."""


def real_frequencies(frequencies: Sequence[float] | np.ndarray, what: str) -> np.ndarray:
    """Return frequencies (cm⁻¹) as an array, refusing any that no vibration has.

    Raises
    ------
    InputError
        One that is zero, imaginary (written as negative) or no number.
    """
    found = np.asarray(frequencies, float)
    wrong = found[~(np.isfinite(found) & (found > 0))]
    if len(wrong):
        raise InputError(
            f"{what}: {wrong[0]:g} cm⁻¹ among the frequencies; expected real vibrations only, "
            "without translations, rotations and the imaginary mode of a saddle"
        )
    return found


def zero_point(frequencies: Sequence[float] | np.ndarray) -> float:
    """Return Σ hν/2, eV, of frequencies in cm⁻¹."""
    return float(0.5 * units.invcm * np.sum(frequencies))


def vibrational_free_energy(frequencies: Sequence[float] | np.ndarray, temperature: float) -> float:
    """Return Σ [hν/2 + kT ln(1 − exp(−hν/kT))], eV, of frequencies in cm⁻¹.

    The harmonic oscillator's (C. J. Cramer, Essentials of Computational Chemistry, 2nd ed., Wiley
    2004, chapter 10), without any cut-off.
    """
    thermal = units.kB * positive(temperature, "temperature", "K")
    quanta = units.invcm * real_frequencies(frequencies, "vibrational free energy")
    return float(np.sum(quanta / 2 + thermal * np.log1p(-np.exp(-quanta / thermal))))


def attempt_frequency(
    minimum: Sequence[float] | np.ndarray, saddle: Sequence[float] | np.ndarray
) -> float:
    """Return Vineyard's ν0 = Πν(minimum)/Πν(saddle), Hz.

    G. H. Vineyard, J. Phys. Chem. Solids 3, 121 (1957), doi:10.1016/0022-3697(57)90059-8.

    Parameters
    ----------
    minimum, saddle : sequence of float
        cm⁻¹, of the same atoms; the saddle has one less.

    Raises
    ------
    InputError
        Not one less.
    """
    low, high = real_frequencies(minimum, "minimum"), real_frequencies(saddle, "saddle")
    if len(high) != len(low) - 1:
        raise InputError(
            f"{len(low)} vibrations of the minimum and {len(high)} of the saddle: expected one "
            "less of the saddle, whose imaginary mode is left out"
        )
    return float(LIGHT * np.exp(np.log(low).sum() - np.log(high).sum()))


@dataclass(frozen=True)
class Barrier(Record):
    """The way from a minimum over a saddle.

    Attributes
    ----------
    energy : float
        E(saddle) − E(minimum), eV; of a committee it knows its members.
    minimum : (n,) float array
        Vibrations of the minimum, cm⁻¹; empty where they are not known.
    saddle : (n − 1,) float array
        Those of the saddle.
    along : float
        Of the minimum along the first leg of the path, cm⁻¹; 0 where it is not known.
    """

    energy: float
    minimum: np.ndarray
    saddle: np.ndarray
    along: float = 0.0

    @property
    def has_vibrations(self) -> bool:
        """Whether the vibrations of both are known, those of the saddle one less."""
        return len(self.minimum) > 0 and len(self.saddle) == len(self.minimum) - 1

    @property
    def with_zero_point(self) -> float:
        """The barrier with the difference of zero-point energies, eV."""
        return self.energy + zero_point(self.saddle) - zero_point(self.minimum)

    def free_energy(self, temperature: float) -> float:
        """Return the barrier with the difference of vibrational free energies, eV.

        Quantum oscillators; the motion along the imaginary mode is classical and in the rate.
        """
        return (
            self.energy
            + vibrational_free_energy(self.saddle, temperature)
            - vibrational_free_energy(self.minimum, temperature)
        )

    @property
    def attempt(self) -> float:
        """Vineyard's attempt frequency, Hz."""
        return attempt_frequency(self.minimum, self.saddle)

    @property
    def entropy(self) -> float:
        """ΔS of migration, eV/K: Vineyard's ν0 is ν exp(ΔS/k) with ν that along the path.

        Vibrations classical: k ln of the ratio of the products of all others. Without ``along`` it
        is nothing: ν0 then holds it.
        """
        if not self.along > 0:
            return 0.0
        return float(units.kB * np.log(self.attempt / (LIGHT * self.along)))

    def vineyard(self, temperature: float) -> float:
        """Return ν0 exp(−ΔE/kT), s⁻¹: vibrations classical."""
        return float(self.attempt * np.exp(-self.energy / (units.kB * temperature)))

    def eyring(self, temperature: float, transmission: float = 1.0) -> float:
        """Return κ (kT/h) exp(−ΔF‡/kT), s⁻¹: vibrations quantised, no tunnelling.

        H. Eyring, J. Chem. Phys. 3, 107 (1935), doi:10.1063/1.1749604.
        """
        thermal = units.kB * positive(temperature, "temperature", "K")
        return float(
            transmission * thermal / PLANCK * np.exp(-self.free_energy(temperature) / thermal)
        )

    def of_members(self) -> dict[str, Barrier]:
        """Return the barrier of each member of a committee, vibrations shared; else none."""
        if not isinstance(self.energy, CommitteeEnergy):
            return {}
        return {name: replace(self, energy=e) for name, e in self.energy.members.items()}

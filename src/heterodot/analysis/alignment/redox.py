"""Electrode potentials: scales, and the redox levels band edges are compared with."""

from __future__ import annotations

from dataclasses import dataclass

from heterodot.checks import finite, is_number
from heterodot.errors import InputError

ABSOLUTE_NHE = 4.44
"""Absolute potential of the normal hydrogen electrode, V (S. Trasatti, Pure Appl. Chem. 58, 955
(1986), doi:10.1351/pac198658070955)."""

NERNST = 0.0592
"""V per pH unit at 298.15 K: kT ln 10 / e."""

SCALES = ("vacuum", "NHE", "RHE")
"""What band edges can be given against: energies in eV, or potentials in V."""

TABLE_PH = 7.0
"""pH of the table below."""

O2_NOTE = (
    "O2/H2O is printed as 1.23 V in the pH 7 table of Li et al. 2023, its value at pH 0; drawn is "
    "what the Nernst shift makes of it, 0.82 V vs NHE at pH 7"
)
"""Belongs beside every figure or table that shows the O2/H2O level."""


@dataclass(frozen=True)
class RedoxLevel:
    """A half reaction.

    Attributes
    ----------
    name : str
    printed : float
        V vs NHE at pH 7, as the source prints it.
    neutral : float
        V vs NHE at pH 7, used here.
    protons_per_electron : float
        Its Nernst shift is 59.2 mV per pH unit times this.
    """

    name: str
    printed: float
    neutral: float
    protons_per_electron: float = 1.0

    def potential(self, scale: str = "NHE", ph: float = TABLE_PH) -> float:
        """Return the potential: V vs NHE or RHE at a pH, or eV vs the vacuum."""
        check_scale(scale, ph)
        nhe = self.neutral - NERNST * self.protons_per_electron * (ph - TABLE_PH)
        return from_nhe(nhe, scale, ph)


REDOX_LEVELS = (
    RedoxLevel("O2/H2O", 1.23, 1.23 - NERNST * TABLE_PH),
    RedoxLevel("CO2/CH4", -0.24, -0.24),
    RedoxLevel("CO2/CH3OH", -0.38, -0.38),
    RedoxLevel("H+/H2", -0.41, -0.41),
    RedoxLevel("CO2/HCHO", -0.48, -0.48),
    RedoxLevel("CO2/CO", -0.53, -0.53),
    RedoxLevel("CO2/HCOOH", -0.61, -0.61),
    RedoxLevel("CO2/CO2·⁻", -1.9, -1.9, 0.0),
)
"""V vs NHE at pH 7, as published: Table 1 of Li et al., EES Catal. 1, 687 (2023)."""


def from_vacuum(energy: float, scale: str, ph: float = TABLE_PH) -> float:
    """Put an energy relative to the vacuum on a scale.

    V(NHE) = −E/e − 4.44 and V(RHE) = V(NHE) + 0.0592 pH.

    Parameters
    ----------
    energy : float
        eV; negative below the vacuum.
    scale : {"vacuum", "NHE", "RHE"}
    ph : float
        Used by RHE only.

    Returns
    -------
    float
        eV for "vacuum", V for the others.

    Raises
    ------
    InputError
        Unknown scale, or a pH that is no number.
    """
    return from_nhe(-finite(energy, "energy", "eV") - ABSOLUTE_NHE, scale, ph)


def from_nhe(potential: float, scale: str, ph: float = TABLE_PH) -> float:
    """Put a potential (V vs NHE) on a scale; see :func:`from_vacuum`."""
    check_scale(scale, ph)
    finite(potential, "potential", "V")
    if scale == "vacuum":
        return -potential - ABSOLUTE_NHE
    return potential + (NERNST * ph if scale == "RHE" else 0.0)


def to_nhe(value: float, scale: str, ph: float = TABLE_PH) -> float:
    """Return V vs NHE of a value on a scale; see :func:`from_vacuum`."""
    check_scale(scale, ph)
    finite(value, "value", "eV" if scale == "vacuum" else "V")
    if scale == "vacuum":
        return -value - ABSOLUTE_NHE
    return value - (NERNST * ph if scale == "RHE" else 0.0)


def check_scale(scale: str, ph: float) -> None:
    """Refuse a scale that is not one, and a pH that is no number.

    Raises
    ------
    InputError
        One of them.
    """
    if scale not in SCALES:
        raise InputError(f"scale {scale!r}: expected one of {SCALES}")
    if not is_number(ph) or not -2 <= ph <= 16:
        raise InputError(f"pH {ph!r}: expected a number from -2 to 16")

"""Measured thermochemistry of the gases of CO2 reduction, and anchoring computed ones to it.

Density functionals, and tight binding far more, miss the reaction energy of
CO2 + H2 → CO + H2O. :func:`anchor_gas` shifts one computed gas so that this reaction comes out as
measured; :func:`correct_gas` applies a published correction. Both are off unless asked for, and
both return a note that belongs in every table and figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import units

from heterodot.analysis.thermo.free_energy import STANDARD_PRESSURE, STANDARD_TEMPERATURE
from heterodot.checks import finite, positive
from heterodot.errors import InputError

KJ_PER_MOL = units.kJ / units.mol
"""eV."""


@dataclass(frozen=True)
class GasRecord:
    """Measured standard-state data of a substance at 298.15 K and 1 bar.

    Attributes
    ----------
    formation_enthalpy : float
        ΔfH°, kJ/mol.
    entropy : float
        S°, J/mol/K.
    enthalpy_increment : float
        H°(298.15 K) − H°(0), kJ/mol.
    heat_capacity : float
        Cp°, J/mol/K.
    source : str
    """

    formation_enthalpy: float
    entropy: float
    enthalpy_increment: float
    heat_capacity: float
    source: str

    def gibbs(self, temperature: float, pressure: float = STANDARD_PRESSURE) -> float:
        """H − TS in eV at T (K) and p (Pa), on the scale where elements have H°(298.15 K) = 0.

        Cp is held at its 298.15 K value, good to 0.1 kJ/mol between 250 and 400 K.
        """
        temperature = positive(temperature, "temperature", "K")
        pressure = positive(pressure, "pressure", "Pa")
        step = temperature - STANDARD_TEMPERATURE
        enthalpy = self.formation_enthalpy + self.heat_capacity * step / 1e3
        entropy = self.entropy + self.heat_capacity * np.log(temperature / STANDARD_TEMPERATURE)
        standard = (enthalpy - temperature * entropy / 1e3) * KJ_PER_MOL
        return float(standard + units.kB * temperature * np.log(pressure / STANDARD_PRESSURE))


_SOURCE = (
    "ΔfH°, S°, H°(298)−H°(0): J. D. Cox, D. D. Wagman, V. A. Medvedev, CODATA Key Values for "
    "Thermodynamics (Hemisphere, 1989); Cp°: M. W. Chase, NIST-JANAF Thermochemical Tables, 4th "
    "ed., J. Phys. Chem. Ref. Data Monograph 9 (1998)"
)

EXPERIMENTAL: Mapping[str, GasRecord] = {
    "CO2": GasRecord(-393.51, 213.785, 9.365, 37.129, _SOURCE),
    "CO": GasRecord(-110.53, 197.660, 8.671, 29.142, _SOURCE),
    "H2": GasRecord(0.0, 130.680, 8.468, 28.836, _SOURCE),
    "H2O": GasRecord(-241.826, 188.835, 9.905, 33.590, _SOURCE),
}
"""Gases at 298.15 K and 1 bar (H2O is the vapour)."""

REVERSE_WATER_GAS_SHIFT: Mapping[str, int] = {"CO2": -1, "H2": -1, "CO": 1, "H2O": 1}
"""CO2 + H2 → CO + H2O, products positive."""

_TEMPERATURES = (250.0, 400.0)
"""K: between these Cp° is taken as constant. Chosen: that of CO2, which changes most, is 37.1
J/(mol K) at 298 K and 41.3 at 400 K (NIST-JANAF), which moves its G at 400 K by 0.2 meV."""

OCO_BACKBONE: Mapping[str, tuple[Mapping[str, float], str]] = {
    "RPBE-OCO": (
        {"CO2": 0.45},
        "A. A. Peterson et al., Energy Environ. Sci. 2010, 3, 1311, doi:10.1039/c0ee00071j",
    ),
}
"""Published corrections (eV, added to G) and their sources, by name."""


def reaction_gibbs(gibbs: Mapping[str, float]) -> float:
    """ΔG of CO2 + H2 → CO + H2O from the Gibbs energies (eV) of the four gases.

    Raises
    ------
    InputError
        One of the four is missing.
    """
    missing = [name for name in REVERSE_WATER_GAS_SHIFT if name not in gibbs]
    if missing:
        raise InputError(f"Gibbs energies of {', '.join(missing)} missing: expected all four gases")
    for name in REVERSE_WATER_GAS_SHIFT:
        finite(gibbs[name], f"G({name})", "eV")
    return float(sum(n * gibbs[name] for name, n in REVERSE_WATER_GAS_SHIFT.items()))


def reaction_gibbs_experiment(
    temperature: float = STANDARD_TEMPERATURE, pressures: Mapping[str, float] | None = None
) -> float:
    """Measured ΔG (eV) of CO2 + H2 → CO + H2O(gas); 0.297 eV (28.6 kJ/mol) at 298.15 K and 1 bar.

    Parameters
    ----------
    temperature : float
        K, within 250–400 K.
    pressures : mapping of str to float, optional
        Partial pressures in Pa by gas; 1 bar for those not named.

    Raises
    ------
    InputError
        Temperature outside the range, or a pressure that is not positive.
    """
    low, high = _TEMPERATURES
    if not low <= positive(temperature, "temperature", "K") <= high:
        raise InputError(f"temperature {temperature} K: measured data are used in {low}–{high} K")
    pressures = pressures or {}
    for name, pressure in pressures.items():
        positive(pressure, f"pressure of {name}", "Pa")
    wrong = {name: p for name, p in pressures.items() if name not in EXPERIMENTAL}
    if wrong:
        raise InputError(f"pressures {wrong}: expected {', '.join(EXPERIMENTAL)} with p > 0 Pa")
    gibbs = {
        name: record.gibbs(temperature, pressures.get(name, STANDARD_PRESSURE))
        for name, record in EXPERIMENTAL.items()
    }
    return reaction_gibbs(gibbs)


def anchor_gas(
    gibbs: Mapping[str, float],
    shift: str = "CO",
    temperature: float = STANDARD_TEMPERATURE,
    pressures: Mapping[str, float] | None = None,
) -> tuple[dict[str, float], str]:
    """Shift one computed gas so that CO2 + H2 → CO + H2O has its measured ΔG.

    Shifting CO moves only the last, chemical step of the CO2-to-CO diagram; shifting CO2 moves
    the first one and leaves CO as computed. H2 and H2O cannot be shifted: they are the reference
    of every electrochemical step.

    Parameters
    ----------
    gibbs : mapping of str to float
        Computed Gibbs energies (eV) of CO2, H2, CO and H2O; others are passed through.
    shift : {"CO", "CO2"}
        The gas that carries the correction.
    temperature : float
        K, the one ``gibbs`` was computed at.
    pressures : mapping of str to float, optional
        Pa, those ``gibbs`` was computed at; 1 bar for those not named.

    Returns
    -------
    dict, str
        The Gibbs energies with one shifted, and the sentence that says so.

    Raises
    ------
    InputError
        Another gas to shift, a gas missing, or conditions without measured data.
    """
    if shift not in ("CO", "CO2"):
        raise InputError(f"shift={shift!r}: expected 'CO' or 'CO2'")
    computed = reaction_gibbs(gibbs)
    measured = reaction_gibbs_experiment(temperature, pressures)
    change = (measured - computed) * REVERSE_WATER_GAS_SHIFT[shift]
    anchored = dict(gibbs)
    anchored[shift] += change
    note = (
        f"G({shift}) shifted by {change:+.2f} eV so that CO2 + H2 → CO + H2O(g) has its measured "
        f"ΔG of {measured:.2f} eV (computed {computed:.2f} eV)"
    )
    return anchored, note


def correct_gas(gibbs: Mapping[str, float], name: str) -> tuple[dict[str, float], str]:
    """Add a published correction of :data:`OCO_BACKBONE` to the gases it names.

    Raises
    ------
    InputError
        Unknown correction.
    """
    if name not in OCO_BACKBONE:
        raise InputError(f"gas correction {name!r}: expected one of {', '.join(OCO_BACKBONE)}")
    shifts, source = OCO_BACKBONE[name]
    for gas, g in gibbs.items():
        finite(g, f"G({gas})", "eV")
    corrected = {gas: g + shifts.get(gas, 0.0) for gas, g in gibbs.items()}
    text = ", ".join(f"G({gas}) {value:+.2f} eV" for gas, value in shifts.items())
    return corrected, f"{name} correction: {text} ({source})"

"""Measured thermochemistry of gases, and anchoring computed ones to it.

Density functionals, and tight binding far more, miss the reaction energy of
CO2 + H2 → CO + H2O. :func:`anchor_gas` shifts one computed gas so that this reaction comes out as
measured; :func:`correct_gas` applies a published correction. Both are off unless asked for, and
both return a note that belongs in every table and figure.
"""

from __future__ import annotations

from collections.abc import Mapping

from heterodot.checks import finite, positive
from heterodot.data.conditions import STANDARD_PRESSURE, STANDARD_TEMPERATURE
from heterodot.data.reactions.path import REFERENCES, reaction_text
from heterodot.data.species.entries import GasRecord
from heterodot.data.species.table import SPECIES, Entries
from heterodot.errors import InputError

EXPERIMENTAL: Mapping[str, GasRecord] = Entries("measured")
"""Gases at 298.15 K and 1 bar (H2O is the vapour)."""

REVERSE_WATER_GAS_SHIFT: Mapping[str, float] = {"CO2": -1, "H2": -1, "CO": 1, "H2O": 1}
"""CO2 + H2 → CO + H2O, products positive."""

_TEMPERATURES = (250.0, 400.0)
"""K: between these Cp° is taken as constant. Chosen: that of CO2, which changes most, is 37.1
J/(mol K) at 298 K and 41.3 at 400 K (NIST-JANAF), which moves its G at 400 K by 0.2 meV."""


def gas_corrections() -> dict[str, tuple[dict[str, float], str]]:
    """Return the published corrections of the species (eV, added to G) and their sources."""
    found: dict[str, tuple[dict[str, float], str]] = {}
    for name, entry in SPECIES.items():
        for known, correction in entry.corrections.items():
            found.setdefault(known, ({}, correction.source))[0][name] = correction.shift
    return found


OCO_BACKBONE: Mapping[str, tuple[Mapping[str, float], str]] = gas_corrections()
"""The corrections of our own species, by name."""


def reaction_gibbs(
    gibbs: Mapping[str, float], reaction: Mapping[str, float] = REVERSE_WATER_GAS_SHIFT
) -> float:
    """ΔG of a reaction, CO2 + H2 → CO + H2O by default, from the Gibbs energies of its gases.

    Parameters
    ----------
    gibbs : mapping of str to float
        eV; gases that are not in the reaction are passed over.
    reaction : mapping of str to float
        How many of each gas, products positive.

    Raises
    ------
    InputError
        A gas of the reaction is missing.
    """
    missing = [name for name in reaction if name not in gibbs]
    if missing:
        raise InputError(
            f"Gibbs energies of {', '.join(missing)} missing: expected {', '.join(reaction)}"
        )
    for name in reaction:
        finite(gibbs[name], f"G({name})", "eV")
    return sum((n * gibbs[name] for name, n in reaction.items()), 0.0)


def reaction_gibbs_experiment(
    temperature: float = STANDARD_TEMPERATURE,
    pressures: Mapping[str, float] | None = None,
    reaction: Mapping[str, float] = REVERSE_WATER_GAS_SHIFT,
) -> float:
    """Measured ΔG (eV) of a reaction between gases.

    Of CO2 + H2 → CO + H2O(gas), the default, 0.297 eV (28.6 kJ/mol) at 298.15 K and 1 bar.

    Parameters
    ----------
    temperature : float
        K, within 250–400 K.
    pressures : mapping of str to float, optional
        Partial pressures in Pa by gas; 1 bar for those not named.
    reaction : mapping of str to float
        How many of each gas, products positive.

    Raises
    ------
    InputError
        Temperature outside the range, a pressure that is not positive, or a gas of the reaction
        without measured data.
    """
    low, high = _TEMPERATURES
    if not low <= positive(temperature, "temperature", "K") <= high:
        raise InputError(f"temperature {temperature} K: measured data are used in {low}–{high} K")
    pressures = pressures or {}
    for name, pressure in pressures.items():
        positive(pressure, f"pressure of {name}", "Pa")
    unknown = [name for name in reaction if name not in EXPERIMENTAL]
    if unknown:
        raise InputError(
            f"no measured data of {', '.join(unknown)}: expected gases out of "
            f"{', '.join(EXPERIMENTAL)}"
        )
    wrong = {name: p for name, p in pressures.items() if name not in {*EXPERIMENTAL, *reaction}}
    if wrong:
        raise InputError(f"pressures {wrong}: expected {', '.join(EXPERIMENTAL)} with p > 0 Pa")
    gibbs = {
        name: EXPERIMENTAL[name].gibbs(temperature, pressures.get(name, STANDARD_PRESSURE))
        for name in reaction
    }
    return reaction_gibbs(gibbs, reaction)


def anchor_gas(
    gibbs: Mapping[str, float],
    shift: str = "CO",
    temperature: float = STANDARD_TEMPERATURE,
    pressures: Mapping[str, float] | None = None,
    reaction: Mapping[str, float] = REVERSE_WATER_GAS_SHIFT,
) -> tuple[dict[str, float], str]:
    """Shift one computed gas so that a reaction, CO2 + H2 → CO + H2O, has its measured ΔG.

    Shifting CO moves only the last, chemical step of the CO2-to-CO diagram; shifting CO2 moves
    the first one and leaves CO as computed. H2 and H2O cannot be shifted: they are the reference
    of every electrochemical step.

    Parameters
    ----------
    gibbs : mapping of str to float
        Computed Gibbs energies (eV) of the reaction's gases; others are passed through.
    shift : str
        The gas of the reaction that carries the correction, "CO" or "CO2" of the default one.
    temperature : float
        K, the one ``gibbs`` was computed at.
    pressures : mapping of str to float, optional
        Pa, those ``gibbs`` was computed at; 1 bar for those not named.
    reaction : mapping of str to float
        How many of each gas, products positive.

    Returns
    -------
    dict, str
        The Gibbs energies with one shifted, and the sentence that says so.

    Raises
    ------
    InputError
        Another gas to shift, a gas missing, or conditions without measured data.
    """
    choices = [gas for gas in sorted(reaction) if gas not in REFERENCES]
    if shift not in choices:
        raise InputError(
            f"shift={shift!r}: expected {' or '.join(map(repr, choices)) or 'a reaction of gases'}"
        )
    computed = reaction_gibbs(gibbs, reaction)
    measured = reaction_gibbs_experiment(temperature, pressures, reaction)
    change = (measured - computed) / reaction[shift]
    anchored = dict(gibbs)
    anchored[shift] += change
    note = (
        f"G({shift}) shifted by {change:+.2f} eV so that {reaction_text(reaction)} has its "
        f"measured ΔG of {measured:.2f} eV (computed {computed:.2f} eV)"
    )
    return anchored, note


def correct_gas(gibbs: Mapping[str, float], name: str) -> tuple[dict[str, float], str]:
    """Add a published correction (:func:`gas_corrections`) to the gases it names.

    Raises
    ------
    InputError
        Unknown correction.
    """
    known = gas_corrections()
    if name not in known:
        raise InputError(f"gas correction {name!r}: expected one of {', '.join(known)}")
    shifts, source = known[name]
    for gas, g in gibbs.items():
        finite(g, f"G({gas})", "eV")
    corrected = {gas: g + shifts.get(gas, 0.0) for gas, g in gibbs.items()}
    text = ", ".join(f"G({gas}) {value:+.2f} eV" for gas, value in shifts.items())
    return corrected, f"{name} correction: {text} ({source})"

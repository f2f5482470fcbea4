"""Gibbs energies at another temperature, from what is stored of them at one.

An adsorbate's oscillators are summed anew. Of a gas what its translations and rotations add is
linear in T ln T, with the entropy and the heat capacity it has, so that neither mass nor moments of
inertia are needed (C. J. Cramer, Essentials of Computational Chemistry, 2nd ed., Wiley 2004,
chapter 10). Parts that do not come out as stored are not warmed: no slider is better than a wrong
one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from ase import units

from heterodot.analysis.thermo.external_modes import EXTERNAL_MODE, smallest_aside
from heterodot.analysis.thermo.free_energy import DEFAULT_CUTOFF, FreeEnergy
from heterodot.analysis.thermo.gas_phase import gas_entry
from heterodot.analysis.thermo.gas_references import EXPERIMENTAL
from heterodot.data.conditions import STANDARD_PRESSURE
from heterodot.data.species.entries import KJ_PER_MOL
from heterodot.workflows.parts.states import Gas
from heterodot.workflows.questions.reaction_result import ReactionFreeEnergyResult

SAME = 1e-6
"""eV: how well a stored Gibbs energy must be found again."""

WARM = (200.0, 600.0)
"""K: what the slider spans; an ideal gas and harmonic modes say little beyond."""

MEASURED = (250.0, 400.0)
"""K: where the measured data of gases hold (:mod:`heterodot.analysis.thermo.gas_references`)."""

_CLASSICAL = {"monatomic": 2.5, "linear": 3.5, "nonlinear": 4.0}
"""kT in the enthalpy of translation (with pV) and rotation."""


def parts_of(answer: ReactionFreeEnergyResult) -> tuple[dict[str, Any], str]:
    """Return the parts of the states whose G moves with temperature, by their names in a content.

    The bare dot is none: its vibrations are taken to be the same in every state.

    Returns
    -------
    dict, str
        Empty, and why, where the stored vibrations do not give the stored G.
    """
    parts: dict[str, Any] = {}
    for name, state in answer.states.items():
        own = _adsorbate(state.free_energy)
        if own is None:
            return {}, f"{name}*: the stored vibrations do not give its G"
        parts[f"{name}*"] = own
    for name, gas in answer.gases.items():
        own = _gas(gas)
        if own is None:
            return {}, f"{name}(g): the stored vibrations do not give its G"
        parts[name] = own
    return parts, ""


def _adsorbate(stored: FreeEnergy) -> dict[str, Any] | None:
    """Return the oscillators (cm⁻¹) of an adsorbate, or None where they are others."""
    if stored.model.startswith("quasi-harmonic"):
        modes = [max(nu, DEFAULT_CUTOFF) for nu in stored.frequencies]
    else:
        modes = [nu for nu in stored.frequencies if nu > 0]
    summed = sum(oscillators(modes, stored.temperature))
    return {"modes": modes} if abs(summed - stored.correction) < SAME else None


def _gas(gas: Gas) -> dict[str, Any] | None:
    """Return the oscillators, electronic levels and rigid entropy of a gas; None for another."""
    stored, entry = gas.free_energy, gas_entry(gas.name)
    T, expected = stored.temperature, entry.n_vibrations(len(gas.structure))
    kept, _ = smallest_aside(stored.frequencies, len(stored.frequencies) - expected, EXTERNAL_MODE)
    modes = [nu for nu in kept if nu > 0]
    zero, thermal = oscillators(modes, T)
    vibrating = _internal(modes, T)
    energies = np.array([nu for _, nu in entry.levels]) * units.invcm
    weights = np.array([g for g, _ in entry.levels]) * np.exp(-energies / (units.kB * T))
    electronic = -units.kB * T * float(np.log(weights.sum()))
    excited = float(weights @ energies) / float(weights.sum())
    classical = _CLASSICAL[entry.geometry]
    heat = classical * units.kB * T
    known = abs(stored.zpe - zero), abs(stored.enthalpy_correction - vibrating - excited - heat)
    if max(known) > SAME:
        return None
    rigid = stored.correction - zero - thermal - electronic  # H − TS of the rigid molecule, eV
    return {
        "modes": modes,
        "levels": [list(level) for level in entry.levels],
        "classical": classical,
        "entropy": (heat - rigid) / T,
        "T": T,
    }


def oscillators(modes: Sequence[float], temperature: float) -> tuple[float, float]:
    """Return zero-point energy and the rest of the free energy of oscillators (cm⁻¹), eV."""
    quanta = np.array(modes, float) * units.invcm
    kT = units.kB * temperature
    return float(quanta.sum()) / 2, float(kT * np.log1p(-np.exp(-quanta / kT)).sum())


def _internal(modes: Sequence[float], temperature: float) -> float:
    """Thermal energy of oscillators (cm⁻¹) above the zero point, eV."""
    quanta = np.array(modes, float) * units.invcm
    return float((quanta / np.expm1(quanta / (units.kB * temperature))).sum())


def measured_reaction(
    answer: ReactionFreeEnergyResult, branch: str | None
) -> dict[str, float] | None:
    """Return what the measured equilibrium of a line is made of; None where it is not known."""
    *_, last = answer.path.line(branch)
    if answer.diagrams[branch].measured_potential is None or not last.pairs:
        return None
    found = _measured(answer.path.overall(branch), answer.gases)
    return None if found is None else {**found, "pairs": last.pairs}


def anchor(answer: ReactionFreeEnergyResult) -> dict[str, Any] | None:
    """Return which gas was shifted to the measured reaction, and how far states carry it."""
    gas = answer.anchored_gas
    if gas is None:
        return None
    reaction = answer.path.overall()
    state = answer.states.get(gas)
    loose = state is not None and any(flag.name == "physisorbed" for flag in state.flags)
    return {
        "gas": gas,
        "moves": [gas, f"{gas}*"] if loose else [gas],
        "reaction": reaction,
        "measured": _measured(reaction, answer.gases),
    }


def _measured(reaction: Mapping[str, float], gases: Mapping[str, Gas]) -> dict[str, float] | None:
    """Return ΔH, ΔS and ΔCp (eV, eV/K) of a reaction at 298.15 K and 1 bar, and Σ ν ln p."""
    if set(reaction) - set(EXPERIMENTAL):
        return None
    total = {"h": 0.0, "s": 0.0, "cp": 0.0, "lnp": 0.0}
    for name, count in reaction.items():
        record, pressure = EXPERIMENTAL[name], gases[name].free_energy.pressure
        total["h"] += count * record.formation_enthalpy * KJ_PER_MOL
        total["s"] += count * record.entropy * KJ_PER_MOL / 1e3
        total["cp"] += count * record.heat_capacity * KJ_PER_MOL / 1e3
        total["lnp"] += count * float(np.log((pressure or STANDARD_PRESSURE) / STANDARD_PRESSURE))
    return total


def warm_range(
    systems: Iterable[Mapping[str, Any]], temperature: float
) -> tuple[float | None, float, str]:
    """Return lowest and highest temperature (K) of a slider, or None and why there is none.

    Parameters
    ----------
    systems : iterable of mapping
        With their ``parts``, ``why_fixed`` and ``anchor``.
    temperature : float
        K, of the calculation; always within.
    """
    low, high = min(WARM[0], temperature), max(WARM[1], temperature)
    for system in systems:
        if not system["parts"]:
            return None, 0.0, str(system["why_fixed"])
        if system["anchor"] is not None:
            low, high = MEASURED
    return low, high, ""

"""What the numbers of a reaction path are, by name, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from heterodot.analysis import Flag, FreeEnergyDiagram
from heterodot.data.flags import Marked
from heterodot.data.reactions.path import BARE
from heterodot.workflows.parts.results import Values
from heterodot.workflows.parts.states import AdsorbedState, Gas


def same_value(first: Any, second: Any) -> bool:
    """Whether two values of diagrams are one, but for the rounding of their sums."""
    a, b = first.value, second.value
    same = a == b if isinstance(a, str) or isinstance(b, str) else abs(a - b) < 1e-9
    return bool(same) and first.flags == second.flags


def level_values(diagram: FreeEnergyDiagram) -> Values:
    """Return G of each state but the first, which is the zero."""
    return {
        f"G({step.label}) (eV)": Marked(diagram.level_of(i), diagram.level_flags(i))
        for i, step in enumerate(diagram.steps)
        if i
    }


def potential_values(diagram: FreeEnergyDiagram) -> Values:
    """Return limiting step, limiting and equilibrium potential and overpotential, where any are."""
    limiting, values = diagram.limiting_step, Values()
    against = f"(V vs {diagram.scale})"
    if limiting is not None and diagram.limiting_potential is not None:
        flags = diagram.change_flags(limiting)
        values["limiting step"] = Marked(limiting.label, flags)
        values["ΔG of it (eV)"] = Marked(limiting.delta_g, flags)
        values[f"U_L {against}"] = Marked(diagram.limiting_potential, flags)
    if diagram.equilibrium_potential is not None and diagram.overpotential is not None:
        computed = Marked(diagram.equilibrium_potential, diagram.equilibrium_flags)
        values[f"U_eq {against}"] = computed
        if diagram.measured_equilibrium is not None:
            values[f"U_eq measured {against}"] = Marked(diagram.measured_equilibrium)
        values["overpotential (V)"] = Marked(diagram.overpotential, diagram.overpotential_flags)
    return values


def flags_of_parts(
    states: Mapping[str, AdsorbedState], gases: Mapping[str, Gas], clean: tuple[Flag, ...]
) -> dict[str, tuple[Flag, ...]]:
    """Return the flags of what the states of a path are made of: ``*``, ``CO*``, gases by name.

    A clean dot that is no longer the one built is under every adsorbate, for those start from it.
    """
    dot = tuple(flag for flag in clean if flag.name == "reconstructed")
    on = {f"{name}*": (*state.flags, *dot) for name, state in states.items()}
    return {BARE: clean, **on, **{name: gas.flags for name, gas in gases.items()}}


def shifts_of_adsorbed(
    shifts: Mapping[str, float], states: Mapping[str, AdsorbedState]
) -> tuple[dict[str, float], list[str]]:
    """Return how far CO2* and CO* move with a corrected gas (eV), and the sentences that say so.

    A molecule that only lies on the dot is the gas whose energy was found wrong: left where it is,
    it would seem bound, or driven off, by the correction. A bonded one keeps its computed energy.
    """
    moved, notes = {}, []
    for name in states:
        if name not in shifts:
            continue
        loose = any(flag.name == "physisorbed" for flag in states[name].flags)
        moved[name] = shifts[name] if loose else 0.0
        if abs(shifts[name]) > 1e-9:
            how = "moves with the gas: it is not bonded" if loose else "is bonded: not shifted"
            notes.append(f"{name}* {how}")
    return moved, notes

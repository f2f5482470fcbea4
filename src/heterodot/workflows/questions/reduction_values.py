"""What the numbers of a CO2 reduction are made of and rest on, and its potentials by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from heterodot.analysis import Flag, unique_flags
from heterodot.data.flags import Marked
from heterodot.workflows.parts.references import (
    Reference,
    adsorption_reference,
    level_references,
)
from heterodot.workflows.parts.results import Values

if TYPE_CHECKING:
    from heterodot.analysis import FreeEnergyDiagram
    from heterodot.workflows.parts.gas import Gas
    from heterodot.workflows.questions.co2_reduction import AdsorbedState

MADE_OF: Mapping[str, Mapping[str, float]] = {
    "CO2(g)": {"*": 1, "CO2": 1, "H2": 1},
    "CO2*": {"CO2*": 1, "H2": 1},
    "COOH*": {"COOH*": 1, "H2": 0.5},
    "CO*": {"CO*": 1, "H2O": 1},
    "CO(g)": {"*": 1, "CO": 1, "H2O": 1},
}
"""What each state of the path consists of, ``*`` the bare dot; (H+ + e−) is ½ H2."""


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


def flags_of_steps(
    states: Mapping[str, AdsorbedState], gases: Mapping[str, Gas], clean: tuple[Flag, ...]
) -> dict[str, tuple[Flag, ...]]:
    """Return the flags of each state of the path: those of all that its G is made of.

    H2 is in it for every pair taken up. A clean dot that is no longer the one built is under every
    adsorbate, for those start from it.
    """
    gas = {name: one.flags for name, one in gases.items()}
    dot = tuple(flag for flag in clean if flag.name == "reconstructed")
    parts = {
        "CO2(g)": (clean, gas["CO2"]),
        "CO2*": (states["CO2"].flags, dot),
        "COOH*": (states["COOH"].flags, dot, gas["H2"]),
        "CO*": (states["CO"].flags, dot, gas["H2"], gas["H2O"]),
        "CO(g)": (clean, gas["CO"], gas["H2"], gas["H2O"]),
    }
    return {
        label: unique_flags(f for part in found for f in part) for label, found in parts.items()
    }


def references_of(
    diagram: FreeEnergyDiagram,
    states: Mapping[str, AdsorbedState],
    gases: Mapping[str, Gas],
    clean: float,
) -> tuple[Reference, ...]:
    """Return the terms of the diagram's levels and of the adsorption energies.

    ``clean`` is the energy of the dot, eV. COOH is referred to CO2 + ½ H2.
    """
    bound = {f"{name}*": state.free_energy.gibbs for name, state in states.items()}
    gibbs = {**bound, "*": clean, **{name: g.free_energy.gibbs for name, g in gases.items()}}
    energies = {name: gas.free_energy.energy for name, gas in gases.items()}
    made = {name: {name: 1.0} for name in states} | {"COOH": {"CO2": 1.0, "H2": 0.5}}
    return (
        *level_references(diagram, [MADE_OF[step.label] for step in diagram.steps], gibbs),
        *(
            adsorption_reference(name, state.free_energy.energy, clean, made[name], energies)
            for name, state in states.items()
        ),
    )

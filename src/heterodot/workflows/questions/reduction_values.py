"""What the numbers of a CO2 reduction are made of and rest on, and its potentials by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from heterodot.analysis import Flag, unique_flags
from heterodot.data.flags import Marked
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.parts.results import Values

if TYPE_CHECKING:
    from heterodot.analysis import FreeEnergyDiagram
    from heterodot.workflows.parts.gas import Gas
    from heterodot.workflows.questions.co2_reduction import AdsorbedState

MADE_OF: Mapping[str, Mapping[str, float]] = {
    "CO2(g)": {"dot": 1, "CO2 gas": 1, "H2 gas": 1},
    "CO2*": {"dot+CO2": 1, "H2 gas": 1},
    "COOH*": {"dot+COOH": 1, "H2 gas": 0.5},
    "CO*": {"dot+CO": 1, "H2O gas": 1},
    "CO(g)": {"dot": 1, "CO gas": 1, "H2O gas": 1},
}
"""What each state of the path consists of; (H+ + e−) is ½ H2."""


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


def level_references(
    diagram: FreeEnergyDiagram, gibbs: Mapping[str, float]
) -> tuple[Reference, ...]:
    """Return the terms of each level of a diagram, the first state's with a minus.

    Parameters
    ----------
    diagram : FreeEnergyDiagram
    gibbs : mapping of str to float
        Gibbs energies (eV), as computed, by the names in :data:`MADE_OF`; what the diagram has
        beyond their sum was done to the gases, and is a term of its own.
    """
    found = []
    before, against_rhe = MADE_OF[diagram.steps[0].label], diagram.reversible_potential
    for step, level in zip(diagram.steps[1:], diagram.levels[1:], strict=True):
        after, pairs = MADE_OF[step.label], step.n_electrons_transferred
        counts = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in gibbs}
        # of the dot alone only E: its vibrations are taken as the same in every state
        said = {name: "E(dot)" if name == "dot" else f"G({name})" for name in gibbs}
        terms = [(n, said[name], gibbs[name]) for name, n in counts.items() if n]
        if pairs and against_rhe:
            terms.append((pairs, "e·U against RHE", against_rhe))
        rest = float(level) - sum(n * energy for n, _, energy in terms)
        if abs(rest) > 1e-9:
            terms.append((1.0, "corrections of the gases", rest))
        found.append(difference(f"G({step.label})", *terms))
    return tuple(found)


def adsorption_references(
    states: Mapping[str, AdsorbedState], gases: Mapping[str, Gas], clean: float
) -> tuple[Reference, ...]:
    """Return the terms of each adsorption energy; ``clean`` is the energy of the dot in eV."""
    apart = {"COOH": {"CO2": 1.0, "H2": 0.5}}
    return tuple(
        difference(
            f"E_ads({name})",
            (1.0, f"E(dot+{name})", state.free_energy.energy),
            (-1.0, "E(dot)", clean),
            *(
                (-n, f"E({gas} gas)", gases[gas].free_energy.energy)
                for gas, n in apart.get(name, {name: 1.0}).items()
            ),
        )
        for name, state in states.items()
    )

"""What the numbers of a CO2 reduction rest on, and its potentials by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from heterodot.analysis import Flag, unique_flags
from heterodot.data.flags import Marked
from heterodot.workflows.parts.results import Values

if TYPE_CHECKING:
    from heterodot.analysis import FreeEnergyDiagram


class Judged(Protocol):
    """What has been checked."""

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The gates that failed."""


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
    states: Mapping[str, Judged], gases: Mapping[str, Judged], clean: tuple[Flag, ...]
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

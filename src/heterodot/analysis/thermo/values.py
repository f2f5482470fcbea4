"""The numbers of a free-energy diagram by name, each with the flags it rests on."""

from __future__ import annotations

from heterodot.analysis.thermo.pathway import Pathway
from heterodot.data.flags import Marked


def level_values(diagram: Pathway) -> dict[str, Marked]:
    """Return G of each state but the first, which is the zero."""
    return {
        f"G({step.label}) (eV)": Marked(float(level), diagram.level_flags(i))
        for i, (step, level) in enumerate(zip(diagram.steps, diagram.levels, strict=True))
        if i
    }


def potential_values(diagram: Pathway) -> dict[str, Marked]:
    """Return limiting step, limiting and equilibrium potential and overpotential, where any are."""
    values: dict[str, Marked] = {}
    limiting = diagram.limiting_step
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

"""Plain-text tables of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heterodot.data.flags import Marked, flag_names

if TYPE_CHECKING:
    from heterodot.analysis.thermo.pathway import Pathway, Step


def diagram_table(diagram: Pathway) -> str:
    """Return a free-energy diagram as text, with its conditions, references and doubts."""
    lines = [states_table(diagram)]
    lines += [f"level: {diagram.level}"] if diagram.level else []
    lines += [f"flag: {flag}" for flag in diagram.all_flags]
    lines += [f"caveat: {text}" for text in diagram.caveats]
    return "\n".join(lines)


def states_table(diagram: Pathway) -> str:
    """Return the states, the limits and the references of a free-energy diagram as text."""
    width = max(len(step.label) for step in diagram.steps)
    wide = 7 if diagram.members else 0  # for ± 0.12
    header = f"{'state':<{width}}  pairs  {'G / eV':<{6 + wide}}  ΔG / eV"
    lines = [diagram.conditions, header, "-" * len(header)]
    for i, step in enumerate(diagram.steps):
        level = Marked(diagram.level_of(i), diagram.level_flags(i))
        row = f"{step.label:<{width}}  {step.n_electrons_transferred:5d}  {level:6.2f}"
        if i:
            change = diagram.changes[i - 1]
            delta = Marked(change.delta_g, diagram.change_flags(change))
            row = f"{row}{'' if level.mark else ' '}{delta:+8.2f}{'' if delta.mark else ' '}"
            row += f" {change.kind}"
        lines.append((row + _names(step)).rstrip())
    lines += [_limits(diagram), *_equilibrium(diagram)]
    if diagram.members:
        lines.append(f"± sample standard deviation of {len(diagram.members)} members")
    if any(step.flags for step in diagram.steps) or diagram.flags or diagram.disagreements:
        lines.append("† rests on a flagged state" + " or value" * bool(diagram.disagreements))
    lines += [f"references: {text}" for text in diagram.references]
    return "\n".join(lines)


def _names(step: Step) -> str:
    """Name what a state is flagged for."""
    return f"  [{', '.join(flag_names(step.flags))}]" if step.flags else ""


def _equilibrium(diagram: Pathway) -> list[str]:
    """Return the equilibrium potential, computed and measured, and the overpotential."""
    computed, eta = diagram.equilibrium_potential, diagram.overpotential
    if computed is None or eta is None:
        return []
    text = f"equilibrium: U_eq = {Marked(computed, diagram.equilibrium_flags):.2f} V"
    if diagram.measured_equilibrium is not None:
        text += f" (measured {diagram.measured_equilibrium:.2f} V)"
    beyond = Marked(eta, diagram.overpotential_flags)
    return [f"{text} vs {diagram.scale}; overpotential η = {beyond:.2f} V"]


def _limits(diagram: Pathway) -> str:
    """Name the limiting electrochemical step and the steepest chemical one."""
    limiting = diagram.limiting_step
    if limiting is None:
        text = "no electrochemical step"
    else:
        flags = diagram.change_flags(limiting)
        delta = Marked(limiting.delta_g, flags)
        potential = Marked(diagram.limiting_potential or 0.0, flags)
        text = (
            f"limiting step: {limiting.label} (ΔG = {delta:.2f} eV), "
            f"U_L = {potential:.2f} V vs {diagram.scale}"
        )
    uphill = [c for c in diagram.chemical_steps if c.delta_g > 0]
    if uphill:
        steepest = max(uphill, key=lambda change: change.delta_g)
        delta = Marked(steepest.delta_g, diagram.change_flags(steepest))
        text += f"; independent of U: {steepest.label} ({delta:+.2f} eV)"
    return text

"""Plain-text tables of results."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heterodot.analysis.pathway import Pathway


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
    header = f"{'state':<{width}}  pairs  G / eV  ΔG / eV"
    lines = [diagram.conditions, header, "-" * len(header)]
    for i, step in enumerate(diagram.steps):
        change = "" if i == 0 else f"{diagram.changes[i - 1].delta_g:+9.2f}"
        kind = "" if i == 0 else f"  {diagram.changes[i - 1].kind}"
        pairs = step.n_electrons_transferred
        row = f"{step.label:<{width}}  {pairs:5d}  {diagram.levels[i]:6.2f}{change}{kind}"
        lines.append(row + ("  [flagged]" if step.flags else ""))
    lines.append(_limits(diagram))
    lines += [f"references: {text}" for text in diagram.references]
    return "\n".join(lines)


def _limits(diagram: Pathway) -> str:
    """Name the limiting electrochemical step and the steepest chemical one."""
    limiting = diagram.limiting_step
    if limiting is None:
        text = "no electrochemical step"
    else:
        text = (
            f"limiting step: {limiting.label} (ΔG = {limiting.delta_g:.2f} eV), "
            f"U_L = {diagram.limiting_potential:.2f} V vs {diagram.scale}"
        )
    uphill = [c for c in diagram.chemical_steps if c.delta_g > 0]
    if uphill:
        steepest = max(uphill, key=lambda change: change.delta_g)
        text += f"; independent of U: {steepest.label} ({steepest.delta_g:+.2f} eV)"
    return text

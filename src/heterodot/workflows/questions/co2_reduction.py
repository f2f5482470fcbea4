"""CO2 → COOH* → CO* → CO on a site: the path CO2-to-CO of the reactions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from heterodot.analysis.thermo.report import states_table
from heterodot.deprecation import renamed
from heterodot.workflows.parts.adsorbed import AdsorbedState
from heterodot.workflows.questions.reaction import ReactionFreeEnergy, ReactionFreeEnergyResult

__all__ = ["AdsorbedState", "CO2Reduction", "CO2ReductionResult"]


@dataclass(frozen=True)
class CO2ReductionResult(ReactionFreeEnergyResult):
    """The free-energy diagram and what it is made of; attributes as those of its base."""

    def headline(self) -> str:
        """Return the diagram's table."""
        return states_table(self.diagram)


@renamed(dot="atoms")
@dataclass(frozen=True, eq=False)
class CO2Reduction(ReactionFreeEnergy):
    """Free-energy diagram CO2(g) → CO2* → COOH* → CO* → CO(g) on one site.

    Parameters
    ----------
    atoms, site, level, temperature, U, pH, scale, gas_correction, thermal, pressures, n_starts, \
fmax, steps, free_radius, name
        As in :class:`ReactionFreeEnergy`.
    gas_reference : {"computed", "experiment"}
        "experiment" shifts ``anchored_gas`` so that CO2 + H2 → CO + H2O has its measured ΔG.
    anchored_gas : {"CO", "CO2"}
        CO moves only the last, chemical step; CO2 moves the first.
    """

    path: str = field(default="CO2-to-CO", init=False)
    anchored_gas: str = "CO"

    def _result(self, **entries: Any) -> CO2ReductionResult:
        return CO2ReductionResult(**entries)

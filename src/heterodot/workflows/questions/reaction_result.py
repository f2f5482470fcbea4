"""What a reaction on a site came to: its diagram, and all that is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from ase import Atoms

from heterodot.analysis import (
    Flag,
    FreeEnergy,
    FreeEnergyDiagram,
    Step,
    unique_flags,
)
from heterodot.analysis.thermo.report import states_table
from heterodot.data.flags import Marked
from heterodot.data.reactions.path import BARE, PathState, ReactionPath
from heterodot.errors import InputError
from heterodot.workflows.parts.adsorbed_co2 import co2_shape, co2_values
from heterodot.workflows.parts.path_values import level_values, potential_values, same_value
from heterodot.workflows.parts.references import (
    Reference,
    adsorption_reference,
    level_references,
)
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.states import AdsorbedState, Gas
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class ReactionFreeEnergyResult(Result):
    """The free-energy diagram of a path and what it is made of.

    Attributes
    ----------
    path : ReactionPath
    diagram : FreeEnergyDiagram
        Of the main line.
    branches : dict of str to FreeEnergyDiagram
        Of the start to the end of each branch, by its name.
    states : dict of str to AdsorbedState
        By the species: "CO2", "COOH", "CO".
    gases : dict of str to Gas
        "CO2", "CO", "H2", "H2O", as computed.
    clean : Atoms
        The relaxed dot.
    clean_energy : float
        eV.
    clean_flags : tuple of Flag
    clean_free_energy : FreeEnergy or None
        Of the clean dot with its vibrations; None where only those of the adsorbates enter.
    anchored_gas : str or None
        The gas that was shifted so that the overall reaction has its measured ΔG; None where the
        gases are as computed.
    """

    path: ReactionPath
    diagram: FreeEnergyDiagram
    states: dict[str, AdsorbedState]
    gases: dict[str, Gas]
    clean: Atoms
    clean_energy: float
    clean_flags: tuple[Flag, ...] = ()
    branches: dict[str, FreeEnergyDiagram] = field(default_factory=dict)
    anchored_gas: str | None = None
    clean_free_energy: FreeEnergy | None = None

    @property
    def structures(self) -> dict[str, Atoms]:
        """The relaxed geometries: "clean", and each adsorbed species by its name."""
        return {"clean": self.clean, **{n: s.structure for n, s in self.states.items()}}

    def state_name(self, state: str) -> str:
        """Return the name of a state in a figure."""
        return "clean, relaxed" if state == "clean" else f"{state}*, relaxed"

    def state_flags(self, state: str) -> tuple[Flag, ...]:
        """Return the flags of one of the relaxed geometries."""
        return self.clean_flags if state == "clean" else self.states[state].flags

    @property
    def adsorption_energies(self) -> dict[str, float]:
        """Adsorption energy of each state, eV (COOH against CO2 + ½ H2)."""
        return {name: state.adsorption_energy for name, state in self.states.items()}

    @property
    def diagrams(self) -> dict[str | None, FreeEnergyDiagram]:
        """The diagram of the main line (under None) and of each branch."""
        found: dict[str | None, FreeEnergyDiagram] = {None: self.diagram}
        found.update(self.branches)
        return found

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = {**level_values(self.diagram), **potential_values(self.diagram)}
        for branch, diagram in self.branches.items():
            more = {**level_values(diagram), **potential_values(diagram)}
            for name, number in more.items():
                if name not in values:
                    values[name] = number
                elif not same_value(values[name], number):  # what the two lines share is said once
                    values[f"{name}, {branch}"] = number
        for name, state in self.states.items():
            flags = unique_flags([*self._free(name).flags, *self._of(name)])
            values[f"E_ads({name}) (eV)"] = Marked(state.adsorption_energy, flags)
        if "CO2" in self.states:
            for name, shape in co2_values(self.structures["CO2"]).items():
                values[name] = Marked(shape, self._of("CO2"))
        return {**values, "conditions": Marked(self.diagram.conditions)}

    def _step(self, branch: str | None, state: PathState) -> Step:
        """Return a state of a line as the diagram has it."""
        place = [s.label for s in self.path.line(branch)].index(state.label)
        return self.diagrams[branch].steps[place]

    def _of(self, name: str) -> tuple[Flag, ...]:
        """Return the flags of an adsorbed state and of the gases in it."""
        return self._step(*self.path.first_with(name)).flags

    def _free(self, name: str) -> Step:
        """Return the state of the bare dot and the free gas, the first one where there is none."""
        bare = [
            (branch, state)
            for branch, line in self.path.lines.items()
            for state in line
            if state.adsorbed is None and name in state.gases
        ]
        return self._step(*bare[0]) if bare else self.diagram.steps[0]

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        data = {
            "path": self.path.name,
            "diagram": self.diagram.to_dict(),
            "states": {name: state.to_dict() for name, state in self.states.items()},
            "gases": {name: gas.to_dict() for name, gas in self.gases.items()},
            "clean": structure_to_dict(self.clean),
            "clean_energy": self.clean_energy,
        }
        if self.clean_free_energy is not None:
            data["clean_free_energy"] = self.clean_free_energy.to_dict()
        if self.anchored_gas is not None:
            data["anchored_gas"] = self.anchored_gas
        if self.branches:
            data["branches"] = {name: d.to_dict() for name, d in self.branches.items()}
        if "CO2" in self.states:
            lengths, angle, distance = co2_shape(self.states["CO2"].structure)
            shape = {"co_lengths": list(lengths), "oco_angle": angle, "site_distance": distance}
            data["co2"] = shape
        return data

    def headline(self) -> str:
        """Return the reaction, the diagram's table, and one of each branch."""
        lines = [f"{self.path.name}: {self.path.equation}", states_table(self.diagram)]
        for name, diagram in self.branches.items():
            lines += [f"branch {name}", states_table(diagram)]
        return "\n".join(lines)

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return the free-energy diagram of all, and one of each branch."""
        branches = dict.fromkeys(name for answer in answers.values() for name in answer.branches)
        more = {f"free_energy-{name}": partial(_diagram, answers, name) for name in branches}
        return {"free_energy": partial(_diagram, answers), **more}

    def references(self) -> tuple[Reference, ...]:
        """Return the terms of each G above the first state, at U and pH, and of each E_ads."""
        bound = {f"{name}*": state.free_energy.gibbs for name, state in self.states.items()}
        gases = {name: gas.free_energy.gibbs for name, gas in self.gases.items()}
        zero = self.clean_free_energy
        gibbs = {**bound, BARE: self.clean_energy if zero is None else zero.gibbs, **gases}
        energies = {name: gas.free_energy.energy for name, gas in self.gases.items()}
        levels = [
            reference
            for branch, diagram in self.diagrams.items()
            for reference in level_references(
                diagram, [state.content for state in self.path.line(branch)], gibbs
            )
        ]
        bound_by = (
            adsorption_reference(
                name,
                state.free_energy.energy,
                self.clean_energy,
                self.path.reference(name),
                energies,
            )
            for name, state in self.states.items()
        )
        return (*dict.fromkeys(levels), *bound_by)

    def plot(
        self,
        label: str = "",
        branch: str | None = None,
        *,
        ax: Axes | None = None,
        caption: str = "",
    ) -> Figure:
        """Draw the free-energy diagram of the main line, or of a branch.

        Parameters
        ----------
        label : str
            Of the system, for the legend.
        branch : str, optional
            Its name; the main line unless given.
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.

        Raises
        ------
        InputError
            No such branch.
        """
        if branch not in self.diagrams:
            known = ", ".join(self.branches) or "none"
            raise InputError(f"branch {branch!r}: expected one of this path's ({known})")
        return self.diagrams[branch].plot(ax, label, caption=caption)


def _diagram(answers: Mapping[str, ReactionFreeEnergyResult], branch: str | None = None) -> Figure:
    from heterodot.analysis import plot_free_energy

    found = {label: answer.diagrams.get(branch) for label, answer in answers.items()}
    return plot_free_energy({label: one for label, one in found.items() if one is not None})


@dataclass(frozen=True)
class CO2ReductionResult(ReactionFreeEnergyResult):
    """The free-energy diagram and what it is made of; attributes as those of its base."""

    def headline(self) -> str:
        """Return the diagram's table."""
        return states_table(self.diagram)

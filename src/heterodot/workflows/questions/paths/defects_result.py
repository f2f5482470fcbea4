"""What is known of a halide's defects: formation energies by charge, and levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from ase import Atoms

from heterodot.analysis.defects.charge_states import ChargeState, transitions
from heterodot.analysis.figures.style import join_caption
from heterodot.data.flags import Marked, flag_note
from heterodot.workflows.parts.references import Reference
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.questions.paths.diffusion_result import SupercellSize

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class HalideDefectsResult(Result):
    """Formation energies of a halide's defects.

    Attributes
    ----------
    halide, formula : str
    states : dict of str to dict of str to tuple of ChargeState
        By the element that is rich and by defect.
    differences : tuple of Reference
        Each formation energy, the Fermi level at the valence-band maximum.
    gap : float or None
        Of the crystal at the level, eV; None where no charge was asked for.
    supercell : SupercellSize
    dielectric : float or None
        That images were corrected with.
    relaxed : dict of str to Atoms
        By defect and charge.
    """

    halide: str
    formula: str
    states: Mapping[str, Mapping[str, tuple[ChargeState, ...]]]
    differences: tuple[Reference, ...]
    gap: float | None
    supercell: SupercellSize
    dielectric: float | None
    relaxed: Mapping[str, Atoms]

    @property
    def structures(self) -> dict[str, Atoms]:
        """Every defect in every charge, relaxed."""
        return dict(self.relaxed)

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        found: Values = {
            "supercell": Marked(str(self.supercell)),
            "nearest image of a defect (Å)": Marked(self.supercell.images_apart),
        }
        if self.gap is not None:
            found["gap of the crystal (eV)"] = self.gap
        for reference in self.differences:
            found[f"{reference.name} (eV)"] = reference.value
        first = next(iter(self.states.values()), {})
        for name, states in first.items():
            for step in transitions(states):
                found[f"{name}: {step} above the VBM (eV)"] = step.level
            for one in states:
                if one.charge:
                    sign = f"{one.charge:+d}"
                    found[f"{name}, {sign}: images of the charge (eV)"] = one.correction
                    found[f"{name}, {sign}: potential aligned by (eV)"] = one.alignment
        return found

    def references(self) -> tuple[Reference, ...]:
        """Return what was subtracted from what."""
        return self.differences

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "halide": self.halide,
            "crystal": self.formula,
            "gap": self.gap,
            "dielectric": self.dielectric,
            "supercell": {
                "repeats": list(self.supercell.repeats),
                "n_atoms": self.supercell.n_atoms,
                "images_apart": self.supercell.images_apart,
            },
            "states": {
                rich: {name: [one.to_dict() for one in states] for name, states in found.items()}
                for rich, found in self.states.items()
            },
        }

    def headline(self) -> str:
        """Return a line for each defect: formation energies at the top of the valence band."""
        lines = []
        q = self.quantities()
        for rich, defects in self.states.items():
            for name, states in defects.items():
                listed = []
                for one in states:
                    charge = f"{one.charge:+d}".replace("+0", "0")
                    value = q[f"E_f({name}, {charge}), {rich}-rich (eV)"]
                    listed.append(f"{charge}: {value:.2f}")
                lines.append(f"E_f({name}), {rich}-rich, by charge: {', '.join(listed)} eV")
        return "\n".join(lines)

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return formation energies over the Fermi level, one for each limit."""
        if self.gap is None:
            return {}
        return {
            f"charges-{name}-{rich}-rich": partial(self._drawn, rich, title) for rich in self.states
        }

    def _drawn(self, rich: str, title: str) -> Figure:
        from heterodot.analysis.defects.plot import plot_charge_states

        text = join_caption([title, f"{rich}-rich", self.level, flag_note(self.flags)])
        marked = {self.marked(name): states for name, states in self.states[rich].items()}
        return plot_charge_states(marked, self.gap or 0.0, caption=text)

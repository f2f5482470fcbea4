"""The electronic structure of one system: states, densities of states, gap, charges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

from ase import Atoms

from heterodot.analysis import ElectronicStructure, plot_pdos, projected_dos
from heterodot.analysis.figures.style import join_caption
from heterodot.calculators import Level
from heterodot.data.flags import Marked, flag_note
from heterodot.errors import InputError
from heterodot.workflows.parts.minima import states_forces
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values, notes
from heterodot.workflows.parts.steps import states_of
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis import DensityOfStates

_REFERENCES = ("fermi", "vbm", "vacuum")


@dataclass(frozen=True)
class ElectronicStructureResult(Result):
    """States of a structure; the arrays are kept compressed in the store, by their task.

    Attributes
    ----------
    electronic_structure : ElectronicStructure
    structure : Atoms
    energy : float
        eV.
    by : {"element", "domain", "layer"}
        What densities are projected on in :meth:`plot`.
    reference : {"fermi", "vbm", "vacuum"}
    width : float
        Gaussian broadening, eV.
    """

    electronic_structure: ElectronicStructure
    structure: Atoms
    energy: float
    by: str = "element"
    reference: str = "vbm"
    width: float = 0.1

    def densities(self) -> list[DensityOfStates]:
        """Return the density projected on each element, domain or layer."""
        values = dict.fromkeys(
            self.structure.get_chemical_symbols()
            if self.by == "element"
            else self.structure.arrays[self.by].tolist()
        )
        return [self._density({self.by: value}) for value in values]

    def _density(self, selection: dict[str, Any]) -> DensityOfStates:
        return projected_dos(
            self.electronic_structure,
            structure=self.structure,
            width=self.width,
            reference=self.reference,
            **selection,
        )

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return the projected densities of all."""
        return {"electronic_structure": partial(_densities, answers)}

    def plot(
        self,
        title: str = "",
        window: tuple[float, float] | None = None,
        *,
        ax: Axes | None = None,
        caption: str = "",
    ) -> Figure:
        """Draw the projected densities of states.

        Parameters
        ----------
        title : str
        window : (low, high), optional
            eV, relative to the reference; chosen by the gap unless given.
        ax : matplotlib Axes, optional
            Where to draw, without the caption; a new figure unless given.
        caption : str
            Put before the caption's own sentences.
        """
        panels = {self.marked(title): self.densities()}
        text = join_caption([caption, flag_note(self.flags)])
        axes = None if ax is None else [ax]
        return plot_pdos(panels, window=window, axes=axes, caption=text)

    @property
    def structures(self) -> dict[str, Atoms]:
        """The structure the states are of."""
        return {self.geometry: self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        states = self.electronic_structure
        vbm, cbm = states.edges
        values: Values = {"gap (eV)": states.gap, "VBM (eV)": vbm, "CBM (eV)": cbm}
        if states.vacuum_level is not None:
            values["vacuum level (eV)"] = states.vacuum_level
        return {**values, "electrons": Marked(states.n_electrons), "E (eV)": self.energy}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; the states themselves stay in the store."""
        states = self.electronic_structure
        return {
            "energy": self.energy,
            "gap": states.gap,
            "fermi_level": states.fermi_levels.tolist(),
            "homo": states.homo,
            "lumo": states.lumo if states.lumo < float("inf") else None,
            "vacuum_level": states.vacuum_level,
            "n_electrons": states.n_electrons,
            "projections": list(states.projections),
            "charges": {kind: q.tolist() for kind, q in states.charges.items()},
            "structure": structure_to_dict(self.structure),
        }

    def headline(self) -> str:
        """Return gap, edges and vacuum level."""
        states = self.electronic_structure
        q = self.quantities()
        edges = f"gap {q['gap (eV)']:.2f} eV, VBM {q['VBM (eV)']:.2f}, CBM {q['CBM (eV)']:.2f} eV"
        if states.gapless:
            edges = f"no gap (0 eV), Fermi level {states.zero('fermi'):.2f} eV"
        vacuum = q.get("vacuum level (eV)")
        against = "" if vacuum is None else f", vacuum level {vacuum:.2f} eV"
        kinds = ", ".join(states.projections) or "none"
        return f"{edges}{against}; {states.n_electrons:g} electrons; projections: {kinds}"


def _densities(answers: Mapping[str, ElectronicStructureResult]) -> Figure:
    panels = {answer.marked(label): answer.densities() for label, answer in answers.items()}
    return plot_pdos(panels, caption=notes(answers))


@dataclass(frozen=True, eq=False)
class ElectronicStructureRun(Question):
    """Electronic structure of a structure, relaxed first or as it is.

    Parameters
    ----------
    atoms : Atoms
    level : Level
        Of a code that gives orbitals.
    by : {"element", "domain", "layer"}
        What densities are projected on.
    reference : {"fermi", "vbm", "vacuum"}
    width : float
        Gaussian broadening of the densities, eV.
    relax : bool
        Relax first (``fmax`` in eV/Å, ``steps`` geometries at most); always done at a level that
        takes its geometries from another.
    name : str
    """

    kind: ClassVar[str] = "electronic_structure"

    atoms: Atoms
    level: Level
    by: str = "element"
    reference: str = "vbm"
    width: float = 0.1
    relax: bool = False
    fmax: float = 0.05
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("orbitals")
        if self.by not in ("element", "domain", "layer"):
            raise InputError(f"by {self.by!r}: expected 'element', 'domain' or 'layer'")
        if self.by != "element" and self.by not in self.atoms.arrays:
            raise InputError(f"by {self.by!r}: the structure has no array {self.by!r}")
        if self.reference not in _REFERENCES:
            raise InputError(f"reference {self.reference!r}: expected one of {_REFERENCES}")
        if self.reference == "vacuum":
            self.level.require("potential")
        if not self.width > 0:
            raise InputError(f"width {self.width} eV: expected a positive number")

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + (self.relax or self.level.geometry is not None)

    def run(self, runner: Runner) -> ElectronicStructureResult:
        """Relax where asked for, and take the states."""
        atoms, found, states, flags = states_of(
            runner, self.atoms, self.level, self.relax, self.fmax, self.steps, self.name
        )
        return ElectronicStructureResult(
            level=self.level.label,
            flags=flags,
            caveats=states.caveats,
            electronic_structure=states,
            structure=atoms,
            energy=found.energy,
            energy_forces=states_forces(self.level, found.fmax),
            by=self.by,
            reference=self.reference,
            width=self.width,
        )

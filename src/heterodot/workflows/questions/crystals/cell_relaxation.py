"""A crystal relaxed with its cell: the lattice of the level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Literal, Self

import numpy as np
from ase import Atoms
from ase.units import GPa

from heterodot.analysis import Flag
from heterodot.calculators import Level
from heterodot.data.flags import Marked
from heterodot.errors import InputError
from heterodot.structures.crystals.crystal import is_made
from heterodot.structures.crystals.levelled import crystal_at_level
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.questions.crystals.judging import (
    cell_gates,
    check_crystal,
    flagged,
    independent_lengths,
    stress_left,
    symmetries,
    symmetry_gate,
    table_entry,
)
from heterodot.workflows.questions.crystals.meshes import mesh_gate, with_held_mesh
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.cells import CellResult, RelaxCell
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

_DENSITY = 1.66053906660
"""g/cm³ of one atomic mass unit in 1 Å³ (CODATA 2018)."""


@dataclass(frozen=True)
class CellRelaxationResult(Result):
    """A crystal at the minimum of its enthalpy.

    Attributes
    ----------
    start, structure : Atoms
        As given and as relaxed.
    energy : float
        Of the cell, eV.
    stress : (6,) float array
        GPa in Voigt's order (xx, yy, zz, yz, xz, xy); positive where the crystal is stretched.
    fmax : float
        Largest force on an atom, eV/Å.
    pressure : float
        GPa that was asked for.
    space_groups : (str, str)
        Before and after.
    experiment : dict of str to float
        Measured lattice constants by name, where the crystal is the table's and no pressure was
        asked for; else empty.
    source : str
        Of those.
    cost : Cost
    """

    start: Atoms
    structure: Atoms
    energy: float
    stress: np.ndarray
    fmax: float
    pressure: float
    space_groups: tuple[str, str]
    experiment: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    cost: Cost = field(default_factory=Cost)

    @property
    def structures(self) -> dict[str, Atoms]:
        """The relaxed crystal."""
        return {"relaxed": self.crystal if is_made(self.start) else self.structure}

    @property
    def crystal(self) -> Atoms:
        """The crystal on the lattice of this level: for slabs, matches, interfaces, Janus dots."""
        return flagged(crystal_at_level(self.structure, self.level, self.start), self.flags)

    @property
    def lengths(self) -> dict[str, float]:
        """The independent lattice constants by name: "a (Å)" and so on."""
        return independent_lengths(self.structure, self.start)

    @property
    def deviations(self) -> dict[str, float]:
        """By how many % each lattice constant is longer than measured, by its letter."""
        lengths = self.lengths
        return {
            name.partition(" ")[0]: 100 * (lengths[name] / measured - 1)
            for name, measured in self.experiment.items()
            if name in lengths
        }

    @property
    def density(self) -> float:
        """g/cm³."""
        return float(self.structure.get_masses().sum() / self.structure.get_volume() * _DENSITY)

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        values: Values = dict(self.lengths)
        for letter, deviation in self.deviations.items():
            values[f"{letter} against experiment (%)"] = deviation
        values["volume (Å³)"] = float(self.structure.get_volume())
        values["volume per atom (Å³)"] = float(self.structure.get_volume() / len(self.structure))
        values["density (g/cm³)"] = self.density
        values["E (eV)"] = self.energy
        if self.pressure:
            values["pressure (GPa)"] = Marked(self.pressure)
            gained = self.pressure * GPa * self.structure.get_volume()
            values["H = E + pV (eV)"] = float(self.energy + gained)
        values["space group before"] = Marked(self.space_groups[0])
        values["space group"] = self.space_groups[1]
        values["largest force (eV/Å)"] = self.fmax
        values["stress left (GPa)"] = stress_left(self.stress * GPa, self.pressure)
        return values

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "structure": structure_to_dict(self.structure),
            "cellpar": self.structure.cell.cellpar().tolist(),
            "energy": self.energy,
            "stress": self.stress.tolist(),
            "fmax": self.fmax,
            "pressure": self.pressure,
            "density": self.density,
            "space_groups": list(self.space_groups),
            "experiment": dict(self.experiment),
            "experiment_source": self.source,
            "cost": self.cost.to_dict(),
        }

    def headline(self) -> str:
        """Return the answer in a line."""
        quantities = self.quantities()
        parts = []
        for name in self.lengths:
            letter, unit = name.split(" ")
            off = self.deviations.get(letter)
            against = "" if off is None else f" ({off:+.2f} % of experiment)"
            parts.append(f"{letter} = {quantities[name]:.4f} {unit.strip('()')}{against}")
        at = f" at {self.pressure:g} GPa" if self.pressure else ""
        formula = self.structure.get_chemical_formula()
        return (
            f"{formula}{at}: {', '.join(parts)}, {self.density:.3f} g/cm³, {self.space_groups[1]}"
        )

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return one figure of the lattice constants against experiment, where these are known."""
        from heterodot.analysis.elasticity.plot import plot_lattices

        known = {label: a.deviations for label, a in answers.items() if a.deviations}
        if not known:
            return {}
        flagged = {label: a.flags for label, a in answers.items() if a.flags}
        return {"lattice": partial(plot_lattices, known, flagged)}


@dataclass(frozen=True, eq=False)
class CellRelaxation(Question):
    """Relax a crystal's cell and atoms.

    Parameters
    ----------
    atoms : Atoms
        Periodic in three directions, without constraints.
    level : Level
        Of one code that gives the stress of a cell. A density of k-points becomes the mesh it gives
        the crystal as it is, for all its cells.
    symmetry : {"keep", "free"}
        Keep the space group, or let it break: the atoms are then rattled first.
    pressure : float
        GPa.
    rattle : float
        Standard deviation of the random displacements of atoms and of the ends of the cell's
        vectors before a relaxation without symmetry, Å; without them symmetric forces lead nowhere.
    seed : int
        Of the displacements.
    fmax : float
        Criterion, eV/Å; of the stress, times the volume per atom: eV.
    steps : int
        Geometries at most.
    name : str
        What progress displays and tables call it.
    """

    kind: ClassVar[str] = "cell_relaxation"

    atoms: Atoms
    level: Level
    symmetry: Literal["keep", "free"] = "keep"
    pressure: float = 0.0
    rattle: float = 0.02
    seed: int = 0
    fmax: float = 0.002
    steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_crystal(self.atoms, self.level, self.kind)
        if not self.level.capabilities.stress:
            raise self.level.implementation.cannot(
                f"the stress of a cell ({self.level.label}; equation_of_state takes energies)",
                "stress",
            )
        if not 0 <= self.rattle < 0.5:
            raise InputError(f"rattle {self.rattle}: expected 0 or a small length below 0.5 Å")

    def task(self) -> RelaxCell:
        """Return the one task this is."""
        rattled = self.symmetry == "free" and self.rattle
        atoms = _rattled(self.atoms, self.rattle, self.seed) if rattled else self.atoms
        level = with_held_mesh(self.level, self.atoms)
        return RelaxCell(
            atoms, level, self.fmax, self.steps, symmetry=self.symmetry, pressure=self.pressure,
            label=f"{self.name} cell",
        )  # fmt: skip

    def run(self, runner: Runner) -> CellRelaxationResult:
        """Relax and judge."""
        return self.judged(runner.run(self.task()))

    def judged(self, found: CellResult) -> CellRelaxationResult:
        """Return the result of what :meth:`task` gave."""
        before, after = symmetries(self.atoms, found.structure)
        flags: tuple[Flag, ...] = cell_gates(
            self.atoms, found, self.fmax, self.pressure, "cell"
        ) + symmetry_gate(before, after, "cell")
        flags += mesh_gate(self.level, self.atoms)
        entry = None if self.pressure else table_entry(self.atoms)
        measured = {} if entry is None else independent_lengths(self.atoms, self.atoms)
        return CellRelaxationResult(
            level=self.level.label,
            flags=flags + self.level.doubts(found.structure, found.fmax),
            caveats=self.level.caveats(found.structure),
            start=self.atoms,
            structure=found.structure,
            energy=found.energy,
            stress=found.stress / GPa,
            fmax=found.fmax,
            pressure=self.pressure,
            space_groups=(before.label, after.label),
            experiment=measured,
            source="" if entry is None else entry.source,
            cost=found.cost,
        )


def _rattled(atoms: Atoms, size: float, seed: int) -> Atoms:
    """Return the crystal with its cell strained and its atoms displaced at random (Å)."""
    new: Atoms = atoms.copy()
    noise = np.random.default_rng(seed).normal(0, size, (3, 3)) / atoms.cell.lengths().mean()
    new.set_cell(atoms.cell.array @ (np.eye(3) + (noise + noise.T) / 2), scale_atoms=True)
    new.rattle(size, seed=seed)
    return new

"""Cells of crystals relaxed, and the stress that is left in a strained one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from ase import Atoms
from ase.units import GPa

from heterodot.checks import is_number
from heterodot.data.committee import energy_of
from heterodot.errors import CapabilityError, InputError
from heterodot.workflows.tasks.computing.attachment import kept_members
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.computing.forces import largest_force
from heterodot.workflows.tasks.computing.recording import attach_recorded_calculator
from heterodot.workflows.tasks.task import USUAL_STEPS, Task

MAX_STEP = 0.1
"""Å, and as much of the cell's deformation times its number of atoms. Chosen; it decides how many
geometries a relaxation takes."""

_LATER: dict[str, Any] = {"symmetry": "keep", "pressure": 0.0, "hold_volume": False}
"""Settings that came later: their defaults are not in a key, so that results of before answer."""


@dataclass(frozen=True)
class CellResult:
    """A crystal at the end of a relaxation.

    Attributes
    ----------
    structure : Atoms
        With its cell.
    energy : float
        eV.
    stress : (6,) float array
        eV/Å³ in Voigt's order (xx, yy, zz, yz, xz, xy); positive where the crystal is stretched.
    fmax : float
        Largest force on an atom, eV/Å.
    converged : bool
        Whether forces and, where the cell was free, its stress times volume per atom are below
        the criterion.
    first_stress : (6,) float array or None
        That of the crystal as it was given, before an atom moved; None in records of before.
    recovery : str
        What it took to converge the SCF; empty for nothing special.
    cost : Cost
        Force calls and SCF iterations spent.
    """

    structure: Atoms
    energy: float
    stress: np.ndarray
    fmax: float
    converged: bool
    first_stress: np.ndarray | None = None
    recovery: str = ""
    cost: Cost = field(default_factory=Cost)


@dataclass(frozen=True, eq=False)
class RelaxCell(Task[CellResult]):
    """Relax the cell of a crystal and its atoms, with the symmetry it has or without.

    Attributes
    ----------
    fmax : float
        Criterion, eV/Å; of the stress, times the volume per atom: eV.
    steps : int
        Geometries at most.
    hold_cell : bool
        Relax the atoms in the cell as it is, without a thought for symmetry: for strained cells.
    symmetry : {"keep", "free"}
        Whether cell and atoms keep the symmetry of the start. Without it nothing but noise leads
        away from a symmetric start, whose forces are symmetric.
    pressure : float
        GPa.
    hold_volume : bool
        Relax the shape of the cell and the atoms at the volume given.
    """

    fmax: float = 0.01
    steps: int = 200
    hold_cell: bool = False
    symmetry: Literal["keep", "free"] = "keep"
    pressure: float = 0.0
    hold_volume: bool = False

    kind: ClassVar[str] = "relax-cell"
    moves: ClassVar[bool] = True

    @property
    def planned_energies(self) -> int:
        """Geometries that most relaxations take."""
        return min(USUAL_STEPS, int(self.steps))

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.atoms.pbc.all():
            formula = self.atoms.get_chemical_formula()
            raise InputError(
                f"{formula}: periodic along {int(self.atoms.pbc.sum())} directions: expected a "
                "crystal"
            )
        held = self.hold_cell or self.hold_volume
        if not is_number(self.pressure) or (held and self.pressure):
            raise InputError(
                f"pressure {self.pressure!r}: expected a number in GPa, and none for a volume that "
                "is held"
            )

    def settings(self) -> dict[str, Any]:
        """Return the settings; those that came later where they are not as before."""
        asked = super().settings()
        return {name: value for name, value in asked.items() if _LATER.get(name) != value}

    def compute(self, directory: Path) -> dict[str, Any]:
        """Relax, going on with what is on record in ``directory``."""
        if not self.level.capabilities.stress:
            raise self._no_stress()
        atoms = attach_recorded_calculator(self.atoms, self.level, directory, cell=True)
        try:
            first = np.asarray(atoms.get_stress(voigt=True), float)
            converged = self._relax(atoms)
            return {
                "positions": atoms.positions,
                "cell": atoms.cell.array,
                "energy": float(atoms.get_potential_energy()),
                "stress": np.asarray(atoms.get_stress(voigt=True), float),
                "fmax": largest_force(atoms.get_forces()),
                "converged": converged,
                "first_stress": first,
                "cost": atoms.calc.cost,
                **kept_members(atoms.calc.results),
            }
        except CapabilityError as error:
            raise self._no_stress() from error
        finally:
            atoms.calc.sync()

    def _no_stress(self) -> CapabilityError:
        return CapabilityError(
            f"{self.level.label}: has no stress of a cell; ask for equation_of_state, which takes "
            "energies, or relax the cell at another level"
        )

    def _relax(self, atoms: Atoms) -> bool:
        from ase.constraints import FixSymmetry
        from ase.filters import FrechetCellFilter
        from ase.optimize import BFGS

        moving: Any = atoms
        if not self.hold_cell:
            if self.symmetry == "keep":
                atoms.set_constraint(FixSymmetry(atoms, verbose=False))
            moving = FrechetCellFilter(
                atoms, scalar_pressure=self.pressure * GPa, constant_volume=self.hold_volume
            )
        dynamics = BFGS(moving, logfile=None, maxstep=MAX_STEP)
        done = bool(dynamics.run(fmax=self.fmax, steps=self.steps))
        atoms.set_constraint()
        return done

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result."""
        vectors = {"positions": (len(self.atoms), 3), "cell": (3, 3), "stress": (6,)}
        return {"energy": (), "fmax": (), **vectors}

    def final_geometry(self, data: Mapping[str, Any]) -> Atoms:
        """Return the relaxed crystal."""
        structure: Atoms = self.atoms.copy()
        structure.set_cell(np.asarray(data["cell"], float))
        structure.set_positions(np.asarray(data["positions"], float), apply_constraint=False)
        return structure

    def result(self, data: Mapping[str, Any]) -> CellResult:
        """Return the typed result."""
        first = data.get("first_stress")
        return CellResult(
            self.final_geometry(data),
            energy_of(data["energy"], data.get("members")),
            np.asarray(data["stress"], float),
            data["fmax"],
            bool(data["converged"]),
            None if first is None else np.asarray(first, float),
            data.get("recovery", ""),
            Cost.from_dict(data.get("cost") or {}),
        )

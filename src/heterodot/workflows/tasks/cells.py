"""Cells of crystals relaxed, and the stress that is left in a strained one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.errors import CapabilityError, InputError
from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.computing.forces import largest_force
from heterodot.workflows.tasks.task import Task

MAX_STEP = 0.1
"""Å, and as much of the cell's deformation times its number of atoms. Chosen; it decides how many
geometries a relaxation takes."""


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
    """

    structure: Atoms
    energy: float
    stress: np.ndarray
    fmax: float
    converged: bool


@dataclass(frozen=True, eq=False)
class RelaxCell(Task[CellResult]):
    """Relax the cell of a crystal and its atoms, keeping the symmetry it has.

    Attributes
    ----------
    fmax : float
        Criterion, eV/Å; of the stress, times the volume per atom: eV.
    steps : int
        Geometries at most.
    hold_cell : bool
        Relax the atoms in the cell as it is, without a thought for symmetry: for strained cells.
    """

    fmax: float = 0.01
    steps: int = 200
    hold_cell: bool = False

    kind: ClassVar[str] = "relax-cell"
    moves: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.atoms.pbc.all():
            formula = self.atoms.get_chemical_formula()
            raise InputError(
                f"{formula}: periodic along {int(self.atoms.pbc.sum())} directions: expected a "
                "crystal"
            )

    def compute(self, directory: Path) -> dict[str, Any]:
        """Relax; a run that was killed begins anew."""
        if not self.level.capabilities.stress:
            raise self.level.implementation.cannot("the stress of a cell", "stress")
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            self._check_stress(atoms)
            converged = self._relax(atoms)
            return {
                "positions": atoms.positions,
                "cell": atoms.cell.array,
                "energy": float(atoms.get_potential_energy()),
                "stress": np.asarray(atoms.get_stress(voigt=True), float),
                "fmax": largest_force(atoms.get_forces()),
                "converged": converged,
            }

    def _check_stress(self, atoms: Atoms) -> None:
        from ase.calculators.calculator import PropertyNotImplementedError

        try:
            atoms.get_stress()
        except (PropertyNotImplementedError, NotImplementedError) as error:
            raise CapabilityError(f"{self.level.label}: has no stress of a cell") from error

    def _relax(self, atoms: Atoms) -> bool:
        from ase.constraints import FixSymmetry
        from ase.filters import FrechetCellFilter
        from ase.optimize import BFGS

        moving: Any = atoms
        if not self.hold_cell:
            atoms.set_constraint(FixSymmetry(atoms, verbose=False))
            moving = FrechetCellFilter(atoms)
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
        return CellResult(
            self.final_geometry(data),
            data["energy"],
            np.asarray(data["stress"], float),
            data["fmax"],
            bool(data["converged"]),
        )

"""The task that keeps a density on its grid, with the charges that are read from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from heterodot.analysis import ElectronicStructure, GridDensity, bader
from heterodot.analysis.charges.hirshfeld import hirshfeld_charges
from heterodot.checks import is_whole
from heterodot.errors import InputError
from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.computing.forces import force_left
from heterodot.workflows.tasks.task import Task


@dataclass(frozen=True)
class DensityResult:
    """A density and what was read with it, taken from the store when it is used.

    Attributes
    ----------
    energy : float
        eV.
    states, grid : mapping
        What :attr:`electronic_structure` and :attr:`density` are made of.
    recovery : str
        What it took to converge; empty for nothing special.
    fmax : float or None
        Largest force left, eV/Å; None where it is not known.
    """

    energy: float
    states: Mapping[str, Any] = field(repr=False)
    grid: Mapping[str, Any] = field(repr=False)
    recovery: str = ""
    fmax: float | None = None

    @cached_property
    def electronic_structure(self) -> ElectronicStructure:
        """The states; their charges include Bader's and Hirshfeld's."""
        return ElectronicStructure.from_dict(self.states)

    @cached_property
    def density(self) -> GridDensity:
        """The all-electron density, in the box of the calculation."""
        return GridDensity.from_dict(self.grid)


@dataclass(frozen=True, eq=False)
class Density(Task[DensityResult]):
    """All-electron density at a fixed geometry, its states, Bader and Hirshfeld charges.

    Attributes
    ----------
    refinement : int
        Points for each of the code's own, along each direction. At one, hydrogen next to oxygen
        may have no maximum of its own.
    """

    refinement: int = 2

    kind: ClassVar[str] = "density"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("density")
        n = self.refinement
        if not is_whole(n) or not 1 <= n <= 16:
            raise InputError(f"refinement {n!r}: expected an integer from 1 to 16")

    def compute(self, directory: Path) -> dict[str, Any]:
        """Run one calculation, read its density and states, divide the electrons."""
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            energy = float(atoms.get_potential_energy())
            states = self.level.electronic_structure(atoms.calc, atoms)
            density = self.level.density(atoms.calc, atoms, self.refinement)
            free = self.level.free_atoms(atoms.calc)
            fmax = force_left(atoms)
        charges = {**states.charges, "Hirshfeld": hirshfeld_charges(density, free)}
        divided = bader(density)
        if divided.charges is not None:
            charges["Bader"] = divided.charges
        doubts = tuple(f"Bader: {flag.message}" for flag in divided.flags if divided.missing)
        states = replace(states, charges=charges, caveats=states.caveats + doubts)
        return {
            "energy": energy,
            "electronic_structure": states.to_dict(),
            "density": density.to_dict(),
            "fmax": fmax,
        }

    def result(self, data: Mapping[str, Any]) -> DensityResult:
        """Return the typed result."""
        return DensityResult(
            data["energy"],
            data["electronic_structure"],
            data["density"],
            data["recovery"],
            data.get("fmax"),  # records of before have none
        )

"""Lattice and elastic constants against experiment."""

from __future__ import annotations

import numpy as np
from ase import Atoms, units

from heterodot.calculators import Level
from heterodot.data.validation.measured import Quantity
from heterodot.structures import crystal
from heterodot.structures.crystals.elastic_constants import BERLINCOURT, VURGAFTMAN, cubic_constants
from heterodot.structures.crystals.table import CRYSTALS
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.cells import CellResult, RelaxCell
from heterodot.workflows.validation.comparison import (
    Comparison,
    Findings,
    require_bands_of_crystals,
)

FMAX = 0.002
"""eV/Å, and eV of stress times volume per atom: lattice constants to 0.02 %."""

STRAIN = 0.005
"""Of the cells whose stress gives the elastic constants, both ways. Chosen: small enough for the
straight line, large enough for single precision."""

CUBIC = ("ZnS", "ZnSe", "CdS", "CdSe", "InP", "Cu", "Ag", "Au")


def relaxed_cells(
    runner: Runner, level: Level, names: tuple[str, ...], findings: Findings
) -> dict[str, CellResult]:
    """Relax the cells of crystals of the table, their symmetry kept."""
    tasks = {n: RelaxCell(crystal(n), level, FMAX, label=f"{n} cell") for n in names}
    found: dict[str, CellResult] = findings.take(tasks, runner.outcomes(tasks.values()))
    for name, result in found.items():
        if not result.converged:
            findings.flags.append(f"{name}: not-converged")
    return found


class Lattice(Comparison):
    """Lattice constants of every crystal of the table."""

    name = "lattice"

    def parts(self) -> tuple[str, ...]:
        """Return the crystals."""
        return tuple(CRYSTALS)

    def quantity(self) -> Quantity:
        """Return the measured lattice constants."""
        reference = {
            item: length for name in CRYSTALS for item, length in _lengths(name, crystal(name))
        }
        against = "experiment: the crystal table, which names a source for each"
        return Quantity("lattice constants", "Å", against, reference, relative=True)

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Relax the cells."""
        require_bands_of_crystals(level)
        names = self.asked(findings)
        for name, result in relaxed_cells(runner, level, names, findings).items():
            findings.values |= dict(_lengths(name, result.structure))


def _lengths(name: str, atoms: Atoms) -> list[tuple[str, float]]:
    """Return the independent lattice constants (Å) of a crystal of the table."""
    whole = crystal(name).cell.lengths()
    lengths = atoms.cell.lengths()
    found: list[tuple[str, float]] = []
    for axis, letter in enumerate("abc"):
        if not any(abs(whole[axis] - whole[other]) < 1e-6 for other in range(axis)):
            found.append((f"{name} {letter}", float(lengths[axis])))
    return found


class Elastic(Comparison):
    """Bulk modulus and C11, C12, C44 of the cubic crystals."""

    name = "elastic"

    def parts(self) -> tuple[str, ...]:
        """Return the crystals."""
        return CUBIC

    def quantity(self) -> Quantity:
        """Return the measured constants, at room temperature."""
        reference: dict[str, float] = {}
        for name in CUBIC:
            constants = cubic_constants(name)
            if constants is not None:
                reference |= _named(name, *constants)
        against = (
            f"experiment at room temperature: {BERLINCOURT}; {VURGAFTMAN}; metals: the compilation "
            "in C. Kittel, Introduction to Solid State Physics, 8th ed., 2005; CdS and CdSe from "
            "those of wurtzite"
        )
        return Quantity("elastic constants", "GPa", against, reference, relative=True)

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Strain the relaxed cells, relax their atoms, read the stress."""
        require_bands_of_crystals(level)
        cells = relaxed_cells(runner, level, self.asked(findings), findings)
        strained = {
            (name, axis, sign): RelaxCell(
                _strained(result.structure, axis, sign * STRAIN), level, FMAX, hold_cell=True,
                label=f"{name} strained",
            )
            for name, result in cells.items()
            for axis in (0, 3)
            for sign in (1, -1)
        }  # fmt: skip
        found: dict[tuple[str, int, int], CellResult] = findings.take(
            strained, runner.outcomes(strained.values())
        )
        for name in cells:
            keys = [(name, axis, sign) for axis in (0, 3) for sign in (1, -1)]
            if all(key in found for key in keys):
                stress = [found[key].stress / units.GPa for key in keys]
                along = (stress[0] - stress[1]) / (2 * STRAIN)
                shear = (stress[2] - stress[3]) / (2 * STRAIN)
                c12 = float((along[1] + along[2]) / 2)
                findings.values |= _named(name, float(along[0]), c12, float(shear[3]))


def _named(name: str, c11: float, c12: float, c44: float) -> dict[str, float]:
    parts = {"B": (c11 + 2 * c12) / 3, "C11": c11, "C12": c12, "C44": c44}
    return {f"{name} {part}": value for part, value in parts.items()}


def _strained(atoms: Atoms, axis: int, strain: float) -> Atoms:
    """Return a crystal under a strain of Voigt's notation (0: xx, 3: yz, twice the tensor's)."""
    deformation = np.eye(3)
    if axis < 3:
        deformation[axis, axis] += strain
    else:
        deformation[1, 2] = deformation[2, 1] = strain / 2
    new: Atoms = atoms.copy()
    new.set_cell(atoms.cell.array @ deformation, scale_atoms=True)
    return new

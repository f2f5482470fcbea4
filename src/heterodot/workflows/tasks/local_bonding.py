"""Bonding at a fixed geometry: COHP and COOP curves, their integrals, and bond orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from heterodot.analysis import ElectronicStructure
from heterodot.analysis.bonding.curves import BondCurves
from heterodot.analysis.bonding.integrals import bond_integrals, cohp, coop
from heterodot.analysis.bonding.orders import bond_orders
from heterodot.analysis.bonding.pair_matrix import PairMatrix
from heterodot.errors import InputError
from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.computing.forces import force_left
from heterodot.workflows.tasks.task import Task

STEPS_PER_WIDTH = 4
"""Points of the energy grid for each width of a line. Chosen: the sum over a Gaussian sampled so
finely is its integral to rounding."""


@dataclass(frozen=True)
class LocalBondingResult:
    """What the task keeps: curves and pair matrices, not the orbitals themselves.

    Attributes
    ----------
    energy : float
        eV.
    electronic_structure : ElectronicStructure
    cohp, coop : BondCurves
    icohp, icoop, mayer, wiberg : PairMatrix
    recovery : str
        What it took to converge; empty for nothing special.
    """

    energy: float
    electronic_structure: ElectronicStructure
    cohp: BondCurves
    coop: BondCurves
    icohp: PairMatrix
    icoop: PairMatrix
    mayer: PairMatrix
    wiberg: PairMatrix
    recovery: str = ""
    fmax: float | None = None


@dataclass(frozen=True, eq=False)
class LocalBonding(Task[LocalBondingResult]):
    """COHP, COOP, their integrals and bond orders at a fixed geometry.

    Attributes
    ----------
    pairs : sequence of (str, str)
        Curves to keep, by their two ends ("Cu", "Cu d", "4", "4 p").
    window : (low, high)
        eV relative to the Fermi level, of the curves.
    width : float
        Gaussian broadening, eV.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    window: tuple[float, float] = (-15.0, 5.0)
    width: float = 0.1

    kind: ClassVar[str] = "local-bonding"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("local_orbitals")
        low, high = (float(x) for x in self.window)
        if not (np.isfinite([low, high]).all() and high > low and 0 < self.width < high - low):
            raise InputError(
                f"window ({low}, {high}), width {self.width} eV: expected low < high and a "
                "positive width smaller than the window"
            )
        object.__setattr__(self, "pairs", tuple((str(a), str(b)) for a, b in self.pairs))
        object.__setattr__(self, "window", (low, high))

    def compute(self, directory: Path) -> dict[str, Any]:
        """Run one calculation and analyse its orbitals."""
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            energy = float(atoms.get_potential_energy())
            orbitals = self.level.local_orbitals(atoms.calc, atoms)
            fmax = force_left(atoms)
        low, high = self.window
        grid = np.linspace(low, high, int(STEPS_PER_WIDTH * (high - low) / self.width) + 2)
        matrices = {
            "icohp": bond_integrals(orbitals, "COHP"),
            "icoop": bond_integrals(orbitals, "COOP"),
            "mayer": bond_orders(orbitals, "mayer"),
            "wiberg": bond_orders(orbitals, "wiberg"),
        }
        return {
            "energy": energy,
            "electronic_structure": orbitals.states.to_dict(),
            "cohp": cohp(orbitals, self.pairs, grid, self.width).to_dict(),
            "coop": coop(orbitals, self.pairs, grid, self.width).to_dict(),
            **{name: matrix.to_dict() for name, matrix in matrices.items()},
            "fmax": fmax,
        }

    def result(self, data: Mapping[str, Any]) -> LocalBondingResult:
        """Return the typed result."""
        return LocalBondingResult(
            energy=data["energy"],
            electronic_structure=ElectronicStructure.from_dict(data["electronic_structure"]),
            cohp=BondCurves.from_dict(data["cohp"]),
            coop=BondCurves.from_dict(data["coop"]),
            icohp=PairMatrix.from_dict(data["icohp"]),
            icoop=PairMatrix.from_dict(data["icoop"]),
            mayer=PairMatrix.from_dict(data["mayer"]),
            wiberg=PairMatrix.from_dict(data["wiberg"]),
            recovery=data["recovery"],
            fmax=data.get("fmax"),  # records of before have none
        )

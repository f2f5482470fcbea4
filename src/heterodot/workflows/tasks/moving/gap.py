"""The frontier levels of one frame: what a series of gaps is made of, a few numbers a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.task import Task

N_LEVELS = 8
"""Levels kept on each side of the gap."""


@dataclass(frozen=True)
class GapResult:
    """The gap of a structure.

    Attributes
    ----------
    energy : float
        eV.
    gap : float
        LUMO minus HOMO, eV; 0 where there is none.
    homo, lumo : float
        eV; both the Fermi level where there is no gap.
    below, above : (n,) float array
        Levels from the HOMO down and from the LUMO up, eV, of all spins and k-points.
    """

    energy: float
    gap: float
    homo: float
    lumo: float
    below: np.ndarray
    above: np.ndarray


@dataclass(frozen=True, eq=False)
class Gap(Task[GapResult]):
    """Frontier levels at a fixed geometry."""

    kind: ClassVar[str] = "gap"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("orbitals")

    def compute(self, directory: Path) -> dict[str, Any]:
        """Run one calculation and read its levels."""
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            energy = float(atoms.get_potential_energy())
            states = self.level.electronic_structure(atoms.calc, atoms)
        homo, lumo = states.edges
        levels = np.sort(states.energies.ravel())
        tolerance = 1e-9
        below = levels[levels <= homo + tolerance][::-1][:N_LEVELS]
        above = levels[levels >= lumo - tolerance][:N_LEVELS]
        return {
            "energy": energy,
            "gap": states.gap,
            "homo": homo,
            "lumo": lumo,
            "below": below,
            "above": above,
        }

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result."""
        numbers: dict[str, tuple[int | None, ...]] = {"energy": (), "gap": (), "homo": ()}
        return {**numbers, "lumo": (), "below": (None,), "above": (None,)}

    def result(self, data: Mapping[str, Any]) -> GapResult:
        """Return the typed result."""
        return GapResult(
            data["energy"],
            data["gap"],
            data["homo"],
            data["lumo"],
            np.asarray(data["below"], float),
            np.asarray(data["above"], float),
        )

"""The electron localisation function at a fixed geometry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from heterodot.data.localisation import LocalisationFunction
from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.computing.forces import force_left
from heterodot.workflows.tasks.task import Task


@dataclass(frozen=True)
class LocalisationResult:
    """Energy (eV), what the ELF is made of (read from the store when it is used), what it took
    to converge (empty for nothing special), and the largest force left (eV/Å; None if not known).
    """

    energy: float
    grid: Mapping[str, Any] = field(repr=False)
    recovery: str = ""
    fmax: float | None = None

    @cached_property
    def localisation(self) -> LocalisationFunction:
        """The electron localisation function."""
        return LocalisationFunction.from_dict(self.grid)


@dataclass(frozen=True, eq=False)
class Localisation(Task[LocalisationResult]):
    """Electron localisation function at a fixed geometry."""

    kind: ClassVar[str] = "localisation"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("localisation")

    def compute(self, directory: Path) -> dict[str, Any]:
        """Run one calculation and read its ELF."""
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            energy = float(atoms.get_potential_energy())
            found = self.level.localisation(atoms.calc, atoms)
            fmax = force_left(atoms)
        compact = found.values.astype(np.float32)  # more digits than a grid is good for
        function = {**found.to_dict(), "values": compact}
        return {"energy": energy, "localisation": function, "fmax": fmax}

    def result(self, data: Mapping[str, Any]) -> LocalisationResult:
        """Return the typed result."""
        fmax = data.get("fmax")  # records of before have none
        return LocalisationResult(data["energy"], data["localisation"], data["recovery"], fmax)

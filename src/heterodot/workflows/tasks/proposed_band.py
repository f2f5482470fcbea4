"""Where the band of a path comes to lie by what is known of a dear level so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from heterodot.constraints import free_indices
from heterodot.errors import InputError
from heterodot.workflows.tasks.computing.recording import attach_recorded_calculator
from heterodot.workflows.tasks.task import Task

_DECIMALS = 9
_ARRAYS = ("band", "known", "energies", "forces")


@dataclass(frozen=True)
class BandProposal:
    """A band on the learnt surface.

    Attributes
    ----------
    images : (n, a, 3) float array
        Both ends included, Å.
    energies, spreads : (n,) float array
        Expected, and one σ of it, eV.
    residual : float
        Largest force left on it, eV/Å.
    """

    images: np.ndarray
    energies: np.ndarray
    spreads: np.ndarray
    residual: float


@dataclass(frozen=True, eq=False)
class ProposeBand(Task[BandProposal]):
    """Relax a band on the surface of a cheap level, corrected by what is known of a dear one.

    Attributes
    ----------
    atoms : Atoms
        For elements, cell, constraints.
    level : Level
        That leads.
    band : (n, a, 3) array
        Images to begin with, both ends included, Å.
    known : (k, a, 3) array
        Geometries the dear level was asked for, Å.
    energies : (k,) array
        Its energies, eV.
    forces : (k, a, 3) array
        Its forces, eV/Å.
    flat : bool
        Learn the whole surface: the level is not asked.
    climb : bool
        Whether the highest image climbs.
    fmax : float
        eV/Å.
    reach : float
        Å an atom may move.
    """

    band: object
    known: object
    energies: object
    forces: object
    flat: bool = False
    climb: bool = False
    fmax: float = 0.03
    reach: float = 0.5

    kind: ClassVar[str] = "propose-band"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in _ARRAYS:
            array = np.round(np.asarray(getattr(self, name), float), _DECIMALS)
            object.__setattr__(self, name, array)
        n, k = len(self.atoms), len(self._array("energies"))
        shapes = tuple(self._array(name).shape for name in ("band", "known", "forces"))
        shapes = (shapes[0][1:], *shapes[1:])
        if shapes != ((n, 3), (k, n, 3), (k, n, 3)):
            raise InputError(f"band, known, forces of shapes {shapes}: expected (…, {n}, 3)")

    def settings(self) -> dict[str, Any]:
        """Return the settings, arrays as lists."""
        lists = {name: self._array(name).tolist() for name in _ARRAYS}
        return {**super().settings(), **lists}

    def _array(self, name: str) -> np.ndarray:
        return np.asarray(getattr(self, name))

    def compute(self, directory: Path) -> dict[str, Any]:
        """Relax the band; what the cheap level has answered is not asked again."""
        from heterodot.workflows.tasks.computing.leading.band import LearntSurface, propose
        from heterodot.workflows.tasks.computing.leading.lead import surface_of
        from heterodot.workflows.tasks.computing.leading.pairs import near_pairs

        free = np.array(free_indices(self.atoms))
        working, cheap = None, None
        if not self.flat:
            working = attach_recorded_calculator(self.atoms, self.level, directory)
            cheap = surface_of(working, working.positions[0] - self.atoms.positions[0])
        energies, band = self._array("energies"), self._array("band")
        points, gradients = (
            self._array(name)[:, free].reshape(len(energies), -1) for name in ("known", "forces")
        )
        try:
            seen = np.concatenate([band, self._array("known")])
            measure = near_pairs(self.atoms, seen, free)
            surface = LearntSurface(cheap, points, energies, -gradients, measure)
            found = propose(self.atoms, band, surface, free, self.climb, self.fmax, self.reach)
        finally:
            if working is not None:
                working.calc.sync()
        return {
            "images": found.images,
            "energies": found.energies,
            "spreads": found.spreads,
            "residual": found.residual,
        }

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result: a geometry, an energy and a spread for each image."""
        n = len(self._array("band"))
        shape = (n, len(self.atoms), 3)
        return {"images": shape, "energies": (n,), "spreads": (n,), "residual": ()}

    def final_geometry(self, data: Mapping[str, Any]) -> None:  # noqa: ARG002
        """No geometry of its own."""
        return

    def result(self, data: Mapping[str, Any]) -> BandProposal:
        """Return the typed result."""
        return BandProposal(
            np.asarray(data["images"], float),
            np.asarray(data["energies"], float),
            np.asarray(data["spreads"], float),
            float(data["residual"]),
        )

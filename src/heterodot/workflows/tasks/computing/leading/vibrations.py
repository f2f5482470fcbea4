"""Second derivatives at a dear level, led by those of a cheap one to an error that is asked for."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.workflows.tasks.computing.finite_differences import hessian
from heterodot.workflows.tasks.computing.leading.corrected_hessian import (
    LEAST_DISPLACED,
    CorrectedHessian,
    HessianCorrection,
)
from heterodot.workflows.tasks.computing.leading.lead import Surface, largest_step, surface_of
from heterodot.workflows.tasks.computing.recording import attach_recorded_calculator
from heterodot.workflows.tasks.computing.triplet import doubt

CURVATURE_ERROR = 0.15
"""eV/Å², of what an unconverged SCF may add to a second derivative along a stiff direction at most,
a third of it along a soft one. Chosen: a third of what GPAW's LCAO grid does by itself (see
:data:`heterodot.workflows.tasks.computing.finite_differences.CURVATURE_ERROR`), and the error of
the free energy counts it."""

TYPICAL = 1 / 3
"""Errors of forces as a share of the largest that SCF criteria were found to leave: nine geometries
were looked at (:data:`heterodot.calculators.gpaw.criteria.MEASURED`). Chosen."""

STIFF, FARTHEST = 10.0, 3.0
"""eV/Å² and a factor: along softer directions atoms are moved further, by the root of the ratio of
curvatures, at most threefold, so that their forces stand out of the noise. With no more than the
displacement asked for, modes of 79 and 87 cm⁻¹ of COOH came out at 52 and 81 (GFN2-xTB led by
GFN1-xTB, noise as allowed here), with it at 63 and 80."""


def led_hessian(
    atoms: Atoms,
    level: Level,
    prior: Level,
    directory: Path,
    indices: tuple[int, ...],
    delta: float,
    error: float,
) -> dict[str, Any]:
    """Correct the Hessian of ``prior`` until the free energy is right to ``error``.

    Parameters
    ----------
    atoms : Atoms
        Finite.
    delta : float
        Å an atom is moved along stiff directions, at most.
    error : float
        One standard deviation of the vibrational free energy at 298.15 K, eV.

    Returns
    -------
    dict
        As of :func:`heterodot.workflows.tasks.computing.finite_differences.hessian`, without
        derivatives of the dipole (None), and ``error`` (eV), ``n_displaced`` and ``prior``.

    Raises
    ------
    HeterodotError
        That of the prior where it cannot calculate the structure, or that of the code.
    """
    bare = atoms.copy()
    bare.set_cell(None)
    folder = directory / "cheap"
    folder.mkdir(parents=True, exist_ok=True)
    cheap = np.asarray(hessian(bare, prior, folder, indices, delta)["hessian"])
    lower = attach_recorded_calculator(bare, prior, folder)
    working = attach_recorded_calculator(atoms, level, directory)
    worst = CURVATURE_ERROR * delta
    working.calc.accuracy.forces_to(worst)
    roots = np.sqrt(np.repeat(atoms.get_masses()[list(indices)], 3))
    known = HessianCorrection(cheap / np.outer(roots, roots), roots**2, TYPICAL * worst)
    offsets = [one.positions[0] - atoms.positions[0] for one in (working, lower)]
    sweep = _Sweep(
        surface_of(working, offsets[0], indices), surface_of(lower, offsets[1], indices),
        atoms.positions[list(indices)].ravel(), roots, delta,
    )  # fmt: skip
    try:
        sweep.centre()
        energy = float(working.get_potential_energy())
        spin_doubt = doubt(working, level, working.calc.inner, directory)
        found = sweep.until(known, error)
    finally:
        working.calc.sync()
    return {
        "hessian": found.matrix * np.outer(roots, roots),
        "indices": list(indices),
        "energy": energy,
        "fmax": largest_step(sweep.gradient),
        "asymmetry": 0.0,  # nothing is found twice
        "cost": working.calc.cost,
        "dipole_derivatives": None,
        "spin_doubt": spin_doubt,
        "error": found.error,
        "n_displaced": sweep.n_displaced,
        "prior": prior.label,
    }


class _Sweep:
    """Displace along one direction after another at both levels."""

    def __init__(
        self, dear: Surface, cheap: Surface, x: np.ndarray, roots: np.ndarray, delta: float
    ) -> None:
        self._dear, self._cheap, self._x, self._roots = dear, cheap, x, roots
        self._delta = delta
        self.n_displaced = 0
        self.gradient = self._missing = np.zeros_like(x)

    def centre(self) -> None:
        """Ask both levels where nothing is displaced."""
        self.gradient = self._dear(self._x)[1]
        self._missing = self.gradient - self._cheap(self._x)[1]

    def until(self, known: HessianCorrection, error: float) -> CorrectedHessian:
        """Displace until the free energy is right to ``error`` (eV) or every direction is known."""
        best = known.best()
        while self.n_displaced < len(self._x):
            if self.n_displaced > LEAST_DISPLACED and best.error <= error:
                break
            direction = known.next_direction(partial(self._length, best.matrix))
            length = self._length(best.matrix, direction)
            moved = self._x + length * direction / self._roots
            missing = self._dear(moved)[1] - self._cheap(moved)[1]
            known.learn(direction, (missing - self._missing) / (self._roots * length), length)
            self.n_displaced += 1
            best = known.best()
        return best

    def _length(self, matrix: np.ndarray, direction: np.ndarray) -> float:
        """Return how far to go along a mass-weighted direction, Å √u."""
        step = direction / self._roots
        curvature = abs(float(direction @ matrix @ direction)) / float(step @ step)
        further = min(FARTHEST, max(1.0, np.sqrt(STIFF / max(curvature, 1e-6))))
        return float(self._delta * further / largest_step(step))

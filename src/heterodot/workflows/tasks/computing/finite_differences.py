"""Second derivatives by central differences of the forces, and those of the dipole with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.constraints import fixed_indices
from heterodot.errors import HeterodotError
from heterodot.workflows.tasks.computing.displacements import (
    Displacement,
    DisplacementPlan,
    displacement_plan,
)
from heterodot.workflows.tasks.computing.forces import largest_force
from heterodot.workflows.tasks.computing.preconditioning import clipped
from heterodot.workflows.tasks.computing.recording import attach_recorded_calculator
from heterodot.workflows.tasks.computing.triplet import doubt

CURVATURE_ERROR = 0.06
"""eV/Å², of what an unconverged SCF may add to a second derivative. Chosen: an eighth of what
GPAW's LCAO grid does by itself (Hessians asymmetric by 0.5 eV/Å² at a spacing of 0.17 Å);
benchmarks/dft_iterations.py has ΔG to 1 meV with it."""

_UNKNOWN = 70.0
"""eV/Å², ASE's guess (``ase.optimize.BFGS``, alpha), for coordinates that do not move."""
_DELTA = 0.01
"""Å: displacement for the cheap Hessian, ASE's default (``ase.vibrations``); the Hessian is
clipped, so that little depends on it."""


def hessian(
    atoms: Atoms, level: Level, directory: Path, indices: tuple[int, ...], delta: float
) -> dict[str, Any]:
    """Displace each atom of ``indices`` by ±``delta`` (Å), along x, y, z or as symmetry allows.

    Symmetry is used where all electrons are paired: those of an open shell may break it. Of a small
    neutral molecule, atoms are left out that rigid motions make up for.

    Returns
    -------
    dict
        ``hessian`` ((3n, 3n), eV/Å², symmetrised), ``indices``, ``energy`` (eV), ``fmax`` (eV/Å,
        on the displaced atoms at the centre), ``asymmetry`` (eV/Å²), ``spin_doubt``, ``cost``
        (force calls and SCF iterations) and ``dipole_derivatives`` ((3n, 3), e; None unless the
        code gives dipoles).
    """
    spin = level.check(atoms)
    plan = displacement_plan(
        atoms, indices, use_symmetry=not spin.polarized, use_motions=spin.charge == 0
    )
    working = attach_recorded_calculator(atoms, level, directory)
    working.calc.accuracy.forces_to(CURVATURE_ERROR * 2 * delta)
    sweep = _Sweep(working, plan, delta)
    try:
        at_centre = sweep.centre()
        energy = float(working.get_potential_energy())
        spin_doubt = doubt(working, level, working.calc.inner, directory)
        sides = [sweep.both_sides(displacement) for displacement in plan.displacements]
    finally:
        working.calc.sync()
    slopes = [(low[0] - high[0]) / (2 * delta) for low, high in sides]
    raw = plan.force_derivatives(slopes, -at_centre)
    return {
        "hessian": (raw + raw.T) / 2,
        "indices": list(indices),
        "energy": energy,
        "fmax": largest_force(at_centre),
        "asymmetry": float(np.abs(raw - raw.T).max() / 2),
        "cost": working.calc.cost,
        "dipole_derivatives": _dipole_derivatives(plan, sides, delta, sweep.dipole),
        "spin_doubt": spin_doubt,
    }


_Answer = tuple[np.ndarray, np.ndarray | None]  # (n, 3) forces of the displaced atoms, dipole


class _Sweep:
    """Move one atom at a time and ask for the forces."""

    def __init__(self, atoms: Atoms, plan: DisplacementPlan, delta: float) -> None:
        self._atoms, self._plan, self._delta = atoms, plan, delta
        self._positions = atoms.positions.copy()
        self.dipole: np.ndarray | None = None

    def centre(self) -> np.ndarray:
        """(n, 3) forces where nothing is displaced."""
        forces, self.dipole = self._ask(self._positions)
        return forces

    def _ask(self, positions: np.ndarray) -> _Answer:
        self._atoms.set_positions(positions, apply_constraint=False)
        forces: np.ndarray = self._atoms.get_forces(apply_constraint=False)[self._plan.indices]
        return forces, self._atoms.calc.results.get("dipole")

    def at(self, displacement: Displacement, shift: float) -> _Answer:
        """Return the forces with the atom moved by ``shift`` Å, and the change of the dipole."""
        displaced = self._positions.copy()
        displaced[displacement.atom] += shift * displacement.direction
        forces, dipole = self._ask(displaced)
        if dipole is None or self.dipole is None:
            return forces, None
        return forces, dipole - self.dipole  # of an ion, the dipole itself does not just rotate

    def both_sides(self, displacement: Displacement) -> tuple[_Answer, _Answer]:
        """Return the answers at -δ and at +δ, one of them by rotation where symmetry gives it."""
        low = self.at(displacement, -self._delta)
        turned = displacement.turned
        if turned is None:
            return low, self.at(displacement, self._delta)
        forces, dipole = low
        return low, (
            self._plan.forces_turned(forces, turned),
            None if dipole is None else turned.rotation @ dipole,
        )


def _dipole_derivatives(
    plan: DisplacementPlan,
    sides: list[tuple[_Answer, _Answer]],
    delta: float,
    dipole: np.ndarray | None,
) -> np.ndarray | None:
    """(3n, 3) derivatives of the dipole, or none where a geometry has none."""
    slopes = [
        (high[1] - low[1]) / (2 * delta)
        for low, high in sides
        if low[1] is not None and high[1] is not None
    ]
    if dipole is None or len(slopes) < len(sides):
        return None
    return plan.vector_derivatives(slopes, dipole)


def cheap_hessian(atoms: Atoms, level: Level, directory: Path) -> np.ndarray | None:
    """Return the clipped Hessian of a structure at a cheap level, or None where that fails.

    Parameters
    ----------
    atoms : Atoms
        Finite; fixed atoms are not displaced and get a diagonal of their own.
    level : Level
        The cheap one.
    directory : Path
        Every force is recorded here: a killed run gets the same Hessian again.

    Returns
    -------
    (3a, 3a) array or None
        eV/Å², positive definite.
    """
    free = np.setdiff1d(np.arange(len(atoms)), fixed_indices(atoms))
    bare = atoms.copy()
    bare.set_cell(None)
    bare.set_constraint()
    directory.mkdir(parents=True, exist_ok=True)
    try:
        found = hessian(bare, level, directory, tuple(int(i) for i in free), _DELTA)
    except (HeterodotError, ImportError):
        return None
    whole = _UNKNOWN * np.eye(3 * len(atoms))
    rows = (3 * free[:, None] + np.arange(3)).ravel()
    whole[np.ix_(rows, rows)] = clipped(np.asarray(found["hessian"]))
    return whole

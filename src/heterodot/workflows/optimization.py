"""Relaxation of the free atoms, with the optimizers that were measured to suit dots."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.errors import CalculationError, InputError
from heterodot.workflows.attachment import attach_recorded_calculator

SMALL_MOLECULE = 6
"""Up to this many atoms BFGS needs no preconditioner."""

_MAX_STEP = 0.1  # Å: longer steps break xTB's soft bonds in the first iterations


def largest_force(forces: np.ndarray) -> float:
    """Return the largest norm of a row of (a, 3) ``forces``, eV/Å."""
    return float(np.sqrt((forces**2).sum(axis=1).max()))


def relax(
    atoms: Atoms, level: Level, directory: Path, fmax: float, steps: int, optimizer: str
) -> dict[str, Any]:
    """Relax a structure; see :class:`heterodot.workflows.tasks.Relax` for the parameters.

    Returns
    -------
    dict
        ``positions``, ``energy``, ``fmax``, ``optimizer``, ``energies``, ``forces``.

    Raises
    ------
    CalculationError
        If the code fails; what was calculated stays in ``directory``.
    """
    working = attach_recorded_calculator(atoms, level, directory)
    offset = working.positions[0] - atoms.positions[0]
    history: list[tuple[float, float]] = []
    used = []
    try:
        for name in _optimizers(optimizer, working):
            used.append(name)
            done = _run(name, working, history, fmax, steps - len(history))
            if done or len(history) >= steps:
                break
        energy = float(working.get_potential_energy())
        forces = working.get_forces()
    finally:
        working.calc.sync()
    return {
        "positions": working.positions - offset,
        "energy": energy,
        "fmax": largest_force(forces),
        "optimizer": "+".join(used),
        "energies": np.array([e for e, _ in history]),
        "forces": np.array([f for _, f in history]),
    }


def _optimizers(asked: str, atoms: Atoms) -> list[str]:
    """Names of the optimizers to try, in order."""
    if asked != "auto":
        return [asked]
    if len(atoms) <= SMALL_MOLECULE:
        return ["BFGS", "FIRE"]
    return ["PreconLBFGS", "LBFGS"]


def _run(
    name: str, atoms: Atoms, history: list[tuple[float, float]], fmax: float, steps: int
) -> bool:
    """Run one optimizer for ``steps`` geometries; return whether the forces converged."""

    def record() -> None:
        history.append((float(atoms.get_potential_energy()), largest_force(atoms.get_forces())))

    try:
        dynamics = _factory(name)(atoms)
        dynamics.attach(record)
        return bool(dynamics.run(fmax=fmax, steps=steps - 1))
    except (RuntimeError, np.linalg.LinAlgError) as error:
        # the line search of PreconLBFGS gives up on noisy forces, where LBFGS goes on
        if name != "PreconLBFGS":
            raise CalculationError(f"{name} failed: {error}") from error
        return False


def _factory(name: str) -> Callable[[Atoms], Any]:
    from ase import optimize

    plain = {"LBFGS": optimize.LBFGS, "BFGS": optimize.BFGS, "FIRE": optimize.FIRE}
    if name == "PreconLBFGS":
        return _precon_lbfgs
    if name not in plain:
        raise InputError(
            f"optimizer {name!r}: expected 'auto', 'PreconLBFGS' or one of {sorted(plain)}"
        )
    return lambda atoms: plain[name](atoms, logfile=None, maxstep=_MAX_STEP)


def _precon_lbfgs(atoms: Atoms) -> Any:
    """Exponential preconditioner (Packwood et al., J. Chem. Phys. 144, 164109 (2016)).

    Its nearest-neighbour distance is given: ASE's own estimate fails on finite dots.
    """
    from ase.optimize.precon import Exp, PreconLBFGS

    r_nn = nearest_neighbour_distance(atoms)
    return PreconLBFGS(
        atoms,
        precon=Exp(A=3, r_NN=r_nn, r_cut=2 * r_nn, mu=5),
        logfile=None,
        maxstep=_MAX_STEP,
    )


def nearest_neighbour_distance(atoms: Atoms) -> float:
    """Return the 75th percentile of the nearest-neighbour distances, Å.

    The lattice's bond length on a dot whose surface carries many short bonds to hydrogen.
    """
    from heterodot.bonds import find_bonds

    bonds = find_bonds(atoms)
    if len(bonds.pairs) == 0:
        return 2.5
    nearest = np.full(len(atoms), np.inf)
    np.minimum.at(nearest, bonds.pairs.ravel(), np.repeat(bonds.lengths, 2))
    return float(np.percentile(nearest[np.isfinite(nearest)], 75))

"""Relaxation of the free atoms, with the optimizers that were measured to suit dots."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.constraints import fixed_indices, partial_constraints
from heterodot.errors import CalculationError, HeterodotError, InputError, RefusedError
from heterodot.workflows.tasks.computing.attachment import kept_members
from heterodot.workflows.tasks.computing.finite_differences import cheap_hessian
from heterodot.workflows.tasks.computing.forces import largest_force
from heterodot.workflows.tasks.computing.leading.lead import (
    Lead,
    LostError,
    Surface,
    cheap_surface,
    surface_of,
)
from heterodot.workflows.tasks.computing.preconditioning import (
    clipped,
    preconditioned_bfgs,
    preconditions,
)
from heterodot.workflows.tasks.computing.reconstruction import reconstruction_gate
from heterodot.workflows.tasks.computing.recording import (
    LostPositionsError,
    attach_recorded_calculator,
)
from heterodot.workflows.tasks.computing.triplet import doubt

SMALL_MOLECULE = 6
"""Up to this many atoms BFGS needs no preconditioner: measured (benchmarks/thresholds.py,
GFN1-xTB), molecules of 3 to 12 atoms take it 4 to 20 force calls, PreconLBFGS 7 to 23."""

MAX_STEP = 0.1
"""Å: longer steps break soft bonds in the first iterations. Chosen; benchmarks/thresholds.py
prints the force calls of dots by this step."""

PRECONDITIONED = "prior-BFGS"
"""BFGS from the Hessian of the cheap level (:meth:`Level.leader`); plain BFGS where that cannot be
had."""

LED = "led"
"""On the surface of the cheap level, corrected by what is learnt (:class:`Lead`)."""

LONG_STEP = 0.2
"""Å: with the curvatures known, as ASE's own BFGS. With it benchmarks/dft_iterations.py takes 7
force calls for the clean dot against 29 of plain BFGS."""

CAUTIOUS_STEP = 0.03
"""Å: after a relaxation ran away. Chosen; it decides how long the last try takes."""

WILD_FORCE, WILD_RISE = 50.0, 10.0
"""eV/Å, or twice the first force, and eV above the start: what no relaxation reaches on its way.
Chosen; one that does goes back to its best geometry and on with another optimizer and shorter
steps."""


PRE_FMAX, PRE_STEPS = 0.05, 300
"""eV/Å and geometries of a relaxation at the cheap level before the dear one. Chosen, as the
default of a relaxation."""


def relax(
    atoms: Atoms, level: Level, directory: Path, fmax: float, steps: int, optimizer: str
) -> dict[str, Any]:
    """Relax a structure; see :class:`heterodot.workflows.tasks.tasks.Relax` for the parameters.

    Returns
    -------
    dict
        ``positions``, ``energy``, ``fmax``, ``optimizer``, ``geometry_recovery``, ``energies``,
        ``forces``, ``cost``, ``spin_doubt``; of a committee ``members``.

    Raises
    ------
    CalculationError
        If the code fails; what was calculated stays in ``directory``.
    """
    used: list[str] = []
    led: list[str] = []
    failed: list[str] = []
    first = cheap = None
    prior = level.leader(atoms) if _wants(optimizer, level, atoms) else None
    if prior is not None:
        near = _pre_relaxed(atoms, prior, directory / "cheap") if optimizer == "auto" else None
        if near is not None:
            atoms, led = near, [prior.code]
        first = cheap_hessian(atoms, prior, directory / "cheap")
        if optimizer == "auto" and first is not None:
            cheap = cheap_surface(atoms, prior, directory / "cheap" / "surface")
    working = attach_recorded_calculator(atoms, level, directory)
    free = np.setdiff1d(np.arange(len(atoms)), fixed_indices(atoms))
    if len(free):
        working.calc.accuracy.follow(fmax, free)
    offset = working.positions[0] - atoms.positions[0]
    descent = Descent(working)
    try:
        if cheap is not None and first is not None:
            used.append(LED)
            first = _lead(descent, cheap, first, offset, fmax, steps, failed)
        for name, stride in _rungs(optimizer, working, first is not None):
            if len(descent.energies) >= steps or descent.ended(fmax):
                break
            used.append(name)
            try:
                done = _run(name, stride, descent, fmax, steps - len(descent.energies), first)
            except DivergedError as error:
                failed.append(f"{name} diverged ({error})")
                descent.back_to_best()
                continue
            if done:
                break
        energy = float(working.get_potential_energy())
        forces = working.get_forces()
        members = kept_members(working.calc.results)
    finally:
        working.calc.sync()
    spin_doubt = doubt(working, level, working.calc.inner, directory)
    return {
        "positions": working.positions - offset,
        "energy": energy,
        "fmax": largest_force(forces),
        "optimizer": "+".join([*led, *used]),
        "geometry_recovery": _said(used, failed),
        "energies": np.array(descent.energies),
        "forces": np.array(descent.forces),
        "cost": working.calc.cost,
        "spin_doubt": spin_doubt,
        **members,
    }


def _lead(
    descent: Descent,
    cheap: Surface,
    first: np.ndarray,
    offset: np.ndarray,
    fmax: float,
    steps: int,
    failed: list[str],
) -> np.ndarray:
    """Relax on the cheap surface as it is corrected; return the Hessian learnt on the way.

    The atoms are left at the best geometry. A lead that is lost is named among what ``failed``.
    """
    working = descent.atoms
    free = np.setdiff1d(np.arange(len(working)), fixed_indices(working))
    rows = (3 * free[:, None] + np.arange(3)).ravel()
    ask = surface_of(working, offset)

    def dear(x: np.ndarray) -> tuple[float, np.ndarray]:
        found = ask(x)
        descent.record()
        return found

    start = (working.positions[free] - offset).ravel()
    error = working.calc.accuracy.error
    held = np.delete(working.positions - offset, free, axis=0)
    lead = Lead(dear, cheap, first[np.ix_(rows, rows)], start, fmax, error, held)
    try:
        lead.run(steps)
    except (DivergedError, LostError, LostPositionsError, RefusedError) as error:
        if not descent.energies:
            raise  # what was given cannot be calculated at all
        failed.append(f"{LED} given up ({error})")
        descent.back_to_best()
        return first
    descent.back_to_best()
    learnt = first.copy()
    learnt[np.ix_(rows, rows)] = clipped(lead.learnt_hessian())
    return learnt


def _pre_relaxed(atoms: Atoms, level: Level, directory: Path) -> Atoms | None:
    """Return the structure in the minimum of the cheap level, if that keeps every bond.

    None for a small molecule, where the cheap level fails or does not converge, and where a bond
    broke or formed or an atom left its place: the dear level starts from what it was given then.
    """
    if len(atoms) <= SMALL_MOLECULE:
        return None
    bare = atoms.copy()
    bare.set_cell(None)
    folder = directory / "relax"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        found = relax(bare, level, folder, PRE_FMAX, PRE_STEPS, "auto")
    except (HeterodotError, ImportError):
        return None
    near: Atoms = atoms.copy()
    near.set_positions(found["positions"], apply_constraint=False)
    changed = reconstruction_gate(atoms, near, "pre-relaxation")
    return near if found["fmax"] <= PRE_FMAX and not changed else None


def _said(used: list[str], failed: list[str]) -> str:
    """Say what it took where an optimizer diverged; nothing where none did."""
    if not failed:
        return ""
    if len(failed) == len(used):
        return f"given up at the best geometry: {', '.join(failed)}"
    return f"{used[-1]} from the best geometry so far, after {', '.join(failed)}"


class DivergedError(Exception):
    """A relaxation runs away: forces, energy or distances are beyond all sense."""


class Descent:
    """The geometries of a relaxation, and whether it still goes anywhere.

    Parameters
    ----------
    atoms : Atoms
        With its calculator; moved by an optimizer.
    """

    def __init__(self, atoms: Atoms) -> None:
        self.atoms = atoms
        self.energies: list[float] = []
        self.forces: list[float] = []
        self._best = atoms.positions.copy()
        self._best_energy = np.inf

    def record(self) -> None:
        """Note energy and largest force of a geometry.

        Raises
        ------
        DivergedError
            If they are worse than a relaxation may ever make them.
        """
        energy = float(self.atoms.get_potential_energy())
        force = largest_force(self.atoms.get_forces())
        self.energies.append(energy)
        self.forces.append(force)
        if energy < self._best_energy:
            self._best, self._best_energy = self.atoms.positions.copy(), energy
        if force > max(WILD_FORCE, 2 * self.forces[0]):
            raise DivergedError(f"a force of {force:.3g} eV/Å")
        if energy > self.energies[0] + WILD_RISE:
            raise DivergedError(f"{energy - self.energies[0]:.3g} eV above the start")

    def ended(self, fmax: float) -> bool:
        """Whether the last geometry asked for is converged."""
        return bool(self.forces) and self.forces[-1] <= fmax

    def back_to_best(self) -> None:
        """Put the atoms where the energy was lowest."""
        self.atoms.set_positions(self._best, apply_constraint=False)


def _wants(optimizer: str, level: Level, atoms: Atoms) -> bool:
    """Whether a relaxation starts from the cheap Hessian."""
    if optimizer == PRECONDITIONED:
        return True
    return optimizer == "auto" and not partial_constraints(atoms) and preconditions(level, atoms)


def _rungs(asked: str, atoms: Atoms, has_hessian: bool = False) -> list[tuple[str, float]]:
    """Optimizers to try, in order, and the longest step of each, Å."""
    if has_hessian:
        return [(PRECONDITIONED, LONG_STEP), ("BFGS", MAX_STEP), ("FIRE", CAUTIOUS_STEP)]
    if asked == PRECONDITIONED:  # no cheap Hessian to be had
        return [("BFGS", MAX_STEP), ("FIRE", CAUTIOUS_STEP)]
    if asked != "auto":
        return [(asked, MAX_STEP), (asked, CAUTIOUS_STEP)]
    if len(atoms) <= SMALL_MOLECULE or partial_constraints(atoms):
        # the preconditioner knows whole fixed atoms only
        return [("BFGS", MAX_STEP), ("FIRE", MAX_STEP), ("FIRE", CAUTIOUS_STEP)]
    return [("PreconLBFGS", MAX_STEP), ("LBFGS", MAX_STEP), ("FIRE", CAUTIOUS_STEP)]


def _run(
    name: str,
    stride: float,
    descent: Descent,
    fmax: float,
    steps: int,
    first: np.ndarray | None = None,
) -> bool:
    """Run one optimizer for ``steps`` geometries; return whether the forces converged."""
    started = len(descent.energies)
    try:
        if name == PRECONDITIONED and first is not None:
            dynamics = preconditioned_bfgs(descent.atoms, stride, first)
        else:
            dynamics = _factory(name)(descent.atoms, stride)
        dynamics.attach(descent.record)
        with warnings.catch_warnings():
            # what its line search and its preconditioner give up on is answered below
            warnings.filterwarnings("ignore", module=r"ase\..*optimize\.")
            return bool(dynamics.run(fmax=fmax, steps=steps - 1))
    except RefusedError as error:
        if len(descent.energies) == started:
            raise  # what was given cannot be calculated at all
        raise DivergedError(str(error)) from error
    except LostPositionsError:  # steps that no longer change the forces: the next one goes on
        descent.back_to_best()
        return False
    except (RuntimeError, np.linalg.LinAlgError) as error:
        # the line search of PreconLBFGS gives up on noisy forces, or where energies of single
        # precision no longer fall, and its preconditioner on an atom far from all; LBFGS goes on
        if name != "PreconLBFGS":
            raise CalculationError(f"{name} failed: {error}") from error
        descent.back_to_best()
        return False


def _factory(name: str) -> Callable[[Atoms, float], Any]:
    from ase import optimize

    plain = {"LBFGS": optimize.LBFGS, "BFGS": optimize.BFGS, "FIRE": optimize.FIRE}
    if name == "PreconLBFGS":
        return _precon_lbfgs
    if name not in plain:
        raise InputError(
            f"optimizer {name!r}: expected 'auto', 'PreconLBFGS', {PRECONDITIONED!r} or one of "
            f"{sorted(plain)}"
        )
    return lambda atoms, stride: plain[name](atoms, logfile=None, maxstep=stride)


def _precon_lbfgs(atoms: Atoms, stride: float) -> Any:
    """Exponential preconditioner (Packwood et al., J. Chem. Phys. 144, 164109 (2016)).

    Its nearest-neighbour distance is given: ASE's own estimate fails on finite dots.
    """
    from ase.optimize.precon import Exp, PreconLBFGS

    r_nn = nearest_neighbour_distance(atoms)
    return PreconLBFGS(
        atoms,
        precon=Exp(A=3, r_NN=r_nn, r_cut=2 * r_nn, mu=5),
        logfile=None,
        maxstep=stride,
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

"""The first Hessian of a relaxation from a cheap level of theory.

Quasi-Newton steps of a dear code are few where the curvatures are known beforehand: stiff bonds
and soft bends differ a hundredfold, and plain BFGS learns that one expensive step at a time. The
converged geometry is that of the dear level; only the way there changes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.constraints import fixed_indices
from heterodot.errors import HeterodotError
from heterodot.workflows.tasks.computing.finite_differences import hessian

SOFTEST, STIFFEST = 3.0, 400.0
"""eV/Å²; curvatures are taken into these bounds. Measured in a pilot on a ZCIS dot of 46 to 51
atoms (GPAW, LCAO dzp): 5 to 10 steps with them, while a lower bound of 80 spoiled the steps;
benchmarks/dft_iterations.py has the counts with this Hessian and without."""

_UNKNOWN = 70.0
"""eV/Å², ASE's guess (``ase.optimize.BFGS``, alpha), for coordinates that do not move."""
_DELTA = 0.01
"""Å: displacement for the cheap Hessian, ASE's default (``ase.vibrations``); the Hessian is
clipped, so that little depends on it."""


def preconditions(level: Level, atoms: Atoms) -> bool:
    """Whether a cheap level leads: a finite structure at a dear level, or one with a prior.

    A molecule of two atoms has one bond to find: H2 takes 19 SCF iterations with it and 13 without
    (GPAW).
    """
    led = level.implementation.dear or isinstance(level.prior, Level)
    return led and not atoms.pbc.any() and len(atoms) > 2


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


def clipped(matrix: np.ndarray) -> np.ndarray:
    """Return a symmetric matrix with the sizes of its eigenvalues taken into the bounds."""
    values, vectors = np.linalg.eigh(matrix)
    values = np.clip(np.abs(values), SOFTEST, STIFFEST)
    made: np.ndarray = (vectors * values) @ vectors.T
    return made


def preconditioned_bfgs(atoms: Atoms, stride: float, first: np.ndarray) -> Any:
    """Return ASE's BFGS with ``first`` ((3a, 3a), eV/Å²) as its Hessian, steps up to ``stride`` Å.

    The Hessian is used as it is, without the trust an identity deserves.
    """
    from ase.optimize import BFGS

    dynamics = BFGS(atoms, logfile=None, maxstep=stride)
    dynamics.H0 = first
    return dynamics

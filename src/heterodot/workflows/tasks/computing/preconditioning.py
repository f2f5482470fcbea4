"""The first Hessian of a relaxation from a cheap level of theory.

Quasi-Newton steps of a dear code are few where the curvatures are known beforehand: stiff bonds
and soft bends differ a hundredfold, and plain BFGS learns that one expensive step at a time. The
converged geometry is that of the dear level; only the way there changes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level

SOFTEST, STIFFEST = 3.0, 400.0
"""eV/Å²; curvatures are taken into these bounds. Measured in a pilot on a ZCIS dot of 46 to 51
atoms (GPAW, LCAO dzp): 5 to 10 steps with them, while a lower bound of 80 spoiled the steps;
benchmarks/dft_iterations.py has the counts with this Hessian and without."""


def preconditions(level: Level, atoms: Atoms) -> bool:
    """Whether a cheap level leads: a finite structure at a dear level, or one with a prior.

    A molecule of two atoms has one bond to find: H2 takes 19 SCF iterations with it and 13 without
    (GPAW).
    """
    led = level.implementation.dear or isinstance(level.prior, Level)
    return led and not atoms.pbc.any() and len(atoms) > 2


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

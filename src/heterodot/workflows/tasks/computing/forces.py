"""The size of a set of forces."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.workflows.tasks.computing.serialization import fixed_indices


def largest_force(forces: np.ndarray) -> float:
    """Return the largest norm of a row of (a, 3) ``forces``, eV/Å."""
    return float(np.sqrt((forces**2).sum(axis=1).max()))


def force_left(atoms: Atoms) -> float | None:
    """Return how far a calculated geometry is from a minimum: the largest force left, eV/Å.

    Of the atoms that may move (of all, where none may), from the SCF that ``atoms.calc`` has just
    done. None where the code gives no forces at these settings.
    """
    try:
        forces = np.asarray(atoms.get_forces(apply_constraint=False), float)
    except NotImplementedError:  # a functional without forces
        return None
    return largest_free_force(forces, atoms)


def largest_free_force(forces: np.ndarray, atoms: Atoms) -> float:
    """Return the largest of (a, 3) ``forces`` on atoms that may move; on any, where none may."""
    free = np.setdiff1d(np.arange(len(atoms)), fixed_indices(atoms))
    return largest_force(forces[free] if len(free) else forces)

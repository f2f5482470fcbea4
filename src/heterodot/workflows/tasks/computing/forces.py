"""The size of a set of forces, and how far an SCF must converge for what they are wanted for.

Forces are off by the first power of what the density still lacks, energies by the second: criteria
that do for the energy leave forces no optimizer can end on, and second differences of them are
worth nothing. Far from a minimum, on the other hand, a tenth of the force is exact enough.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from ase import Atoms

from heterodot.constraints import fixed_indices

ROUGH = 5.0
"""Factor on the SCF criteria at most. Chosen; benchmarks/dft_iterations.py has what the whole
scheme saves."""

FAR_SHARE, NEAR_SHARE = 0.1, 0.25
"""Errors of forces: of those of the geometry before while far away, of the criterion near it.

Measured, COOH* on a dot of 13 atoms, GPAW LCAO, fmax 0.02 eV/Å: with GPAW's own criteria forces off
by up to 0.03 eV/Å sent BFGS round the minimum until its 200 geometries were used up.
"""

NEAR = 2.0
"""Times the criterion: forces seen as smaller are calculated again as well as they must be. Chosen,
with the shares above."""


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


class Accuracy:
    """The factor on a level's SCF criteria, by what the forces are wanted for; 1 until told.

    Parameters
    ----------
    factor_for : callable
        Gives the factor at which forces are right to an error in eV/Å.
    """

    def __init__(self, factor_for: Callable[[float], float] = lambda _: 1.0) -> None:
        self._factor_for = factor_for
        self._minimum: tuple[float, np.ndarray] | None = None  # fmax, free atoms
        self.final = self.factor = self._answered = 1.0

    def forces_to(self, error: float) -> None:
        """Ask for all forces to be right to ``error`` eV/Å."""
        self.final = self.factor = min(1.0, self._factor_for(error))

    def follow(self, fmax: float, free: np.ndarray) -> None:
        """Ask for what a relaxation needs.

        Parameters
        ----------
        fmax : float
            Its criterion, eV/Å.
        free : (f,) int array
            Indices of the atoms that move.
        """
        self.final = min(1.0, self._factor_for(NEAR_SHARE * fmax))
        self.factor = max(self.final, min(ROUGH, self._factor_for(np.inf)))
        self._minimum = (fmax, free)

    def learn(self, forces: np.ndarray) -> None:
        """Set the factor of the next geometry by the (a, 3) forces of this one, eV/Å."""
        if self._minimum is not None:
            _, free = self._minimum
            self._answered = self.factor if self.suffices(forces) else self.final
            wanted = self._factor_for(FAR_SHARE * largest_force(forces[free]))
            self.factor = max(self.final, min(ROUGH, wanted))

    def error(self) -> float:
        """Return how far off the forces last learnt from may be, eV/Å.

        In a relaxation; of a code without criteria to follow, as near the minimum.
        """
        fmax = self._minimum[0] if self._minimum is not None else 0.0
        return NEAR_SHARE * fmax * max(1.0, self._answered / self.final)

    def suffices(self, forces: np.ndarray) -> bool:
        """Whether (a, 3) forces, eV/Å, of the factor as it is need not be made better."""
        if self._minimum is None or self.factor <= self.final:
            return True
        fmax, free = self._minimum
        return largest_force(forces[free]) > NEAR * fmax

"""Constraints a structure may carry: which are honoured, and which are refused in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError

HONOURED = ("FixAtoms", "FixCartesian", "FixedLine", "FixedPlane", "FixBondLengths")
"""Names of ASE's constraints a relaxation honours; vibrations know ``FixAtoms`` alone."""


def fixed_indices(atoms: Atoms) -> list[int]:
    """Return the indices of the atoms held fixed by ``FixAtoms``.

    Raises
    ------
    StructureError
        For a constraint that is not honoured.
    """
    if not atoms.constraints:
        return []
    check_constraints(atoms)
    fixed: set[int] = set()
    for constraint in atoms.constraints:
        if type(constraint).__name__ == "FixAtoms":
            fixed.update(int(i) for i in constraint.get_indices())
    return sorted(fixed)


def free_indices(atoms: Atoms) -> list[int]:
    """Return the indices of the atoms not held fixed."""
    fixed = set(fixed_indices(atoms))
    return [i for i in range(len(atoms)) if i not in fixed]


def partial_constraints(atoms: Atoms) -> list[Any]:
    """Return the constraints other than ``FixAtoms``, ASE's objects.

    Raises
    ------
    StructureError
        For a constraint that is not honoured.
    """
    check_constraints(atoms)
    return [c for c in atoms.constraints if type(c).__name__ != "FixAtoms"]


def check_constraints(atoms: Atoms) -> None:
    """Refuse a constraint that no task could carry.

    Raises
    ------
    StructureError
        Names it and those that are honoured.
    """
    for constraint in atoms.constraints:
        name = type(constraint).__name__
        if name not in HONOURED:
            raise StructureError(
                f"constraint {name}: expected one of {', '.join(HONOURED)}; remove it "
                "(atoms.set_constraint()) or fix whole atoms"
            )


def n_rigid_motions(atoms: Atoms) -> int:
    """Return how many translations and rotations leave the fixed atoms where they are.

    6 for a free structure (a linear one has 5 of them), 3 about one fixed atom, 1 about a line of
    them, none about more; of a periodic one 3 where nothing is fixed.
    """
    held = atoms.positions[fixed_indices(atoms)]
    if atoms.pbc.any():
        return 0 if len(held) else 3
    if not len(held):
        return 6
    spread = np.linalg.matrix_rank(held - held[0], tol=1e-3)
    return int((3, 1, 0, 0)[spread])

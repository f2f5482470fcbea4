"""What every structure given must be, said in one line where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError


def require_atoms(atoms: Any, name: str = "structure") -> None:
    """Refuse what is no structure, has no atoms, or has numbers that are not finite.

    Raises
    ------
    StructureError
        It is one of these; ``name`` says what it was given for.
    """
    if not isinstance(atoms, Atoms):
        raise StructureError(f"{name} of type {type(atoms).__name__}: expected an ASE Atoms")
    if len(atoms) == 0:
        raise StructureError(f"{name}: no atoms; expected some")
    if not (np.isfinite(atoms.positions).all() and np.isfinite(atoms.cell.array).all()):
        raise StructureError(f"{name}: a position or the cell is not finite; expected numbers (Å)")
    periodic = atoms.cell.array[atoms.pbc]
    if len(periodic) and np.linalg.matrix_rank(periodic) < len(periodic):
        raise StructureError(f"{name}: periodic, but its cell has no volume")

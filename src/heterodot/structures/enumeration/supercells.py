"""Supercells that keep arrays and record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError

MAX_ATOMS = 20_000
"""Largest supercell; finding its symmetry takes minutes beyond."""


def repeat_crystal(atoms: Atoms, supercell: int | Sequence[int] | Sequence[Sequence[int]]) -> Atoms:
    """Return a supercell of a crystal, with its arrays and record.

    Parameters
    ----------
    atoms : Atoms
        Periodic in three directions; not changed.
    supercell : int, three int or (3, 3) int
        Repetitions, or rows of the new cell vectors in the old.

    Raises
    ------
    StructureError
        If it is none of these, the cell would have no volume, or nothing is periodic.
    """
    from ase.build import make_supercell

    matrix = np.asarray(supercell)
    wanted = (
        f"supercell {supercell!r}: expected a number, three numbers of 1 or more, or three rows "
        "of three whole numbers that span a volume"
    )
    if matrix.dtype.kind not in "iu" or matrix.shape not in ((), (3,), (3, 3)):
        raise StructureError(wanted)
    if matrix.ndim < 2:
        if (matrix < 1).any():
            raise StructureError(wanted)
        matrix = np.diag(np.broadcast_to(matrix, 3))
    size = abs(round(float(np.linalg.det(matrix))))
    if size == 0:
        raise StructureError(wanted)
    if not atoms.pbc.all():
        raise StructureError(
            f"supercell {supercell!r} of {atoms.get_chemical_formula()} with pbc "
            f"{atoms.pbc.tolist()}: expected a crystal, periodic in three directions"
        )
    if size * len(atoms) > MAX_ATOMS:
        raise StructureError(
            f"supercell {supercell!r}: {size * len(atoms)} atoms; expected at most {MAX_ATOMS}"
        )
    new = make_supercell(atoms, matrix)
    new.info = {**atoms.info}
    provenance.add_step(new, "supercell", matrix=matrix.tolist())
    return new

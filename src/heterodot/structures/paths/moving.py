"""The end of a path made from its beginning: one atom moved, or two that change places."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError


def move_atom(
    atoms: Atoms,
    index: int,
    by: Sequence[float] | None = None,
    to: Sequence[float] | None = None,
) -> Atoms:
    """Return a copy with one atom at another place: the other end of a hop.

    Parameters
    ----------
    atoms : Atoms
    index : int
        Of the atom.
    by : sequence of 3 float, optional
        Displacement, Å.
    to : sequence of 3 float, optional
        Place, Å; one of the two is given.

    Raises
    ------
    StructureError
        Neither or both, or no three finite numbers.
    """
    if (by is None) == (to is None):
        raise StructureError("move_atom: expected one of by (Å) and to (Å)")
    if not 0 <= index < len(atoms):
        raise StructureError(f"move_atom: atom {index}, expected 0…{len(atoms) - 1}")
    given = np.asarray(by if by is not None else to, float)
    if given.shape != (3,) or not np.isfinite(given).all():
        raise StructureError(f"move_atom: {given.tolist()}, expected three numbers, Å")
    new = atoms.copy()
    place = given if by is None else new.positions[index] + given
    positions = new.positions.copy()
    positions[index] = place
    new.set_positions(positions, apply_constraint=False)
    provenance.add_step(new, "move_atom", index=index, to=place.tolist())
    return new

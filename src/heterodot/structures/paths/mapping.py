"""Which atom of the end of a path is which of its beginning."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.constraints import fixed_indices
from heterodot.errors import StructureError

SAME_CELL = 1e-6
"""Å: cells of both ends that differ by less are the same; files have six decimals."""


def displacements(start: Atoms, end: Atoms) -> np.ndarray:
    """Return the (n, 3) ways from each atom to the same one of the end, Å; shortest if periodic."""
    from ase.geometry import find_mic

    apart = end.positions - start.positions
    return np.asarray(find_mic(apart, start.cell, start.pbc)[0]) if start.pbc.any() else apart


def nearest_order(start: Atoms, end: Atoms) -> np.ndarray:
    """Return the (n,) order of the end's atoms that makes the path shortest.

    Of each element the assignment with the smallest sum of squared distances, minimum image where
    periodic (H. W. Kuhn, Naval Research Logistics Quarterly 2, 83 (1955)).

    Raises
    ------
    StructureError
        The two are not of the same atoms.
    """
    from ase.geometry import get_distances
    from scipy.optimize import linear_sum_assignment

    _check_alike(start, end)
    order = np.empty(len(start), int)
    for number in set(start.numbers.tolist()):
        mine, theirs = (np.flatnonzero(x.numbers == number) for x in (start, end))
        apart = get_distances(
            start.positions[mine], end.positions[theirs], cell=start.cell, pbc=start.pbc
        )[1]
        rows, columns = linear_sum_assignment(apart**2)
        order[mine[rows]] = theirs[columns]
    return order


def checked_end(start: Atoms, end: Atoms, map_atoms: bool = False) -> Atoms:
    """Return the end of a path with the atoms, cell and constraints of its beginning.

    Parameters
    ----------
    start, end : Atoms
        Not changed.
    map_atoms : bool
        Put the end's atoms in the order of :func:`nearest_order`.

    Returns
    -------
    Atoms
        Each atom at the image nearest to where it began; of a free structure turned and moved
        onto the beginning.

    Raises
    ------
    StructureError
        Other atoms, another order, cell or periodicity, or atoms that are held elsewhere.
    """
    from ase.build import minimize_rotation_and_translation

    _check_alike(start, end)
    new = end.copy()
    if map_atoms:
        new = new[nearest_order(start, end)]
    elif (start.numbers != end.numbers).any():
        first = int(np.argmax(start.numbers != end.numbers))
        order = nearest_order(start, end).tolist()
        proposed = str(order) if len(order) <= 40 else "that of the nearest atoms"
        raise StructureError(
            f"end: its atom {first} is {end.symbols[first]}, the start's {start.symbols[first]}; "
            f"expected the same order of atoms: {proposed} of the end's, which map_atoms: true "
            "takes"
        )
    held = fixed_indices(start)
    new.set_constraint(start.constraints)
    if not start.pbc.any() and not start.constraints:
        minimize_rotation_and_translation(start, new)
    moved = displacements(start, new)
    far = [i for i in held if float(np.linalg.norm(moved[i])) > 1e-3]
    if far:
        raise StructureError(
            f"end: atom {far[0]} is held (FixAtoms) and {np.linalg.norm(moved[far[0]]):.2f} Å from "
            "where the start has it; expected held atoms at the same places"
        )
    moved[held] = 0.0
    new.set_positions(start.positions + moved, apply_constraint=False)
    new.set_cell(start.cell)
    return new


def _check_alike(start: Atoms, end: Atoms) -> None:
    """Raise StructureError unless two structures are of the same atoms in the same cell."""
    mine, theirs = (x.get_chemical_formula() for x in (start, end))
    if sorted(start.numbers.tolist()) != sorted(end.numbers.tolist()):
        raise StructureError(f"end: {theirs}, expected the start's atoms, {mine}")
    if (start.pbc != end.pbc).any():
        raise StructureError(
            f"end: periodic {end.pbc.tolist()}, expected as the start, {start.pbc.tolist()}"
        )
    apart = np.abs(start.cell.array - end.cell.array)[start.pbc]
    if apart.size and apart.max() > SAME_CELL:
        raise StructureError(
            f"end: its cell is another by up to {apart.max():.4f} Å; expected the start's: a path "
            "with a changing cell is not searched for"
        )

"""An order of atoms that their places decide, never their numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms


def geometric_order(
    atoms: Atoms, indices: Sequence[int], *criteria: np.ndarray | Sequence[float]
) -> list[int]:
    """Sort atoms by given criteria, and equal ones by where they are.

    The electrostatic potential of all nuclei at an atom, Σ Z_j / r_ij, is the same for atoms that
    symmetry makes equivalent and hardly ever for others; it does not change when the structure is
    turned or its atoms are numbered otherwise. Among equivalent atoms the highest comes first, then
    the one of largest y and x: whichever is taken, the structure is the same or its mirror image.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    indices : sequence of int
        The n atoms to sort.
    *criteria : (n,) sequence of float
        What counts first, one value for each of ``indices``; smaller comes first.

    Returns
    -------
    list of int
        The atoms, first one first.
    """
    chosen = np.asarray(indices, dtype=int)
    if chosen.size == 0:
        return []
    places = np.round(atoms.positions[chosen], 3) + 0.0
    keys = [*(np.asarray(c, float) for c in criteria), -_nuclear_potential(atoms, chosen)]
    keys += [-places[:, axis] for axis in (2, 1, 0)]
    order = np.lexsort(tuple(reversed(keys)))
    return [int(i) for i in chosen[order]]


def _nuclear_potential(atoms: Atoms, chosen: np.ndarray) -> np.ndarray:
    """Σ Z_j / r_ij (e/Å) at each chosen atom, (n,), to six digits; nearest images."""
    from ase.geometry import get_distances

    distances = get_distances(
        atoms.positions[chosen], atoms.positions, cell=atoms.cell, pbc=atoms.pbc
    )[1]
    distances[np.arange(len(chosen)), chosen] = np.inf
    return np.round((atoms.numbers / np.maximum(distances, 1e-3)).sum(axis=1), 6)

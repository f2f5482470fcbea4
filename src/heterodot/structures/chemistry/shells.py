"""Who is whose neighbour in the lattice: the bonded ions, and the nearest ions of the same kind."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.adsorbate import adsorbate_mask
from heterodot.bonds import LIKE_NEIGHBOURS, Bonds
from heterodot.structures.chemistry.dangling import polarity

_TOLERANCE = 1.2
"""Neighbours may be this much further away than in the ideal lattice."""


def guests(atoms: Atoms) -> np.ndarray:
    """Return a (N,) mask of hydrogens, passivants and adsorbates: what is not the lattice."""
    mask = atoms.numbers == 1
    if "role" in atoms.arrays:
        mask = mask | np.isin(atoms.arrays["role"], ("passivant", "adsorbate"))
    return mask | adsorbate_mask(atoms)


def lattice_neighbours(atoms: Atoms, bonds: Bonds, position: np.ndarray) -> np.ndarray:
    """Return the atoms of the lattice that surround a point, nearest first, (n,) int.

    A point on a site (occupied or vacant) is surrounded by the ions bonded to it and by the
    nearest ions of its own kind; in a metal, by the bonded atoms.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    bonds : Bonds
        Its bonds between unlike ions, which set the length scale.
    position : (3,) array
        The point, Å; an atom on the point itself is left out.
    """
    from ase.geometry import get_distances

    distances = get_distances(position, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)[1][0]
    inner = ~guests(atoms)[bonds.pairs].any(axis=1)
    length = float(np.median(bonds.lengths[inner])) if inner.any() else 2.5
    reach = _TOLERANCE * length * (LIKE_NEIGHBOURS if polarity(atoms).any() else 1.0)
    near = np.flatnonzero((distances < reach) & (distances > 0.1) & ~guests(atoms))
    return near[np.argsort(np.round(distances[near], 3), kind="stable")]


def linked_cations(atoms: Atoms, bonds: Bonds, index: int) -> np.ndarray:
    """Return the cations that share an anion with one, (n,) int ascending.

    These are the next neighbours of a copper in chalcopyrite: V_Cu and the Cu that takes its hole
    have one sulphur in common (W. Cai et al., ACS Catal. 2023, 13, 15546).

    Parameters
    ----------
    atoms : Atoms
        A structure of cations and anions.
    bonds : Bonds
        Its bonds between unlike ions.
    index : int
        The cation.
    """
    sign = polarity(atoms)
    inside = ~guests(atoms)
    anions = [a for a in bonds.neighbours(index) if sign[a] < 0 and inside[a]]
    found = {int(c) for a in anions for c in bonds.neighbours(a) if sign[c] > 0 and inside[c]}
    return np.array(sorted(found - {int(index)}), dtype=int)

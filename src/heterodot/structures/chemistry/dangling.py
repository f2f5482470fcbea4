"""Missing bonds: which atoms lack neighbours, and where the lost ones were.

Bonds are counted between unlike ions only (a short Cu–Cu contact is not a bond of the lattice);
in metals, where there are no ions, all bonds count.
"""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.bonds import Bonds, find_bonds
from heterodot.structures.chemistry.electrons import formal_charges
from heterodot.structures.chemistry.oxidation import COVALENT
from heterodot.structures.chemistry.ties import (
    TIE,
    across,
    fold_direction,
    round_about,
    ways_around,
)

TETRAHEDRAL_ANGLE = float(np.arccos(-1.0 / 3.0))
"""Angle between the bonds of a tetrahedral site, rad (109.47°)."""

TETRAHEDRAL_ELEMENTS = frozenset(
    {"Be", "Mg", "Mn", "Fe", "Co", "Cu", "Ag", "Zn", "Cd", "Hg", "Al", "Ga", "In", "Si", "Ge"}
    | {"Sn", "N", "P", "As", "Sb", "S", "Se", "Te", "Cl", "Br", "I", "H"}
)
"""Elements of the tetrahedrally coordinated (adamantine) semiconductors and of their ligands
(E. Parthé, Crystal Chemistry of Tetrahedral Structures, 1964)."""


def polarity(atoms: Atoms) -> np.ndarray:
    """Return +1 for cations, −1 for anions, 0 for atoms of metals and adsorbates, (N,) int."""
    return np.sign(np.nan_to_num(formal_charges(atoms))).astype(int)


def lattice_bonds(atoms: Atoms, scale: float = 1.2) -> Bonds:
    """Find the bonds that hold the lattice: all but those between like ions.

    Parameters
    ----------
    atoms : Atoms
        Dot, cluster, slab or crystal.
    scale : float
        Factor on the sum of the covalent radii (see :func:`heterodot.bonds.find_bonds`).
    """
    bonds = find_bonds(atoms, scale)
    sign = polarity(atoms)
    unlike = sign[bonds.pairs[:, 0]] * sign[bonds.pairs[:, 1]] <= 0
    return Bonds(bonds.n_atoms, bonds.pairs[unlike], bonds.vectors[unlike])


def full_coordination(atoms: Atoms, bonds: Bonds) -> np.ndarray:
    """Return the number of bonds each atom would have inside the crystal, (N,) int.

    Four in tetrahedral semiconductors, silicon and germanium among them; twelve (or more where
    found) in close-packed metals; otherwise the largest number found for the element in this
    structure.
    """
    found = bonds.coordination
    sign = polarity(atoms)
    full = found.copy()
    for number in np.unique(atoms.numbers):
        mine = atoms.numbers == number
        full[mine] = found[mine].max()
    lattice = sign != 0
    symbols = set(np.asarray(atoms.get_chemical_symbols())[lattice])
    if symbols <= TETRAHEDRAL_ELEMENTS:
        full[lattice] = 4
    full[lattice & (atoms.numbers == 1)] = 1
    if not lattice.any() and set(atoms.get_chemical_symbols()) <= COVALENT and full.max() <= 4:
        full = np.full(len(atoms), 4)
    elif not lattice.any():
        full = np.maximum(full, 12)
    return full


def missing_directions(atoms: Atoms, bonds: Bonds, index: int) -> np.ndarray:
    """Return the unit vectors of the tetrahedral bonds an atom lacks, (4 − k, 3).

    With one neighbour left, the three directions are staggered against the neighbour's own
    bonds, as they are in the zinc-blende lattice. With none, one of the four leads away from the
    atoms around, and the others are turned as these are.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    bonds : Bonds
        Usually :func:`lattice_bonds`.
    index : int
        The atom.
    """
    present = _unit(ordered_directions(bonds, index))
    if len(present) >= 4:
        return np.zeros((0, 3))
    if len(present) == 3:
        return _opposite(bonds, index, present)
    if len(present) == 2:
        bisector = -_unit(present.sum(axis=0))
        normal = _unit(np.cross(present[0], present[1]))
        half = TETRAHEDRAL_ANGLE / 2
        return np.array([np.cos(half) * bisector + s * np.sin(half) * normal for s in (1, -1)])
    if len(present) == 1:
        return _staggered(bonds, index, present[0])
    return _alone(atoms, index)


def ordered_directions(bonds: Bonds, index: int) -> np.ndarray:
    """Return the (k, 3) vectors (Å) to an atom's neighbours, lowest index first.

    Unlike the order of a neighbour search, this one does not change when the structure turns.
    """
    return bonds.directions(index)[np.argsort(bonds.neighbours(index), kind="stable")]


def _opposite(bonds: Bonds, index: int, present: np.ndarray) -> np.ndarray:
    """Return the fourth tetrahedral direction, (1, 3).

    For planar bonds it is the plane's normal, away from where the neighbours' own bonds go.
    """
    total = present.sum(axis=0)
    if np.linalg.norm(total) < 0.1:
        total = np.cross(present[1] - present[0], present[2] - present[0])
        further = sum(bonds.directions(int(n)).sum(axis=0) for n in bonds.neighbours(index))
        if further @ total < 0:
            total = -total
    return -_unit(total)[None, :]


def _staggered(bonds: Bonds, index: int, bond: np.ndarray) -> np.ndarray:
    """Return three directions around ``-bond``, opposite to the neighbour's other bonds.

    Where those are not 120° apart about the bond, opposite to their mean threefold azimuth.
    """
    neighbour = int(bonds.neighbours(index)[0])
    around = np.array([d for d in bonds.directions(neighbour) if _unit(d) @ -bond < 0.99])
    side = None
    if len(around):
        weights = np.ones(len(around))
        side = fold_direction(bond, around, weights, 3)
        side = across(bond, around, weights) if side is None else side
    first = -(perpendicular(bond) if side is None else side)
    second = np.cross(bond, first)
    tilt = np.pi - TETRAHEDRAL_ANGLE
    angles = 2 * np.pi * np.arange(3) / 3
    ring = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
    return -np.cos(tilt) * bond + np.sin(tilt) * ring


def _alone(atoms: Atoms, index: int) -> np.ndarray:
    """Return the four tetrahedral directions of an atom without bonds, (4, 3)."""
    here = atoms.positions[index]
    vectors, weights = ways_around(atoms, here)
    total = weights @ _unit(vectors) if len(vectors) else np.zeros(3)
    if np.linalg.norm(total) <= TIE * max(float(weights.sum()), 1e-9):
        return np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(3)
    out = -_unit(total)
    first = -round_about(atoms, here, out)
    angles = 2 * np.pi * np.arange(3) / 3
    ring = np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * np.cross(out, first)
    lean = np.pi - TETRAHEDRAL_ANGLE
    return np.vstack([out, -np.cos(lean) * out + np.sin(lean) * ring])


def perpendicular(vector: np.ndarray) -> np.ndarray:
    """Return a unit vector perpendicular to ``vector``."""
    axis = np.eye(3)[np.argmin(np.abs(vector))]
    return _unit(np.cross(vector, axis))


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length one along the last axis."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

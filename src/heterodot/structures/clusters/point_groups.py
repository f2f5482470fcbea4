"""The point group of a finite structure by its Schoenflies symbol."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.structures.crystals.symmetry import (
    DEFAULT_TOLERANCE,
    best_isometry,
    point_group_permutations,
)
from heterodot.structures.requirements import require_atoms

_FLAT = 1e-3
"""Singular values below this times the largest count as zero."""


def point_group(atoms: Atoms, tolerance: float = DEFAULT_TOLERANCE) -> str:
    """Return the Schoenflies symbol of a molecule, cluster or dot.

    Parameters
    ----------
    atoms : Atoms
        Periodicity is ignored; atoms of one element (and pseudo-hydrogens of one charge) are
        alike.
    tolerance : float
        Largest deviation (Å) of an atom from its image.

    Returns
    -------
    str
        "C1", "Cs", "Ci", "C3v", "D2d", "Td", "Oh", …; "Kh" for an atom, "C*v" and "D*h" for
        linear molecules.
    """
    require_atoms(atoms)
    if len(atoms) == 1:
        return "Kh"
    operations = symmetry_operations(atoms, tolerance)
    if _rank(atoms) == 1:
        moved = len(np.unique(np.round(operations, 6), axis=0)) > 1
        return "D*h" if moved else "C*v"
    return _symbol(_Counts.of(operations))


def symmetry_operations(atoms: Atoms, tolerance: float = DEFAULT_TOLERANCE) -> np.ndarray:
    """Return the (G, 3, 3) orthogonal matrices (acting on columns) that leave a structure as it is.

    For a planar structure each comes with and without the reflection in its plane; for a linear
    one there is one matrix for each way to permute the atoms.
    """
    x = atoms.positions - atoms.positions.mean(axis=0)
    plane = _plane_normal(atoms)
    found = []
    for permutation in point_group_permutations(atoms, tolerance):
        if plane is None:
            found.append(best_isometry(x, x[permutation]))
            continue
        rotation = best_isometry(np.vstack([x, plane]), np.vstack([x[permutation], plane]))
        found += [rotation, rotation @ (np.eye(3) - 2 * np.outer(plane, plane))]
    return np.array(found)


def _rank(atoms: Atoms) -> int:
    x = atoms.positions - atoms.positions.mean(axis=0)
    values = np.linalg.svd(x, compute_uv=False)
    return int((values > _FLAT * values[0]).sum())


def _plane_normal(atoms: Atoms) -> np.ndarray | None:
    """Return the unit normal (3,) of a planar structure, None for any other."""
    if _rank(atoms) != 2:
        return None
    _, _, axes = np.linalg.svd(atoms.positions - atoms.positions.mean(axis=0))
    return np.asarray(axes[2])


@dataclass(frozen=True)
class _Counts:
    """What decides the symbol: how many operations of which kind."""

    proper: int
    improper: int
    highest: int
    reflections: int
    inversion: bool

    @classmethod
    def of(cls, operations: np.ndarray) -> _Counts:
        signs = np.sign(np.linalg.det(operations))
        traces = np.trace(operations, axis1=1, axis2=2)
        cosines = np.clip((traces[signs > 0] - 1) / 2, -1, 1)
        angles = np.degrees(np.arccos(cosines))
        turns = angles[angles > 5.0]
        orders = np.rint(360.0 / turns).astype(int)
        improper = traces[signs < 0]
        return cls(
            proper=int((signs > 0).sum()),
            improper=len(improper),
            highest=int(orders.max(initial=1)),
            reflections=int((np.abs(improper - 1) < 0.1).sum()),
            inversion=bool((np.abs(improper + 3) < 0.1).any()),
        )


def _symbol(c: _Counts) -> str:
    if c.proper > 2 * c.highest:  # more than one main axis
        name = {12: "T", 24: "O", 60: "I"}[c.proper]
        if not c.improper:
            return name
        return f"{name}{'h' if c.inversion else 'd'}"
    if c.highest == 1:
        return "C1" if not c.improper else "Ci" if c.inversion else "Cs"
    dihedral = c.proper == 2 * c.highest
    name = f"{'D' if dihedral else 'C'}{c.highest}"
    if not c.improper:
        return name
    if dihedral:
        return f"{name}{'h' if c.reflections > c.highest else 'd'}"
    if c.reflections == c.highest:
        return f"{name}v"
    return f"{name}h" if c.reflections else f"S{2 * c.highest}"

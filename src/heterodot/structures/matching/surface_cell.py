"""The lattice of a crystal seen on one of its planes: what is matched with another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.records import Record
from heterodot.structures.crystals.crystal import lattice_crystal, symmetry_dataset
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.matching.planar import lattice_operations, reduce_bases

SYMPREC = 1e-2
"""Å; tolerance at which translations and rotations of a crystal are recognised."""


@dataclass(frozen=True, eq=False, repr=False)
class Net(Record, written=("label", "in_plane")):
    """A lattice in two dimensions with the rotations and reflections that count as its symmetry.

    Attributes
    ----------
    in_plane : (2, 2) float array
        Rows a1 and a2, Å; right-handed (positive determinant), reduced.
    operations : (G, 2, 2) int array
        Point operations as integer matrices W that act on rows of coefficients: the lattice vector
        c goes to c @ W.
    label : str
        What to call it.
    basis : (2, 2) int array
        The cell that was given in terms of the reduced one: given = basis @ in_plane (the
        identity for planes of crystals).
    """

    in_plane: np.ndarray
    operations: np.ndarray
    label: str
    basis: np.ndarray

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.label}: {self.area:.1f} Å²>"

    @property
    def area(self) -> float:
        """Area of the cell, Å²."""
        return float(abs(np.linalg.det(self.in_plane)))

    @property
    def n_atoms(self) -> int | None:
        """Atoms in one cell and one repeat along the normal; unknown for a bare net."""
        return None


@dataclass(frozen=True, eq=False, repr=False)
class SurfaceCell(Net, written=("label", "in_plane", "miller", "lattice", "spacing")):
    """The lattice of a crystal on the plane (hkl).

    Attributes
    ----------
    crystal : Atoms
        The crystal the indices refer to.
    miller : tuple of three int
        h, k, l in the axes of ``crystal``.
    lattice : (3, 3) float array
        Rows a1, a2 (reduced basis of all lattice translations in the plane, centrings included)
        and a3 (the shortest translation to the next lattice plane), Å, in the frame of
        ``crystal``; right-handed, a3 on the side of the normal.
    frame : (3, 3) float array
        Rows x (along a1), y and the outward normal n: unit vectors in the frame of ``crystal``;
        right-handed. ``in_plane`` holds a1 and a2 in x and y: the plane is seen from outside,
        against n.
    spacing : float
        Distance of neighbouring lattice planes, a3 · n, Å.
    """

    crystal: Atoms
    miller: tuple[int, int, int]
    lattice: np.ndarray
    frame: np.ndarray
    spacing: float

    @property
    def n_atoms(self) -> int:
        """Atoms in the cell a1, a2, a3."""
        ratio = abs(np.linalg.det(self.lattice)) / self.crystal.cell.volume
        return round(len(self.crystal) * ratio)


def _check_crystal(crystal: Any) -> None:
    if not isinstance(crystal, Atoms):
        raise StructureError(
            f"surface of a {type(crystal).__name__}: expected Atoms, as crystal() returns"
        )
    finite = np.isfinite(crystal.cell.array).all() and np.isfinite(crystal.positions).all()
    if not (finite and crystal.pbc.all() and abs(crystal.cell.volume) > 1e-6):
        raise StructureError(
            "surface: expected a crystal, periodic in three directions, of finite numbers"
        )


def surface_cell(crystal: Atoms | str | Path | Any, miller: Sequence[int]) -> SurfaceCell:
    """Return the smallest cell of the lattice plane (hkl) of a crystal.

    Parameters
    ----------
    crystal : Atoms, or what :func:`heterodot.structures.crystal` takes
        Of an Atoms any periodic cell, of either handedness; a name or a file goes through it.
    miller : three int
        Indices in the axes of ``crystal``; common factors are dropped.

    Returns
    -------
    SurfaceCell

    Raises
    ------
    StructureError
        The indices are no plane, or the structure is no crystal.
    """
    crystal = lattice_crystal(crystal) if isinstance(crystal, str | Path) else crystal
    _check_crystal(crystal)
    covector = plane_normal(crystal, miller)
    indices = np.asarray(miller, int) // np.gcd.reduce(np.asarray(miller, int))
    basis = primitive_translations(crystal)
    normal = covector / np.linalg.norm(covector)
    primitive = np.rint(basis @ indices * _denominator(basis)).astype(int)
    primitive //= np.gcd.reduce(primitive)
    steps = _plane_basis(primitive)
    vectors = steps @ basis @ crystal.cell.array
    if np.linalg.det(vectors) < 0:
        vectors[1] *= -1
    turn = reduce_bases(np.eye(2, dtype=int)[None], vectors[:2] @ vectors[:2].T)[0][0]
    flat = turn @ vectors[:2]
    x = flat[0] / np.linalg.norm(flat[0])
    frame = np.array([x, np.cross(normal, x), normal])
    in_plane = flat @ frame[:2].T
    return SurfaceCell(
        in_plane=in_plane,
        operations=_surface_operations(crystal, frame, in_plane),
        label=_label(crystal, indices),
        basis=np.eye(2, dtype=int),
        crystal=crystal,
        miller=(int(indices[0]), int(indices[1]), int(indices[2])),
        lattice=np.vstack([flat, _shortest(vectors[2], flat)]),
        frame=frame,
        spacing=float(vectors[2] @ normal),
    )


def net(cell: Sequence[Sequence[float]] | np.ndarray, label: str = "net") -> Net:
    """Return a bare two-dimensional cell as a net with the full symmetry of its lattice.

    Parameters
    ----------
    cell : (2, 2) floats
        Rows, Å. A left-handed cell has its rows swapped.
    label : str
        What to call it.

    Raises
    ------
    StructureError
        Not two finite, independent vectors.
    """
    try:
        rows = np.array(cell, float)
    except (TypeError, ValueError):
        rows = np.zeros(0)
    if rows.shape != (2, 2) or not np.isfinite(rows).all():
        raise StructureError(f"cell {cell!r}: expected two vectors of two numbers (Å)")
    area = np.linalg.det(rows)
    if abs(area) < 1e-6 * np.linalg.norm(rows[0]) * np.linalg.norm(rows[1]) or area == 0:
        raise StructureError(f"cell {rows.tolist()}: its vectors are parallel; expected a cell")
    order = np.eye(2, dtype=int) if area > 0 else np.array([[0, 1], [1, 0]])
    right = order @ rows
    turn = reduce_bases(np.eye(2, dtype=int)[None], right @ right.T)[0][0]
    reduced = turn @ right
    back = np.rint(rows @ np.linalg.inv(reduced)).astype(int)
    return Net(reduced, lattice_operations(reduced), label, back)


def primitive_translations(crystal: Atoms) -> np.ndarray:
    """Return (3, 3) rows: a basis of all lattice translations, in fractions of the cell."""
    cell = (crystal.cell.array, crystal.get_scaled_positions(), crystal.numbers)
    data = symmetry_dataset(cell, SYMPREC)
    pure = np.all(data.rotations == np.eye(3, dtype=int), axis=(1, 2))
    count = int(pure.sum())
    rows = np.rint(np.vstack([data.translations[pure] % 1.0, np.eye(3)]) * count).astype(int)
    return _echelon(rows) / count


def _echelon(rows: np.ndarray) -> np.ndarray:
    """Reduce integer rows (M, 3) that span space to a triangular basis of what they generate."""
    rows = rows.copy()
    for column in range(3):
        while np.count_nonzero(rows[column:, column]) > 1 or rows[column, column] == 0:
            below = np.abs(rows[column:, column])
            smallest = column + int(np.argmin(np.where(below > 0, below, np.iinfo(int).max)))
            rows[[column, smallest]] = rows[[smallest, column]]
            factors = rows[column + 1 :, column] // rows[column, column]
            rows[column + 1 :] -= factors[:, None] * rows[column]
    return rows[:3]


def _denominator(basis: np.ndarray) -> int:
    """Return the smallest number that makes a triangular rational basis integer."""
    for n in range(1, 65):
        if np.allclose(basis * n, np.rint(basis * n), atol=1e-6):
            return n
    raise StructureError("the crystal's lattice translations are not simple fractions of its cell")


def _plane_basis(indices: np.ndarray) -> np.ndarray:
    """Return (3, 3) unimodular rows: two with row · indices = 0, the last with 1."""
    basis = np.eye(3, dtype=int)
    values = indices.copy()
    while np.count_nonzero(values) > 1:
        pivot = int(np.argmin(np.where(values != 0, np.abs(values), np.iinfo(int).max)))
        for k in range(3):
            if k != pivot:
                factor = values[k] // values[pivot]
                basis[k] -= factor * basis[pivot]
                values[k] -= factor * values[pivot]
    pivot = int(np.flatnonzero(values)[0])
    basis[pivot] *= values[pivot]
    return basis[[k for k in range(3) if k != pivot] + [pivot]]


def _shortest(step: np.ndarray, flat: np.ndarray) -> np.ndarray:
    """Return the shortest of step + lattice vectors of the reduced plane ``flat`` (2, 3)."""
    n = np.rint(-step @ np.linalg.pinv(flat))
    grid = np.array([(i, j) for i in (0, -1, 1) for j in (0, -1, 1)])
    candidates = step + (n + grid) @ flat
    lengths = np.linalg.norm(candidates, axis=1)
    shortest: np.ndarray = candidates[int(np.argmin(np.round(lengths, 6)))]
    return shortest


def _surface_operations(crystal: Atoms, frame: np.ndarray, in_plane: np.ndarray) -> np.ndarray:
    """(G, 2, 2) int: the crystal's point operations that leave the plane's normal alone."""
    cell = (crystal.cell.array, crystal.get_scaled_positions(), crystal.numbers)
    rotations = np.unique(symmetry_dataset(cell, SYMPREC).rotations, axis=0)
    cartesian = crystal.cell.array.T @ rotations @ np.linalg.inv(crystal.cell.array.T)
    keeps = np.linalg.norm(cartesian @ frame[2] - frame[2], axis=1) < 1e-2
    planar = frame[:2] @ cartesian[keeps] @ frame[:2].T
    found = in_plane @ np.swapaxes(planar, 1, 2) @ np.linalg.inv(in_plane)
    return np.unique(np.rint(found).astype(int), axis=0)


def _label(crystal: Atoms, indices: np.ndarray) -> str:
    record = crystal.info.get("heterodot", {}).get("crystal", {})
    name = record.get("name") or crystal.get_chemical_formula(empirical=True)
    return f"{name}{format_plane(indices)}"


def format_plane(indices: Sequence[int] | np.ndarray) -> str:
    """Write Miller indices: (2-1-1), with spaces where one has two digits."""
    separator = " " if any(abs(int(i)) > 9 for i in indices) else ""
    return "(" + separator.join(str(int(i)) for i in indices) + ")"

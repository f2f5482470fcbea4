"""Refuse a structure no code should see: empty, not finite, overlapping, impossible cell."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols, covalent_radii

from heterodot.bonds import find_bonds
from heterodot.constraints import check_constraints
from heterodot.errors import RefusedError

OVERLAP_SCALE = 0.5
"""Atoms closer than this fraction of their covalent-radius sum overlap (H2: 0.31 Å)."""

_DENSE_LIMIT = 300
"""Up to this many atoms a plain distance matrix beats a neighbour search."""


def check_geometry(atoms: Atoms) -> None:
    """Check that positions and cell can be calculated at all.

    Raises
    ------
    RefusedError
        For no atoms, unknown elements, numbers that are not finite, a periodic direction without a
        cell vector, or overlapping atoms.
    StructureError
        For a constraint that no task could carry.
    """
    if len(atoms) == 0:
        raise RefusedError("no atoms: expected at least one")
    if atoms.numbers.min() < 1:
        index = int(atoms.numbers.argmin())
        raise RefusedError(f"atom {index} has atomic number {atoms.numbers[index]}: expected >= 1")
    _check_finite(atoms)
    _check_cell(atoms)
    check_overlap(atoms)
    if atoms.constraints:
        check_constraints(atoms)


def _check_finite(atoms: Atoms) -> None:
    bad = ~np.isfinite(atoms.positions).all(axis=1)
    if bad.any():
        index = int(bad.argmax())
        raise RefusedError(
            f"position of atom {index} is {atoms.positions[index].tolist()}: expected finite Å"
        )
    if not np.isfinite(atoms.cell.array).all():
        raise RefusedError(f"cell {atoms.cell.array.tolist()}: expected finite Å")


def _check_cell(atoms: Atoms) -> None:
    if not atoms.pbc.any():
        return
    cell = atoms.cell.array
    missing = (cell * cell).sum(axis=1) < 1e-6
    for axis in np.flatnonzero(atoms.pbc & missing):
        raise RefusedError(
            f"direction {axis} is periodic but its cell vector is zero: set the cell, or pbc False"
        )
    if abs(np.linalg.det(_completed(atoms))) < 1e-6:
        raise RefusedError("the cell vectors span no volume: expected three independent vectors")


def _completed(atoms: Atoms) -> np.ndarray:
    """Return the (3, 3) cell, Å, with unit vectors where it has none."""
    cell: np.ndarray = atoms.cell.array
    return cell if cell.any(axis=1).all() else atoms.cell.complete().array


def check_overlap(atoms: Atoms, scale: float = OVERLAP_SCALE) -> None:
    """Check that no two atoms are closer than ``scale`` times their covalent-radius sum.

    Raises
    ------
    RefusedError
        Names the closest pair, its distance and the smallest one accepted.
    """
    radii = covalent_radii[atoms.numbers]
    pairs = _dense_pairs(atoms, radii, scale)
    if pairs is None:
        bonds = find_bonds(atoms, scale)
        pairs = (bonds.pairs[:, 0], bonds.pairs[:, 1], bonds.lengths)
    i, j, lengths = pairs
    if not len(i):
        return
    worst = int(lengths.argmin())
    first, second = int(i[worst]), int(j[worst])
    symbols = atoms.get_chemical_symbols()
    raise RefusedError(
        f"atoms {first} ({symbols[first]}) and {second} ({symbols[second]}) overlap: "
        f"{lengths[worst]:.4f} Å apart, expected at least "
        f"{scale * (radii[first] + radii[second]):.2f} Å; {len(i)} such pair(s)"
    )


def shortest_bond(atoms: Atoms) -> tuple[str, float]:
    """Return the closest pair in units of the sum of its covalent radii, and that ratio.

    Returns
    -------
    pair : str
        Symbols, indices and distance (Å); empty where nothing is closer than the sum.
    ratio : float
        1 where nothing is closer.
    """
    radii = covalent_radii[atoms.numbers]
    pairs = _dense_pairs(atoms, radii, 1.0)
    if pairs is None:
        bonds = find_bonds(atoms, 1.0)
        pairs = (bonds.pairs[:, 0], bonds.pairs[:, 1], bonds.lengths)
    i, j, lengths = pairs
    if not len(i):
        return "", 1.0
    ratios = lengths / (radii[i] + radii[j])
    least = int(ratios.argmin())
    first, second = int(i[least]), int(j[least])
    symbols = atoms.get_chemical_symbols()
    text = f"{symbols[first]}{first} and {symbols[second]}{second} {lengths[least]:.2f} Å"
    return text, float(ratios[least])


def lone_atoms(atoms: Atoms, distance: float) -> np.ndarray:
    """Return the indices of the atoms that have no other, nor an image, within ``distance`` Å."""
    from ase.neighborlist import neighbor_list

    seen = neighbor_list("i", atoms, float(distance))
    lone: np.ndarray = np.setdiff1d(np.arange(len(atoms)), seen)
    return lone


def _dense_pairs(
    atoms: Atoms, radii: np.ndarray, scale: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Overlapping pairs from the distance matrix; None where that is too big or not exact.

    Wrapping fractional differences into [-1/2, 1/2] finds every contact shorter than half the
    smallest distance between opposite cell faces.
    """
    if len(atoms) > _DENSE_LIMIT:
        return None
    i, j = _upper_triangle(len(atoms))
    vectors = atoms.positions[j] - atoms.positions[i]
    if atoms.pbc.any():
        cell = _completed(atoms)
        inverse = np.linalg.inv(cell)
        height = 1.0 / np.sqrt((inverse * inverse).sum(axis=0)[atoms.pbc].max())
        if 2 * scale * radii.max() > 0.5 * height:
            return None
        fractional = vectors @ inverse
        fractional -= np.round(fractional) * atoms.pbc
        vectors = fractional @ cell
    lengths = np.sqrt((vectors * vectors).sum(axis=1))
    close = lengths < scale * (radii[i] + radii[j])
    return i[close], j[close], lengths[close]


@lru_cache(maxsize=16)
def _upper_triangle(n: int) -> tuple[np.ndarray, np.ndarray]:
    i, j = np.triu_indices(n, k=1)
    return i, j


def elements_of(atoms: Atoms) -> frozenset[str]:
    """Return the symbols of the elements in a structure."""
    return frozenset(chemical_symbols[z] for z in set(atoms.numbers.tolist()))


def pseudo_hydrogens(atoms: Atoms) -> np.ndarray:
    """Return the indices of the atoms whose nuclear charge is fractional.

    Raises
    ------
    RefusedError
        If such an atom is not a hydrogen, or its charge is not in 0…2 e.
    """
    charges = atoms.arrays.get("pseudo_hydrogen")
    if charges is None:
        return np.zeros(0, int)
    indices = np.flatnonzero((charges != 0.0) & (charges != 1.0))
    for index in indices:
        if atoms.numbers[index] != 1 or not 0.0 < charges[index] < 2.0:
            raise RefusedError(
                f"pseudo-hydrogen {index}: atomic number {atoms.numbers[index]}, charge "
                f"{charges[index]:g}; expected atomic number 1 and a charge between 0 and 2 e"
            )
    return indices

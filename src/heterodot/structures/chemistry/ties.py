"""Breaking ties by geometry: choices that do not depend on how the atoms are numbered or turned.

Where several atoms or places are equally good, a sum over their surroundings decides. It is of
distances and elements only, so it does not change when the atoms are permuted or the structure
turns; places it leaves equal are equivalent by symmetry, and either choice makes the same
structure. Lists of atoms are sorted by the potential of all nuclei in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

TIE = 1e-6
"""Values this close count as equal: far above rounding, far below what another site differs by."""

_CHUNK = 4_000_000
"""Distances worked out at a time."""


def first_of(keys: Sequence[np.ndarray], tolerance: float = TIE) -> int:
    """Return the place with the least first key; of equals the least second key, and so on.

    Parameters
    ----------
    keys : sequence of (n,) float arrays
        Most important first; inf is never chosen while there is something else.
    tolerance : float
        Values this far above the least are equal to it.

    Returns
    -------
    int
        Index into the keys; the lowest one where all keys are equal.
    """
    left = np.arange(len(keys[0]))
    for key in keys:
        values = np.asarray(key, float)[left]
        left = left[values <= values.min() + tolerance]
    return int(left[0])


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


def surroundings(atoms: Atoms, points: np.ndarray) -> np.ndarray:
    """Return a number for each point that only equivalent points share, (n,).

    Σ √Z/(r + 1 Å) over all atoms (with the nearest image where they are periodic): it has no
    physical meaning, but it tells every two places apart that no symmetry of the structure
    exchanges.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    points : (n, 3) float array
        Å.
    """
    points = np.asarray(points, float)
    weights = np.sqrt(atoms.numbers)
    out = np.empty(len(points))
    step = max(1, _CHUNK // max(len(atoms), 1))
    for start in range(0, len(points), step):
        rows = slice(start, start + step)
        out[rows] = nearness(atoms, points[rows]) @ weights
    return out


def nearness(atoms: Atoms, points: np.ndarray) -> np.ndarray:
    """Return 1/(r + 1 Å) of each point (n) and atom (N), (n, N)."""
    from ase.geometry import get_distances

    if atoms.pbc.any():
        distances = get_distances(points, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)[1]
    else:
        distances = np.linalg.norm(points[:, None] - atoms.positions[None], axis=2)
    return np.asarray(1 / (distances + 1.0))


def across(axis: np.ndarray, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray | None:
    """Return a unit vector perpendicular to an axis that the surroundings fix, or None.

    Its azimuth is the phase of Σ w sin²θ exp(i n φ), for the least n of 1, 2, 3 at which the sum
    does not vanish; for n > 1 it is fixed up to turns by 360°/n.

    Parameters
    ----------
    axis : (3,) float array
    vectors : (n, 3) float array
        From a point of the axis to the surroundings, Å.
    weights : (n,) float array

    Returns
    -------
    (3,) float array or None
        None where all of the surroundings lie on the axis, or are 4-fold or more around it.
    """
    for fold in (1, 2, 3):
        found = fold_direction(axis, vectors, weights, fold)
        if found is not None:
            return found
    return None


def round_about(atoms: Atoms, point: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return a unit vector perpendicular to an axis through a point, (3,).

    The surroundings fix it (:func:`across`); where they do not, in a structure of atoms on the
    axis or of fourfold symmetry about it, it is any.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    point, axis : (3,) float array
        Å.
    """
    vectors, weights = ways_around(atoms, point)
    found = across(axis, vectors, weights) if len(vectors) else None
    if found is None:
        unit = axis / np.linalg.norm(axis)
        found = np.cross(unit, np.eye(3)[np.abs(unit).argmin()])
    return np.asarray(found / np.linalg.norm(found))


def ways_around(atoms: Atoms, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors (n, 3), Å, from a point to all atoms not at it, and their weights (n,).

    Nearest images where the structure is periodic; the weight √Z/(r + 1 Å)² lets near atoms count
    most.
    """
    from ase.geometry import get_distances

    vectors = atoms.positions - point
    if atoms.pbc.any():
        vectors = get_distances(point[None], atoms.positions, cell=atoms.cell, pbc=atoms.pbc)[0][0]
    lengths = np.linalg.norm(vectors, axis=1)
    others = lengths > 1e-3
    weights = np.sqrt(atoms.numbers[others]) / (lengths[others] + 1.0) ** 2
    return np.asarray(vectors[others]), np.asarray(weights)


def fold_direction(
    axis: np.ndarray, vectors: np.ndarray, weights: np.ndarray, fold: int
) -> np.ndarray | None:
    """Return the direction that ``across`` finds for one n, or None where its sum vanishes."""
    unit = axis / np.linalg.norm(axis)
    x = np.cross(unit, np.eye(3)[np.abs(unit).argmin()])
    x /= np.linalg.norm(x)
    y = np.cross(unit, x)
    flat = (vectors @ x + 1j * (vectors @ y)) / np.maximum(np.linalg.norm(vectors, axis=1), 1e-9)
    size = np.abs(flat)
    turned = np.divide(flat, size, out=np.zeros_like(flat), where=size > 1e-6)
    total = np.sum(weights * size**2 * turned**fold)
    if np.abs(total) <= TIE * max(float(np.abs(weights).sum()), 1e-300):
        return None
    azimuth = np.angle(total) / fold
    return np.asarray(np.cos(azimuth) * x + np.sin(azimuth) * y)

"""Planes of a crystal by their Miller indices: spacing, angle, normal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError


def interplanar_spacing(crystal: Atoms, miller: Sequence[int]) -> float:
    """Return the spacing of the lattice planes (hkl), Å: 1 / abs(h a* + k b* + l c*).

    Parameters
    ----------
    crystal : Atoms
        The cell the indices refer to.
    miller : three int
        h, k, l; not all zero.
    """
    return float(1 / np.linalg.norm(plane_normal(crystal, miller)))


def interplanar_angle(crystal: Atoms, first: Sequence[int], second: Sequence[int]) -> float:
    """Return the angle between the normals of two lattice planes, degrees (0…180).

    In a tetragonal crystal this is the usual formula,
    cos φ = [(h1h2+k1k2)/a² + l1l2/c²] / (1/d1 · 1/d2).

    Parameters
    ----------
    crystal : Atoms
        The cell the indices refer to.
    first, second : three int
        Miller indices of the planes.
    """
    one, two = plane_normal(crystal, first), plane_normal(crystal, second)
    cosine = one @ two / (np.linalg.norm(one) * np.linalg.norm(two))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def plane_normal(crystal: Atoms, miller: Sequence[int]) -> np.ndarray:
    """Return the reciprocal-lattice vector (3,) of a plane, 1/Å (without the factor 2π).

    Raises
    ------
    StructureError
        The indices are not three integers, or are all zero, or the structure has no cell.
    """
    indices = np.asarray(miller)
    if indices.shape != (3,) or not np.array_equal(indices, np.round(indices)):
        raise StructureError(f"Miller indices {miller!r}: expected three integers")
    if not indices.any():
        raise StructureError("Miller indices (0, 0, 0) are no plane: give at least one nonzero")
    if abs(crystal.cell.volume) < 1e-6:
        raise StructureError("the structure has no cell: Miller indices need a crystal")
    return indices.astype(float) @ crystal.cell.reciprocal().array

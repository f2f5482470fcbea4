"""Translations and rotations of a whole structure, projected out of its second derivatives.

At a minimum they cost no energy; what noise of the forces makes of them mixes into the soft modes.
They are projected out in mass-weighted coordinates (W. H. Miller, N. C. Handy, J. E. Adams,
J. Chem. Phys. 72, 99 (1980), doi:10.1063/1.438959), as far as atoms that do not move allow any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

_RANK = 1e-2
"""Smallest singular value of a motion over the largest: below, it moves nothing (as the rotation of
a linear molecule about its axis), or leaves atoms that are held where they are. By geometry, the
rotation of CO2 about its axis has 0.005 where it is bent by 1°, 0.02 by 5°."""


@dataclass(frozen=True, eq=False)
class Projected:
    """Second derivatives without what moves the whole.

    Attributes
    ----------
    hessian : (3n, 3n) float array
        eV/Å².
    frequencies : (3n,) float array
        cm⁻¹, ascending, imaginary as negative; those of translations and rotations are 0.
    n_external : int
        How many these are.
    residual : float
        The largest of their frequencies in size before they were projected out, cm⁻¹, negative
        where it was imaginary; 0 without any.
    """

    hessian: np.ndarray
    frequencies: np.ndarray
    n_external: int
    residual: float


def rigid_motions(atoms: Atoms, indices: Sequence[int] = ()) -> np.ndarray:
    """Return the (k, 3n) mass-weighted orthonormal motions of the whole, of the atoms that move.

    Parameters
    ----------
    atoms : Atoms
    indices : sequence of int
        The n atoms that move; all unless given. The others are held: what moves them is none of
        the motions.

    Returns
    -------
    (k, 3n) float array
        Six of a free structure (five of a linear one), three of a crystal or a slab, four at most
        of a chain.
    """
    moving = [int(i) for i in indices] or list(range(len(atoms)))
    centred = atoms.positions - atoms.get_center_of_mass()
    radius = max(float(np.sqrt((centred**2).sum(axis=1).mean())), 1e-9)
    fields = [np.tile(axis, (len(atoms), 1)) for axis in np.eye(3)]
    fields += [np.cross(axis, centred) / radius for axis in _axes(atoms)]
    generators = np.array(fields).reshape(len(fields), len(atoms), 3)
    held = np.setdiff1d(np.arange(len(atoms)), moving)
    combined = _null_space(generators[:, held].reshape(len(generators), -1).T)
    motions = np.tensordot(combined, generators[:, moving], axes=(1, 0))
    roots = np.sqrt(atoms.get_masses()[moving])
    weighted = (motions * roots[:, None]).reshape(len(motions), 3 * len(moving))
    if not len(weighted):
        return weighted
    _, sizes, rows = np.linalg.svd(weighted, full_matrices=False)
    found: np.ndarray = rows[sizes > _RANK * sizes.max()]
    return found


def _axes(atoms: Atoms) -> np.ndarray:
    """Return the axes a structure may turn about: none of two periodic directions or more."""
    periodic = int(atoms.pbc.sum())
    if periodic == 0:
        return np.eye(3)
    if periodic == 1:
        axis = atoms.cell.array[int(np.argmax(atoms.pbc))]
        return np.array([axis / np.linalg.norm(axis)])
    return np.empty((0, 3))


def _null_space(matrix: np.ndarray) -> np.ndarray:
    """Return the (k, c) orthonormal rows that a (r, c) matrix takes to nothing."""
    if not len(matrix):
        return np.eye(matrix.shape[1])
    _, sizes, rows = np.linalg.svd(matrix)
    rank = int((sizes > _RANK).sum())
    found: np.ndarray = rows[rank:]
    return found


def project_out(atoms: Atoms, hessian: np.ndarray, indices: Sequence[int] = ()) -> Projected:
    """Return second derivatives in which translations and rotations of the whole cost nothing.

    Parameters
    ----------
    atoms : Atoms
    hessian : (3n, 3n) float array
        eV/Å².
    indices : sequence of int
        The n atoms displaced; all unless given.
    """
    moving = [int(i) for i in indices] or list(range(len(atoms)))
    roots = np.sqrt(np.repeat(atoms.get_masses()[moving], 3))
    symmetric = (np.asarray(hessian, float) + np.asarray(hessian, float).T) / 2
    weighted = symmetric / np.outer(roots, roots)
    motions = rigid_motions(atoms, moving)
    residual = 0.0
    if len(motions):
        own = wavenumbers(np.linalg.eigvalsh(motions @ weighted @ motions.T))
        residual = float(own[np.argmax(np.abs(own))])
        keep = np.eye(len(roots)) - motions.T @ motions
        weighted = keep @ weighted @ keep
        # shifted far up, so that no soft mode is taken for one of them
        shifted = weighted + motions.T @ motions * (1.0 + np.abs(weighted).sum())
        values = np.linalg.eigvalsh(shifted)[: len(roots) - len(motions)]
    else:
        values = np.linalg.eigvalsh(weighted)
    frequencies = np.sort(np.concatenate([np.zeros(len(motions)), wavenumbers(values)]))
    return Projected(weighted * np.outer(roots, roots), frequencies, len(motions), residual)


def wavenumbers(values: np.ndarray) -> np.ndarray:
    """Return cm⁻¹ of eigenvalues in eV/(Å² amu), negative where imaginary."""
    from scipy import constants

    squared = np.abs(values) * constants.e * 1e20 / constants.atomic_mass
    return np.asarray(np.sign(values) * np.sqrt(squared) / (200 * np.pi * constants.c))

"""Which strains the elastic constants of a crystal need, by its point group; the fit to stresses.

Strains and stresses are in Voigt's order (xx, yy, zz, yz, xz, xy); the shears of a strain are
twice the tensor's, so that σ = C η.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from heterodot.errors import InputError

PAIRS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
"""Voigt's order."""

_SAME = 1e-8


def strain_tensor(voigt: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return the symmetric (3, 3) tensor of a (6,) Voigt strain."""
    found = np.zeros((3, 3))
    for value, (i, j) in zip(np.asarray(voigt, float), PAIRS, strict=True):
        found[i, j] = found[j, i] = value if i == j else value / 2
    return found


def stress_vector(tensor: np.ndarray) -> np.ndarray:
    """Return the (6,) Voigt vector of a symmetric (3, 3) stress."""
    return np.array([(tensor[i, j] + tensor[j, i]) / 2 for i, j in PAIRS])


def stress_tensor(voigt: np.ndarray) -> np.ndarray:
    """Return the symmetric (3, 3) tensor of a (6,) Voigt stress."""
    found = np.zeros((3, 3))
    for value, (i, j) in zip(voigt, PAIRS, strict=True):
        found[i, j] = found[j, i] = value
    return found


def rotated(stiffness: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Return a (6, 6) stiffness seen after a rotation (3, 3) of the crystal."""
    turn = _stress_turns(np.asarray(rotation, float)[None])[0]
    found: np.ndarray = turn @ stiffness @ turn.T
    return found


def _stress_turns(rotations: np.ndarray) -> np.ndarray:
    """(G, 6, 6) what rotations (G, 3, 3) do to the Voigt vector of a stress."""
    columns = np.array([stress_tensor(unit) for unit in np.eye(6)])
    turned = np.einsum("gia,gjb,kab->gkij", rotations, rotations, columns)
    rows = [turned[:, :, i, j] for i, j in PAIRS]
    return np.stack(rows, axis=1)


def invariant_basis(rotations: np.ndarray) -> np.ndarray:
    """Return the (P, 6, 6) stiffnesses that a point group leaves as they are, P independent ones.

    Parameters
    ----------
    rotations : (G, 3, 3) float array
        The point operations in the Cartesian frame.

    Returns
    -------
    (P, 6, 6) float array
        Symmetric, orthonormal: 3 of a cubic crystal, 5 of a hexagonal one, 21 of a triclinic one.
    """
    turns = _stress_turns(np.asarray(rotations, float))
    units = []
    for i, j in [(i, i) for i in range(6)] + list(combinations(range(6), 2)):
        unit = np.zeros((6, 6))
        unit[i, j] = unit[j, i] = 1.0
        units.append((turns @ unit @ turns.transpose(0, 2, 1)).mean(axis=0))
    rows = np.array(units).reshape(len(units), 36)
    _, size, vectors = np.linalg.svd(rows, full_matrices=False)
    found = vectors[size > 1e-6 * size[0]]
    return np.where(np.abs(found) < _SAME, 0.0, found).reshape(-1, 6, 6)


def stress_patterns(basis: np.ndarray) -> np.ndarray:
    """Return the (K, 6) unit strains whose stresses give all constants, as few as there may be."""
    return _chosen(np.eye(6), [basis[:, :, k].T for k in range(6)], len(basis))


def energy_patterns(basis: np.ndarray) -> np.ndarray:
    """Return the (K, 6) unit strains whose energies give all constants: one for each of them."""
    candidates = [*np.eye(6), *(a + b for a, b in combinations(np.eye(6), 2))]
    rows = [np.einsum("i,pij,j->p", v, basis, v)[None] for v in candidates]
    return _chosen(np.array(candidates), rows, len(basis))


def _chosen(candidates: np.ndarray, rows: Sequence[np.ndarray], wanted: int) -> np.ndarray:
    """Take the strain that adds most to what is known, until all is."""
    taken: list[int] = []
    known = np.zeros((0, wanted))
    rank = 0
    while rank < wanted:
        ranks = [np.linalg.matrix_rank(np.vstack([known, row]), tol=1e-6) for row in rows]
        best = int(np.argmax(ranks))
        if ranks[best] == rank:
            raise InputError(f"{wanted} elastic constants: no strains give them all")
        taken.append(best)
        known, rank = np.vstack([known, rows[best]]), int(ranks[best])
    return candidates[sorted(taken)]


def opposite(pattern: np.ndarray, rotations: np.ndarray) -> np.ndarray | None:
    """Return the operation (3, 3) that makes a strain its negative; None where there is none.

    Where there is one, the stress of the negative strain is that of the strain, turned by it.
    """
    strain = strain_tensor(pattern)
    for rotation in rotations:
        if np.abs(rotation @ strain @ rotation.T + strain).max() < 1e-6:
            return np.asarray(rotation)
    return None


def fit_to_stresses(
    basis: np.ndarray, patterns: np.ndarray, slopes: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the stiffness of a symmetry that fits the slopes of the stresses best.

    Parameters
    ----------
    basis : (P, 6, 6) float array
        From :func:`invariant_basis`.
    patterns : (K, 6) float array
        Unit strains.
    slopes : (K, 6) float array
        dσ/dδ of strains δ times the pattern, GPa.

    Returns
    -------
    stiffness : (6, 6) float array
        GPa.
    residual : float
        Largest deviation of a slope from that of the fit, GPa: what symmetry forbids.
    """
    columns = np.einsum("pij,kj->kip", basis, patterns).reshape(-1, len(basis))
    return _least_squares(basis, columns, slopes.ravel())


def fit_to_energies(
    basis: np.ndarray, patterns: np.ndarray, curvatures: np.ndarray
) -> tuple[np.ndarray, float]:
    """Return the same of the (K,) second derivatives d²E/dδ² / V, GPa."""
    columns = np.einsum("ki,pij,kj->kp", patterns, basis, patterns)
    return _least_squares(basis, columns, curvatures)


def _least_squares(
    basis: np.ndarray, columns: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, float]:
    found = np.linalg.lstsq(columns, values, rcond=None)[0]
    stiffness = np.einsum("p,pij->ij", found, basis)
    return (stiffness + stiffness.T) / 2, float(np.abs(columns @ found - values).max())

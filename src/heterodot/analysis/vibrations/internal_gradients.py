"""Derivatives of bond angles and torsions with respect to their atoms, many at once."""

from __future__ import annotations

import numpy as np


def angle_gradients(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the derivatives of angles a–b–c with respect to a, b and c.

    Parameters
    ----------
    first, second : (k, 3) float array
        From b to a and from b to c, Å; not in a line.

    Returns
    -------
    (k, 3, 3) float array
        rad/Å, by atom and direction.
    """
    p, q = _lengths(first), _lengths(second)
    u, v = first / p, second / q
    cosine = (u * v).sum(axis=1, keepdims=True)
    sine = np.sqrt(np.clip(1 - cosine**2, 1e-300, None))
    a, c = (cosine * u - v) / (p * sine), (cosine * v - u) / (q * sine)
    return np.stack([a, -(a + c), c], axis=1)


def torsion_gradients(first: np.ndarray, middle: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Return the derivatives of torsions a–b–c–d with respect to the four atoms.

    A. Blondel, M. Karplus, J. Comput. Chem. 1996, 17, 1132: no singularity but that of three atoms
    in a line.

    Parameters
    ----------
    first, middle, last : (k, 3) float array
        From a to b, from b to c, from c to d, Å.

    Returns
    -------
    (k, 4, 3) float array
        rad/Å, by atom and direction.
    """
    axis = _lengths(middle)
    m, n = np.cross(first, middle), np.cross(middle, last)
    m /= (m**2).sum(axis=1, keepdims=True)
    n /= (n**2).sum(axis=1, keepdims=True)
    a, d = -axis * m, axis * n
    before = (first * middle).sum(axis=1, keepdims=True) / axis * m
    after = (last * middle).sum(axis=1, keepdims=True) / axis * n
    return np.stack([a, -a + before + after, -d - before - after, d], axis=1)


def _lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1, keepdims=True)

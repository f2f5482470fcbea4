"""Standing a cluster on its main symmetry axis."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.structures.clusters.point_groups import symmetry_operations


def standard_orientation(atoms: Atoms) -> np.ndarray:
    """Return positions (N, 3) about their mean, the main symmetry axis along z.

    A second axis, or the atom farthest from the first, fixes x. Without symmetry the principal
    axes do: the longest along z.
    """
    x = atoms.positions - atoms.positions.mean(axis=0)
    axes = rotation_axes(symmetry_operations(atoms))
    if not axes:
        _, _, rows = np.linalg.svd(x)
        frame = rows[[2, 1, 0]]
        frame[0] *= np.sign(np.linalg.det(frame))
        return x @ frame.T
    up = axes[0][1]
    across = [a for _, a in axes[1:] if abs(a @ up) < 0.95]
    side = across[0] if across else x[int(np.argmax(np.round(_away(x, up), 4)))]
    side = side - (side @ up) * up
    side = side / np.linalg.norm(side)
    return x @ np.array([side, np.cross(up, side), up]).T


def _away(x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Distances (N,) from an axis through the origin, Å."""
    return np.linalg.norm(x - np.outer(x @ axis, axis), axis=1)


def rotation_axes(operations: np.ndarray) -> list[tuple[int, np.ndarray]]:
    """Return (order, unit vector) of the rotations, and of mirrors, highest order first.

    A mirror counts as an axis of order 0 along its normal.
    """
    found: list[tuple[int, np.ndarray]] = []
    for operation in operations:
        proper = np.linalg.det(operation) > 0
        turn = operation if proper else -operation
        cosine = np.clip((np.trace(turn) - 1) / 2, -1, 1)
        angle = np.degrees(np.arccos(cosine))
        if angle < 5.0:
            continue
        order = round(360.0 / angle)
        if not proper:
            if order != 2:
                continue
            order = 0
        _, _, rows = np.linalg.svd(turn - np.eye(3))
        found.append((order, rows[2]))
    return sorted(found, key=lambda item: -item[0])

"""Cells in pictures: their edges, and the atoms on their faces once on each side."""

from __future__ import annotations

import itertools

import numpy as np
from ase import Atoms

VACUUM = 5.0
"""Å: an empty layer thicker than this bounds a slab; its cell is drawn no higher than the atoms."""

ON_FACE = 0.02
"""Scaled coordinate below which an atom lies on a face of the cell, and is drawn on the other too.
Chosen by eye; no number depends on it."""

PAD = 0.4
"""Å between the outermost atoms of a slab and the end of its cell in the drawing."""


def bounded(atoms: Atoms) -> list[bool]:
    """Return for each cell vector whether the structure ends along it: not periodic, or vacuum."""
    if not atoms.pbc.any():
        return [True, True, True]
    found = []
    scaled = atoms.cell.complete().scaled_positions(atoms.positions)
    for k in range(3):
        if not atoms.pbc[k]:
            found.append(True)
            continue
        along = np.sort(scaled[:, k] % 1.0)
        gaps = np.diff(np.append(along, along[0] + 1.0))
        area = np.cross(*np.delete(atoms.cell.array, k, axis=0))
        height = abs(atoms.cell.volume) / max(float(np.linalg.norm(area)), 1e-9)
        found.append(bool(gaps.max() * height > VACUUM and atoms.cell.rank == 3))
    return found


def whole_cell(atoms: Atoms, wrap: bool = True) -> tuple[Atoms, np.ndarray]:
    """Return a finite copy of a structure with the edges of its cell.

    Parameters
    ----------
    atoms : Atoms
        Of a finite one there are no edges.
    wrap : bool
        Move atoms into the cell along the directions it repeats in.

    Returns
    -------
    (Atoms, (e, 2, 3) float array)
        The atoms first, then images of those on faces; ends of the edges, Å.
    """
    ends = bounded(atoms)
    copy = atoms.copy()
    copy.set_constraint()
    if all(ends):
        copy.pbc = False
        return copy, np.zeros((0, 2, 3))
    vectors = atoms.cell.complete().array
    scaled = np.linalg.solve(vectors.T, atoms.positions.T).T
    if wrap:
        inside = [k for k in range(3) if not ends[k]]
        scaled[:, inside] = (scaled[:, inside] + 1e-6) % 1.0 - 1e-6
    copy.positions = scaled @ vectors
    copy.pbc = False
    images = copy.copy()
    for shift in itertools.product((0, 1), repeat=3):
        if not any(shift) or any(s and ends[k] for k, s in enumerate(shift)):
            continue
        on = (scaled[:, [k for k in range(3) if shift[k]]] < ON_FACE).all(axis=1)
        more = copy[np.flatnonzero(on)]
        more.positions += np.array(shift) @ vectors
        images += more
    return images, _edges(vectors, scaled, ends)


def _edges(vectors: np.ndarray, scaled: np.ndarray, ends: list[bool]) -> np.ndarray:
    """(12, 2, 3) ends of the edges, Å: of the cell, no longer than the atoms where they end."""
    pads = PAD / np.linalg.norm(vectors, axis=1)
    low = np.where(ends, scaled.min(axis=0) - pads, 0.0)
    high = np.where(ends, scaled.max(axis=0) + pads, 1.0)
    found = []
    for k in range(3):
        others = [i for i in range(3) if i != k]
        for corner in itertools.product((0, 1), repeat=2):
            start, end = low.copy(), low.copy()
            for i, up in zip(others, corner, strict=True):
                start[i] = end[i] = high[i] if up else low[i]
            end[k] = high[k]
            found.append([start @ vectors, end @ vectors])
    return np.array(found)

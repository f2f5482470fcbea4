"""One side of the search: every supercell of a plane up to an area, sorted by its shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heterodot.errors import StructureError
from heterodot.structures.matching.planar import (
    determinants,
    multiply,
    reduce_bases,
    row_echelon,
    sublattices,
)
from heterodot.structures.matching.surface_cell import Net
from heterodot.structures.memory import usable_memory

BYTES_PER_SUPERCELL = 1500
"""Peak memory of the enumeration for each supercell."""

SAME_SHAPE = 1e-6
"""Relative to the area of the cell: metrics closer than this are the same shape."""


@dataclass(frozen=True, eq=False)
class Side:
    """Supercells of a net, grouped by shape.

    Attributes
    ----------
    net : Net
        The plane.
    transforms : (N, 2, 2) int array
        A reduced basis of each supercell, det > 0, sorted by shape.
    keys : (N,) int array
        Names of their Hermite normal forms.
    shapes : (C, 3) float array
        a · a, b · b, a · b (Å²) of each different shape; mirror images differ in the sign of the
        last.
    starts : (C + 1,) int array
        The supercells of shape c are ``transforms[starts[c]:starts[c + 1]]``.
    """

    net: Net
    transforms: np.ndarray
    keys: np.ndarray
    shapes: np.ndarray
    starts: np.ndarray

    @cached_property
    def sizes(self) -> np.ndarray:
        """(C,) supercells of each shape."""
        return np.diff(self.starts)

    @cached_property
    def has_inversion(self) -> bool:
        """Whether the half-turn is a symmetry of the plane."""
        return bool(np.any(np.all(self.net.operations == -np.eye(2, dtype=int), axis=(1, 2))))

    @cached_property
    def operations(self) -> np.ndarray:
        """(G, 2, 2) the plane's operations; of one and its negative, where both are, the first."""
        operations = self.net.operations
        return operations[_leading_positive(operations)] if self.has_inversion else operations

    def forms(self, members: np.ndarray, operations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Turn supercells by operations and bring them to Hermite normal form.

        Parameters
        ----------
        members : (M,) int array
            Supercells.
        operations : (G, 2, 2) int array
            W.

        Returns
        -------
        keys : (M, G) int array
            Name of each form.
        bases : (M, G, 2, 2) int array
            The unimodular U with U T W = form.
        """
        moved = multiply(self.transforms[members][:, None], operations)
        unit = np.broadcast_to(np.eye(2, dtype=np.int64), moved.shape)
        rows = row_echelon(np.concatenate([moved, unit], axis=3))
        return pack_sublattices(rows), rows[..., 2:]

    def representatives(self, members: np.ndarray) -> np.ndarray:
        """(M,) whether no rotation of the plane makes a supercell one with a smaller name."""
        turns = self.operations[determinants(self.operations) > 0]
        turns = turns[np.any(turns != np.eye(2, dtype=int), axis=(1, 2))]
        first = np.ones(len(members), bool)
        if len(turns):
            moved = row_echelon(multiply(self.transforms[members][:, None], turns))
            first = self.keys[members] <= pack_sublattices(moved).min(axis=1)
        return first


def make_side(net: Net, max_area: float) -> Side:
    """Enumerate the supercells of a net up to an area (Å²).

    Raises
    ------
    StructureError
        Not even one cell fits, or the supercells do not fit in memory.
    """
    largest = int(max_area / net.area * (1 + 1e-9))
    if largest < 1:
        raise StructureError(
            f"max_area {max_area:g} Å² is smaller than one cell of {net.label}, {net.area:.1f} Å²"
        )
    needed = BYTES_PER_SUPERCELL * 0.8 * largest**2
    if needed > usable_memory() or largest >= 2**20:
        raise StructureError(
            f"max_area {max_area:g} Å² is {largest} cells of {net.label}: their supercells would "
            f"need {needed / 1e9:.3g} GB; give a smaller max_area"
        )
    gram = net.in_plane @ net.in_plane.T
    forms = sublattices(largest)
    reduced, metric = reduce_bases(forms, gram)
    order, starts = _group(metric, SAME_SHAPE * net.area)
    keys = pack_sublattices(forms)[order]
    return Side(net, reduced[order], keys, metric[order[starts[:-1]]], starts)


def spread(starts: np.ndarray, lengths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write out ranges: start, start + 1, … for each; return them joined, and the lengths."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) + np.repeat(starts - (ends - lengths), lengths), lengths


def pack_sublattices(forms: np.ndarray) -> np.ndarray:
    """(…,) one integer for each Hermite normal form (…, 2, ≥2)."""
    packed: np.ndarray = (forms[..., 0, 0] << 42) + (forms[..., 0, 1] << 21) + forms[..., 1, 1]
    return packed


def _leading_positive(matrices: np.ndarray) -> np.ndarray:
    """Of each matrix and its negative, choose the one whose first nonzero entry is positive."""
    flat = matrices.reshape(len(matrices), -1)
    leading = flat[np.arange(len(flat)), (flat != 0).argmax(axis=1)]
    return leading > 0


def _group(metric: np.ndarray, quantum: float) -> tuple[np.ndarray, np.ndarray]:
    """Sort metrics (N, 3) and mark where a new one starts; return the order and the starts."""
    grid = np.rint(metric / quantum).astype(np.int64)
    order = np.lexsort((grid[:, 2], grid[:, 1], grid[:, 0]))
    new = np.any(np.diff(grid[order], axis=0) != 0, axis=1)
    return order, np.concatenate([[0], np.flatnonzero(new) + 1, [len(order)]])

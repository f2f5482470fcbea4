"""A number at every point of a regular grid in a cell: what densities and ELF share.

The value at index (i, j, k) belongs to the point origin + i/n₁ a₁ + j/n₂ a₂ + k/n₃ a₃, where a are
the cell vectors, along periodic directions and others alike; outside the grid of a direction that
is not periodic there is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

import numpy as np
from ase import Atoms

from heterodot.checks import is_whole
from heterodot.errors import InputError
from heterodot.records import Ints, Record

SAME_PLACE = 1e-4
"""Å: grids whose corners and cell vectors agree to this are one grid."""


@dataclass(frozen=True, eq=False)
class GridField(Record, keep_arrays=True):
    """Values on the regular grid of a cell, and the atoms in it.

    Attributes
    ----------
    values : (n1, n2, n3) float array
    cell : (3, 3) float array
        Vectors the grid divides, Å; rows.
    numbers : (a,) int array
        Atomic numbers.
    positions : (a, 3) float array
        Å.
    pbc : tuple of bool
        Which directions repeat.
    origin : (3,) float array
        Of index (0, 0, 0), Å.
    """

    values: np.ndarray
    cell: np.ndarray
    numbers: Ints
    positions: np.ndarray
    pbc: tuple[bool, bool, bool] = (True, True, True)
    origin: np.ndarray | None = None

    what: ClassVar[str] = "field"
    unit: ClassVar[str] = ""
    """What its errors and captions call it, and the unit of its values."""

    def __post_init__(self) -> None:
        for name, kind in (("values", float), ("cell", float), ("positions", float)):
            object.__setattr__(self, name, np.asarray(getattr(self, name), kind))
        object.__setattr__(self, "numbers", np.asarray(self.numbers, int))
        origin = np.zeros(3) if self.origin is None else np.asarray(self.origin, float)
        object.__setattr__(self, "origin", origin)
        a, b, c = (bool(p) for p in self.pbc)
        object.__setattr__(self, "pbc", (a, b, c))
        self._check()

    def _check(self) -> None:
        n = len(self.numbers)
        if self.values.ndim != 3 or 0 in self.values.shape:
            raise InputError(f"{self.what} of shape {self.values.shape}: expected (n1, n2, n3)")
        if self.cell.shape != (3, 3) or abs(np.linalg.det(self.cell)) < 1e-9:
            raise InputError(f"{self.what}: expected a cell of three independent vectors, Å")
        if self.positions.shape != (n, 3):
            raise InputError(f"{self.what}: {n} atoms, positions {self.positions.shape}")
        if not np.isfinite(self.values).all():
            raise InputError(f"{self.what}: holds NaN or infinite values; write the file again")

    @property
    def volume(self) -> float:
        """Of the cell, Å³."""
        return float(abs(np.linalg.det(self.cell)))

    @property
    def voxel(self) -> float:
        """Volume that one point stands for, Å³."""
        return self.volume / self.values.size

    @property
    def steps(self) -> np.ndarray:
        """(3, 3) vectors from a point to the next along each direction, Å; rows."""
        return self.cell / np.array(self.values.shape)[:, None]

    @property
    def corner(self) -> np.ndarray:
        """(3,) place of index (0, 0, 0), Å."""
        return np.zeros(3) if self.origin is None else self.origin

    @property
    def atoms(self) -> Atoms:
        """The structure, its cell beginning at the grid's origin."""
        return Atoms(
            numbers=self.numbers,
            positions=self.positions,
            cell=self.cell,
            pbc=self.pbc,
            celldisp=self.corner,
        )

    def same_grid(self, other: GridField) -> bool:
        """Whether the points of another field are those of this one."""
        return (
            self.values.shape == other.values.shape
            and self.pbc == other.pbc
            and bool(np.abs(self.cell - other.cell).max() < SAME_PLACE)
            and bool(np.abs(self.corner - other.corner).max() < SAME_PLACE)
        )

    def thinned(self, step: int) -> Self:
        """Keep every ``step``-th point of each direction, values untouched.

        Raises
        ------
        InputError
            The numbers of points are not multiples of the step: that would need interpolation.
        """
        if not is_whole(step) or step < 1:
            raise InputError(f"step {step!r}: expected a positive integer")
        if any(n % step for n in self.values.shape):
            raise InputError(
                f"step {step} on a grid of {self.values.shape} points: expected a divisor of each"
            )
        return replace(self, values=self.values[::step, ::step, ::step].copy())

    def sample(self, places: np.ndarray, repeat: bool = True) -> np.ndarray:
        """Return the values at places, linear between grid points.

        Parameters
        ----------
        places : (..., 3) float array
            Å.
        repeat : bool
            Go on periodically along periodic directions; else zero outside the cell, as along the
            directions that are not periodic.
        """
        from scipy.ndimage import map_coordinates

        shape = np.array(self.values.shape)
        index = (places - self.corner) @ np.linalg.inv(self.steps)
        bounded = ~np.array(self.pbc) if repeat else np.ones(3, bool)
        inside = (((index >= 0) & (index <= shape)) | ~bounded).all(axis=-1)
        found = np.zeros(index.shape[:-1])
        found[inside] = map_coordinates(self.values, index[inside].T, order=1, mode="grid-wrap")
        return found

    def near(self, indices: Sequence[int], radius: float) -> Self:
        """Return the field with zeros further than ``radius`` (Å) from all of these atoms."""
        keep = np.zeros(self.values.shape, bool)
        for index in indices:
            keep[points_around(self, self.positions[index], radius)] = True
        return replace(self, values=np.where(keep, self.values, 0.0))


def points_around(field: GridField, place: np.ndarray, radius: float) -> tuple[np.ndarray, ...]:
    """Return the indices of the points within ``radius`` (Å) of a place, images included."""
    shape = np.array(field.values.shape)
    inverse = np.linalg.inv(field.steps)
    reach = radius * np.linalg.norm(inverse, axis=0)
    middle = (place - field.corner) @ inverse
    ranges = [
        np.arange(np.ceil(m - r), m + r).astype(int) for m, r in zip(middle, reach, strict=True)
    ]
    index = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 3)
    index = index[np.linalg.norm((index - middle) @ field.steps, axis=1) < radius]
    bounded = ~np.array(field.pbc)
    index = index[(((index >= 0) & (index < shape)) | ~bounded).all(axis=1)]
    return tuple((index % shape).T)


def edge_lengths(cell: np.ndarray) -> str:
    """Write the lengths of (3, 3) cell vectors, Å."""
    return "×".join(f"{length:.2f}" for length in np.linalg.norm(cell, axis=1))

"""Electron densities on grids: integrals, plane averages, differences, files of other codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from ase.data import chemical_symbols

from heterodot.checks import finite
from heterodot.data.grid import GridField, edge_lengths
from heterodot.errors import InputError
from heterodot.records import Record

SAME_ATOM = 1e-2
"""Å: atoms of two densities that agree to this are the same ones (VASP writes six digits)."""


@dataclass(frozen=True, eq=False)
class PlaneProfile(Record):
    """A density averaged over planes, and its integral from the first plane on.

    Beside those named here it has the attributes of :class:`heterodot.data.grid.GridField`.

    Attributes
    ----------
    axis : int or None
        Cell vector the planes are stacked along; None where they are across ``direction``.
    positions : (n,) float array
        Height of each plane over the grid's origin along the normal, or over ``zero`` along the
        direction, Å; evenly spaced.
    values : (n,) float array
        Electrons per length, e/Å: the integral over the plane.
    cumulative : (n,) float array
        Electrons from the first plane up to and with this one, e.
    direction : (3,) float array or None
        Unit vector across the planes where it is no normal of the cell.
    zero : (3,) float array or None
        Å.
    """

    axis: int | None
    positions: np.ndarray
    values: np.ndarray
    cumulative: np.ndarray
    direction: np.ndarray | None = None
    zero: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class RadialDensity:
    """Density of a free, spherical atom.

    Attributes
    ----------
    radii : (g,) float array
        Å, rising.
    values : (g,) float array
        e/Å³.
    """

    radii: np.ndarray
    values: np.ndarray

    def __post_init__(self) -> None:
        if self.radii.shape != self.values.shape or (np.diff(self.radii) <= 0).any():
            raise InputError("radial density: expected as many values as rising radii")

    @property
    def electrons(self) -> float:
        """Integral over space, e."""
        return float(np.trapezoid(4 * np.pi * self.radii**2 * self.values, self.radii))

    def reach(self, rest: float = 1e-4) -> float:
        """Radius outside which ``rest`` electrons are left, Å."""
        shells = 4 * np.pi * self.radii**2 * self.values
        parts = 0.5 * (shells[1:] + shells[:-1]) * np.diff(self.radii)
        outside = np.cumsum(parts[::-1])[::-1]
        return float(self.radii[min(int((outside > rest).sum()), len(self.radii) - 1)])


@dataclass(frozen=True, eq=False)
class GridDensity(GridField):
    """A density (or a difference of densities) on the regular grid of a cell.

    Attributes
    ----------
    values : (n1, n2, n3) float array
        e/Å³, positive for electrons.
    nuclear_charges : (a,) float array or None
        Positive charge (e) that the electrons of this density belong to, atom by atom: the atomic
        number for all-electron densities, less the core for valence densities; None where a file
        does not tell.
    kind : str
        What it is, in words ("all-electron", "valence", "difference", …).
    """

    nuclear_charges: np.ndarray | None = None
    kind: str = ""

    what: ClassVar[str] = "density"
    unit: ClassVar[str] = "e/Å³"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nuclear_charges is None:
            return
        charges = np.asarray(self.nuclear_charges, float)
        object.__setattr__(self, "nuclear_charges", charges)
        if charges.shape != self.numbers.shape:
            raise InputError(
                f"density: nuclear charges {charges.shape}: expected {self.numbers.shape}"
            )

    @property
    def integral(self) -> float:
        """Electrons in the cell, e."""
        return float(self.values.sum()) * self.voxel

    def plane_average(self, axis: int = 2) -> PlaneProfile:
        """Integrate over the planes of the two other cell vectors.

        Parameters
        ----------
        axis : {0, 1, 2}
            Cell vector the planes are stacked along.

        Raises
        ------
        InputError
            Another axis.
        """
        if isinstance(axis, bool) or axis not in (0, 1, 2):
            raise InputError(f"axis {axis!r}: expected 0, 1 or 2")
        others = [i for i in range(3) if i != axis]
        n = self.values.shape[axis]
        height = self.volume / float(np.linalg.norm(np.cross(*self.cell[others])))
        electrons = self.values.sum(axis=tuple(others)) * self.voxel
        positions = np.arange(n) * height / n
        return PlaneProfile(axis, positions, electrons * n / height, np.cumsum(electrons))

    def average_along(self, direction: np.ndarray, zero: np.ndarray) -> PlaneProfile:
        """Integrate over planes across a direction that need be none of the cell.

        Each point gives its electrons to the two planes it lies between, so that their sum is that
        of the density. Of a periodic cell the image nearest to ``zero`` counts.

        Parameters
        ----------
        direction : (3,) float array
            From the first plane to the last; of any length but 0.
        zero : (3,) float array
            Where positions are counted from, Å.

        Raises
        ------
        InputError
            A direction of no length.
        """
        length = float(np.linalg.norm(direction))
        if not length > 0:
            raise InputError(f"direction {list(direction)}: expected one of a length above 0")
        unit = np.asarray(direction, float) / length
        away = self._nearest_images(zero) @ unit
        step = float(np.linalg.norm(self.steps, axis=1).max())
        first = np.floor(away.min() / step)
        place = away / step - first
        lower = np.floor(place).astype(int)
        share = place - lower
        electrons = self.values.ravel() * self.voxel
        n = int(lower.max()) + 2
        summed = np.bincount(lower, electrons * (1 - share), n)
        summed += np.bincount(lower + 1, electrons * share, n)
        positions = (first + np.arange(n)) * step
        running = np.cumsum(summed)
        return PlaneProfile(None, positions, summed / step, running, unit, np.asarray(zero, float))

    def _nearest_images(self, zero: np.ndarray) -> np.ndarray:
        """(n1 n2 n3, 3) ways from a place to every point, or its nearest image along the cell."""
        index = np.stack(
            np.meshgrid(*(np.arange(n) / n for n in self.values.shape), indexing="ij"), -1
        )
        scaled = index.reshape(-1, 3) - (zero - self.corner) @ np.linalg.inv(self.cell)
        scaled -= np.rint(scaled) * np.array(self.pbc)
        ways: np.ndarray = scaled @ self.cell
        return ways

    def plus(self, *others: GridDensity) -> GridDensity:
        """Add densities on the same grid, such as core and valence; ``a + b`` does the same.

        The sum has the atoms of all: those at the same places once, with their atomic numbers for
        nuclear charges if it holds as many electrons.

        Raises
        ------
        InputError
            A grid is another one, or what is added is no density.
        """
        values, numbers, positions = self.values.copy(), self.numbers, self.positions
        charges, kinds = self.nuclear_charges, [self.kind]
        for other in others:
            if not isinstance(other, GridDensity):
                raise InputError(f"density + {type(other).__name__}: expected another GridDensity")
            self._check_same(other)
            values += other.values
            kinds.append(other.kind)
            if self._same_atoms(other):
                charges = None  # of the parts' electrons, not of the sum's
                continue
            numbers = np.concatenate([numbers, other.numbers])
            positions = np.concatenate([positions, other.positions])
            both = charges is not None and other.nuclear_charges is not None
            charges = np.concatenate([charges, other.nuclear_charges]) if both else None
        kind = "sum" if any(kinds) else ""
        total = replace(
            self,
            values=values, numbers=numbers, positions=positions, nuclear_charges=None, kind=kind,
        )  # fmt: skip
        guess = guess_nuclear_charges(numbers, total.integral)
        return replace(total, nuclear_charges=charges if guess is None else guess)

    def __add__(self, other: GridDensity) -> GridDensity:
        """Return the sum; see :meth:`plus`."""
        return self.plus(other)

    def __radd__(self, other: GridDensity | int) -> GridDensity:
        """Let ``sum`` begin with its 0."""
        if isinstance(other, int) and other == 0:
            return self
        return self.plus(other)  # type: ignore[arg-type]

    def __sub__(self, other: GridDensity) -> GridDensity:
        """Return the difference; see :meth:`minus`."""
        return self.minus(other)

    def _same_atoms(self, other: GridDensity) -> bool:
        """Whether another density has these atoms, lattice vectors apart."""
        if not np.array_equal(self.numbers, other.numbers):
            return False
        apart = (self.positions - other.positions) @ np.linalg.inv(self.cell)
        apart -= np.rint(apart) * np.array(self.pbc)
        return bool(np.abs(apart @ self.cell).max(initial=0.0) < SAME_ATOM)

    def _check_same(self, other: GridDensity) -> None:
        if not self.same_grid(other):
            raise InputError(
                f"densities on grids {self.values.shape} and {other.values.shape}, cells "
                f"{edge_lengths(self.cell)} and {edge_lengths(other.cell)} Å: expected one grid; "
                "calculate the parts in the same box"
            )

    def minus(self, *others: GridDensity) -> GridDensity:
        """Subtract densities on the same grid: ρ(AB) − ρ(A) − ρ(B).

        Raises
        ------
        InputError
            A grid is another one: nothing is interpolated, since that loses electrons.
        """
        values = self.values.copy()
        for other in others:
            if not isinstance(other, GridDensity):
                raise InputError(f"density − {type(other).__name__}: expected another GridDensity")
            self._check_same(other)
            values -= other.values
        return replace(self, values=values, kind="difference")

    def with_valence(self, electrons: Mapping[str, float]) -> GridDensity:
        """Return it with the nuclear charge (less the core) of every element.

        Parameters
        ----------
        electrons : mapping of str to float
            Valence electrons by symbol (ZVAL of a POTCAR).

        Raises
        ------
        InputError
            An element is missing.
        """
        for symbol, count in electrons.items():
            finite(count, f"valence of {symbol}", "electrons")
        symbols = [chemical_symbols[z] for z in self.numbers]
        missing = sorted(set(symbols) - set(electrons))
        if missing:
            raise InputError(f"valence {dict(electrons)}: {', '.join(missing)} missing")
        return replace(self, nuclear_charges=np.array([electrons[s] for s in symbols], float))

    def summary(self) -> str:
        """Return kind, grid, cell and electrons in one line."""
        n = "×".join(map(str, self.values.shape))
        kind = self.kind or "density"
        return f"{kind}, {n} points, {edge_lengths(self.cell)} Å, {self.integral:.4f} e"


def guess_nuclear_charges(numbers: np.ndarray, integral: float) -> np.ndarray | None:
    """Return the atomic numbers where the density holds all their electrons; else None."""
    return numbers.astype(float) if abs(integral - numbers.sum()) < 0.5 else None

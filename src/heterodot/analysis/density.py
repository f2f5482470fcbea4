"""Electron densities on grids: integrals, plane averages, differences, files of other codes.

The value at index (i, j, k) belongs to the point origin + i/n₁ a₁ + j/n₂ a₂ + k/n₃ a₃, where a are
the cell vectors, along periodic directions and others alike; outside the grid of a direction that
is not periodic there is nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from heterodot.errors import InputError

SAME_PLACE = 1e-4
"""Å: grids whose corners and cell vectors agree to this are one grid."""


@dataclass(frozen=True, eq=False)
class PlaneProfile:
    """A density averaged over planes, and its integral from the first plane on.

    Attributes
    ----------
    axis : int
        Cell vector the planes are stacked along.
    positions : (n,) float array
        Height of each plane over the grid's origin along the normal, Å; evenly spaced.
    values : (n,) float array
        Electrons per length, e/Å: the integral over the plane.
    cumulative : (n,) float array
        Electrons from the first plane up to and with this one, e.
    """

    axis: int
    positions: np.ndarray
    values: np.ndarray
    cumulative: np.ndarray

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        arrays = {k: getattr(self, k).tolist() for k in ("positions", "values", "cumulative")}
        return {"axis": self.axis, **arrays}


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
class GridDensity:
    """A density (or a difference of densities) on the regular grid of a cell.

    Attributes
    ----------
    values : (n1, n2, n3) float array
        e/Å³, positive for electrons.
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
    nuclear_charges : (a,) float array or None
        Positive charge (e) that the electrons of this density belong to, atom by atom: the atomic
        number for all-electron densities, less the core for valence densities; None where a file
        does not tell.
    kind : str
        What it is, in words ("all-electron", "valence", "difference", …).
    """

    values: np.ndarray
    cell: np.ndarray
    numbers: np.ndarray
    positions: np.ndarray
    pbc: tuple[bool, bool, bool] = (True, True, True)
    origin: np.ndarray | None = None
    nuclear_charges: np.ndarray | None = None
    kind: str = ""

    def __post_init__(self) -> None:
        for name, kind in (("values", float), ("cell", float), ("positions", float)):
            object.__setattr__(self, name, np.asarray(getattr(self, name), kind))
        object.__setattr__(self, "numbers", np.asarray(self.numbers, int))
        origin = np.zeros(3) if self.origin is None else np.asarray(self.origin, float)
        object.__setattr__(self, "origin", origin)
        a, b, c = (bool(p) for p in self.pbc)
        object.__setattr__(self, "pbc", (a, b, c))
        if self.nuclear_charges is not None:
            object.__setattr__(self, "nuclear_charges", np.asarray(self.nuclear_charges, float))
        self._check()

    def _check(self) -> None:
        n = len(self.numbers)
        if self.values.ndim != 3 or 0 in self.values.shape:
            raise InputError(f"density of shape {self.values.shape}: expected (n1, n2, n3)")
        if self.cell.shape != (3, 3) or abs(np.linalg.det(self.cell)) < 1e-9:
            raise InputError("density: expected a cell of three independent vectors, Å")
        if self.positions.shape != (n, 3):
            raise InputError(f"density: {n} atoms, positions {self.positions.shape}")
        if self.nuclear_charges is not None and self.nuclear_charges.shape != (n,):
            raise InputError(
                f"density: nuclear charges {self.nuclear_charges.shape}: expected ({n},)"
            )
        if not np.isfinite(self.values).all():
            raise InputError("density: holds NaN or infinite values; write the file again")

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

    def same_grid(self, other: GridDensity) -> bool:
        """Whether the points of another density are those of this one."""
        return (
            self.values.shape == other.values.shape
            and self.pbc == other.pbc
            and bool(np.abs(self.cell - other.cell).max() < SAME_PLACE)
            and bool(np.abs(self.corner - other.corner).max() < SAME_PLACE)
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
            if not self.same_grid(other):
                raise InputError(
                    f"densities on grids {self.values.shape} and {other.values.shape}, cells "
                    f"{_lengths(self.cell)} and {_lengths(other.cell)} Å: expected one grid; "
                    "calculate the parts in the same box"
                )
            values -= other.values
        return replace(self, values=values, kind="difference")

    def thinned(self, step: int) -> GridDensity:
        """Keep every ``step``-th point of each direction, values untouched.

        Raises
        ------
        InputError
            The numbers of points are not multiples of the step: that would need interpolation.
        """
        if isinstance(step, bool) or not isinstance(step, int) or step < 1:
            raise InputError(f"step {step!r}: expected a positive integer")
        if any(n % step for n in self.values.shape):
            raise InputError(
                f"step {step} on a grid of {self.values.shape} points: expected a divisor of each"
            )
        return replace(self, values=self.values[::step, ::step, ::step].copy())

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
        symbols = [chemical_symbols[z] for z in self.numbers]
        missing = sorted(set(symbols) - set(electrons))
        if missing:
            raise InputError(f"valence {dict(electrons)}: {', '.join(missing)} missing")
        return replace(self, nuclear_charges=np.array([electrons[s] for s in symbols], float))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values and numpy arrays."""
        return {**self.__dict__, "pbc": list(self.pbc)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> GridDensity:
        """Rebuild from :meth:`to_dict` (arrays may be lists)."""
        return cls(**data)

    def summary(self) -> str:
        """Return kind, grid, cell and electrons in one line."""
        n = "×".join(map(str, self.values.shape))
        kind = self.kind or "density"
        return f"{kind}, {n} points, {_lengths(self.cell)} Å, {self.integral:.4f} e"


def _lengths(cell: np.ndarray) -> str:
    return "×".join(f"{length:.2f}" for length in np.linalg.norm(cell, axis=1))


def guess_nuclear_charges(numbers: np.ndarray, integral: float) -> np.ndarray | None:
    """Return the atomic numbers where the density holds all their electrons; else None."""
    return numbers.astype(float) if abs(integral - numbers.sum()) < 0.5 else None


def read_grid(
    path: str | Path,
    valence: Mapping[str, float] | None = None,
    pbc: tuple[bool, bool, bool] = (True, True, True),
) -> GridDensity:
    """Read a density from a Gaussian cube file, a VASP CHGCAR or what :func:`write_grid` wrote.

    Parameters
    ----------
    path : path
        ``*.cube``, ``*.cub``, ``CHGCAR*``, ``AECCAR*``, ``*.vasp``, ``*.npz``. (GPAW's ``.gpw``:
        ``heterodot.calculators.read_density``.)
    valence : mapping of str to float, optional
        Electrons of each element that the density holds. Without it, those a cube writes into its
        second atom column if they sum to the integral within 0.5 e, or the atomic numbers if these
        do.
    pbc : three bool
        Of a cube, which does not tell.

    Raises
    ------
    InputError
        No such file, or not one of these formats, or cut short.
    """
    from heterodot.analysis.density_files import read_any

    density = read_any(Path(path), pbc)
    return density if valence is None else density.with_valence(valence)


def write_grid(density: GridDensity, path: str | Path) -> None:
    """Write a density as a cube file (``*.cube``, e/bohr³) or exactly (``*.npz``).

    Raises
    ------
    InputError
        Another ending.
    """
    from heterodot.analysis.density_files import write_any

    write_any(density, Path(path))

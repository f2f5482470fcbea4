"""The electron localisation function on a grid: where electrons are paired.

ELF = 1 / (1 + (D/D₀)²), D = τ − |∇n|²/8n, D₀ = 3/10 (3π²)^⅔ n^{5/3} in atomic units (A. D. Becke,
K. E. Edgecombe, J. Chem. Phys. 92, 5397 (1990), doi:10.1063/1.458517; for two spins M. Kohout,
A. Savin, Int. J. Quantum Chem. 60, 875 (1996)). It is 1 where one pair of electrons is alone
(bonds, lone pairs, hydrogen), ½ in a homogeneous gas, and 0 between shells and, by convention
here, where there are hardly any electrons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from heterodot.data.grid import GridField, edge_lengths
from heterodot.errors import InputError

FLOOR = 1e-3
"""e/Å³: where the valence density is below, ELF is set to zero. A tail of one orbital alone has an
ELF of one, which says nothing about binding."""

PSEUDO = "of the smooth valence density: not meaningful within the cores (about 1 Å)"
"""What an ELF from a PAW code is."""


@dataclass(frozen=True, eq=False)
class LocalisationFunction(GridField):
    """The electron localisation function.

    Beside those named here it has the attributes of :class:`heterodot.data.grid.GridField`.

    Attributes
    ----------
    values : (n1, n2, n3) float array
        0…1.
    kind : str
        Which electrons it is of, in words.
    """

    kind: str = ""

    what: ClassVar[str] = "ELF"
    unit: ClassVar[str] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = float(self.values.min()), float(self.values.max())
        if low < 0 or high > 1 + 1e-9:
            raise InputError(f"ELF from {low:.3g} to {high:.3g}: expected values from 0 to 1")

    def at(self, place: Sequence[float]) -> float:
        """Return the value at a place (x, y, z in Å), linear between grid points."""
        where = np.asarray(place, float)
        if where.shape != (3,) or not np.isfinite(where).all():
            raise InputError(f"place {place!r}: expected x, y, z in Å")
        return float(self.sample(where[None])[0])

    def between(self, first: int, second: int, n_points: int = 101) -> np.ndarray:
        """Return the (n_points,) values on the straight line between two atoms.

        Raises
        ------
        InputError
            No such atom.
        """
        for index in (first, second):
            if isinstance(index, bool) or not 0 <= index < len(self.numbers):
                raise InputError(f"atom {index!r}: expected 0…{len(self.numbers) - 1}")
        steps = np.linspace(0, 1, n_points)[:, None]
        line = (1 - steps) * self.positions[first] + steps * self.positions[second]
        return self.sample(line)

    def summary(self) -> str:
        """Return grid, cell and largest value in one line."""
        n = "×".join(map(str, self.values.shape))
        kind = f" ({self.kind})" if self.kind else ""
        return f"ELF{kind}, {n} points, {edge_lengths(self.cell)} Å, up to {self.values.max():.3f}"

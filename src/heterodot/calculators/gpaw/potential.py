"""Electrostatic potential of a finished GPAW calculation: plane averages and vacuum levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from heterodot.data.electronic_structure import PlanarPotential

SIDES_DIFFER = 0.05
"""Sides of a slab whose potentials differ by more (eV) have no common vacuum level."""


def read_potential(calculator: Any, atoms: Atoms) -> tuple[float | None, PlanarPotential | None]:
    """Return the common vacuum level (eV) and the planar average, each None where unknown.

    The level is read at the edges of the directions that are not periodic. None for a bulk, a
    charged cell with a background, and a slab whose two sides differ: each side has its own then,
    the ends of the planar average. A molecule in LCAO mode has its vacuum at zero by boundary
    condition, and its potential is not read.
    """
    free = np.flatnonzero(~atoms.pbc)
    if len(free) == 3 and calculator.dft.ibzwfs.mode == "lcao":
        return 0.0, None
    if abs(float(calculator.params.charge)) > 1e-9:
        return None, None
    from gpaw.gpu import as_np

    values = as_np(calculator.get_electrostatic_potential())
    if not len(free):
        return None, planar_average(values, atoms, 2)
    averages = [planar_average(values, atoms, int(axis)) for axis in free]
    sides = [level for average in averages for level in average.faces or ()]
    differ = len(free) < 3 and float(np.ptp(sides)) > SIDES_DIFFER
    level = None if differ else float(np.mean(sides))
    return level, averages[0] if len(free) == 1 else None


def planar_average(values: np.ndarray, atoms: Atoms, axis: int) -> PlanarPotential:
    """Average a potential on the cell's grid over the planes of the other two cell vectors.

    Parameters
    ----------
    values : (n1, n2, n3) float array
        eV. Along a direction that is not periodic the first layer is the boundary, where the
        potential is zero by condition: it is left out.
    atoms : Atoms
    axis : int
    """
    others = [i for i in range(3) if i != axis]
    average = values.mean(axis=tuple(others))
    height = atoms.get_volume() / np.linalg.norm(np.cross(*atoms.cell.array[others]))
    positions = np.arange(len(average)) * height / len(average)
    start = 0 if atoms.pbc[axis] else 1
    return PlanarPotential(axis, positions[start:], average[start:], bool(atoms.pbc[axis]))

"""Second derivatives by central differences of the forces, and those of the dipole with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.workflows.attachment import attach_recorded_calculator
from heterodot.workflows.forces import largest_force


def hessian(
    atoms: Atoms, level: Level, directory: Path, indices: tuple[int, ...], delta: float
) -> dict[str, Any]:
    """Displace each atom of ``indices`` by ±``delta`` (Å) along x, y, z.

    Returns
    -------
    dict
        ``hessian`` ((3n, 3n), eV/Å², symmetrised), ``indices``, ``energy`` (eV), ``fmax`` (eV/Å,
        on the displaced atoms at the centre), ``asymmetry`` (eV/Å²), ``cost`` (force calls and
        SCF iterations) and ``dipole_derivatives`` ((3n, 3), e; None unless the code gives dipoles).
    """
    working = attach_recorded_calculator(atoms, level, directory)
    centre = working.positions.copy()
    rows = list(indices)

    def at(atom: int, axis: int, shift: float) -> tuple[np.ndarray, np.ndarray | None]:
        displaced = centre.copy()
        displaced[atom, axis] += shift
        working.set_positions(displaced, apply_constraint=False)
        forces: np.ndarray = working.get_forces(apply_constraint=False)[rows]
        return forces, working.calc.results.get("dipole")

    try:
        at_centre, _ = at(0, 0, 0.0)
        energy = float(working.get_potential_energy())
        sides = [(at(a, x, -delta), at(a, x, delta)) for a in rows for x in range(3)]
    finally:
        working.calc.sync()
    raw = np.array([(low[0] - high[0]).ravel() / (2 * delta) for low, high in sides])
    return {
        "hessian": (raw + raw.T) / 2,
        "indices": rows,
        "energy": energy,
        "fmax": largest_force(at_centre),
        "asymmetry": float(np.abs(raw - raw.T).max() / 2),
        "cost": working.calc.cost,
        "dipole_derivatives": _slopes([(low[1], high[1]) for low, high in sides], delta),
    }


def _slopes(
    dipoles: list[tuple[np.ndarray | None, np.ndarray | None]], delta: float
) -> np.ndarray | None:
    """(3n, 3) derivatives of the dipole, or none where a geometry has none."""
    slopes = [
        (high - low) / (2 * delta) for low, high in dipoles if low is not None and high is not None
    ]
    return np.array(slopes) if len(slopes) == len(dipoles) else None

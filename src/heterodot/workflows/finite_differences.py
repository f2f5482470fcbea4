"""Second derivatives by central differences of the forces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.workflows.attachment import attach_recorded_calculator
from heterodot.workflows.optimization import largest_force


def hessian(
    atoms: Atoms, level: Level, directory: Path, indices: tuple[int, ...], delta: float
) -> dict[str, Any]:
    """Displace each atom of ``indices`` by ±``delta`` (Å) along x, y, z.

    Returns
    -------
    dict
        ``hessian`` ((3n, 3n), eV/Å², symmetrised), ``indices``, ``energy`` (eV), ``fmax`` (eV/Å,
        on the displaced atoms at the centre) and ``asymmetry`` (eV/Å²).
    """
    working = attach_recorded_calculator(atoms, level, directory)
    centre = working.positions.copy()
    rows = list(indices)

    def forces_at(atom: int, axis: int, shift: float) -> np.ndarray:
        displaced = centre.copy()
        displaced[atom, axis] += shift
        working.set_positions(displaced, apply_constraint=False)
        forces: np.ndarray = working.get_forces(apply_constraint=False)[rows]
        return forces

    try:
        at_centre = forces_at(0, 0, 0.0)
        energy = float(working.get_potential_energy())
        raw = np.array(
            [
                (forces_at(a, x, -delta) - forces_at(a, x, delta)).ravel() / (2 * delta)
                for a in rows
                for x in range(3)
            ]
        )
    finally:
        working.calc.sync()
    return {
        "hessian": (raw + raw.T) / 2,
        "indices": rows,
        "energy": energy,
        "fmax": largest_force(at_centre),
        "asymmetry": float(np.abs(raw - raw.T).max() / 2),
    }

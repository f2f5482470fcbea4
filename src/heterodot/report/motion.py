"""Normal modes of the stored second derivatives, as the page plays them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis.vibrations.rigid_motions import project_out
from heterodot.analysis.vibrations.spectrum import vibrational_spectrum

MOST = 60_000
"""Numbers of the displacements of one structure; of more modes the highest ones are kept."""


def modes(atoms: Atoms, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the modes of a stored Hessian as plain JSON.

    Parameters
    ----------
    atoms : Atoms
        The geometry of the record.
    record : mapping
        Of a task "hessian".

    Returns
    -------
    dict
        ``indices`` of the atoms that move; of each mode its ``frequency`` (cm⁻¹, negative where
        imaginary), ``name``, ``intensity`` (km/mol or None) and ``moves``, the displacements (Å,
        the largest of an atom 1) one after the other; ``left_out``, how many are not given.
    """
    from ase.vibrations import VibrationsData

    result = record["result"]
    indices = [int(i) for i in result["indices"]]
    hessian = project_out(atoms, np.asarray(result["hessian"]), indices).hessian
    dipoles = result.get("dipole_derivatives")
    dipoles = None if dipoles is None else np.asarray(dipoles)
    spectrum = vibrational_spectrum(atoms, hessian, indices, dipoles)
    vectors = VibrationsData.from_2d(atoms, hessian, indices=indices).get_modes()
    order = np.argsort(_wavenumbers(atoms, hessian, indices), kind="stable")
    found = [
        {
            "frequency": round(float(mode.frequency), 1),
            "name": mode.assignment,
            "intensity": None if mode.intensity is None else round(float(mode.intensity), 1),
            "moves": _scaled(vectors[place]),
        }
        for mode, place in zip(spectrum.modes, order, strict=True)
    ]
    kept = max(1, MOST // (3 * len(indices)))
    return {"indices": indices, "modes": found[-kept:], "left_out": max(0, len(found) - kept)}


def _wavenumbers(atoms: Atoms, hessian: np.ndarray, indices: list[int]) -> np.ndarray:
    from ase.vibrations import VibrationsData

    found = VibrationsData.from_2d(atoms, hessian, indices=indices).get_frequencies()
    return np.asarray(found.real - np.abs(found.imag))


def _scaled(vectors: np.ndarray) -> list[float]:
    largest = np.linalg.norm(vectors, axis=1).max()
    scaled: list[float] = np.round(vectors / (largest or 1.0), 3).ravel().tolist()
    return scaled

"""What the page plays: normal modes of stored second derivatives, paths and trajectories."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis.vibrations.spectrum import vibrational_spectrum
from heterodot.data.movies import Movie
from heterodot.report.structures import DECIMALS, inner_bonds

MOST = 60_000
"""Numbers of one structure that plays: of more modes the highest are kept, of more frames some."""


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
    hessian, indices = np.asarray(result["hessian"]), [int(i) for i in result["indices"]]
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


def film(movie: Movie) -> dict[str, Any]:
    """Return a movie as plain JSON.

    Parameters
    ----------
    movie : Movie
        Of more than ``MOST`` coordinates, as many frames as make these, evenly spaced, the first
        and the last among them.

    Returns
    -------
    dict
        ``positions`` of each frame (Å, one number after the other); ``bonds`` of each (pairs, one
        after the other), None where they are those of the frame before; ``captions``; ``numbers``,
        which frames these are; ``total``, how many there were; ``swings``.
    """
    total = len(movie.frames)
    kept = max(2, MOST // (3 * max(1, len(movie.frames[0]))))
    numbers = np.unique(np.linspace(0, total - 1, min(total, kept)).round().astype(int)).tolist()
    positions: list[list[float]] = []
    bonds: list[list[int] | None] = []
    before: list[int] | None = None
    for number in numbers:
        frame = movie.frames[number]
        positions.append(np.round(frame.positions, DECIMALS).ravel().tolist())
        pairs = inner_bonds(frame)
        bonds.append(None if pairs == before else pairs)
        before = pairs
    return {
        "positions": positions,
        "bonds": bonds,
        "captions": [movie.captions[n] for n in numbers] if movie.captions else [],
        "numbers": numbers,
        "total": total,
        "swings": movie.swings,
    }


def _wavenumbers(atoms: Atoms, hessian: np.ndarray, indices: list[int]) -> np.ndarray:
    from ase.vibrations import VibrationsData

    found = VibrationsData.from_2d(atoms, hessian, indices=indices).get_frequencies()
    return np.asarray(found.real - np.abs(found.imag))


def _scaled(vectors: np.ndarray) -> list[float]:
    largest = np.linalg.norm(vectors, axis=1).max()
    scaled: list[float] = np.round(vectors / (largest or 1.0), 3).ravel().tolist()
    return scaled

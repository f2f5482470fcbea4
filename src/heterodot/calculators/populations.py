"""Sharing out states over atomic orbitals, and where the Fermi level lies among them."""

from __future__ import annotations

import numpy as np
from ase.units import kB

PARTIAL = 1e-3
"""A spin orbital filled between this and one minus this counts as partially filled."""


def population_weights(coefficients: np.ndarray, overlap: np.ndarray) -> dict[str, np.ndarray]:
    """Return Mulliken and Löwdin weights of states on orbitals.

    Parameters
    ----------
    coefficients : (s, AO, MO) array
        Orthonormal in the metric ``overlap``; real or complex.
    overlap : (AO, AO) array

    Returns
    -------
    dict of (s, MO, AO) float array
        "Mulliken": Re[C* (SC)]; "Löwdin": |S^½ C|². Each sums to one per state.
    """
    values, vectors = np.linalg.eigh(overlap)
    root = (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.conj().T
    mulliken = (coefficients.conj() * (overlap @ coefficients)).real
    lowdin = np.abs(root @ coefficients) ** 2
    return {
        "Mulliken": np.ascontiguousarray(mulliken.transpose(0, 2, 1)),
        "Löwdin": np.ascontiguousarray(lowdin.transpose(0, 2, 1)),
    }


def fermi_level(
    energies: np.ndarray, occupations: np.ndarray, temperature: float, split: bool
) -> float | tuple[float, float]:
    """Return the Fermi level: exact from partially filled states, else the middle of the gap.

    Parameters
    ----------
    energies, occupations : (s, b) array
        eV and electrons; one row for spin-paired, two otherwise.
    temperature : float
        Electronic temperature, K.
    split : bool
        Whether the two channels have their own level (fixed moment).

    Returns
    -------
    float or (float, float)
        eV.
    """
    filling = occupations * (len(energies) / 2.0)
    if split:
        up, down = (_level(e, f, temperature) for e, f in zip(energies, filling, strict=True))
        return up, down
    return _level(energies.ravel(), filling.ravel(), temperature)


def _level(energies: np.ndarray, filling: np.ndarray, temperature: float) -> float:
    partial = (filling > PARTIAL) & (filling < 1.0 - PARTIAL)
    if partial.any():
        nearest = np.flatnonzero(partial)[np.abs(filling[partial] - 0.5).argmin()]
        f = filling[nearest]
        return float(energies[nearest] + kB * temperature * np.log(f / (1.0 - f)))
    full = filling > 0.5
    if full.all():
        return float(energies.max())
    if not full.any():
        return float(energies.min())
    return float(0.5 * (energies[full].max() + energies[~full].min()))

"""Free energy, entropy and heat capacity of harmonic oscillators: of a crystal or of a molecule.

F = Σ [ħω/2 + kT ln(1 − exp(−ħω/kT))], and its derivatives by temperature (M. Born, K. Huang,
Dynamical Theory of Crystal Lattices, Oxford 1954). The same sum serves a crystal, over a mesh of
wave vectors, and a finite structure, over its vibrations.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from ase import units

from heterodot.checks import finite_array
from heterodot.errors import InputError

ROOM = 298.15
"""K."""


@dataclass(frozen=True, eq=False)
class Thermodynamics:
    """Vibrational quantities by temperature, of a cell or of a whole finite structure.

    Attributes
    ----------
    temperatures : (n,) float array
        K, from 0.
    free_energy, entropy, heat_capacity, internal_energy : (n,) float array
        F (eV), S (eV/K), Cv (eV/K) and U (eV), zero-point energy included.
    zero_point : float
        eV.
    n_modes : float
        Oscillators summed.
    left_out : float
        Oscillators that are imaginary or zero, and not summed.
    """

    temperatures: np.ndarray
    free_energy: np.ndarray
    entropy: np.ndarray
    heat_capacity: np.ndarray
    internal_energy: np.ndarray
    zero_point: float
    n_modes: float
    left_out: float = 0.0

    def at(self, temperature: float) -> dict[str, float]:
        """Return F (eV), S (eV/K), Cv (eV/K) and U (eV) at a temperature (K) of the table.

        Raises
        ------
        InputError
            It is not among them.
        """
        near = int(np.argmin(np.abs(self.temperatures - temperature)))
        if abs(self.temperatures[near] - temperature) > 1e-6:
            low, high = self.temperatures[0], self.temperatures[-1]
            raise InputError(f"{temperature:g} K: expected one of {low:g} … {high:g} K as listed")
        return {
            "F": float(self.free_energy[near]),
            "S": float(self.entropy[near]),
            "Cv": float(self.heat_capacity[near]),
            "U": float(self.internal_energy[near]),
        }

    def per(self, count: float) -> Thermodynamics:
        """Return the same for one of ``count`` equal parts, such as a formula unit."""
        return replace(
            self,
            free_energy=self.free_energy / count,
            entropy=self.entropy / count,
            heat_capacity=self.heat_capacity / count,
            internal_energy=self.internal_energy / count,
            zero_point=self.zero_point / count,
            n_modes=self.n_modes / count,
            left_out=self.left_out / count,
        )

    def rows(self) -> Iterable[dict[str, float]]:
        """Yield a row for each temperature, units in the names."""
        for i, temperature in enumerate(self.temperatures):
            yield {
                "T (K)": float(temperature),
                "F (eV)": float(self.free_energy[i]),
                "U (eV)": float(self.internal_energy[i]),
                "S (meV/K)": 1e3 * float(self.entropy[i]),
                "Cv (meV/K)": 1e3 * float(self.heat_capacity[i]),
            }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "temperatures": self.temperatures.tolist(),
            "free_energy": self.free_energy.tolist(),
            "entropy": self.entropy.tolist(),
            "heat_capacity": self.heat_capacity.tolist(),
            "internal_energy": self.internal_energy.tolist(),
            "zero_point": self.zero_point,
            "n_modes": self.n_modes,
            "left_out": self.left_out,
        }


def temperature_grid(highest: float = 1000.0, step: float = 10.0) -> np.ndarray:
    """Return temperatures (K) from 0 to ``highest`` in steps, with 298.15 K among them."""
    grid = np.arange(0.0, highest + step / 2, step)
    return np.unique([*grid, *([ROOM] if highest >= ROOM else [])])


def thermodynamics(
    energies: np.ndarray,
    temperatures: Sequence[float] | np.ndarray,
    weights: np.ndarray | None = None,
    n_rigid: int = 0,
) -> Thermodynamics:
    """Sum harmonic oscillators.

    Parameters
    ----------
    energies : (n, m) or (m,) float array
        ħω of the m modes at each of n wave vectors, eV; imaginary ones as negative numbers, which
        are left out and counted.
    temperatures : sequence of float
        K, 0 or more.
    weights : (n,) float array, optional
        Of the wave vectors; equal unless given.
    n_rigid : int
        Modes smallest in size that are translations or rotations: at the first wave vector, which
        then is Γ. They are left out, and not counted.

    Raises
    ------
    InputError
        Temperatures below zero or none.
    """
    given = finite_array(np.asarray(temperatures), "temperatures", "K")
    T = np.sort(np.asarray(given, float))
    if not len(T) or T[0] < 0:
        raise InputError(f"temperatures {list(given)[:3]}: expected 0 K or more")
    modes = np.atleast_2d(np.asarray(energies, float))
    share = np.ones(len(modes)) if weights is None else np.asarray(weights, float)
    each = np.repeat(share[:, None] / share.sum(), modes.shape[1], axis=1)
    counted = np.ones(modes.shape, bool)
    counted[0, np.argsort(np.abs(modes[0]), kind="stable")[:n_rigid]] = False
    real = (modes > 0) & counted
    hw, w = modes[real], each[real]
    zero_point = float((w * hw).sum() / 2)
    F, U, S, C = (np.zeros(len(T)) for _ in range(4))
    for i, t in enumerate(T):
        F[i], U[i], S[i], C[i] = _sums(hw, w, float(t))
    return Thermodynamics(
        T, F, S, C, U, zero_point, float(w.sum()), float(each[counted & ~real].sum())
    )


def _sums(hw: np.ndarray, w: np.ndarray, temperature: float) -> tuple[float, float, float, float]:
    """Return F, U (eV), S and Cv (eV/K) of oscillators of energies ``hw`` at one temperature."""
    half = float((w * hw).sum() / 2)
    if temperature == 0:
        return half, half, 0.0, 0.0
    kT = units.kB * temperature
    x = hw / kT
    n = np.exp(-x) / -np.expm1(-x)  # Bose–Einstein, without overflow
    F = half + kT * float((w * np.log(-np.expm1(-x))).sum())
    U = half + float((w * hw * n).sum())
    C = units.kB * float((w * x**2 * n * (n + 1)).sum())
    return F, U, (U - F) / temperature, C

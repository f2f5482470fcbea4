"""Quasi-harmonic approximation: G(T, p) = min over V of [U(V) + F(V, T) + pV], by phonopy.

At each temperature U + F of several volumes is fitted by an equation of state (P. Vinet et al.,
J. Phys.: Condens. Matter 1, 1941 (1989)); its minimum is the crystal at that temperature (A. Togo,
I. Tanaka, Scr. Mater. 108, 1 (2015), doi:10.1016/j.scriptamat.2015.07.021).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import units

from heterodot.analysis.motion.phonons.crystal import quiet
from heterodot.analysis.motion.phonons.thermodynamics import Thermodynamics
from heterodot.errors import InputError

LEAST_VOLUMES = 5
"""The equation of state has four parameters."""

EQUATIONS = ("vinet", "birch_murnaghan", "murnaghan")

_KJ_MOL = units.mol / units.kJ
"""kJ/mol of 1 eV."""


@dataclass(frozen=True, eq=False)
class QuasiHarmonicCurves:
    """A crystal by temperature, as far as its volume lies among those calculated.

    Attributes
    ----------
    temperatures : (n,) float array
        K.
    volumes : (n,) float array
        Å³ per cell.
    expansion : (n,) float array
        Linear thermal expansion α, a third of that of the volume, 1/K.
    bulk_modulus : (n,) float array
        Isothermal, GPa.
    gibbs : (n,) float array
        eV per cell.
    heat_capacity : (n,) float array
        At constant pressure, eV/K per cell.
    static_volume, static_bulk_modulus, static_energy : float
        Å³, GPa and eV per cell of the atoms at rest, without zero-point motion.
    left_range : float or None
        K: the first temperature at which the minimum lies beyond the volumes calculated.
    """

    temperatures: np.ndarray
    volumes: np.ndarray
    expansion: np.ndarray
    bulk_modulus: np.ndarray
    gibbs: np.ndarray
    heat_capacity: np.ndarray
    static_volume: float
    static_bulk_modulus: float
    static_energy: float
    left_range: float | None = None

    def at(self, temperature: float) -> dict[str, float] | None:
        """Return V, α, B, G and Cp at the listed temperature nearest to one (K), by linear fit.

        None beyond the range.
        """
        T = self.temperatures
        if not len(T) or not T[0] <= temperature <= T[-1]:
            return None
        named = {
            "V": self.volumes, "alpha": self.expansion, "B": self.bulk_modulus,
            "G": self.gibbs, "Cp": self.heat_capacity,
        }  # fmt: skip
        return {key: float(np.interp(temperature, T, values)) for key, values in named.items()}

    def length(self, volume: float, cell_length: float, cell_volume: float) -> float:
        """Return a lattice length (Å) at a volume, all lengths in proportion."""
        return cell_length * float(np.cbrt(volume / cell_volume))

    def rows(self, cell_length: float, cell_volume: float) -> Iterator[dict[str, float]]:
        """Yield a row for each temperature, units in the names."""
        for i, temperature in enumerate(self.temperatures):
            yield {
                "T (K)": float(temperature),
                "V (Å³)": float(self.volumes[i]),
                "a (Å)": self.length(float(self.volumes[i]), cell_length, cell_volume),
                "α (1e-6/K)": 1e6 * float(self.expansion[i]),
                "B (GPa)": float(self.bulk_modulus[i]),
                "G (eV)": float(self.gibbs[i]),
                "Cp (meV/K)": 1e3 * float(self.heat_capacity[i]),
            }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {
            "temperatures": self.temperatures.tolist(),
            "volumes": self.volumes.tolist(),
            "expansion": self.expansion.tolist(),
            "bulk_modulus": self.bulk_modulus.tolist(),
            "gibbs": self.gibbs.tolist(),
            "heat_capacity": self.heat_capacity.tolist(),
            "static_volume": self.static_volume,
            "static_bulk_modulus": self.static_bulk_modulus,
            "static_energy": self.static_energy,
            "left_range": self.left_range,
        }


def quasi_harmonic_curves(
    volumes: Sequence[float],
    energies: Sequence[float],
    vibrations: Sequence[Thermodynamics],
    pressure: float = 0.0,
    equation: str = "vinet",
) -> QuasiHarmonicCurves:
    """Return what the free energies at several volumes say of the crystal by temperature.

    Parameters
    ----------
    volumes : sequence of float
        Å³ per cell, five or more.
    energies : sequence of float
        Of the atoms at rest, eV per cell.
    vibrations : sequence of Thermodynamics
        Of the same cell at each volume, all at the same temperatures, evenly spaced or not.
    pressure : float
        GPa.
    equation : {"vinet", "birch_murnaghan", "murnaghan"}

    Raises
    ------
    InputError
        Too few volumes, or numbers no equation of state fits.
    """
    if len(volumes) < LEAST_VOLUMES:
        raise InputError(f"{len(volumes)} volumes: expected {LEAST_VOLUMES} or more")
    if equation not in EQUATIONS:
        raise InputError(f"equation {equation!r}: expected one of {', '.join(EQUATIONS)}")
    order = np.argsort(volumes)
    V, U = np.array(volumes, float)[order], np.array(energies, float)[order]
    sorted_vibrations = [vibrations[i] for i in order]
    found = _by_phonopy(V, U, sorted_vibrations, pressure, equation)
    static = _static(V, U, equation)
    n = len(found.thermal_expansion)
    T = sorted_vibrations[0].temperatures[:n]
    equilibrium = np.array(found.volume_temperature)[:n]
    outside = (equilibrium < V[0]) | (equilibrium > V[-1])
    end = int(np.argmax(outside)) if outside.any() else n
    return QuasiHarmonicCurves(
        T[:end],
        equilibrium[:end],
        np.array(found.thermal_expansion)[:end] / 3,
        np.array(found.bulk_modulus_temperature)[:end],
        np.array(found.gibbs_temperature)[:end],
        np.array(found.heat_capacity_P_numerical)[:end] / _KJ_MOL / 1e3,
        *static,
        left_range=float(T[end]) if outside.any() else None,
    )


def _by_phonopy(
    V: np.ndarray,
    U: np.ndarray,
    vibrations: Sequence[Thermodynamics],
    pressure: float,
    equation: str,
) -> Any:
    """Run phonopy's quasi-harmonic approximation; it takes kJ/mol and J/K/mol."""
    from phonopy.qha.core import QHA

    found = QHA(
        V,
        U,
        vibrations[0].temperatures,
        np.array([one.heat_capacity for one in vibrations]).T * _KJ_MOL * 1e3,
        np.array([one.entropy for one in vibrations]).T * _KJ_MOL * 1e3,
        np.array([one.free_energy for one in vibrations]).T * _KJ_MOL,
        pressure=pressure or None,
        eos=equation,
    )
    try:
        with quiet():
            found.run()
    except (RuntimeError, ValueError, TypeError, AssertionError, UnboundLocalError) as error:
        raise InputError(
            f"energies at {len(V)} volumes from {V[0]:.2f} to {V[-1]:.2f} Å³: no equation of state "
            f"fits at every temperature ({error}); expected volumes around the minimum"
        ) from error
    return found


def _static(V: np.ndarray, U: np.ndarray, equation: str) -> tuple[float, float, float]:
    """Return volume (Å³), bulk modulus (GPa) and energy (eV) of the atoms at rest."""
    from phonopy.qha.core import BulkModulus

    with quiet():
        found = BulkModulus(V, U, eos=equation)
    modulus = float(found.bulk_modulus) / units.GPa
    return float(found.equilibrium_volume), modulus, float(found.energy)

"""X-ray wavelengths, atomic form factors, and the angles and vectors of scattering.

Form factors are f(s) = Z − 41.78214 s² Σ a exp(−b s²), s = sin θ/λ in Å⁻¹ (M. De Graef, M. E.
McHenry, Structure of Materials, 2nd ed., Cambridge 2012, chapter 12), with the table that pymatgen
carries; they hold for s below 2 Å⁻¹ and are without anomalous dispersion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from heterodot.checks import positive
from heterodot.errors import InputError
from heterodot.lazy import optional

S_MAX = 2.0
"""Å⁻¹: the form factors' largest sin θ/λ."""


def wavelength_of(radiation: str | float) -> float:
    """Return a wavelength, Å.

    Parameters
    ----------
    radiation : str or float
        "CuKa", "CuKa1", "MoKa", … (pymatgen's table), or the wavelength itself, Å.

    Raises
    ------
    InputError
        An unknown name, or not a positive length.
    """
    if isinstance(radiation, str):
        with optional("pymatgen", "a wavelength by name", "; or give it in Å"):
            from pymatgen.analysis.diffraction.xrd import WAVELENGTHS

        if radiation not in WAVELENGTHS:
            raise InputError(
                f"wavelength {radiation!r}: expected Å or one of {', '.join(WAVELENGTHS)}"
            )
        return float(WAVELENGTHS[radiation])
    return positive(radiation, "wavelength", "Å")


def scattering_vector(two_theta: np.ndarray, wavelength: float) -> np.ndarray:
    """Return q = 4π sin θ/λ, Å⁻¹, of angles 2θ in degrees."""
    return np.asarray(4 * np.pi * np.sin(np.radians(two_theta) / 2) / wavelength)


def scattering_angle(q: np.ndarray, wavelength: float) -> np.ndarray:
    """2θ, degrees, of q in Å⁻¹; beyond 4π/λ not a number."""
    sine = np.asarray(q, float) * wavelength / (4 * np.pi)
    return np.degrees(2 * np.arcsin(np.where(sine <= 1, sine, np.nan)))


def form_factor(symbol: str, q: np.ndarray) -> np.ndarray:
    """Atomic form factor, electrons.

    Parameters
    ----------
    symbol : str
        Element.
    q : (n,) float array
        Å⁻¹.

    Raises
    ------
    InputError
        The table has no such element, or q is beyond it.
    """
    from ase.data import atomic_numbers

    with optional("pymatgen", "the form factor of an atom"):
        from pymatgen.analysis.diffraction.xrd import ATOMIC_SCATTERING_PARAMS

    s2 = (np.asarray(q, float) / (4 * np.pi)) ** 2
    if s2.max(initial=0.0) > S_MAX**2:
        raise InputError(
            f"q up to {np.max(q):.1f} Å⁻¹: expected at most {4 * np.pi * S_MAX:.1f}, "
            "where the form factors end"
        )
    if symbol not in ATOMIC_SCATTERING_PARAMS:
        raise InputError(f"element {symbol}: the table of form factors does not have it")
    a, b = np.array(ATOMIC_SCATTERING_PARAMS[symbol], float).T
    terms = np.exp(-np.multiply.outer(s2, b)) @ a
    return np.asarray(atomic_numbers[symbol] - 41.78214 * s2 * terms)


def debye_waller(symbol: str, q: np.ndarray, factors: Mapping[str, float] | float) -> np.ndarray:
    """exp(−B s²), the damping of an amplitude by isotropic vibrations.

    Parameters
    ----------
    symbol : str
    q : (n,) float array
        Å⁻¹.
    factors : mapping of str to float, or float
        B = 8π²⟨u²⟩, Å², by element or of all; 0 where not given.

    Raises
    ------
    InputError
        A negative or non-finite B.
    """
    b = factors.get(symbol, 0.0) if isinstance(factors, Mapping) else factors
    if isinstance(b, bool) or not (math.isfinite(b) and b >= 0):
        raise InputError(f"Debye–Waller factor of {symbol} {b!r}: expected B ≥ 0, Å²")
    return np.asarray(np.exp(-b * (np.asarray(q, float) / (4 * np.pi)) ** 2))

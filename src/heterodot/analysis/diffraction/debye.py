"""X-ray powder patterns of dots, by Debye's equation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis.diffraction.pair_sums import pair_sums
from heterodot.analysis.diffraction.powder import PowderPattern, checked_angles
from heterodot.analysis.diffraction.scattering import (
    debye_waller,
    form_factor,
    scattering_angle,
    scattering_vector,
    wavelength_of,
)
from heterodot.errors import InputError, StructureError


def debye_pattern(
    atoms: Atoms,
    two_theta: np.ndarray | None = None,
    q: np.ndarray | None = None,
    wavelength: str | float = "CuKa",
    debye_waller_factors: Mapping[str, float] | float = 0.0,
    polarization: bool = True,
    method: str = "auto",
    label: str = "",
) -> PowderPattern:
    """Powder pattern of a dot by Debye's equation, its size and shape broadening included.

    I(q) = (1/N) Σ_ij f_i f_j sin(q r_ij)/(q r_ij) (P. Debye, Ann. Phys. 351, 809 (1915)), the
    orientational average over free dots: no background, absorption or interference between dots.
    Small dots by all distances in bins of 0.005 Å, large ones by a Fourier transform
    (:mod:`heterodot.analysis.diffraction.pair_sums`): both within 1e-3 of the plain sum at every
    angle, mostly within 1e-4. 10⁵ atoms of a compact dot take about 8 s and 1.5 GB.

    Parameters
    ----------
    atoms : Atoms
        A finite structure; a cell is ignored unless it is periodic.
    two_theta : (n,) float array, optional
        Degrees; 10 to 90 in steps of 0.1 unless given.
    q : (n,) float array, optional
        In place of it, Å⁻¹.
    wavelength : str or float
        "CuKa", …, or Å.
    debye_waller_factors : mapping of str to float, or float
        B, Å², by element or of all; it damps the pairs, not the atoms' own scattering.
    polarization : bool
        Multiply by (1 + cos² 2θ)/2 of an unpolarised source.
    method : {"auto", "distances", "transform"}
    label : str
        The formula unless given.

    Raises
    ------
    StructureError
        A periodic or empty structure.
    InputError
        Angles out of range, both or neither of angles and q sensible, unknown names.
    """
    if atoms.pbc.any():
        raise StructureError(
            f"{atoms.get_chemical_formula()} is periodic: expected a dot; xrd_pattern is for "
            "crystals"
        )
    if not len(atoms) or not np.isfinite(atoms.positions).all():
        raise StructureError("a Debye sum needs at least one atom, at finite positions")
    length = wavelength_of(wavelength)
    angles = _angles(two_theta, q, length)
    vector = scattering_vector(angles, length)
    intensity = _debye_intensity(atoms, vector, debye_waller_factors, method)
    if polarization:
        intensity = intensity * (1 + np.cos(np.radians(angles)) ** 2) / 2
    return PowderPattern(
        angles, intensity, length, label or atoms.get_chemical_formula(), "Debye's equation"
    )


def _debye_intensity(
    atoms: Atoms, q: np.ndarray, factors: Mapping[str, float] | float, method: str
) -> np.ndarray:
    """(n,) squared electrons per atom."""
    symbols = np.array(atoms.get_chemical_symbols())
    kinds = sorted(set(symbols.tolist()))
    groups = [atoms.positions[symbols == kind] for kind in kinds]
    amplitudes = np.array([form_factor(kind, q) for kind in kinds])
    damped = amplitudes * np.array([debye_waller(kind, q, factors) for kind in kinds])
    own = np.array([len(group) for group in groups]) @ amplitudes**2
    pairs = np.einsum("aq,bq,abq->q", damped, damped, pair_sums(groups, q, method))
    return np.asarray((own + pairs) / len(atoms))


def _angles(two_theta: Any, q: Any, wavelength: float) -> np.ndarray:
    if two_theta is not None and q is not None:
        raise InputError("two_theta and q both given: expected one of them")
    if q is None:
        return checked_angles(np.arange(10.0, 90.05, 0.1) if two_theta is None else two_theta)
    angles = scattering_angle(np.asarray(q, float), wavelength)
    if not np.isfinite(angles).all():
        raise InputError(
            f"q up to {np.max(q):.3g} Å⁻¹: expected at most 4π/λ = {4 * np.pi / wavelength:.3g}"
        )
    return checked_angles(angles)

"""Discrete levels made into densities: gaussian, lorentzian and tetrahedron integration."""

from __future__ import annotations

import numpy as np

from heterodot.checks import positive
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError

BROADENINGS = ("gaussian", "lorentzian", "tetrahedron")

_REACH = 8.0
"""Standard deviations beyond which a gaussian is below 1e-14 of its height and left out."""


def line_shape(x: np.ndarray, width: float, broadening: str) -> np.ndarray:
    """Normalised gaussian (standard deviation) or lorentzian (half width) of ``width``.

    Raises
    ------
    InputError
        Unknown broadening, or a width that is not positive: nothing is broadened with zero.
    """
    positive(width, "width", "eV")
    if broadening == "gaussian":
        return np.exp(-0.5 * (x / width) ** 2) / (width * np.sqrt(2 * np.pi))
    if broadening == "lorentzian":
        return width / np.pi / (x**2 + width**2)
    raise InputError(f"broadening {broadening!r}: expected one of {BROADENINGS}")


def broaden(
    es: ElectronicStructure,
    weights: np.ndarray,
    grid: np.ndarray,
    width: float,
    broadening: str,
    zero: float = 0.0,
) -> np.ndarray:
    """Density of states of weighted levels.

    Parameters
    ----------
    es : ElectronicStructure
    weights : (s, k, b) float array
        Of every state, without k-weight and spin degeneracy.
    grid : (E,) float array
        eV, relative to ``zero``.
    width : float
        eV; not used by the tetrahedron method.
    broadening : {"gaussian", "lorentzian", "tetrahedron"}
    zero : float
        eV, on the scale of the energies.

    Returns
    -------
    (s, E) float array
        1/eV; a spin-paired channel counts both spins.

    Raises
    ------
    InputError
        Unknown broadening, width not positive, or tetrahedra where there is no k-mesh.
    """
    degeneracy = 2.0 / es.n_spins
    if broadening == "tetrahedron":
        return degeneracy * _tetrahedra(es, weights, grid, zero)
    weighted = es.k_weights[None, :, None] * weights
    rows = [
        _lines(energies.ravel() - zero, w.ravel(), grid, width, broadening)
        for energies, w in zip(es.energies, weighted, strict=True)
    ]
    return degeneracy * np.array(rows)


def _lines(
    energies: np.ndarray, weights: np.ndarray, grid: np.ndarray, width: float, broadening: str
) -> np.ndarray:
    """Sum of lines on a grid; a gaussian is only drawn where it is not zero."""
    line_shape(np.zeros(1), width, broadening)  # refuses what is wrong
    if broadening == "gaussian" and _is_even(grid):
        return _gaussians(energies, weights, grid, width)
    values = np.zeros(len(grid))
    for part in np.array_split(np.arange(len(energies)), len(energies) // 512 + 1):
        values += line_shape(grid[:, None] - energies[part], width, broadening) @ weights[part]
    return values


def _gaussians(
    energies: np.ndarray, weights: np.ndarray, grid: np.ndarray, width: float
) -> np.ndarray:
    """Sum of gaussians on an even grid, each within its reach."""
    spacing = (grid[-1] - grid[0]) / (len(grid) - 1)
    inside = (energies > grid[0] - _REACH * width) & (energies < grid[-1] + _REACH * width)
    inside &= weights != 0
    energies, weights = energies[inside], weights[inside]
    nearest = np.rint((energies - grid[0]) / spacing).astype(int)
    reach = int(np.ceil(_REACH * width / spacing)) + 1
    offsets = np.arange(-reach, reach + 1)
    padded = np.zeros(len(grid) + 2 * (2 * reach + 1))
    for part in np.array_split(np.arange(len(energies)), len(energies) * len(offsets) // 10**6 + 1):
        index = nearest[part, None] + offsets
        x = grid[0] + spacing * index - energies[part, None]
        lines = weights[part, None] * np.exp(-0.5 * (x / width) ** 2)
        at = (index + 2 * reach + 1).ravel()
        padded += np.bincount(at, lines.ravel(), len(padded))[: len(padded)]
    start = 2 * reach + 1
    return padded[start : start + len(grid)] / (width * np.sqrt(2 * np.pi))


def _tetrahedra(
    es: ElectronicStructure, weights: np.ndarray, grid: np.ndarray, zero: float
) -> np.ndarray:
    """One spin per channel; refused where there is no mesh to integrate over."""
    from heterodot.data.tetrahedron import tetrahedron_dos

    mesh = es.k_mesh
    if not es.periodic or mesh is None or max(mesh.size) == 1:
        what = "a finite structure" if not es.periodic else "no regular mesh of k-points"
        if len(es.k_weights) == 1 and es.periodic:
            what = "the Γ point only"
        raise InputError(f"broadening 'tetrahedron': {what}, nothing to integrate; use 'gaussian'")
    if not _is_even(grid):
        raise InputError("broadening 'tetrahedron': expected three or more evenly spaced energies")
    return np.array(
        [
            tetrahedron_dos(mesh, energies - zero, w, grid)
            for energies, w in zip(es.energies, weights, strict=True)
        ]
    )


def _is_even(grid: np.ndarray) -> bool:
    steps = np.diff(grid)
    return bool(len(grid) > 2 and steps[0] > 0 and np.ptp(steps) <= 1e-6 * steps[0])

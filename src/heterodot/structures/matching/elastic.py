"""Elastic constants, the stiffness of a film in its plane, and who bears how much strain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ase import Atoms
from ase.units import GPa

from heterodot.errors import StructureError
from heterodot.structures.crystals.elastic_constants import cubic_constants
from heterodot.structures.crystals.levelled import recorded_elastic
from heterodot.structures.matching.surface_cell import SurfaceCell

SHARES = ("film", "substrate", "shared", "elastic")
"""Who bears the strain."""

_VOIGT = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def own_stiffness(crystal: Atoms) -> np.ndarray | None:
    """Return the (6, 6) stiffness a crystal carries from its level, as :func:`stiffness` gives it.

    GPa; in the axes :func:`plane_stiffness` reads it in. None where it carries none, or where the
    crystal is not stable at that level.
    """
    found = recorded_elastic(crystal)
    if found is None or np.linalg.eigvalsh((found + found.T) / 2).min() <= 0:
        return None
    return _turned_matrix(found, _axes(crystal))


def stiffness(crystal_name: str, given: Any) -> np.ndarray | None:
    """Return the (6, 6) stiffness in Voigt's notation, GPa, or None where it is not known.

    Parameters
    ----------
    crystal_name : str
        Looked up by :func:`heterodot.structures.crystals.elastic_constants.cubic_constants` where
        nothing is given.
    given : mapping, sequence or None
        {"C11": …, "C12": …, "C44": …} or three numbers for a cubic crystal, or 6×6 numbers; GPa.

    Raises
    ------
    StructureError
        Not such numbers, or a crystal that would not be stable.
    """
    if given is None:
        given = cubic_constants(crystal_name)
    if given is None:
        return None
    if isinstance(given, Mapping):
        given = [given.get(key, np.nan) for key in ("C11", "C12", "C44")]
    try:
        values = np.array(given, float)
    except (TypeError, ValueError):
        values = np.zeros(0)
    if values.shape == (3,):
        c11, c12, c44 = values
        values = np.diag([c11 - c12] * 3 + [c44] * 3)
        values[:3, :3] += c12
    stable = values.shape == (6, 6) and np.isfinite(values).all()
    if not stable or np.linalg.eigvalsh((values + values.T) / 2).min() <= 0:
        raise StructureError(
            f"elastic constants {given!r}: expected C11, C12, C44 (GPa) or a 6×6 matrix, positive "
            "definite"
        )
    return (values + values.T) / 2


def plane_stiffness(side: SurfaceCell, voigt: np.ndarray) -> np.ndarray:
    """Return the (2, 2, 2, 2) stiffness of a free-standing plane, eV/Å³, in the plane's frame.

    The stresses on the plane are zero (the film relaxes along its normal): the in-plane part of
    the compliance is inverted.

    Parameters
    ----------
    side : SurfaceCell
        The plane.
    voigt : (6, 6) float array
        Stiffness, GPa, from :func:`stiffness`; its axes are the cell's where these are
        orthogonal, else those of the Cartesian frame.
    """
    matrix = _turned_matrix(voigt, side.frame @ _axes(side.crystal).T)
    in_plane = [0, 1, 5]
    reduced = np.linalg.inv(np.linalg.inv(matrix)[np.ix_(in_plane, in_plane)]) * GPa
    flat = np.array([[0, 2], [2, 1]])
    out: np.ndarray = reduced[flat[:, :, None, None], flat[None, None]]
    return out


def _axes(crystal: Atoms) -> np.ndarray:
    """(3, 3) unit vectors in rows: the cell's where these are orthogonal, else x, y and z."""
    axes: np.ndarray = crystal.cell.array / np.linalg.norm(crystal.cell.array, axis=1)[:, None]
    return axes if np.allclose(axes @ axes.T, np.eye(3), atol=1e-6) else np.eye(3)


def _turned_matrix(voigt: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Return a (6, 6) stiffness in the axes that are the rows of a rotation."""
    index = np.zeros((3, 3), int)
    for k, (i, j) in enumerate(_VOIGT):
        index[i, j] = index[j, i] = k
    full = voigt[index[:, :, None, None], index[None, None]]
    turned = np.einsum("ia,jb,kc,ld,abcd->ijkl", *[rotation] * 4, full, optimize=True)
    return np.array([[turned[(*p, *q)] for q in _VOIGT] for p in _VOIGT])


def share_strain(
    gradient: np.ndarray,
    strained: str,
    film: np.ndarray | None,
    substrate: np.ndarray | None,
    thickness: tuple[float, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Divide deformations between film and substrate.

    With A = V R, the film is turned by R and strained by exp(h), the substrate by exp(h) V⁻¹, where
    h is log V ("film"), 0 ("substrate"), half of log V ("shared"), or what makes the elastic energy
    of both layers least ("elastic"): (tf Cf + ts Cs) h = ts Cs log V.

    Parameters
    ----------
    gradient : (N, 2, 2) float array
        A, film to substrate.
    strained : str
        One of :data:`SHARES`.
    film, substrate : (2, 2, 2, 2) float array or None
        In-plane stiffness of each in its own plane's frame, eV/Å³.
    thickness : tuple of two float
        Of the film and of the substrate, Å.

    Returns
    -------
    film_gradient, substrate_gradient : (N, 2, 2) float arrays
    energy : (N,) float array
        Per area, eV/Å²; NaN where a stiffness that is needed is not known.
    """
    angle = np.arctan2(gradient[:, 1, 0] - gradient[:, 0, 1], gradient[:, 0, 0] + gradient[:, 1, 1])
    c, s = np.cos(angle), np.sin(angle)
    turn = np.stack([np.stack([c, -s], -1), np.stack([s, c], -1)], axis=1)
    left = gradient @ np.swapaxes(turn, 1, 2)
    left = (left + np.swapaxes(left, 1, 2)) / 2
    total = _function(left, np.log)
    turned = None
    if film is not None:
        turned = np.einsum("nia,njb,nkc,nld,abcd->nijkl", *[turn] * 4, film, optimize=True)
    share = _film_share(total, strained, turned, substrate, thickness)
    film_gradient = _function(share, np.exp) @ turn
    substrate_gradient = film_gradient @ np.linalg.inv(gradient)
    energy = _energy(share, turned, thickness[0]) + _energy(share - total, substrate, thickness[1])
    return film_gradient, substrate_gradient, energy


def _film_share(
    total: np.ndarray,
    strained: str,
    film: np.ndarray | None,
    substrate: np.ndarray | None,
    thickness: tuple[float, float],
) -> np.ndarray:
    """(N, 2, 2) logarithmic strain the film bears."""
    if strained != "elastic":
        return {"film": 1.0, "substrate": 0.0, "shared": 0.5}[strained] * total
    if film is None or substrate is None:
        raise StructureError(
            "strained 'elastic' needs the elastic constants of both sides: give film_elastic and "
            "substrate_elastic (C11, C12, C44 in GPa)"
        )
    n = len(total)
    rigid = thickness[1] * np.broadcast_to(_mandel(substrate), (n, 3, 3))
    both = thickness[0] * _mandel(film) + rigid
    vector = rigid @ _to_mandel(total)[:, :, None]
    return _from_mandel(np.linalg.solve(both, vector)[:, :, 0])


def _energy(strain: np.ndarray, stiff: np.ndarray | None, thickness: float) -> np.ndarray:
    """(N,) elastic energy per area, eV/Å²."""
    if not np.abs(strain).max(initial=0) > 1e-15:
        return np.zeros(len(strain))
    if stiff is None:
        return np.full(len(strain), np.nan)
    matrix = np.broadcast_to(_mandel(stiff), (len(strain), 3, 3))
    vector = _to_mandel(strain)
    out: np.ndarray = thickness / 2 * np.einsum("ni,nij,nj->n", vector, matrix, vector)
    return out


def _function(symmetric: np.ndarray, function: Any) -> np.ndarray:
    """Apply a function to symmetric matrices (N, 2, 2) through their eigenvalues."""
    values, vectors = np.linalg.eigh(symmetric)
    out: np.ndarray = (vectors * function(values)[:, None]) @ np.swapaxes(vectors, 1, 2)
    return out


def _mandel(stiff: np.ndarray) -> np.ndarray:
    """(…, 3, 3) matrix of a (…, 2, 2, 2, 2) tensor in an orthonormal basis of strains."""
    pairs: Sequence[tuple[int, int, float]] = ((0, 0, 1.0), (1, 1, 1.0), (0, 1, np.sqrt(2)))
    rows = [[stiff[..., i, j, k, m] * a * b for k, m, b in pairs] for i, j, a in pairs]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _to_mandel(strain: np.ndarray) -> np.ndarray:
    return np.stack([strain[:, 0, 0], strain[:, 1, 1], np.sqrt(2) * strain[:, 0, 1]], axis=-1)


def _from_mandel(vector: np.ndarray) -> np.ndarray:
    off = vector[:, 2] / np.sqrt(2)
    return np.stack([np.stack([vector[:, 0], off], -1), np.stack([off, vector[:, 1]], -1)], axis=1)

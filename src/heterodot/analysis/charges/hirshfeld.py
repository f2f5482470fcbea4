"""Hirshfeld charges: each point's electrons shared as the free atoms would share them.

F. L. Hirshfeld, Theor. Chim. Acta 44, 129 (1977): w_a(r) = n_a(r) / Σ_b n_b(r).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from heterodot.data.density import GridDensity, RadialDensity
from heterodot.errors import InputError


def hirshfeld_charges(density: GridDensity, free_atoms: Sequence[RadialDensity]) -> np.ndarray:
    """Return the (a,) Hirshfeld charges, e.

    Parameters
    ----------
    density : GridDensity
        All-electron, or valence with free atoms of valence electrons.
    free_atoms : sequence of RadialDensity
        Of each atom, neutral.

    Raises
    ------
    InputError
        Not one free atom for each atom, or the density does not know its nuclear charges.
    """
    if len(free_atoms) != len(density.numbers) or not len(free_atoms):
        raise InputError(f"{len(free_atoms)} free atoms: expected {len(density.numbers)}, one each")
    nuclei = density.nuclear_charges
    if nuclei is None:
        raise InputError(
            "Hirshfeld charges need the electrons each nucleus brings: density.with_valence"
        )
    together = np.zeros(density.values.size)
    for place, atom in zip(density.positions, free_atoms, strict=True):
        for points, values in _spread(density, place, atom):
            np.add.at(together, points, values)
    share = density.values.ravel() * density.voxel
    np.divide(share, together, out=share, where=together > 0)
    share[together <= 0] = 0.0
    electrons = [
        sum(float(values @ share[points]) for points, values in _spread(density, place, atom))
        for place, atom in zip(density.positions, free_atoms, strict=True)
    ]
    return np.asarray(nuclei - np.array(electrons))


def _spread(
    density: GridDensity, place: np.ndarray, atom: RadialDensity
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Flat grid points around an atom, images included, and its density there; by slabs."""
    shape = np.array(density.values.shape)
    reach = atom.reach()
    middle = (place - density.corner) @ np.linalg.inv(density.cell) * shape
    half = reach * np.linalg.norm(np.linalg.inv(density.steps), axis=0)
    low, high = np.ceil(middle - half).astype(int), np.floor(middle + half).astype(int)
    bounded = ~np.array(density.pbc)
    low, high = (
        np.where(bounded, np.maximum(low, 0), low),
        np.where(bounded, np.minimum(high, shape - 1), high),
    )
    ranges = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    offsets = [
        (r - m)[:, None] * step for r, m, step in zip(ranges, middle, density.steps, strict=True)
    ]
    wrapped = [r % n for r, n in zip(ranges, shape, strict=True)]
    plane = wrapped[1][:, None] * shape[2] + wrapped[2]
    across = offsets[1][:, None, :] + offsets[2][None, :, :]
    for i, along in zip(wrapped[0], offsets[0], strict=True):
        distance = np.linalg.norm(across + along, axis=-1)
        inside = distance <= reach
        if inside.any():
            values = np.interp(distance[inside], atom.radii, atom.values)
            yield i * shape[1] * shape[2] + plane[inside], values

"""Electrostatic potentials and energies of periodic point charges, by Ewald's sum."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from heterodot.structures.chemistry.coulomb import COULOMB

ACCURACY = 4.5
"""Both sums end where their terms are about exp(−20) of the first."""

REACH = 15.0
"""Å to which the direct sum goes: as many pairs for an atom of a large cell as of a small one."""

_AT_ONCE = 4_000_000
"""Phases held in memory at once."""


def pair_potentials(cell: np.ndarray, targets: np.ndarray, sources: np.ndarray) -> np.ndarray:
    """Return the potential that a unit charge at each source and all its images make, (n, N) eV/e.

    In the field of a uniform charge that neutralises it (P. P. Ewald, Ann. Phys. 1921, 369, 253;
    conducting surroundings); at a source's own place that of its images only. The energy of the
    charges q of a neutral cell is ½ q·W q.

    Parameters
    ----------
    cell : (3, 3) float array
        Rows, Å.
    targets, sources : (n, 3), (N, 3) float arrays
        Å.
    """
    alpha = ACCURACY / REACH
    total = np.full((len(targets), len(sources)), _background(cell, alpha))
    i, j, near = _direct(cell, targets, sources, alpha)
    np.add.at(total, (i, j), near)
    for weight, there, here in _waves(cell, targets, sources, alpha):
        total += ((there * weight) @ here.conj().T).real
    return COULOMB * total


def potentials(
    cell: np.ndarray, targets: np.ndarray, sources: np.ndarray, charges: np.ndarray
) -> np.ndarray:
    """Return the potential of charges and all their images, (n,) eV/e.

    What :func:`pair_potentials` times the charges is, without the pairs: the waves of the sources
    are added up before they meet the targets.

    Parameters
    ----------
    cell : (3, 3) float array
        Rows, Å.
    targets, sources : (n, 3), (N, 3) float arrays
        Å.
    charges : (N,) float array
        e.
    """
    alpha = ACCURACY / REACH
    total = np.full(len(targets), _background(cell, alpha) * charges.sum())
    i, j, near = _direct(cell, targets, sources, alpha)
    total += np.bincount(i, near * charges[j], len(targets))
    for weight, there, here in _waves(cell, targets, sources, alpha):
        total += (there @ (weight * (charges @ here.conj()))).real
    return COULOMB * total


def _background(cell: np.ndarray, alpha: float) -> float:
    """Potential of the uniform charge that neutralises a unit charge, 1/Å."""
    return float(-np.pi / (alpha**2 * abs(np.linalg.det(cell))))


def _direct(
    cell: np.ndarray, targets: np.ndarray, sources: np.ndarray, alpha: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (target, source) within reach, an entry for each image, and erfc(αr)/r (1/Å) of each.

    At r = 0 the limit that leaves the source itself out.
    """
    from scipy.spatial import cKDTree
    from scipy.special import erfc

    inverse = np.linalg.inv(cell)
    one, two = ((x @ inverse) % 1.0 @ cell for x in (targets, sources))
    reach = ACCURACY / alpha
    turns = np.ceil(reach * np.linalg.norm(inverse, axis=0)).astype(int)
    images = _grid(turns) @ cell
    low, high = one.min(axis=0) - reach, one.max(axis=0) + reach
    spread = (two[None] + images[:, None]).reshape(-1, 3)
    kept = np.flatnonzero(((spread >= low) & (spread <= high)).all(axis=1))
    tree = cKDTree(spread[kept])
    found = cKDTree(one).sparse_distance_matrix(tree, reach, output_type="ndarray")
    r = found["v"]
    here = r < 1e-6
    safe = np.where(here, 1.0, r)
    values = np.where(here, -2 * alpha / np.sqrt(np.pi), erfc(alpha * safe) / safe)
    return found["i"], kept[found["j"]] % len(two), values


def _waves(
    cell: np.ndarray, targets: np.ndarray, sources: np.ndarray, alpha: float
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Weights (k,) of waves (half of them, counted twice) and phases (n, k), (N, k), in parts."""
    rows = 2 * np.pi * np.linalg.inv(cell).T
    longest = 2 * alpha * ACCURACY
    turns = np.ceil(longest * np.linalg.norm(np.linalg.inv(rows), axis=0)).astype(int)
    waves = _grid(turns)
    first = waves[np.arange(len(waves)), (waves != 0).argmax(axis=1)]
    waves = waves[first > 0] @ rows
    squared = (waves**2).sum(axis=1)
    inside = squared <= longest**2
    waves, squared = waves[inside], squared[inside]
    volume = abs(float(np.linalg.det(cell)))
    weights = 8 * np.pi / volume * np.exp(-squared / (4 * alpha**2)) / squared
    step = max(1, _AT_ONCE // (len(targets) + len(sources)))
    for k in range(0, len(waves), step):
        some = waves[k : k + step].T
        yield weights[k : k + step], np.exp(1j * targets @ some), np.exp(1j * sources @ some)


def _grid(turns: np.ndarray) -> np.ndarray:
    """(m, 3) whole numbers from −turns to +turns along each axis."""
    axes = [np.arange(-n, n + 1) for n in turns]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)

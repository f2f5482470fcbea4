"""Radial distribution functions along a trajectory, partial, of crystals and of finite dots.

A periodic one is normalised by the density of an ideal gas in the cell. A finite structure has no
density: its pairs are divided by those that the same atoms would have if each were anywhere in a
sphere as wide as the structure, whose distances are known exactly (S. Torquato, Random
Heterogeneous Materials (2002), ch. 2: 12 x²(1 − x)²(2 + x) of the diameter's share x), so that the
first peaks can be compared and g goes to zero where the dot ends without a shoulder of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.bonds import close_pairs
from heterodot.errors import InputError

BIN = 0.05
"""Å. Chosen: thermal widths of bonds are 0.05 to 0.2 Å."""


@dataclass(frozen=True)
class RadialDistribution:
    """g(r) of one pair of elements.

    Attributes
    ----------
    pair : (str, str)
    distances : (k,) float array
        Middles of the bins, Å.
    values : (k,) float array
        1 for atoms at random.
    coordination : (k,) float array
        Mean number of atoms of the second element within each bin's far end, about the first.
    n_frames : int
    periodic : bool
    half_cell : float
        Å: farther apart an atom meets its own images, which move as it does; infinite where
        nothing is periodic.
    """

    pair: tuple[str, str]
    distances: np.ndarray
    values: np.ndarray
    coordination: np.ndarray
    n_frames: int
    periodic: bool
    half_cell: float

    @property
    def first_peak(self) -> float:
        """Where the highest value is within the first shell, Å; NaN where there is none."""
        inside = np.flatnonzero(self.values > 0)
        if not len(inside):
            return float("nan")
        near = self.distances <= 1.3 * self.distances[inside[0]]
        return float(self.distances[near][self.values[near].argmax()])


def radial_distribution(
    trajectory: Trajectory,
    pair: tuple[str, str],
    reach: float = 8.0,
    width: float = BIN,
    n_frames: int = 100,
) -> RadialDistribution:
    """Return g(r) of two elements, averaged over frames spread evenly.

    Parameters
    ----------
    trajectory : Trajectory
    pair : (str, str)
        Elements; about the first, of the second.
    reach : float
        Å, at most.
    width : float
        Of a bin, Å.
    n_frames : int
        Frames at most.

    Raises
    ------
    InputError
        An element is not there, or there is no frame.
    """
    return radial_distributions(trajectory, [pair], reach, width, n_frames)[0]


def radial_distributions(
    trajectory: Trajectory,
    pairs: Sequence[tuple[str, str]],
    reach: float = 8.0,
    width: float = BIN,
    n_frames: int = 100,
) -> tuple[RadialDistribution, ...]:
    """Return g(r) of several pairs of elements, the distances of each frame found once.

    Parameters
    ----------
    trajectory, reach, width, n_frames
        See :func:`radial_distribution`.
    pairs : sequence of (str, str)
        Elements.
    """
    if not len(trajectory):
        raise InputError("0 frames: expected one or more")
    if not (reach > 0 and 0 < width <= reach):
        raise InputError(f"reach {reach}, width {width}: expected 0 < width ≤ reach, Å")
    n_atoms = {e: len(trajectory.chosen(e)) for pair in pairs for e in pair}
    edges = np.arange(0, reach + width / 2, width)
    chosen = np.unique(np.linspace(0, len(trajectory) - 1, n_frames).astype(int))
    counts, ideal = np.zeros((2, len(pairs), len(edges) - 1))
    symbols = np.array(trajectory.atoms.get_chemical_symbols())
    for index in chosen:
        atoms = _frame(trajectory, int(index))
        found, vectors = close_pairs(atoms, edges[-1])
        lengths, (i, j) = np.linalg.norm(vectors, axis=1), symbols[found].T
        shape = _ideal(atoms, edges)
        for rank, (a, b) in enumerate(pairs):
            for mask in ((i == a) & (j == b), (i == b) & (j == a)):
                counts[rank] += np.histogram(lengths[mask], edges)[0]
            ideal[rank] += n_atoms[a] * (n_atoms[b] - (a == b)) * shape
    values = np.divide(counts, ideal, out=np.zeros_like(counts), where=ideal > 0)
    middles, half = (edges[1:] + edges[:-1]) / 2, _half_cell(trajectory.atoms)
    periodic = bool(trajectory.atoms.pbc.any())
    return tuple(
        RadialDistribution(
            (pair[0], pair[1]), middles, values[rank],
            counts[rank].cumsum() / (len(chosen) * n_atoms[pair[0]]), len(chosen), periodic, half,
        )
        for rank, pair in enumerate(pairs)
    )  # fmt: skip


def _half_cell(atoms: Atoms) -> float:
    """Return half the shortest height of the cell along what is periodic, Å."""
    if not atoms.pbc.any():
        return float("inf")
    heights = 1 / np.linalg.norm(np.linalg.inv(atoms.cell.complete().array), axis=0)
    return float(heights[atoms.pbc].min() / 2)


def _frame(trajectory: Trajectory, index: int) -> Atoms:
    return Atoms(
        trajectory.atoms.numbers,
        np.asarray(trajectory.positions[index], float),
        cell=trajectory.cell(index),
        pbc=trajectory.atoms.pbc,
    )


def _ideal(atoms: Atoms, edges: np.ndarray) -> np.ndarray:
    """(k,) share of the pairs of atoms at random that is in each bin.

    Of a crystal in its cell; of a slab in the volume its atoms take up, without the vacuum; of a
    finite structure in the sphere of its radius of gyration.
    """
    if atoms.pbc.any():
        volume = abs(np.linalg.det(atoms.cell.array)) if atoms.pbc.all() else _filled(atoms)
        return np.asarray(4 / 3 * np.pi * np.diff(edges**3) / volume)
    away = atoms.positions - atoms.positions.mean(axis=0)
    radius = np.sqrt(5 / 3 * (away**2).sum(axis=1).mean())  # a uniform sphere's from its gyration
    share = np.clip(edges / (2 * radius), 0, 1)
    return np.asarray(np.diff(8 * share**3 - 9 * share**4 + 2 * share**6))


def _filled(atoms: Atoms) -> float:
    """Return the volume of a slab or wire, Å³: its atoms' extent where it is not periodic.

    Half a layer is added on each side by (n + 1)/n of the layers that there would be at uniform
    spacing; of a single layer it is 1 Å.
    """
    cell = atoms.cell.complete().array
    fractional = atoms.positions @ np.linalg.inv(cell)
    volume = abs(np.linalg.det(cell))
    for axis in np.flatnonzero(~atoms.pbc):
        height = 1 / np.linalg.norm(np.linalg.inv(cell)[:, axis])
        span = np.unique(np.round(fractional[:, axis] * height, 1))
        extent = max(np.ptp(span), 1.0) * (1 + 1 / max(len(span) - 1, 1))
        volume *= extent / height
    return float(volume)

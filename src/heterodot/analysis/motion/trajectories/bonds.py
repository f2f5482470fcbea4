"""Bonds along a trajectory: how long, how long-lived, and whether the whole falls apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.bonds import DEFAULT_SCALE, find_bonds
from heterodot.errors import InputError

BROKEN = 1.5
"""A bond is broken when longer than this times the sum of the covalent radii: 1.25 times what makes
one, so that a vibration about the limit is no reaction. Chosen; it decides the flag alone."""

LAST = 0.1
"""Share of the frames, the last, in which a bond must stay broken."""


@dataclass(frozen=True)
class BondHistory:
    """What became of the bonds of the first frame, between two elements.

    Attributes
    ----------
    pair : (str, str)
        In alphabetical order.
    n_bonds : int
        In the first frame.
    mean, std : float
        Length over bonds and frames, Å.
    survival : float
        Share of them that are there at the end.
    lifetime : float
        fs, by exponential decay of the share that never broke; infinite where none did.
    """

    pair: tuple[str, str]
    n_bonds: int
    mean: float
    std: float
    survival: float
    lifetime: float


@dataclass(frozen=True)
class BondReport:
    """The bonds of a trajectory.

    Attributes
    ----------
    histories : tuple of BondHistory
        By pair of elements.
    broken : tuple of (int, int)
        Pairs of atoms whose bond is gone at the end.
    formed : tuple of (int, int)
        Pairs bonded at the end that were not.
    fragments_before, fragments_after : int
        Pieces the bonds hold together.
    """

    histories: tuple[BondHistory, ...]
    broken: tuple[tuple[int, int], ...]
    formed: tuple[tuple[int, int], ...]
    fragments_before: int
    fragments_after: int

    @property
    def dissociated(self) -> bool:
        """Whether there are more pieces than before."""
        return self.fragments_after > self.fragments_before


def bond_report(trajectory: Trajectory, n_frames: int = 200) -> BondReport:
    """Follow the bonds of the first frame.

    Parameters
    ----------
    trajectory : Trajectory
    n_frames : int
        Frames looked at, spread evenly.

    Raises
    ------
    InputError
        There is no frame.
    """
    if not len(trajectory):
        raise InputError("0 frames: expected one or more")
    chosen = np.unique(np.linspace(0, len(trajectory) - 1, n_frames).astype(int))
    first = trajectory.frame(0)
    bonds = find_bonds(first, DEFAULT_SCALE)
    inside = bonds.pairs[:, 0] != bonds.pairs[:, 1]  # an image of itself moves with it
    pairs, vectors = bonds.pairs[inside], bonds.vectors[inside]
    lengths = np.array([_lengths(trajectory, int(k), pairs, vectors) for k in chosen])
    from ase.data import covalent_radii

    radii = covalent_radii[first.numbers]
    limits = BROKEN * radii[pairs].sum(axis=1)
    whole = lengths <= limits
    n_last = max(1, round(LAST * len(chosen)))
    gone = ~whole[-n_last:].any(axis=0)
    symbols = first.get_chemical_symbols()
    kinds = [tuple(sorted((symbols[i], symbols[j]))) for i, j in pairs]
    times = trajectory.times[chosen]
    histories = tuple(
        _history((kind[0], kind[1]), np.array([k == kind for k in kinds]), lengths, whole, times)
        for kind in sorted(set(kinds))
    )
    # an image is one bond more of the same two atoms: broken only where all of them are
    left = {(int(i), int(j)) for i, j in pairs[~gone]}
    broken = sorted({(int(i), int(j)) for i, j in pairs[gone]} - left)
    after = find_bonds(trajectory.frame(len(trajectory) - 1), DEFAULT_SCALE)
    known = {(int(i), int(j)) for i, j in bonds.pairs}
    at_end = {(int(i), int(j)) for i, j in after.pairs}
    held = left | {p for p in at_end if p[0] != p[1]}
    n = len(first)
    return BondReport(
        histories, tuple(broken), tuple(sorted(at_end - known)), _pieces(n, known), _pieces(n, held)
    )


def _lengths(
    trajectory: Trajectory, index: int, pairs: np.ndarray, vectors: np.ndarray
) -> np.ndarray:
    """(M,) lengths of the bonds of the first frame, each followed without regard to images."""
    if not len(pairs):
        return np.zeros(0)
    start = np.asarray(trajectory.positions[0], float)
    now = np.asarray(trajectory.positions[index], float)
    # the shift of cells that the bond of the first frame spans, in the cell of now
    shift = vectors - (start[pairs[:, 1]] - start[pairs[:, 0]])
    cell0, cell = trajectory.cell(0), trajectory.cell(index)
    shift = np.round(shift @ np.linalg.pinv(cell0)) @ cell
    return np.asarray(np.linalg.norm(now[pairs[:, 1]] - now[pairs[:, 0]] + shift, axis=1))


def _history(
    pair: tuple[str, str],
    own: np.ndarray,
    lengths: np.ndarray,
    whole: np.ndarray,
    times: np.ndarray,
) -> BondHistory:
    never = np.logical_and.accumulate(whole[:, own], axis=0).mean(axis=1)
    there = lengths[:, own][whole[:, own]]
    mean, std = (float(there.mean()), float(there.std())) if there.size else (np.nan, np.nan)
    gone = 1 - never[-1]
    # events over the time the bonds were at risk: the estimate of a constant rate
    at_risk = float(np.trapezoid(never, times)) if len(times) > 1 else 0.0
    lifetime = at_risk / gone if gone > 0 else float("inf")
    return BondHistory(pair, int(own.sum()), mean, std, float(whole[-1, own].mean()), lifetime)


def _pieces(n_atoms: int, pairs: set[tuple[int, int]]) -> int:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    i, j = np.array(sorted(pairs), int).reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(i)), (i, j)), shape=(n_atoms, n_atoms))
    return int(connected_components(graph, directed=False)[0])


def pair_text(atoms: Atoms, pairs: tuple[tuple[int, int], ...], most: int = 3) -> str:
    """Name some pairs of atoms: ``Cd0–S3, Cd1–S4 and 2 more``."""
    named = [f"{atoms.symbols[i]}{i}–{atoms.symbols[j]}{j}" for i, j in pairs[:most]]
    more = f" and {len(pairs) - most} more" if len(pairs) > most else ""
    return ", ".join(named) + more

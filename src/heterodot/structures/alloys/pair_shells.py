"""Shells of neighbours on a sublattice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.bonds import close_pairs
from heterodot.checks import is_number
from heterodot.errors import StructureError
from heterodot.structures.enumeration.counting import checked_count

GAP = 0.3
"""Å; distances further apart than this belong to different shells."""

MAX_SHELLS = 20

MAX_CUTOFF = 40.0
"""Å; how far shells are looked for."""


@dataclass(frozen=True, eq=False)
class PairShells:
    """The pairs of sites in each shell.

    Attributes
    ----------
    n_sites : int
        Number of sites.
    pairs : (M, 2) int array
        Numbers of the two sites, each pair once (as often as it has images in a small cell).
    shell : (M,) int array
        Shell of each pair, 0 for the nearest.
    radii : (S,) float array
        Mean distance in each shell, Å.
    bounds : (S,) float array
        Outer radius of each, Å.
    """

    n_sites: int
    pairs: np.ndarray
    shell: np.ndarray
    radii: np.ndarray
    bounds: np.ndarray

    def __len__(self) -> int:
        return len(self.bounds)

    def counts(self, species: np.ndarray, number: int) -> np.ndarray:
        """Return how often each species has each other as a neighbour.

        Parameters
        ----------
        species : (n_sites,) int array
            0 … number − 1.
        number : int
            Number q of species.

        Returns
        -------
        (S, q, q) int array
            Symmetric; every pair counts from both ends.
        """
        a, b = species[self.pairs[:, 0]], species[self.pairs[:, 1]]
        index = (self.shell * number + a) * number + b
        table = np.bincount(index, minlength=len(self) * number * number)
        table = table.reshape(len(self), number, number)
        return table + table.swapaxes(1, 2)


def pair_shells(atoms: Atoms, shells: int | Sequence[float]) -> PairShells:
    """Sort the pairs of sites into shells of distance.

    Parameters
    ----------
    atoms : Atoms
        The sites of one sublattice.
    shells : int or sequence of float
        Number of shells, told apart by gaps of more than ``GAP`` between the distances; or their
        outer radii, Å, ascending.

    Raises
    ------
    StructureError
        If it is neither, or there are not so many shells.
    """
    if isinstance(shells, int | np.integer):
        if not 1 <= checked_count(shells, "shells") <= MAX_SHELLS:
            raise StructureError(f"shells {shells}: expected 1 to {MAX_SHELLS}")
        bounds = _bounds(atoms, int(shells))
    else:
        bounds = _given(shells)
    pairs, vectors = close_pairs(atoms, float(bounds[-1]))
    lengths = np.linalg.norm(vectors, axis=1)
    shell = np.searchsorted(bounds, lengths)
    number = np.bincount(shell, minlength=len(bounds))
    if (number == 0).any():
        empty = int(np.flatnonzero(number == 0)[0])
        raise StructureError(
            f"shell {empty + 1} up to {bounds[empty]:g} Å holds no pair of the {len(atoms)} sites; "
            "expected outer radii with pairs between them"
        )
    radii = np.bincount(shell, lengths, minlength=len(bounds)) / number
    return PairShells(len(atoms), pairs, shell, radii, bounds)


def _given(shells: Any) -> np.ndarray:
    """Return the outer radii the user gave."""
    wanted = f"shells {shells!r}: expected a number of shells, or ascending outer radii in Å"
    if isinstance(shells, str | bytes) or not isinstance(shells, Sequence | np.ndarray):
        raise StructureError(wanted)
    if not all(map(is_number, shells)):
        raise StructureError(wanted)
    bounds = np.array(shells, float)
    ascending = bounds.size and np.isfinite(bounds).all() and (np.diff(bounds, prepend=0) > 0).all()
    if not ascending or len(bounds) > MAX_SHELLS or bounds[-1] > MAX_CUTOFF:
        raise StructureError(f"{wanted}; at most {MAX_SHELLS}, up to {MAX_CUTOFF:g} Å")
    return bounds


def _bounds(atoms: Atoms, number: int) -> np.ndarray:
    """Return radii (number,) in the middle of the gaps after the first shells."""
    cutoff, found = 4.0, np.zeros(0)
    while cutoff <= MAX_CUTOFF:
        lengths = np.sort(np.linalg.norm(close_pairs(_thinned(atoms), cutoff)[1], axis=1))
        ends = np.append(np.flatnonzero(np.diff(lengths) > GAP), len(lengths) - 1)
        last = lengths[ends] if len(lengths) else np.zeros(0)
        starts = lengths[ends[:-1] + 1] if len(lengths) else np.zeros(0)
        found = np.append((last[: len(starts)] + starts) / 2, last[-1:] + GAP / 2)
        complete = len(starts) + int(bool(len(last)) and cutoff - last[-1] > GAP)
        if complete >= number:
            return found[:number]
        cutoff *= 1.25
    raise StructureError(
        f"shells {number}: the {len(atoms)} sites have {len(found)} shells of neighbours within "
        f"{MAX_CUTOFF:g} Å told apart by {GAP} Å; give fewer, or their outer radii"
    )


def _thinned(atoms: Atoms) -> Atoms:
    """Return the sites; of a large dot those near its middle, which have all shells."""
    if atoms.pbc.any() or len(atoms) <= 3000:
        return atoms
    distance = np.linalg.norm(atoms.positions - atoms.positions.mean(axis=0), axis=1)
    return atoms[np.argsort(distance)[:3000]]

"""Warren–Cowley parameters: how far neighbours are from random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.alloys.pair_shells import PairShells, pair_shells
from heterodot.structures.enumeration.colouring import sublattice_sites
from heterodot.structures.requirements import require_atoms


@dataclass(frozen=True, eq=False)
class ShortRangeOrder:
    """Warren–Cowley parameters of a sublattice.

    Attributes
    ----------
    species : tuple of str
        The species, in alphabetical order.
    radii : (S,) float array
        Mean distance in each shell, Å.
    pairs : (S, q, q) int array
        Neighbours of each species of each other, every pair counted from both ends.
    alpha : (S, q, q) float array
        The parameters; symmetric. NaN for a species without neighbours in a shell.
    """

    species: tuple[str, ...]
    radii: np.ndarray
    pairs: np.ndarray
    alpha: np.ndarray

    def of(self, first: str, second: str, shell: int = 1) -> float:
        """Return the parameter of a pair of species in a shell (1: the nearest).

        Raises
        ------
        StructureError
            If a species or the shell is not there.
        """
        for name in (first, second):
            if name not in self.species:
                raise StructureError(f"species {name!r}: expected one of {', '.join(self.species)}")
        if not 1 <= shell <= len(self.radii):
            raise StructureError(f"shell {shell}: expected 1 to {len(self.radii)}")
        i, j = self.species.index(first), self.species.index(second)
        return float(self.alpha[shell - 1, i, j])

    def summary(self) -> str:
        """Return one line per shell, with every pair of species."""
        lines = []
        for n, (radius, table) in enumerate(zip(self.radii, self.alpha, strict=True), start=1):
            cells = [
                f"{a}-{b} {table[i, j]:+.4f}"
                for i, a in enumerate(self.species)
                for j, b in enumerate(self.species[i:], start=i)
            ]
            lines.append(f"shell {n} ({radius:.2f} Å): " + ", ".join(cells))
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Return radii (Å) and, for each pair of species, its parameters by shell."""
        clean = np.round(self.alpha, 9).astype(object)
        clean[np.isnan(self.alpha)] = None
        return {
            "radii": [round(float(r), 6) for r in self.radii],
            "alpha": {
                f"{a}-{b}": clean[:, i, j].tolist()
                for i, a in enumerate(self.species)
                for j, b in enumerate(self.species[i:], start=i)
            },
        }


def warren_cowley(
    atoms: Atoms,
    shells: int | Sequence[float] = 2,
    *,
    sublattice: str = "cation",
) -> ShortRangeOrder:
    """Measure the short-range order on a sublattice of a dot or a crystal.

    α_ij = 1 − p_ij / c_j, where p_ij is the part of i's neighbours in a shell that are j (J. M.
    Cowley, Phys. Rev. 1950, 77, 669, doi:10.1103/PhysRev.77.669) and c_j the part of all ends of
    pairs in the shell that are j: the concentration where every site has as many neighbours, as
    in a crystal; on a dot, whose surface has fewer, it keeps α_ij = α_ji and Σ_j c_j α_ij = 0.
    Negative: i and j attract. On n sites at random the mean is −1/(n − 1) for unlike species.

    Parameters
    ----------
    atoms : Atoms
        Dot, slab or crystal.
    shells : int or sequence of float
        Number of shells, or their outer radii, Å.
    sublattice : str
        "cation", "anion" or "all", the sites of which are compared.

    Returns
    -------
    ShortRangeOrder

    Raises
    ------
    StructureError
        If there is no such sublattice, or not as many shells.
    """
    require_atoms(atoms)
    sites = sites_of(atoms, sublattice)
    names = np.array(atoms.get_chemical_symbols())[sites]
    return order_of(pair_shells(atoms[sites], shells), names)


def sites_of(atoms: Atoms, sublattice: str) -> np.ndarray:
    """Return the atoms (n,) of a sublattice, or of the whole lattice for "all"."""
    if sublattice == "all":
        from heterodot.structures.chemistry.shells import guests

        return np.flatnonzero(~guests(atoms))
    return sublattice_sites(atoms, sublattice)


def order_of(pairs: PairShells, names: Sequence[str] | np.ndarray) -> ShortRangeOrder:
    """Return the order of species (n,) on the sites of some shells."""
    species, index = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    counts = pairs.counts(index, len(species))
    return ShortRangeOrder(tuple(species.tolist()), pairs.radii, counts, alpha_of(counts))


def alpha_of(counts: np.ndarray) -> np.ndarray:
    """Return α (…, q, q) from the numbers of ends of pairs (…, q, q); NaN where there are none."""
    ends = counts.sum(axis=-1, dtype=float)
    expected = ends[..., :, None] * ends[..., None, :]
    total = ends.sum(axis=-1)[..., None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, 1.0 - counts * total / expected, np.nan)

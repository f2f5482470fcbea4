"""The gate of compound clusters: a relaxed geometry is checked before it is believed."""

from __future__ import annotations

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

from heterodot.bonds import Bonds, find_bonds
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds, polarity

CATIONS_APART, ANIONS_APART = 1.0, 1.1
"""Like ions closer than this times the sum of their covalent radii are bonded to each other.

The usual 1.2 would count every four-ring: its metals face each other at 1.05 to 1.15 sums (3.0 to
3.3 Å in CdS and CdSe), without a bond; Cd–Cd bonds are 2.6 Å, Se–Se bonds 2.3 to 2.4 Å long.
"""
LEAST, MOST = 3, 5
"""Coordination numbers an ion of a bare II–VI cluster may have."""


def check_cluster(atoms: Atoms) -> list[str]:
    """Return what is wrong with a compound cluster; an empty list if nothing is.

    Parameters
    ----------
    atoms : Atoms
        A bare cluster of cations and anions, as built or relaxed.

    Returns
    -------
    list of str
        One sentence each: bonds between like ions, ions with fewer than three or more than five
        bonds, more than one fragment, positions that are not numbers.
    """
    if not isinstance(atoms, Atoms):
        raise StructureError(f"cluster of type {type(atoms).__name__}: expected an ASE Atoms")
    if len(atoms) == 0 or not np.isfinite(atoms.positions).all():
        return ["no atoms, or positions that are not finite"]
    sign = polarity(atoms)
    if not ((sign > 0).any() and (sign < 0).any()):
        return [f"{atoms.get_chemical_formula()} is not a compound of cations and anions"]
    bonds = lattice_bonds(atoms)
    return [*_like_bonds(atoms, sign), *_coordination(atoms, bonds), *_fragments(bonds)]


def coordination_statistics(atoms: Atoms) -> dict[int, int]:
    """Return how many ions have how many bonds to unlike ions: {coordination: atoms}."""
    values, counts = np.unique(lattice_bonds(atoms).coordination, return_counts=True)
    return {int(v): int(c) for v, c in zip(values, counts, strict=True)}


def _like_bonds(atoms: Atoms, sign: np.ndarray) -> list[str]:
    bonds = find_bonds(atoms, max(CATIONS_APART, ANIONS_APART))
    i, j = bonds.pairs.T
    radii = covalent_radii[atoms.numbers]
    apart = np.where(sign[i] > 0, CATIONS_APART, ANIONS_APART) * (radii[i] + radii[j])
    like = (sign[i] * sign[j] > 0) & (bonds.lengths < apart)
    return [
        f"bond between like ions {atoms.symbols[a]}{a}–{atoms.symbols[b]}{b}, {length:.2f} Å "
        f"(expected above {least:.2f} Å)"
        for a, b, length, least in zip(
            i[like], j[like], bonds.lengths[like], apart[like], strict=True
        )
    ]


def _coordination(atoms: Atoms, bonds: Bonds) -> list[str]:
    found = bonds.coordination
    return [
        f"{atoms.symbols[a]}{a} has {found[a]} bonds; expected {LEAST} to {MOST}"
        for a in np.flatnonzero((found < LEAST) | (found > MOST))
    ]


def _fragments(bonds: Bonds) -> list[str]:
    n = n_fragments(bonds)
    return [] if n == 1 else [f"{n} fragments; expected one"]


def n_fragments(bonds: Bonds) -> int:
    """Return the number of pieces that bonds hold together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(bonds.pairs))
    graph = coo_array((ones, (bonds.pairs[:, 0], bonds.pairs[:, 1])), (bonds.n_atoms,) * 2)
    return int(connected_components(graph, directed=False)[0])

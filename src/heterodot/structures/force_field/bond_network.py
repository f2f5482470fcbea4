"""Which atoms the valence force field binds to which."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from ase import Atoms
from ase.data import chemical_symbols

from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import polarity
from heterodot.structures.chemistry.shells import guests
from heterodot.structures.force_field.keating_energy import BondNetwork
from heterodot.structures.force_field.keating_parameters import (
    KeatingBond,
    bond_name,
    check_parameters,
    keating_parameters,
)

REACH = 1.35
"""Unlike ions closer than this many equilibrium lengths are bonded: the widest mismatch of the
table (ZnS on CdTe, 1.20) is well within, third neighbours (1.91) are well without."""

LIGAND_REACH = 1.2
"""The same for atoms of ligands, whose other neighbours are nearer."""


def bond_network(
    atoms: Atoms,
    parameters: Mapping[str, Mapping[str, float]] | None = None,
    reach: float = REACH,
) -> BondNetwork:
    """Find the bonds between cations and anions and their Keating constants.

    Parameters
    ----------
    atoms : Atoms
        Dot or crystal of cations and anions.
    parameters : mapping, optional
        As for :func:`heterodot.structures.force_field.keating_parameters.keating_parameters`.
    reach : float
        Longest bond in units of its equilibrium length.

    Raises
    ------
    StructureError
        There are no ions, two are on top of each other, or a pair has no constants.
    """
    check_parameters(parameters)
    sign = polarity(atoms)
    if not (sign > 0).any() or not (sign < 0).any():
        raise StructureError(
            f"{atoms.get_chemical_formula()}: the valence force field needs cations and anions"
        )
    if (atoms.numbers == 1).any():
        raise StructureError(
            "the valence force field has no constants for hydrogen: relax before passivate()"
        )
    pairs, vectors = _unlike_pairs(atoms, sign, reach)
    code = atoms.numbers[pairs[:, 0]] * 200 + atoms.numbers[pairs[:, 1]]
    kinds, kind = np.unique(code, return_inverse=True)
    elements = [(chemical_symbols[c // 200], chemical_symbols[c % 200]) for c in kinds]
    bonds = tuple(keating_parameters(*pair, parameters) for pair in elements)
    bonded = _within(atoms, pairs, vectors, np.array([b.length for b in bonds])[kind], reach)
    pairs, vectors, kind = pairs[bonded], vectors[bonded], kind[bonded]
    offsets = vectors - atoms.positions[pairs[:, 1]] + atoms.positions[pairs[:, 0]]
    names = tuple(bond_name(*pair) for pair in elements)
    return BondNetwork(pairs.astype(np.int32), offsets, kind, names, bonds)


def _unlike_pairs(atoms: Atoms, sign: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray]:
    """Cation and anion (M, 2) of every pair that might be bonded, and the vector between them."""
    close = find_bonds(atoms, 1.2 * reach)
    pairs, vectors = close.pairs, close.vectors
    unlike = sign[pairs[:, 0]] * sign[pairs[:, 1]] < 0
    pairs, vectors = pairs[unlike], vectors[unlike]
    turned = sign[pairs[:, 0]] < 0
    pairs = np.where(turned[:, None], pairs[:, ::-1], pairs)
    return pairs, np.where(turned[:, None], -vectors, vectors)


def _within(
    atoms: Atoms, pairs: np.ndarray, vectors: np.ndarray, lengths: np.ndarray, reach: float
) -> np.ndarray:
    """(M,) whether each pair is close enough for a bond."""
    found = np.linalg.norm(vectors, axis=1)
    if len(found) and found.min() < 0.5 * lengths[found.argmin()]:
        i, j = (int(k) for k in pairs[found.argmin()])
        raise StructureError(
            f"atoms {i} and {j}: {found.min():.2f} Å apart, too close for the valence force field"
        )
    limit = np.full(len(found), reach)
    limit[guests(atoms)[pairs].any(axis=1)] = min(reach, LIGAND_REACH)
    return found < limit * lengths


def estimated_bonds(network: BondNetwork) -> dict[str, KeatingBond]:
    """Return the kinds of bonds whose constants are estimates."""
    return {n: b for n, b in zip(network.names, network.bonds, strict=True) if b.estimated}

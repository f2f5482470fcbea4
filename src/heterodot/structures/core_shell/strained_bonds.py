"""The bonds of a lattice that may be strained by a fifth, ligands or not."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot.bonds import DEFAULT_SCALE, Bonds
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.shells import guests

STRAINED_SCALE = 1.45
"""Unlike ions of the lattice within this many sums of covalent radii are bonded: O on the lattice
of InP has its four metals at 1.35, and third neighbours start at 1.9 of a bond."""


def strained_bonds(dot: Atoms) -> Bonds:
    """Find the bonds between unlike ions, those of the lattice however strained it is.

    Parameters
    ----------
    dot : Atoms
        Tetrahedral ions; bonds of ligands have the usual reach.
    """
    bonds = lattice_bonds(dot, STRAINED_SCALE)
    strange = guests(dot)[bonds.pairs].any(axis=1)
    if not strange.any():
        return bonds
    usual = lattice_bonds(dot, DEFAULT_SCALE)
    of_ligands = guests(dot)[usual.pairs].any(axis=1)
    pairs = np.concatenate([bonds.pairs[~strange], usual.pairs[of_ligands]])
    vectors = np.concatenate([bonds.vectors[~strange], usual.vectors[of_ligands]])
    return Bonds(bonds.n_atoms, pairs, vectors)

"""What holds two pieces together: the bonds between them, by species."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.deprecation import renamed
from heterodot.records import Record
from heterodot.structures.chemistry.contacts import contact_distances, ions_of

BOND_RANGE = 1.15
"""Unlike ions within this factor of the length of their bond are bonded: a third of its valence is
left, exp(−0.15 · 2.6 Å/0.37 Å)."""

UNBONDED = "unbonded"
"""Name of the flag on a joint without a bond between unlike ions."""

_LOOK = 6.5
"""Å within which the shortest distance between unlike ions is looked for."""


@renamed(lengths="bond_lengths")
@dataclass(frozen=True)
class Joint(Record, also=(UNBONDED,)):
    """Bonds between two pieces.

    Attributes
    ----------
    bonds : int
        Pairs of unlike ions, or with a neutral atom, within 1.15 times the length of their bond.
    bonded_atoms : int
        Atoms of the second piece that have one.
    shortest : dict of str to float
        Shortest distance (Å) of each pair of unlike species that comes within 6.5 Å, the shortest
        first; cation, or atom of the second piece, first in the name: "Cd–Br".
    bond_lengths : dict of str to float
        Length (Å) of a bond of each of these pairs.
    """

    bonds: int
    bonded_atoms: int
    shortest: dict[str, float]
    bond_lengths: dict[str, float]

    @property
    def unbonded(self) -> bool:
        """Whether nothing holds the pieces together."""
        return self.bonds == 0

    def summary(self) -> str:
        """Return a part of a line for people."""
        number = f"{self.bonds} bond{'' if self.bonds == 1 else 's'} across"
        if not self.shortest:
            return f"{number}, no unlike atoms within {_LOOK:g} Å"
        bonded = [p for p, d in self.shortest.items() if d < BOND_RANGE * self.bond_lengths[p]]
        pair = next(iter(bonded or self.shortest))
        length, usual = self.shortest[pair], self.bond_lengths[pair]
        return f"{number}, shortest {pair} {length:.2f} Å (a bond has {usual:.2f})"


def joint(atoms: Atoms, second: np.ndarray) -> Joint:
    """Find the bonds between one part of a structure and the rest.

    Parameters
    ----------
    atoms : Atoms
        Both pieces; periodic directions are taken from ``atoms.pbc``. The array ``formal_charge``
        is used where there is one.
    second : (N,) bool array
        Atoms of the second piece (the film, the cap, the cluster).

    Returns
    -------
    Joint
    """
    a, b = np.flatnonzero(~second), np.flatnonzero(second)
    ions_a, kind_a = ions_of(atoms[a])
    ions_b, kind_b = ions_of(atoms[b])
    i, j, d = _across(atoms, a, b)
    charges = [[q for _, q in ions] for ions in (ions_a, ions_b)]
    table = contact_distances(
        [s for s, _ in ions_a],
        [s for s, _ in ions_b],
        charges_a=charges[0],
        charges_b=charges[1],
        touch=1.0,
    )
    unlike = np.multiply.outer(*charges) <= 0
    one, two = kind_a[i], kind_b[j]
    kept = unlike[one, two]
    i, j, d, one, two = i[kept], j[kept], d[kept], one[kept], two[kept]
    bonded = d < BOND_RANGE * table[one, two]
    found: dict[str, tuple[float, float]] = {}
    for p, q in sorted(set(zip(one.tolist(), two.tolist(), strict=True))):
        name = _pair_name(ions_a[p], ions_b[q])
        least = float(d[(one == p) & (two == q)].min())
        if least < found.get(name, (np.inf, 0.0))[0]:
            found[name] = (least, float(table[p, q]))
    ordered = sorted(found.items(), key=lambda item: (round(item[1][0], 6), item[0]))
    return Joint(
        bonds=int(bonded.sum()),
        bonded_atoms=len(np.unique(j[bonded])),
        shortest={name: values[0] for name, values in ordered},
        bond_lengths={name: values[1] for name, values in ordered},
    )


def _pair_name(first: tuple[str, float], second: tuple[str, float]) -> str:
    """Return the name of a pair, the cation or else the second piece's atom first."""
    if first[1] > second[1]:
        return f"{first[0]}–{second[0]}"
    return f"{second[0]}–{first[0]}"


def _across(
    atoms: Atoms, a: np.ndarray, b: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs (places in a and b) within reach and their distances (Å), each image a pair."""
    from scipy.spatial import cKDTree

    z = atoms.positions[:, 2]
    if not atoms.pbc[2]:
        a_near = np.flatnonzero((z[a] > z[b].min() - _LOOK) & (z[a] < z[b].max() + _LOOK))
        b_near = np.flatnonzero((z[b] > z[a].min() - _LOOK) & (z[b] < z[a].max() + _LOOK))
    else:
        a_near, b_near = np.arange(len(a)), np.arange(len(b))
    one, two = atoms.positions[a[a_near]], atoms.positions[b[b_near]]
    images = _images(atoms)
    spread = np.concatenate([two + image for image in images])
    found = cKDTree(one).sparse_distance_matrix(cKDTree(spread), _LOOK, output_type="ndarray")
    i, k = found["i"], found["j"]
    return a_near[i], b_near[k % max(1, len(two))], found["v"]


def _images(atoms: Atoms) -> np.ndarray:
    """Lattice vectors (K, 3) by which atoms of the cell may come within reach of each other, Å."""
    if not atoms.pbc.any():
        return np.zeros((1, 3))
    cell = atoms.cell.array
    spread = np.ptp(atoms.cell.scaled_positions(atoms.positions), axis=0)
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    turns = np.ceil(_LOOK / heights + spread) * atoms.pbc
    ranges = [np.arange(-n, n + 1) for n in turns.astype(int)]
    return np.array(np.meshgrid(*ranges, indexing="ij")).reshape(3, -1).T @ cell


def note_unbonded(atoms: Atoms, found: Joint, advice: str) -> None:
    """Flag a joint without bonds, for every result about the structure, and note it; in place.

    A flag of before is taken away: the joint is judged anew.
    """
    provenance.remove_flag(atoms, UNBONDED)
    if not found.unbonded:
        return
    message = f"nothing holds the pieces together: {found.summary()}; {advice}"
    provenance.add_flag(atoms, UNBONDED, message)
    provenance.add_note(atoms, f"{UNBONDED}: {message}")

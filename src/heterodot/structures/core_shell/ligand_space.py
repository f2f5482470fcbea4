"""Room for ligands: what is near, how near it may be, and what has been placed already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii, vdw_radii

from heterodot.structures.chemistry.dangling import polarity
from heterodot.structures.chemistry.radii import TETRAHEDRAL_RADII
from heterodot.structures.core_shell.ligand_sites import LigandSite

VDW_SHARE = 0.85
"""Ions of like charge may be this near in units of the sum of van der Waals radii (A. Bondi, J.
Phys. Chem. 68, 441 (1964), as tabulated by ASE)."""

COVALENT_SHARE = 1.25
"""Pairs with a metal must be this many sums of covalent radii apart not to be bonded."""

BRIDGE_SHARE = 0.9
"""A halide may come this near, in units of the bond length, to a metal that lacks a bond."""

_RANGE = 8.0
"""Å around the metal within which other atoms are looked at; the halides reach 2.8 Å."""

_DEFAULT_VDW = 2.0
"""Å, where ASE has no radius."""


@dataclass
class Room:
    """The surroundings of a dot, filled one ligand after the other.

    Attributes
    ----------
    positions : (N, 3) float array
        Of the dot, Å.
    tree : scipy.spatial.cKDTree
        Of the same.
    to_metal, to_halide : (N,) float array
        How near (Å) M and X may come to each atom of the dot.
    own : (2, 2) float array
        The same between the M and X of one ligand and those of another.
    placed : list of (3, 3) arrays
        Positions (Å) of M, X, X of the ligands placed.
    hosts : list of int
        First anion each is bound to.
    """

    positions: np.ndarray
    tree: Any
    to_metal: np.ndarray
    to_halide: np.ndarray
    own: np.ndarray
    placed: list[np.ndarray] = field(default_factory=list)
    hosts: list[int] = field(default_factory=list)

    @classmethod
    def around(cls, dot: Atoms, open_metals: np.ndarray, metal: str, halogen: str) -> Room:
        """Set up the limits for M and X around a dot.

        Parameters
        ----------
        dot : Atoms
        open_metals : (N,) bool array
            Cations that lack a bond.
        metal, halogen : str
            M and X.
        """
        from scipy.spatial import cKDTree

        m, x = atomic_numbers[metal], atomic_numbers[halogen]
        covalent = covalent_radii[dot.numbers]
        to_metal = COVALENT_SHARE * (covalent + covalent_radii[m])
        to_halide = np.where(
            polarity(dot) > 0,
            COVALENT_SHARE * (covalent + covalent_radii[x]),
            VDW_SHARE * (_vdw(dot.numbers) + _vdw(np.array([x]))),
        )
        bridge = [
            BRIDGE_SHARE * (TETRAHEDRAL_RADII.get(s, np.inf) + TETRAHEDRAL_RADII[halogen])
            for s in dot.symbols[open_metals]
        ]
        to_halide[open_metals] = np.minimum(to_halide[open_metals], bridge)
        mixed = COVALENT_SHARE * (covalent_radii[m] + covalent_radii[x])
        alike = (2 * COVALENT_SHARE * covalent_radii[m], 2 * VDW_SHARE * _vdw(np.array([x]))[0])
        own = np.array([[alike[0], mixed], [mixed, alike[1]]])
        return cls(dot.positions, cKDTree(dot.positions), to_metal, to_halide, own)

    def take(self, site: LigandSite) -> bool:
        """Place a ligand in its roomiest orientation; return whether there was room."""
        near = np.array(self.tree.query_ball_point(site.metal, _RANGE), int)
        strangers = near[~np.isin(near, site.hosts)]
        nearest = _distances(site.metal, self.positions[strangers])
        if (nearest < self.to_metal[strangers]).any():
            return False
        points = np.concatenate(
            [np.broadcast_to(site.metal, (len(site.halides), 1, 3)), site.halides], axis=1
        )
        distances = _distances(site.halides, self.positions[near])
        room = (distances / self.to_halide[near]).min(axis=(1, 2), initial=np.inf)
        room = np.minimum(room, self._room_beside(points))
        best = int(np.round(room, 6).argmax())
        if room[best] < 1:
            return False
        self.placed.append(points[best])
        self.hosts.append(site.hosts[0])
        return True

    def _room_beside(self, points: np.ndarray) -> np.ndarray:
        """(n,) smallest distance of each orientation (n, 3, 3) to placed ligands over its limit."""
        if not self.placed:
            return np.full(len(points), np.inf)
        others = np.array(self.placed)
        near = _distances(points[0, 0], others[:, 0]) < _RANGE
        others = others[near].reshape(-1, 3)
        kind = np.array([0, 1, 1])
        limits = self.own[np.ix_(kind, np.tile(kind, int(near.sum())))]
        return (_distances(points, others) / limits).min(axis=(1, 2), initial=np.inf)


def _distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(…, n) distances (Å) of points (…, 3) to others (n, 3)."""
    return np.linalg.norm(points[..., None, :] - others, axis=-1)


def _vdw(numbers: np.ndarray) -> np.ndarray:
    return np.nan_to_num(vdw_radii[numbers], nan=_DEFAULT_VDW)

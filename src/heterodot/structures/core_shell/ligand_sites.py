"""Where a metal dihalide can sit on a surface: at the ends of the anions' dangling bonds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.bonds import Bonds
from heterodot.structures.chemistry.dangling import TETRAHEDRAL_ANGLE, missing_directions
from heterodot.structures.chemistry.radii import TETRAHEDRAL_RADII
from heterodot.structures.chemistry.ties import round_about

_SAME_SITE = 1.3
"""Å; dangling bonds that end this close together lead to one empty cation site (the nearest other
one is 3.8 Å away)."""

_TURNS = 12
"""How many orientations a planar ligand is tried in."""


@dataclass(frozen=True)
class LigandSite:
    """One place for a ligand.

    Attributes
    ----------
    hosts : tuple of int
        The anions the metal binds to, one or two.
    metal : (3,) float array
        Its position, Å.
    halides : (n, 2, 3) float array
        Positions (Å) of the two halides in each orientation there is.
    """

    hosts: tuple[int, ...]
    metal: np.ndarray
    halides: np.ndarray


def ligand_sites(
    dot: Atoms, bonds: Bonds, hosts: np.ndarray, metal: str, halogen: str
) -> tuple[list[LigandSite], int]:
    """List the places for MX2, and count the empty cation sites next to three anions or more.

    Parameters
    ----------
    dot : Atoms
    bonds : Bonds
        Its bonds between unlike ions.
    hosts : (n,) int array
        Under-coordinated anions.
    metal, halogen : str
        M and X.
    """
    owner, ends = _dangling_ends(dot, bonds, hosts, metal)
    reach = TETRAHEDRAL_RADII[metal] + TETRAHEDRAL_RADII[halogen]
    sites, blocked = [], 0
    for group in _clusters(ends):
        anions = sorted(set(owner[group].tolist()))
        if len(anions) > 2:
            blocked += 1
            continue
        lengths = [TETRAHEDRAL_RADII[metal] + TETRAHEDRAL_RADII[dot.symbols[i]] for i in anions]
        points = dot.positions[anions]
        if len(anions) == 1:
            sites += [LigandSite((anions[0],), ends[k], _planar(dot, points[0], ends[k], reach))
                      for k in group]  # fmt: skip
            continue
        position = _between(points, lengths, ends[group].mean(axis=0))
        sites.append(LigandSite(tuple(anions), position, _tetrahedral(points, position, reach)))
    return sites, blocked


def _dangling_ends(
    dot: Atoms, bonds: Bonds, hosts: np.ndarray, metal: str
) -> tuple[np.ndarray, np.ndarray]:
    """Anion (n,) and end (n, 3), Å, of each dangling bond at the length of a bond to M."""
    owner: list[int] = []
    ends: list[np.ndarray] = []
    for host in hosts.tolist():
        length = TETRAHEDRAL_RADII[metal] + TETRAHEDRAL_RADII[dot.symbols[host]]
        for direction in missing_directions(dot, bonds, host):
            owner.append(host)
            ends.append(dot.positions[host] + length * direction)
    return np.array(owner, int), np.array(ends, float).reshape(-1, 3)


def _clusters(ends: np.ndarray) -> list[np.ndarray]:
    """Return the groups of dangling bonds whose ends are at one place."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    if not len(ends):
        return []
    pairs = cKDTree(ends).query_pairs(_SAME_SITE, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), pairs.T), shape=(len(ends), len(ends)))
    number, label = connected_components(links, directed=False)
    order = np.argsort(label, kind="stable")
    return np.split(order, np.cumsum(np.bincount(label, minlength=number))[:-1])


def _between(anions: np.ndarray, lengths: list[float], guess: np.ndarray) -> np.ndarray:
    """Return the point (3,) at given distances (Å) from two anions, on the side of ``guess``."""
    axis = anions[1] - anions[0]
    apart = float(np.linalg.norm(axis))
    axis /= apart
    along = (apart**2 + lengths[0] ** 2 - lengths[1] ** 2) / (2 * apart)
    side = guess - anions[0] - ((guess - anions[0]) @ axis) * axis
    height = np.sqrt(max(lengths[0] ** 2 - along**2, 0.0))
    return anions[0] + along * axis + height * side / max(float(np.linalg.norm(side)), 1e-9)


def _tetrahedral(anions: np.ndarray, metal: np.ndarray, length: float) -> np.ndarray:
    """(1, 2, 3) halides that complete the tetrahedron of a metal between two anions."""
    bonds = anions - metal
    bonds /= np.linalg.norm(bonds, axis=1, keepdims=True)
    out = -bonds.sum(axis=0)
    out /= np.linalg.norm(out)
    normal = np.cross(bonds[0], bonds[1])
    normal /= np.linalg.norm(normal)
    half = TETRAHEDRAL_ANGLE / 2
    return np.array(
        [[metal + length * (np.cos(half) * out + s * np.sin(half) * normal) for s in (1, -1)]]
    )


def _planar(dot: Atoms, anion: np.ndarray, metal: np.ndarray, length: float) -> np.ndarray:
    """(n, 2, 3) halides in the plane of a metal on one anion, 120° apart, turned about the bond.

    The turns are counted from where the surroundings are, so they turn with the dot.
    """
    out = (metal - anion) / np.linalg.norm(metal - anion)
    first = round_about(dot, anion, out)
    second = np.cross(out, first)
    angles = np.pi * np.arange(_TURNS)[:, None] / _TURNS
    side = np.cos(angles) * first + np.sin(angles) * second
    half = np.pi / 3
    return metal + length * np.stack(
        [np.cos(half) * out + s * np.sin(half) * side for s in (1, -1)], axis=1
    )

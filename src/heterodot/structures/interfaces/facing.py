"""Pairs of atoms that face each other across an interface, and what they ask of its gap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.chemistry.contacts import bond_strength, contact_distances, ions_of
from heterodot.structures.chemistry.joints import BOND_RANGE
from heterodot.structures.memory import usable_memory

CONTACT_RANGE = 1.25
"""A pair within this factor of its limit is in contact: wholly at the limit, not at all here.
Like ions have theirs at 0.77 of where they touch, so they count until they nearly do."""

BOND_WIDTH = 0.08
"""A bond counts exp(−½ ((d/b − 1)/0.08)²) of its strength: wholly at its own length b."""

LIKE_WEIGHT = 0.25
"""A contact of like ions undoes this much of a bond: they repel, but the bonds decide."""

LARGEST_CONTACT = 5.0
"""Å; no two atoms have a larger limit (neutral Cs and Cs: 4.88)."""

PAIRS_AT_ONCE = 1_000_000
"""More pairs than this are not held in one table."""

_BYTES_PER_PAIR = 150


@dataclass(frozen=True, eq=False)
class FacingPairs:
    """Pairs across the interface that can come into contact.

    Attributes
    ----------
    upper, lower : (M,) int array
        Atom of the film and of the substrate.
    lateral : (M, 2) float array
        From the substrate's to the film's atom at zero shift, Å.
    cell : (2, 2) float array or None
        What lateral vectors are wrapped into, Å; None where every image is a pair of its own.
    images : (K, 2) float array
        Lattice vectors to add to the wrapped vectors, Å.
    apart : (M,) float array
        Difference in height at zero gap, Å.
    limit : (M,) float array
        Å.
    bond : (M,) float array
        Length of the bond, Å.
    weight : (M,) float array
        Strength of the bond, −0.25 for like ions.
    """

    upper: np.ndarray
    lower: np.ndarray
    lateral: np.ndarray
    cell: np.ndarray | None
    images: np.ndarray
    apart: np.ndarray
    limit: np.ndarray
    bond: np.ndarray
    weight: np.ndarray

    def judge(
        self, shifts: np.ndarray, gap: float | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return gaps (Å), sums of contacts, shortest relative distances and numbers of bonds.

        Each (S,), at shifts (S, 2) in Å.
        """
        squares = self._squares(shifts)
        gaps = np.full(len(shifts), 0.0 if gap is None else gap)
        if gap is None:
            for rho2 in squares:
                need = _gaps_needed(rho2, self.limit, self.apart)
                np.maximum(gaps, need.max(axis=1, initial=0.0), out=gaps)
        score, closest = np.zeros(len(shifts)), np.full(len(shifts), np.inf)
        bonds = np.zeros(len(shifts), int)
        for rho2 in squares:
            d = np.sqrt(rho2 + (self.apart + gaps[:, None]) ** 2)
            score += _contacts(d, self.limit, self.bond, self.weight).sum(axis=1)
            np.minimum(closest, (d / self.limit).min(axis=1, initial=np.inf), out=closest)
            bonds += ((d < BOND_RANGE * self.bond) & (self.weight > 0)).sum(axis=1)
        return gaps, score, closest, bonds

    def at(self, shift: np.ndarray) -> PairsAt:
        """Return the pairs within reach of each other at one shift (2,), Å."""
        rho2 = np.concatenate([square[0] for square in self._squares(shift[None])])
        pair = np.tile(np.arange(len(self.lateral)), len(self.images))
        kept = rho2 + self.apart[pair] ** 2 < (CONTACT_RANGE * self.bond[pair]) ** 2
        return PairsAt(self, pair[kept], rho2[kept])

    def _squares(self, shifts: np.ndarray) -> list[np.ndarray]:
        """Squared lateral distances (S, M) to each image, Å²."""
        moved = self.lateral[None] + shifts[:, None]
        if self.cell is not None:
            scaled = moved @ np.linalg.inv(self.cell)
            moved = (scaled - np.rint(scaled)) @ self.cell
        return [((moved + image) ** 2).sum(axis=-1) for image in self.images]


@dataclass(frozen=True, eq=False)
class PairsAt:
    """Pairs within reach at one shift.

    Attributes
    ----------
    pairs : FacingPairs
    pair : (K,) int array
        Which of them, an entry for each image.
    rho2 : (K,) float array
        Squared lateral distance, Å².
    """

    pairs: FacingPairs
    pair: np.ndarray
    rho2: np.ndarray

    def gaps_needed(self, atom: np.ndarray, n: int) -> np.ndarray:
        """Return the gap (n,) each atom needs, Å; −inf where none.

        ``atom`` is ``pairs.upper`` or ``pairs.lower``, ``n`` the number of atoms of that side.
        """
        needed = np.full(n, -np.inf)
        limit, apart = self.pairs.limit[self.pair], self.pairs.apart[self.pair]
        np.maximum.at(needed, atom[self.pair], _gaps_needed(self.rho2, limit, apart))
        return needed

    def contacts(self, gap: float, atom: np.ndarray, n: int) -> np.ndarray:
        """Return the contacts of each atom (n,) at a gap (Å), as the registry counts them."""
        limit, bond, weight, apart = (
            values[self.pair]
            for values in (self.pairs.limit, self.pairs.bond, self.pairs.weight, self.pairs.apart)
        )
        d = np.sqrt(self.rho2 + (apart + gap) ** 2)
        return np.bincount(atom[self.pair], _contacts(d, limit, bond, weight), n)


def _gaps_needed(rho2: np.ndarray, limit: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Return the gap at which each pair is at its limit, Å; −inf where it never is."""
    room = limit**2 - rho2
    return np.where(room > 0, np.sqrt(np.maximum(room, 0)) - apart, -np.inf)


def _contacts(d: np.ndarray, limit: np.ndarray, bond: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return what each pair at a distance (Å) counts: bonds for, contacts of like ions against."""
    near = np.clip((CONTACT_RANGE - d / limit) / (CONTACT_RANGE - 1), 0, 1)
    made = np.exp(-0.5 * ((d / bond - 1) / BOND_WIDTH) ** 2)
    return np.asarray(np.where(weight > 0, made, near) * weight)


def facing_pairs(
    film: Atoms,
    substrate: Atoms,
    cell: np.ndarray,
    shifts: np.ndarray,
    touch: float,
    rigid: bool,
) -> FacingPairs:
    """Collect the pairs close enough to matter at any of the shifts (S, 2), Å."""
    above = film.positions[:, 2] - film.positions[:, 2].min()
    below = substrate.positions[:, 2].max() - substrate.positions[:, 2]
    upper, lower = _near(above, touch), _near(below, touch)
    film, above, substrate, below = film[upper], above[upper], substrate[lower], below[lower]
    table, lengths, kinds, weight = _limits(film, substrate, touch, rigid)
    reach = CONTACT_RANGE * float(lengths.max(initial=0.0))
    if len(film) * len(substrate) <= PAIRS_AT_ONCE:
        i, j = (x.ravel() for x in np.indices((len(film), len(substrate))))
        lateral = film.positions[i, :2] - substrate.positions[j, :2]
        wrapped: np.ndarray | None = cell
        images = _near_images(cell, reach)
    else:
        farthest = float(np.linalg.norm(shifts, axis=1).max(initial=0.0))
        i, j, lateral = _images_in_reach(film, substrate, cell, reach + farthest)
        wrapped, images = None, np.zeros((1, 2))
    limit = table[kinds[0][i], kinds[1][j]]
    apart = above[i] + below[j]
    bond = lengths[kinds[0][i], kinds[1][j]]
    kept = apart < CONTACT_RANGE * bond
    i, j = i[kept], j[kept]
    return FacingPairs(
        upper=upper[i],
        lower=lower[j],
        lateral=lateral[kept],
        cell=wrapped,
        images=images,
        apart=apart[kept],
        limit=limit[kept],
        bond=bond[kept],
        weight=weight[kinds[0][i], kinds[1][j]],
    )


def _limits(
    film: Atoms, substrate: Atoms, touch: float, rigid: bool
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray], np.ndarray]:
    """Limits (Å), lengths of bonds (Å), the kind of each atom, and weights of pairs of kinds."""
    ions_a, kind_a = ions_of(film)
    ions_b, kind_b = ions_of(substrate)
    charges = [[q for _, q in ions] for ions in (ions_a, ions_b)]
    limits, lengths = (
        contact_distances(
            [s for s, _ in ions_a],
            [s for s, _ in ions_b],
            charges_a=charges[0],
            charges_b=charges[1],
            touch=touch,
            rigid=yields,
        )
        for yields in (rigid, False)
    )
    strength = np.array([[bond_strength(p, q) for q in ions_b] for p in ions_a])
    weight = np.where(np.multiply.outer(*charges) > 0, -LIKE_WEIGHT, strength)
    return limits, lengths, [kind_a, kind_b], weight


def _images_in_reach(
    film: Atoms, substrate: Atoms, cell: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs and their lateral vectors (Å) up to a length, each periodic image a pair."""
    from scipy.spatial import cKDTree

    images = _near_images(cell, reach + 0.5 * float(np.linalg.norm(cell, axis=1).max()))
    density = len(substrate) / abs(np.linalg.det(cell))
    if len(film) * density * np.pi * reach**2 * _BYTES_PER_PAIR > usable_memory():
        raise StructureError(
            f"{len(film)} and {len(substrate)} atoms meet at the interface: too many to scan in "
            "this machine's memory; give shift= and gap="
        )
    scaled = film.positions[:, :2] @ np.linalg.inv(cell)
    other = substrate.positions[:, :2] @ np.linalg.inv(cell)
    centred = (scaled - np.rint(scaled)) @ cell
    spread = np.concatenate([(other - np.rint(other)) @ cell + image for image in images])
    found = cKDTree(centred).sparse_distance_matrix(cKDTree(spread), reach, output_type="ndarray")
    i, k = found["i"], found["j"]
    return i, k % len(substrate), centred[i] - spread[k]


def _near(depth: np.ndarray, touch: float) -> np.ndarray:
    """Return the atoms that are not too deep (Å) below their face to touch the other side."""
    reach = CONTACT_RANGE * max(1.0, touch) * LARGEST_CONTACT
    return np.flatnonzero(depth < reach)


def _near_images(cell: np.ndarray, reach: float) -> np.ndarray:
    """Lattice vectors (K, 2) that can bring a vector wrapped into the cell within reach (Å)."""
    heights = abs(np.linalg.det(cell)) / np.linalg.norm(cell[::-1], axis=1)
    n1, n2 = (int(np.ceil(reach / h + 0.5)) - 1 for h in heights)
    grid = [(i, j) for i in range(-n1, n1 + 1) for j in range(-n2, n2 + 1)]
    return np.array(grid) @ cell

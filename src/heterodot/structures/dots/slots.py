"""Where ligands can sit: the missing bonds of a dot, and how to choose among them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot.bonds import Bonds
from heterodot.structures.chemistry.dangling import missing_directions
from heterodot.structures.chemistry.ties import TIE, first_of, surroundings

_MAX_SWEEPS = 50
_BARE_DISTANCE = 2.0
"""Å in front of an atom that stays bare: ligands are pushed away from that point."""
_VACANCY_ANGLE = np.cos(np.radians(25.0))
"""A missing bond within 25° of the way to a vacancy points into it."""
_RANGE = 8.0
"""Å; crowding by atoms further away is not counted."""


@dataclass(frozen=True)
class Slots:
    """Free places for ligands, one per missing bond.

    Attributes
    ----------
    host : (M,) int array
        Atom each place belongs to.
    direction, position : (M, 3) float array
        Unit vector from the host; where the ligand would sit, Å.
    crowding : (M,) float array
        Σ r⁻⁴ (Å⁻⁴) over the atoms of the dot other than the host.
    outward : (M, 3) float array
        From the middle of the dot to the place, Å.
    surroundings : (M,) float array
        What tells places of equal crowding apart:
        :func:`heterodot.structures.chemistry.ties.surroundings`.
    """

    host: np.ndarray
    direction: np.ndarray
    position: np.ndarray
    crowding: np.ndarray
    outward: np.ndarray
    surroundings: np.ndarray

    def __len__(self) -> int:
        return len(self.host)

    def fill(self, deficits: np.ndarray, number: int) -> np.ndarray:
        """Choose ``number`` places: largest deficit first, then the least crowded.

        Ties are broken by the surroundings, the ligands placed before among them.

        Parameters
        ----------
        deficits : (N,) float array
            Unmet valence of every atom, e; each ligand takes one from its host.
        number : int
            How many, at most ``len(self)``.

        Returns
        -------
        (number,) int array
            Chosen places, in ascending order.
        """
        left = deficits.astype(float).copy()
        free = np.ones(len(self), dtype=bool)
        energy, around = self.crowding.copy(), self.surroundings.copy()
        chosen: list[int] = []
        for _ in range(number):
            slot = first_of([np.where(free, -left[self.host], np.inf), energy, around])
            chosen.append(slot)
            free[slot] = False
            left[self.host[slot]] -= 1.0
            energy += self._repulsion(slot)
            around += self._seen_from(slot, len(chosen))
        return np.array(sorted(self._spread(chosen, free, energy, around)), dtype=int)

    def _repulsion(self, slot: int) -> np.ndarray:
        """(M,) r⁻⁴ (Å⁻⁴) between a place and all places; 0 with itself."""
        squared = np.sum((self.position - self.position[slot]) ** 2, axis=1)
        squared[slot] = np.inf
        return 1.0 / np.maximum(squared, 1e-2) ** 2

    def _seen_from(self, slot: int, number: int) -> np.ndarray:
        """(M,) what the ligand of a number on a place adds to the surroundings of all places.

        Distances alone do not tell all pairs of places of a symmetric dot apart: how the bonds
        and the ways out of the dot stand to each other counts too, and the number in the order
        of placing.
        """
        apart = self.position - self.position[slot]
        distance = np.linalg.norm(apart, axis=1) + 1.0
        turns = self.direction @ self.direction[slot]
        leaning = np.einsum("ij,ij->i", apart, self.direction) - 0.6 * apart @ self.direction[slot]
        out = self.outward @ self.direction[slot] + 0.8 * self.direction @ self.outward[slot]
        weight = 1.0 + 1.0 / (number + 2.0)
        return np.asarray(weight * (1.0 + 0.3 * turns + (0.2 * leaning + 0.1 * out) / distance)
                          / distance)  # fmt: skip

    def _spread(
        self, chosen: list[int], free: np.ndarray, energy: np.ndarray, around: np.ndarray
    ) -> list[int]:
        """Move ligands among their own host's places until none gains room."""
        for _ in range(_MAX_SWEEPS):
            moved = False
            for n, slot in enumerate(chosen):
                others = np.flatnonzero(free & (self.host == self.host[slot]))
                if not others.size:
                    continue
                without = energy - self._repulsion(slot)
                apart = around - self._seen_from(slot, n + 1)
                new = int(others[first_of([without[others], apart[others]])])
                if without[new] < without[slot] - TIE:
                    energy[:] = without + self._repulsion(new)
                    around[:] = apart + self._seen_from(new, n + 1)
                    chosen[n], free[slot], free[new] = new, True, False
                    moved = True
            if not moved:
                break
        return chosen


def open_slots(
    atoms: Atoms,
    bonds: Bonds,
    hosts: np.ndarray,
    lengths: np.ndarray,
    bare: Iterable[int] = (),
    avoid: Sequence[np.ndarray] = (),
) -> Slots:
    """List the missing tetrahedral bonds of some atoms as places for ligands.

    Parameters
    ----------
    atoms : Atoms
        The dot.
    bonds : Bonds
        Its bonds between unlike ions.
    hosts : (n,) int array
        Atoms whose missing bonds are wanted.
    lengths : (N,) float array
        Bond length to the ligand for every atom of the dot, Å.
    bare : iterable of int
        Atoms in front of which ligands are pushed away.
    avoid : sequence of (3,) arrays
        Points (Å) no ligand may point at, the vacancies.
    """
    host_list: list[int] = []
    direction_list: list[np.ndarray] = []
    for host in hosts:
        for d in missing_directions(atoms, bonds, int(host)):
            if not _points_at(atoms.positions[host], d, avoid):
                host_list.append(int(host))
                direction_list.append(d)
    host = np.array(host_list, dtype=int)
    direction = np.array(direction_list, dtype=float).reshape(-1, 3)
    position = atoms.positions[host] + lengths[host][:, None] * direction
    crowd = np.concatenate([atoms.positions, _bare_points(atoms, bonds, bare)])
    return Slots(
        host,
        direction,
        position,
        _crowding(position, host, crowd),
        position - atoms.positions.mean(axis=0),
        surroundings(atoms, position),
    )


def _points_at(origin: np.ndarray, direction: np.ndarray, targets: Sequence[np.ndarray]) -> bool:
    """Whether a direction leads to one of the targets within a bond's reach (4 Å)."""
    for target in targets:
        way = target - origin
        distance = np.linalg.norm(way)
        if 0.1 < distance < 4.0 and way @ direction > _VACANCY_ANGLE * distance:
            return True
    return False


def _bare_points(atoms: Atoms, bonds: Bonds, bare: Iterable[int]) -> np.ndarray:
    """Points in front of the atoms that stay bare, along their missing bonds, (n, 3) Å."""
    points = [
        atoms.positions[i] + _BARE_DISTANCE * d
        for i in bare
        for d in missing_directions(atoms, bonds, i)
    ]
    return np.array(points, dtype=float).reshape(-1, 3)


def _crowding(position: np.ndarray, host: np.ndarray, crowd: np.ndarray) -> np.ndarray:
    """Σ r⁻⁴ (Å⁻⁴) from each place to the crowd within range, its host left out."""
    from scipy.spatial import cKDTree

    if not len(position):
        return np.zeros(0)
    out = np.zeros(len(position))
    near = cKDTree(crowd).query_ball_point(position, _RANGE)
    for slot, found in enumerate(near):
        others = np.array([i for i in found if i != host[slot]], dtype=int)
        squared = np.sum((crowd[others] - position[slot]) ** 2, axis=1)
        out[slot] = np.sum(1.0 / np.maximum(squared, 1e-2) ** 2)
    return out

"""Which ions of a polar face to move to the other one: those that leave the least energy.

Every ion of the face either stays or moves by the same translation. With the formal charges the
energy of all sets is a sum over the places and over pairs of them, which one Ewald sum gives; all
sets are compared where they are few, otherwise the best is looked for by exchanges. What lies
against the face adds its potential at the places.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations, product
from math import comb, prod

import numpy as np
from ase import Atoms

from heterodot.structures.chemistry.ewald import pair_potentials, potentials
from heterodot.structures.chemistry.ties import first_of

Groups = list[tuple[np.ndarray, int]]
"""The ions of each element, and how many of them move."""

Energy = Callable[[np.ndarray], np.ndarray]
"""Energies (k,) of sets (k, m), eV."""

SAME_ENERGY = 1e-4
"""eV; sets of ions within this are equally good."""

WHOLE = 0.02
"""e; sets of ions whose charges come this close to the best sum are compared by energy."""

EQUALS = 32
"""Equally good sets are told apart by what else they do, but no more than this many of them."""

MANY = 20_000
"""More sets of ions than this are searched by exchanges."""

VACUUM = 15.0
"""Å between a slab and its image in the Ewald sum; sets without a dipole do not feel it."""


@dataclass(frozen=True, eq=False)
class FaceIons:
    """Ions of one face, of one sign, some of which are to move to the other face.

    Attributes
    ----------
    ions : (m,) int array
        Atoms of the slab.
    kinds : list of Groups
        How many of each element may move, each as good as the others.
    step : (3,) float array
        The way to the other face, Å.
    periods : int
        The same in periods of the crystal along the normal: negative from the upper to the lower.
    places : (2m, 3) float array
        Where the ions are, and where they would come to, Å.
    charges : (m,) float array
        e.
    field : (2m,) float array
        Potential of the other ions of the slab at the places, eV/e.
    pairs : (2m, 2m) float array
        Potential of a unit charge at each place at the others, eV/e.
    rest : float
        Energy of the other ions, eV.
    """

    ions: np.ndarray
    kinds: list[Groups]
    step: np.ndarray
    periods: int
    places: np.ndarray
    charges: np.ndarray
    field: np.ndarray
    pairs: np.ndarray
    rest: float

    def energy(self, chosen: np.ndarray, outside: np.ndarray | None = None) -> np.ndarray:
        """Return the energy (k,) of all formal charges, eV per cell, of sets that move (k, m).

        ``outside`` (2m,) is a further potential at the places, eV/e.
        """
        field = self.field if outside is None else self.field + outside
        states = np.concatenate([~chosen, chosen], axis=1) * np.tile(self.charges, 2)
        pairs = 0.5 * ((states @ self.pairs) * states).sum(axis=1)
        return np.asarray(self.rest + states @ field + pairs)

    def best(
        self, outside: np.ndarray | None = None, allowed: np.ndarray | None = None
    ) -> list[tuple[float, np.ndarray]]:
        """Return the sets of least energy, equally good, each with its energy.

        Parameters
        ----------
        outside : (2m,) float array, optional
            A further potential at the places, eV/e.
        allowed : (2m,) bool array, optional
            Which places may be taken.

        Returns
        -------
        list of (float, (m,) bool array)
            Energy of all formal charges, eV per cell, and which ions move, ascending; all within
            ``SAME_ENERGY`` of the least, at most ``EQUALS`` of them. Empty where there is no set.
        """
        m = len(self.ions)
        free = np.ones(2 * m, bool) if allowed is None else allowed
        found: list[tuple[float, np.ndarray]] = []
        for groups in self.kinds:
            held = ~free[:m]  # has to move, as it may not stay
            some = _free_groups(groups, held, free[m:])
            if some is not None:
                found += _least(some, held, lambda sets: self.energy(sets, outside))
        least = min((value for value, _ in found), default=0.0)
        return [way for way in found if way[0] <= least + SAME_ENERGY][:EQUALS]


def face_ions(
    slab: Atoms,
    ions: np.ndarray,
    charges: np.ndarray,
    moved: float,
    step: np.ndarray,
    periods: int,
    tolerance: float = WHOLE,
) -> FaceIons | None:
    """Return what ions may move to carry a charge to the other face; None where no set does.

    Parameters
    ----------
    slab : Atoms
        Periodic in its first two cell vectors, the third along the normal.
    ions : (m,) int array
        Of one face and sign; some move and some stay.
    charges : (N,) float array
        Formal charges, e.
    moved : float
        Charge that has to move, e.
    step : (3,) float array
        The way from face to face, Å.
    periods : int
        The same in periods of the crystal along the normal.
    tolerance : float
        Ions are whole: the charge they carry may be this far from ``moved``, e. The nearest sum
        is taken.
    """
    kinds = _kinds(slab.numbers[ions], charges[ions], moved, tolerance) if len(ions) else []
    if not kinds:
        return None
    cell = slab.cell.array.copy()
    cell[2] = (0, 0, np.ptp(slab.positions[:, 2]) + abs(step[2]) + VACUUM)
    places = np.concatenate([slab.positions[ions], slab.positions[ions] + step])
    others = np.setdiff1d(np.flatnonzero(charges), ions)
    fixed, q = slab.positions[others], charges[others]
    at = potentials(cell, np.concatenate([places, fixed]), fixed, q)
    return FaceIons(
        ions=ions,
        kinds=kinds,
        step=step,
        periods=periods,
        places=places,
        charges=charges[ions],
        field=at[: len(places)],
        pairs=pair_potentials(cell, places, places),
        rest=0.5 * float(q @ at[len(places) :]),
    )


def _kinds(
    numbers: np.ndarray, charges: np.ndarray, moved: float, tolerance: float
) -> list[Groups]:
    """Return how many ions of each element may move so that their charges come nearest the sum."""
    members = [np.flatnonzero(numbers == z) for z in np.unique(numbers)]
    found: list[tuple[float, Groups]] = []
    for counts in product(*(range(len(group) + 1) for group in members)):
        total = sum(n * charges[group[0]] for n, group in zip(counts, members, strict=True))
        if abs(total - moved) < tolerance and 0 < sum(counts) < len(numbers):
            groups = list(zip(members, counts, strict=True))
            found.append((abs(float(total) - moved), groups))
    nearest = min((off for off, _ in found), default=0.0)
    return [groups for off, groups in found if off < nearest + WHOLE]


def _free_groups(groups: Groups, held: np.ndarray, free: np.ndarray) -> Groups | None:
    """Return the groups less the ions that have to move or to stay; None where too few are left."""
    left: Groups = []
    for group, n in groups:
        some = group[~held[group] & free[group]]
        more = n - int(held[group].sum())
        if not 0 <= more <= len(some) or not free[group[held[group]]].all():
            return None
        left.append((some, more))
    return left


def _least(groups: Groups, held: np.ndarray, energy: Energy) -> list[tuple[float, np.ndarray]]:
    """Return the sets of least energy: of all, or of those that exchanges lead to."""
    if prod(comb(len(group), n) for group, n in groups) > MANY:
        sets = _exchanged(_first(groups, held, energy), groups, energy)[None]
    else:
        sets = _sets(groups, held)
    values = energy(sets)
    best = np.flatnonzero(values <= values.min() + SAME_ENERGY)[:EQUALS]
    return [(float(values[k]), sets[k]) for k in best]


def _sets(groups: Groups, held: np.ndarray) -> np.ndarray:
    """Return the mask (k, m) of every set with the given number of each element."""
    sets = [
        np.concatenate([np.array(part, int) for part in parts])
        for parts in product(*(combinations(group.tolist(), n) for group, n in groups))
    ]
    masks = np.tile(held, (len(sets), 1))
    for mask, chosen in zip(masks, sets, strict=True):
        mask[chosen] = True
    return masks


def _first(groups: Groups, held: np.ndarray, energy: Energy) -> np.ndarray:
    """Return a set to start from: one ion after the other, each where it costs least."""
    chosen = held.copy()
    for group, n in groups:
        for _ in range(n):
            free = group[~chosen[group]]
            tries = np.tile(chosen, (len(free), 1))
            tries[np.arange(len(free)), free] = True
            chosen = tries[first_of([energy(tries)], SAME_ENERGY)]
    return chosen


def _exchanged(chosen: np.ndarray, groups: Groups, energy: Energy) -> np.ndarray:
    """Exchange an ion that moves for one that stays, the best exchange first, until none helps."""
    while True:
        swaps = [
            (i, j)
            for group, _ in groups
            for i in group[chosen[group]]
            for j in group[~chosen[group]]
        ]
        if not swaps:
            return chosen
        tries = np.tile(chosen, (len(swaps), 1))
        i, j = np.array(swaps).T
        rows = np.arange(len(swaps))
        tries[rows, i], tries[rows, j] = False, True
        values = energy(tries)
        if values.min() >= energy(chosen[None])[0] - SAME_ENERGY:
            return chosen
        chosen = tries[int(values.argmin())]

"""Which ions of a polar face to move to the other one: those that leave the least energy.

Every ion of the face either stays or moves by the same translation. With the formal charges the
energy of all sets is a sum over the places and over pairs of them, which one Ewald sum gives; all
sets are compared where they are few, otherwise the best is looked for by exchanges.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product
from math import comb, prod

import numpy as np
from ase import Atoms

from heterodot.structures.ewald import pair_potentials
from heterodot.structures.ties import first_of

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


def best_set(
    slab: Atoms,
    ions: np.ndarray,
    charges: np.ndarray,
    moved: float,
    step: np.ndarray,
    tolerance: float = WHOLE,
) -> list[tuple[float, np.ndarray]]:
    """Return the sets of ions to move, equally good, each with the energy it leaves.

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
    tolerance : float
        Ions are whole: the charge they carry may be this far from ``moved``, e. The nearest sum
        is taken.

    Returns
    -------
    list of (float, (n,) int array)
        Energy of all formal charges, eV per cell, and the atoms to move, ascending; all within
        ``SAME_ENERGY`` of the least, at most ``EQUALS`` of them. Empty where there is no set.
    """
    kinds = _kinds(slab.numbers[ions], charges[ions], moved, tolerance)
    if not kinds:
        return []
    q = np.tile(charges[ions], 2)
    field, pairs, rest = _energies(slab, ions, charges, step)

    def energy(chosen: np.ndarray) -> np.ndarray:
        states = np.concatenate([~chosen, chosen], axis=1) * q
        return np.asarray(rest + states @ field + 0.5 * ((states @ pairs) * states).sum(axis=1))

    found = []
    for groups in kinds:
        many = prod(comb(len(group), n) for group, n in groups) > MANY
        if many:
            sets = _exchanged(_first(groups, len(ions), energy), groups, energy)[None]
        else:
            sets = _sets(groups, len(ions))
        values = energy(sets)
        best = np.flatnonzero(values <= values.min() + SAME_ENERGY)[:EQUALS]
        found += [(float(values[k]), ions[sets[k]]) for k in best]
    least = min(value for value, _ in found)
    return [way for way in found if way[0] <= least + SAME_ENERGY][:EQUALS]


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


def _sets(groups: Groups, n_ions: int) -> np.ndarray:
    """Return the mask (k, m) of every set with the given number of each element."""
    sets = [
        np.concatenate([np.array(part, int) for part in parts])
        for parts in product(*(combinations(group.tolist(), n) for group, n in groups))
    ]
    masks = np.zeros((len(sets), n_ions), bool)
    for mask, chosen in zip(masks, sets, strict=True):
        mask[chosen] = True
    return masks


def _first(groups: Groups, n_ions: int, energy: Energy) -> np.ndarray:
    """Return a set to start from: one ion after the other, each where it costs least."""
    chosen = np.zeros(n_ions, bool)
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


def _energies(
    slab: Atoms, ions: np.ndarray, charges: np.ndarray, step: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Potential (2m,) of the other ions on the old and new places, of the places on each other
    (2m, 2m), eV/e, and the energy of the others, eV.
    """
    cell = slab.cell.array.copy()
    cell[2] = (0, 0, np.ptp(slab.positions[:, 2]) + abs(step[2]) + VACUUM)
    places = np.concatenate([slab.positions[ions], slab.positions[ions] + step])
    others = np.setdiff1d(np.arange(len(slab)), ions)
    others = others[charges[others] != 0]
    fixed, q = slab.positions[others], charges[others]
    field = pair_potentials(cell, places, fixed) @ q
    rest = 0.5 * float(q @ pair_potentials(cell, fixed, fixed) @ q)
    return field, pair_potentials(cell, places, places), rest

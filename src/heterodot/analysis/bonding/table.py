"""Bonds by kind: how many, how long, how strong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase.data import chemical_symbols

from heterodot.analysis.bonding.pair_matrix import PairMatrix
from heterodot.bonds import Bonds
from heterodot.errors import InputError
from heterodot.records import Record


@dataclass(frozen=True)
class BondKind(Record):
    """The bonds between two elements.

    Attributes
    ----------
    label : str
        E.g. ``Cu–S``.
    count : int
    length, shortest, longest : float
        Mean and extreme lengths, Å.
    icohp : float
        Mean ICOHP of a bond, eV; negative where it binds.
    order : float
        Mean bond order.
    """

    label: str
    count: int
    length: float
    shortest: float
    longest: float
    icohp: float
    order: float


def bond_kinds(
    bonds: Bonds, numbers: np.ndarray, icohp: PairMatrix, orders: PairMatrix
) -> tuple[BondKind, ...]:
    """Average the bonds of each pair of elements, the commonest kind first.

    Bonds of an atom to its own periodic images are left out: they cannot be told from its on-site
    terms. Where an atom is bonded to several images of another, they share the pair's value.

    Parameters
    ----------
    bonds : Bonds
        Who is bonded to whom.
    numbers : (a,) int array
        Atomic numbers.
    icohp, orders : PairMatrix
        Of the same structure.

    Raises
    ------
    InputError
        Not of one structure.
    """
    n = len(numbers)
    if not bonds.n_atoms == n == len(icohp.numbers) == len(orders.numbers):
        raise InputError(
            f"bonds of {bonds.n_atoms} atoms, {n} numbers, ICOHP of {len(icohp.numbers)}, orders "
            f"of {len(orders.numbers)}: expected one structure"
        )
    groups: dict[str, list[int]] = {}
    for index, (i, j) in enumerate(bonds.pairs):
        if i != j:
            groups.setdefault(element_pair(numbers[i], numbers[j]), []).append(index)
    kinds = []
    for label, members in groups.items():
        lengths = bonds.lengths[members]
        i, j = np.unique(np.sort(bonds.pairs[members], axis=1), axis=0).T
        kinds.append(
            BondKind(
                label=label,
                count=len(members),
                length=float(lengths.mean()),
                shortest=float(lengths.min()),
                longest=float(lengths.max()),
                icohp=float(icohp.values[i, j].sum()) / len(members),
                order=float(orders.values[i, j].sum()) / len(members),
            )
        )
    return tuple(sorted(kinds, key=lambda kind: (-kind.count, kind.label)))


def element_pair(first: int, second: int) -> str:
    """Label of two elements, the heavier first: ``Cu–S``."""
    heavy, light = sorted((int(first), int(second)), reverse=True)
    return f"{chemical_symbols[heavy]}–{chemical_symbols[light]}"

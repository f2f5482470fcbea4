"""Charges of fragments, and what a fragment gains when it binds.

Charge transfer is q(fragment in the complex) − q(fragment alone). Partitions differ by more than
most transfers are large, so numbers are only compared within one partition and level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase.data import chemical_symbols

from heterodot.analysis.bands.selection import AtomSelection, select_atoms
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.deprecation import former_names
from heterodot.errors import InputError
from heterodot.records import Record

PREFERENCE = ("Bader", "Hirshfeld", "Mulliken", "Löwdin")
"""Which partition is taken where none is named."""

__getattr__ = former_names(__name__, ChargeTransfer="FragmentTransfer")


@dataclass(frozen=True)
class FragmentTransfer(Record, also=("electrons_gained",)):
    """Charge of a fragment in a complex and alone, e.

    Attributes
    ----------
    charge : float
        In the complex.
    alone : float
        Of the free fragment.
    partition : str
    """

    charge: float
    alone: float
    partition: str

    @property
    def transfer(self) -> float:
        """q(in the complex) − q(alone), e; negative where the fragment gained electrons."""
        return self.charge - self.alone

    @property
    def electrons_gained(self) -> float:
        """Electrons the fragment gained."""
        return -self.transfer

    def summary(self) -> str:
        """Return the transfer in one line."""
        return (
            f"charge {self.charge:+.3f} e ({self.partition}), alone {self.alone:+.3f} e: "
            f"gained {self.electrons_gained:+.3f} electrons"
        )


def partition_of(es: ElectronicStructure, partition: str | None = None) -> tuple[str, np.ndarray]:
    """Name and (N,) charges (e) of a partition, or of the preferred one there is.

    Raises
    ------
    InputError
        No such partition; the message names those there are.
    """
    names = PREFERENCE if partition is None else (partition,)
    for name in names:
        if name in es.charges:
            return name, np.asarray(es.charges[name], float)
    wanted = "charges" if partition is None else f"{partition} charges"
    raise InputError(f"no {wanted}: this calculation has {list(es.charges) or 'none'}")


def spin_populations(es: ElectronicStructure, kind: str | None = None) -> np.ndarray:
    """Return the (N,) majority minus minority electrons on each atom.

    Zero for a spin-paired calculation. PAW projections see the spheres only.

    Parameters
    ----------
    es : ElectronicStructure
    kind : str or None
        Of the projections; the first there is of Löwdin, Mulliken, PAW unless given.

    Raises
    ------
    InputError
        No such projections, or none of single atoms.
    """
    projections = es.projection(kind)
    if es.n_spins == 1:
        return np.zeros(len(es.numbers))
    for one in np.eye(len(es.numbers), dtype=bool):
        projections.of_atoms(one)  # refuses sums over several atoms
    occupied = es.k_weights[None, :, None] * es.occupations
    held = np.einsum("skb,skbp->sp", occupied, projections.weights)
    return np.bincount(projections.atom, held[0] - held[1], minlength=len(es.numbers))


def fragment_charge(
    es: ElectronicStructure,
    atoms: AtomSelection = None,
    element: str | None = None,
    partition: str | None = None,
) -> float:
    """Sum of the atomic charges (e) of the selected atoms.

    Parameters
    ----------
    es : ElectronicStructure
    atoms : int, indices, bool mask or None
    element : str or None
    partition : str or None
        E.g. ``Mulliken``; the first there is of :data:`PREFERENCE` unless given.

    Raises
    ------
    InputError
        Nothing selected, or no such partition.
    """
    _, charges = partition_of(es, partition)
    return float(charges[select_atoms(es.numbers, atoms, element)].sum())


def charge_transfer(
    es: ElectronicStructure,
    atoms: AtomSelection,
    alone: ElectronicStructure | float = 0.0,
    partition: str | None = None,
) -> FragmentTransfer:
    """Charge a fragment takes up in a complex.

    Parameters
    ----------
    es : ElectronicStructure
        Of the complex.
    atoms : int, indices or bool mask
        The fragment.
    alone : ElectronicStructure or float
        The free fragment, or its total charge (e), which every partition sums to.
    partition : str or None
        As for :func:`fragment_charge`.

    Raises
    ------
    InputError
        The partition is missing on either side, or the free fragment has other atoms.
    """
    name, _ = partition_of(es, partition)
    charge = fragment_charge(es, atoms, partition=name)
    if not isinstance(alone, ElectronicStructure):
        return FragmentTransfer(charge, float(alone), name)
    inside = sorted(es.numbers[select_atoms(es.numbers, atoms)])
    if inside != sorted(alone.numbers):
        raise InputError(
            f"free fragment of {len(alone.numbers)} atoms: expected the elements of the fragment "
            f"in the complex ({len(inside)} atoms)"
        )
    return FragmentTransfer(charge, fragment_charge(alone, partition=name), name)


def facing(positions: np.ndarray, fragment: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return where a fragment and the rest touch, and the way from the rest to it, (3,) each, Å.

    Contacts count the more the shorter they are: a pair of atoms 1 Å farther apart than the closest
    one by 1/e. Where contacts on all sides cancel, the way between the centres is taken.

    Parameters
    ----------
    positions : (N, 3) float array
        Å.
    fragment : sequence of int
        Its atoms.
    """
    own = np.zeros(len(positions), bool)
    own[list(fragment)] = True
    ways = positions[own][:, None] - positions[~own][None]
    apart = np.linalg.norm(ways, axis=-1)
    weights = np.exp(apart.min() - apart)[..., None] / np.exp(apart.min() - apart).sum()
    middles = 0.5 * (positions[own][:, None] + positions[~own][None])
    place, way = (weights * middles).sum(axis=(0, 1)), (weights * ways).sum(axis=(0, 1))
    if np.linalg.norm(way) < 0.1 * apart.min():
        way = positions[own].mean(axis=0) - positions[~own].mean(axis=0)
    return place, way


def charges_by_element(
    es: ElectronicStructure, partition: str | None = None
) -> dict[str, tuple[float, float, float]]:
    """Mean, smallest and largest charge (e) of every element."""
    _, charges = partition_of(es, partition)
    table = {}
    for number in sorted(set(es.numbers.tolist())):
        own = charges[es.numbers == number]
        table[chemical_symbols[number]] = (
            float(own.mean()),
            float(own.min()),
            float(own.max()),
        )
    return table

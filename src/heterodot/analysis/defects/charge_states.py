"""Formation energies of a defect by charge, and the Fermi levels at which its charge changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from heterodot.errors import InputError
from heterodot.records import Record


@dataclass(frozen=True)
class ChargeState(Record):
    """One charge of a defect.

    Attributes
    ----------
    charge : int
        e.
    energy : float
        Formation energy with the Fermi level at the valence-band maximum, eV, corrections in it.
    correction : float
        For the images of the charge, eV.
    alignment : float
        Potential of the cell with the defect against that of the crystal, eV: the valence-band
        maximum is raised by it.
    """

    charge: int
    energy: float
    correction: float = 0.0
    alignment: float = 0.0

    def at(self, fermi: float) -> float:
        """Return the formation energy (eV) at a Fermi level, eV above the maximum."""
        return self.energy + self.charge * fermi


@dataclass(frozen=True)
class Transition(Record):
    """The Fermi level at which a defect changes its charge.

    Attributes
    ----------
    below, above : int
        Charge stable below the level and above it, e.
    level : float
        eV above the valence-band maximum; thermodynamic, both charges relaxed.
    """

    below: int
    above: int
    level: float

    def __str__(self) -> str:
        return f"ε({self.below:+d}/{self.above:+d})".replace("+0", "0")


def stable_charges(states: Sequence[ChargeState]) -> list[ChargeState]:
    """Return the charges that are lowest at some Fermi level, from the most positive down.

    Raises
    ------
    InputError
        None, or one charge twice.
    """
    charges = [one.charge for one in states]
    if not charges or len(set(charges)) < len(charges):
        raise InputError(f"charges {charges}: expected one or more, each once")
    hull: list[ChargeState] = []
    for one in sorted(states, key=lambda s: -s.charge):
        while len(hull) > 1 and _crossing(hull[-2], one) <= _crossing(hull[-2], hull[-1]):
            hull.pop()
        hull.append(one)
    return hull


def transitions(states: Sequence[ChargeState]) -> list[Transition]:
    """Return the levels between stable charges, from the valence band up; some may lie in bands."""
    return [
        Transition(a.charge, b.charge, _crossing(a, b)) for a, b in pairwise(stable_charges(states))
    ]


def lowest(states: Sequence[ChargeState], fermi: np.ndarray) -> np.ndarray:
    """Return the lowest formation energy (eV) at each Fermi level (n,), eV above the maximum."""
    return np.min([one.energy + one.charge * np.asarray(fermi) for one in states], axis=0)


def _crossing(a: ChargeState, b: ChargeState) -> float:
    return (b.energy - a.energy) / (a.charge - b.charge)

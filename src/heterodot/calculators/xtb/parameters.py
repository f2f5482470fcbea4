"""Valence electrons and orbitals of GFN1- and GFN2-xTB, to bound charges before tblite sees them.

tblite corrupts its heap when a charge leaves fewer than no electrons. The numbers follow from the
parametrisations (GFN1: doi:10.1021/acs.jctc.7b00118; GFN2: doi:10.1021/acs.jctc.8b01176): closed d
shells of groups 12 to 18 and all f electrons are core.
"""

from __future__ import annotations

import numpy as np
from ase.data import chemical_symbols

MAX_ATOMIC_NUMBER = 86
ELEMENTS = frozenset(chemical_symbols[1 : MAX_ATOMIC_NUMBER + 1])

_CORES = (54, 36, 18, 10, 2, 0)
_ONLY_SP = [
    "Li",
    "Be",
    "B",
    "C",
    "N",
    "O",
    "F",
    "Na",
    "K",
    "Zn",
    "Rb",
    "Cd",
    "Cs",
    "Hg",
    "Tl",
    "Pb",
    "Bi",
]
_S_AND_P_ONLY = {"GFN1-xTB": {*_ONLY_SP, "Mg"}, "GFN2-xTB": {*_ONLY_SP, "He", "Po"}}
_S_ONLY = {"GFN1-xTB": {"H": 2, "He": 1}, "GFN2-xTB": {"H": 1}}

VALENCE_D = frozenset(
    chemical_symbols[z] for z in range(1, MAX_ATOMIC_NUMBER + 1)
    if 21 <= z <= 29 or 39 <= z <= 47 or 57 <= z <= 79
)  # fmt: skip
"""Elements whose d shell is valence; the d functions of all others are polarisation."""

D_METALS_WITHOUT_VALENCE_D = frozenset(
    ["Zn", "Cd", "Hg", "Ga", "In", "Tl", "Ge", "Sn", "Pb", "Sb", "Bi", "Cs", "Ba"]
)
"""Metals whose d electrons one might ask for and xTB does not have."""


def valence_electrons(number: int) -> int:
    """Return the valence electrons of an element in GFN1- and GFN2-xTB."""
    core = next(c for c in _CORES if number > c)
    electrons = number - core
    if core == 54 and 3 <= electrons <= 17:
        return 3  # La to Lu: f electrons are core
    if core == 54 and electrons > 17:
        electrons -= 14
    return electrons - 10 if core >= 18 and electrons >= 12 else electrons


def orbitals(number: int, method: str) -> int:
    """Return the number of atomic orbitals of an element."""
    symbol = chemical_symbols[number]
    if symbol in _S_ONLY[method]:
        return _S_ONLY[method][symbol]
    return 4 if symbol in _S_AND_P_ONLY[method] else 9


def count_valence(numbers: np.ndarray) -> int:
    """Return the valence electrons of the neutral structure; (N,) atomic numbers."""
    return sum(valence_electrons(int(z)) for z in numbers)


def count_orbitals(numbers: np.ndarray, method: str) -> int:
    """Return the orbitals of the structure; (N,) atomic numbers."""
    return sum(orbitals(int(z), method) for z in numbers)

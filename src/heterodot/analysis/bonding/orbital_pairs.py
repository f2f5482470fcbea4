"""Which orbitals form a bond: pairs of atoms, elements, or their shells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from ase.data import chemical_symbols

from heterodot.analysis.bands.selection import ANGULAR, angular_momentum, select_atoms
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.errors import InputError

End: TypeAlias = "int | str | Sequence[int]"
"""One end of a bond: an atom, several, an element ("Cu"), or a shell of one ("Cu d", "4 p")."""

Pair: TypeAlias = "Sequence[End]"
"""Two ends."""

MOST_NAMED = 3
"""Atoms of an end that its label names; more are counted."""


def pair_mask(orbitals: LocalOrbitals, pair: Pair) -> np.ndarray:
    """(M, M) symmetric bool mask of the orbital pairs between the two ends, on different atoms.

    Raises
    ------
    InputError
        Not two ends, an end the structure does not have, or no two different atoms.
    """
    first, second = (end_mask(orbitals, end) for end in _ends(pair))
    one_way = first[:, None] & second[None, :]
    different = orbitals.atom[:, None] != orbitals.atom[None, :]
    mask: np.ndarray = (one_way | one_way.T) & different
    if not mask.any():
        raise InputError(
            f"pair {pair_label(orbitals.states.numbers, pair)}: expected two different atoms "
            "(bonds of an atom to its own images need a larger cell)"
        )
    return mask


def end_mask(orbitals: LocalOrbitals, end: End) -> np.ndarray:
    """(M,) bool mask of the orbitals at one end.

    Raises
    ------
    InputError
        No such atom, element or shell.
    """
    atoms, element, shell = _parse(end)
    chosen = select_atoms(orbitals.states.numbers, atoms, element)[orbitals.atom]
    if shell is not None:
        chosen = chosen & (orbitals.l == shell)
    if not chosen.any():
        raise InputError(f"{end!r}: no such orbital at this level of theory")
    return chosen


def pair_labels(numbers: np.ndarray, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Labels of several pairs, each its own: one that comes again is numbered."""
    labels: list[str] = []
    for pair in pairs:
        label = pair_label(numbers, pair)
        again = sum(known.split(" (")[0] == label for known in labels)
        labels.append(f"{label} ({again + 1})" if again else label)
    return tuple(labels)


def pair_label(numbers: np.ndarray, pair: Pair) -> str:
    """Label such as ``Cu d–S p`` or ``Cu4–S7``."""
    return "–".join(_end_label(numbers, end) for end in _ends(pair))


def _ends(pair: Pair) -> tuple[End, End]:
    if isinstance(pair, str) or not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:
        raise InputError(f'pair {pair!r}: expected two ends, such as ["Cu d", "S p"] or [0, 4]')
    return pair[0], pair[1]


def _parse(end: End) -> tuple[np.ndarray | None, str | None, int | None]:
    """Atoms, element and l of an end."""
    if isinstance(end, bool):
        raise InputError(f"{end!r}: expected an atom, an element, or a shell such as 'Cu d'")
    if not isinstance(end, str):
        return np.atleast_1d(np.asarray(end)), None, None
    words = end.split()
    if len(words) not in (1, 2):
        raise InputError(f"{end!r}: expected 'Cu', 'Cu d', '4' or '4 d'")
    shell = angular_momentum(words[1]) if len(words) == 2 else None
    if words[0].lstrip("-").isdigit():
        return np.array([int(words[0])]), None, shell
    return None, words[0], shell


def _end_label(numbers: np.ndarray, end: End) -> str:
    atoms, element, shell = _parse(end)
    letter = "" if shell is None else f" {ANGULAR[shell]}"
    if atoms is None:
        return f"{element}{letter}"
    chosen = np.flatnonzero(select_atoms(numbers, atoms))
    names = [f"{chemical_symbols[numbers[i]]}{i}" for i in chosen]
    return (",".join(names) if len(names) <= MOST_NAMED else f"{len(names)} atoms") + letter

"""A number for every pair of atoms: bond orders and integrated bonding curves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase.data import chemical_symbols

from heterodot.errors import InputError
from heterodot.records import Ints, Record

UNITS = {"ICOHP": "eV", "ICOOP": "electrons", "ICOBI": "", "Mayer": "", "Wiberg": ""}
"""Unit of each kind."""


@dataclass(frozen=True)
class PairMatrix(Record, keep_arrays=True):
    """One number for each pair of atoms, both spins together.

    Attributes
    ----------
    kind : {"ICOHP", "ICOOP", "ICOBI", "Mayer", "Wiberg"}
    values : (a, a) float array
        Symmetric. Off the diagonal each pair, both orders of the orbitals in it; on the diagonal
        the on-site terms (zero for bond orders).
    numbers : (a,) int array
        Atomic numbers.
    basis : {"Löwdin", "nonorthogonal"}
    level : str
        Level of theory.
    caveats : tuple of str
    """

    kind: str
    values: np.ndarray
    numbers: Ints
    basis: str
    level: str = ""
    caveats: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """Unit of the values; empty for pure numbers."""
        return UNITS[self.kind]

    @property
    def total(self) -> float:
        """Sum over the pairs, each once, and the on-site terms."""
        return float(np.triu(self.values).sum())

    @property
    def valences(self) -> np.ndarray:
        """(a,) sum over the other atoms: for bond orders, how many bonds an atom forms."""
        return np.asarray(self.values.sum(axis=1) - np.diag(self.values))

    def pair(self, i: int, j: int) -> float:
        """Return the value of two different atoms.

        Raises
        ------
        InputError
            No such atom, or the same twice.
        """
        n = len(self.numbers)
        if not (-n <= i < n and -n <= j < n) or i % n == j % n:
            raise InputError(f"pair ({i}, {j}): expected two different atoms of {n}")
        return float(self.values[i, j])

    def elements(self, first: str, second: str) -> float:
        """Return the sum over the pairs of two elements, each once."""
        symbols = np.array(chemical_symbols)[self.numbers]
        for symbol in (first, second):
            if symbol not in symbols:
                raise InputError(
                    f"element {symbol!r}: the structure has {', '.join(sorted(set(symbols)))}"
                )
        one_way = (symbols == first)[:, None] & (symbols == second)[None, :]
        return float(np.triu(self.values, 1)[one_way | one_way.T].sum())

    def strongest(self, n: int = 10) -> list[tuple[int, int, float]]:
        """Return the n pairs with the largest values (by size), with their values."""
        i, j = np.triu_indices(len(self.numbers), 1)
        order = np.argsort(-np.abs(self.values[i, j]), kind="stable")[:n]
        return [(int(i[k]), int(j[k]), float(self.values[i[k], j[k]])) for k in order]

    def summary(self, n: int = 10) -> str:
        """Return the strongest pairs in words."""
        of = f"{self.kind} bond orders" if not self.kind.startswith("I") else self.kind
        lines = [f"{of} ({self.basis} orbitals), strongest pairs:"]
        for i, j, value in self.strongest(n):
            a, b = (chemical_symbols[self.numbers[x]] for x in (i, j))
            lines.append(f"  {a}{i}–{b}{j}: {value:.3f} {self.unit}".rstrip())
        lines += [f"  level: {self.level}"] if self.level else []
        lines += [f"  caveat: {text}" for text in self.caveats]
        return "\n".join(lines)

"""What the figures read of what they draw: a result draws itself, its figure need not know it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Curves(Protocol):
    """Bond curves, as :class:`heterodot.analysis.bonding.curves.BondCurves`."""

    @property
    def kind(self) -> str:
        """COHP, COOP or COBI."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the pairs."""

    @property
    def energies(self) -> np.ndarray:
        """(E,), eV, relative to :attr:`reference`."""

    @property
    def values(self) -> np.ndarray:
        """(p, s, E), per eV."""

    @property
    def at_fermi(self) -> np.ndarray:
        """(p, s): over the occupied states."""

    @property
    def reference(self) -> str | None:
        """What energies are relative to."""

    @property
    def fermi(self) -> float:
        """Energy, eV."""

    @property
    def vbm(self) -> float:
        """Energy, eV."""

    @property
    def basis(self) -> str:
        """Of the projection."""

    @property
    def width(self) -> float:
        """Broadening, eV."""

    @property
    def broadening(self) -> str:
        """Its kind."""

    @property
    def level(self) -> str:
        """The level of theory, in words."""

    @property
    def caveats(self) -> tuple[str, ...]:
        """Doubts, in sentences."""

    @property
    def integrals(self) -> dict[str, float]:
        """Over the occupied states, by label."""

    @property
    def bonding_sign(self) -> int:
        """Of bonding contributions."""

    @property
    def integral_unit(self) -> str:
        """Of :attr:`integrals`."""


class Scan(Protocol):
    """Intensities by angle: a pattern, or the reflections of a crystal."""

    @property
    def two_theta(self) -> np.ndarray:
        """(n,), degrees."""

    @property
    def intensity(self) -> np.ndarray:
        """(n,)."""

    @property
    def wavelength(self) -> float:
        """Å."""

    @property
    def label(self) -> str:
        """The system."""


class Pattern(Scan, Protocol):
    """A powder pattern."""

    @property
    def note(self) -> str:
        """How its width was found; empty for nothing special."""


class ShellOfAtoms(Protocol):
    """Neighbours of one element at one distance."""

    @property
    def partner(self) -> str:
        """The element."""

    @property
    def coordination(self) -> float:
        """Neighbours per atom."""

    @property
    def spread(self) -> float:
        """Its standard deviation."""

    @property
    def shortest(self) -> float:
        """Å."""

    @property
    def lengths(self) -> tuple[float, ...]:
        """Å, of every pair."""


class Shells(Protocol):
    """Shells around the atoms of an element."""

    @property
    def centre(self) -> str:
        """The element."""

    @property
    def n_centres(self) -> int:
        """Its atoms."""

    @property
    def cutoff(self) -> float:
        """Å."""

    @property
    def shells(self) -> Sequence[ShellOfAtoms]:
        """Nearest first."""

    @property
    def label(self) -> str:
        """The system."""

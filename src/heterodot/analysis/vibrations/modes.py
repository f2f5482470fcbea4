"""A normal mode and what moves in it; what a figure reads of a spectrum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from heterodot.records import Record


@dataclass(frozen=True)
class Mode(Record):
    """A normal mode.

    Attributes
    ----------
    frequency : float
        cm⁻¹, negative where imaginary.
    assignment : str
        The motion with the largest share.
    motions : tuple of (str, float)
        Motions and their shares, largest first; they overlap and need not add up to 1.
    intensity : float or None
        Infrared, km/mol.
    """

    frequency: float
    assignment: str
    motions: tuple[tuple[str, float], ...]
    intensity: float | None

    @property
    def external(self) -> bool:
        """Whether it is a translation or rotation of all the atoms, free or frustrated."""
        return self.assignment.endswith(("translation", "rotation"))


class Spectrum(Protocol):
    """Modes of a structure."""

    @property
    def modes(self) -> tuple[Mode, ...]:
        """By ascending frequency."""

    @property
    def label(self) -> str:
        """The system."""

    @property
    def level(self) -> str:
        """The level of theory, in words."""

    @property
    def infrared(self) -> bool:
        """Whether intensities are known."""

    def visible(self) -> list[Mode]:
        """Return the modes that can be seen."""

    def curve(self, wavenumbers: np.ndarray, width: float) -> np.ndarray:
        """Return the broadened spectrum at wavenumbers, cm⁻¹."""

    def with_modes(self, modes: Iterable[Mode]) -> Spectrum:
        """Return the same with other modes."""

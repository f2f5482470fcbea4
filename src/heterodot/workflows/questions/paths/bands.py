"""A relaxed band, and what searching for one needs of a runner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from ase import Atoms

from heterodot.workflows.tasks.outcomes import Done, Failed
from heterodot.workflows.tasks.task import Task

T = TypeVar("T")


class Asks(Protocol):
    """What a search needs of a :class:`heterodot.workflows.Runner`."""

    def run(self, task: Task[T]) -> T:
        """Return the result of a task."""

    def gather(self, tasks: Iterable[Task[T]]) -> list[T]:
        """Return the results of tasks run side by side."""

    def outcomes(self, tasks: Iterable[Task[T]]) -> list[Done[T] | Failed]:
        """Return what became of tasks run side by side."""


@dataclass(frozen=True)
class Band:
    """A relaxed band.

    Attributes
    ----------
    images : tuple of Atoms
        Both ends included.
    energies : tuple of float
        eV; of a committee each knows its members.
    forces : tuple of (a, 3) float array
        eV/Å, unconstrained.
    residual : float
        Largest force left, eV/Å: of the band; of one that was learnt, on its highest image.
    saddle : int
        The highest image.
    has_climbed : bool
        Whether the highest image has climbed: it lies above both ends.
    """

    images: tuple[Atoms, ...]
    energies: tuple[float, ...]
    forces: tuple[np.ndarray, ...]
    residual: float
    saddle: int
    has_climbed: bool

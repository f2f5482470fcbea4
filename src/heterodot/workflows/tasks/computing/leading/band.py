"""A band of images relaxed on a cheap surface corrected by what is learnt of the dear one.

The nudged elastic band of :mod:`ase.mep` with improved tangents (G. Henkelman and H. Jónsson, J.
Chem. Phys. 113, 9978 (2000)) on the surface of :mod:`..difference`: the dear level is asked for few
images only (J. A. Garrido Torres et al., Phys. Rev. Lett. 122, 156001 (2019), who learn the whole
surface; that is what is done where no cheap level leads).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from ase.mep.neb import NEB

from heterodot.workflows.tasks.computing.forces import largest_force
from heterodot.workflows.tasks.computing.leading.difference import LearntDifference, Measure
from heterodot.workflows.tasks.computing.leading.lead import Surface

ROWS = 2400
"""Rows of the matrix that is inverted: all geometries of a band are kept up to it, the nearest
ones to each image beyond. Chosen; half a second each time."""

REACH = 0.5
"""Å an atom of an image may move before the dear level is asked again. Chosen."""

DOUBT = 0.25
"""eV: a band stops where an image is more uncertain than this. Of the size of J. A. Garrido Torres
et al., who stop at 0.05 eV between two calculations, and were too careful for first steps."""

INNER_STEPS = 150
"""Steps on the learnt surface at most. Chosen."""

STRIDE = 0.1
"""Å an atom moves in one of them at most: long steps of other optimizers, refused by them, would
end the band outside what is known."""

LOOK = 5
"""Steps from one look at how certain the images are to the next."""

FORCE_ERROR = 5e-3
"""eV/Å: what forces of the dear level are off by; with a quarter of the usual criterion."""


@dataclass(frozen=True)
class Proposal:
    """Where a band comes to lie.

    Attributes
    ----------
    images : (n, a, 3) float array
        Both ends included, Å.
    energies : (n,) float array
        Expected, eV.
    spreads : (n,) float array
        One σ of them, eV.
    residual : float
        Largest force of the band left, eV/Å.
    """

    images: np.ndarray
    energies: np.ndarray
    spreads: np.ndarray
    residual: float


class LearntSurface:
    """A cheap surface plus what is learnt of the dear one.

    Parameters
    ----------
    cheap : Surface or None
        None for a flat one: the whole dear surface is learnt.
    points : (k, d) array
        Coordinates of the free atoms the dear level has been asked for, Å.
    energies : (k,) array
        eV.
    gradients : (k, d) array
        eV/Å.
    measure : callable
        What tells geometries apart (:func:`..pairs.near_pairs`).
    """

    def __init__(
        self,
        cheap: Surface | None,
        points: np.ndarray,
        energies: np.ndarray,
        gradients: np.ndarray,
        measure: Measure,
    ) -> None:
        self.cheap = cheap or (lambda x: (0.0, np.zeros_like(x)))
        self._data = LearntDifference(measure, ROWS)
        self._is_whole = len(points) * (1 + points.shape[1]) <= ROWS
        for x, energy, gradient in zip(points, energies, gradients, strict=True):
            lower, slope = self.cheap(x)
            self._data.add(x, energy - lower, gradient - slope, FORCE_ERROR)
        if self._is_whole:
            self._data.fit(points[0])

    def about(self, x: np.ndarray) -> LearntDifference:
        """Return what is learnt round a geometry: all of it, or its nearest neighbours."""
        if self._is_whole:
            return self._data
        from copy import copy

        own = copy(self._data)
        own.fit(x)
        return own


class _Image(Calculator):
    """The surface at one image of a band."""

    implemented_properties: ClassVar[list[str]] = ["energy", "forces"]

    def __init__(self, surface: LearntSurface, free: np.ndarray, start: np.ndarray) -> None:
        super().__init__()
        self.cheap, self.free = surface.cheap, free
        self.learnt = surface.about(start)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: list[str] | None = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        x = self.atoms.positions[self.free].ravel()
        energy, gradient = self.cheap(x)
        more, slope = self.learnt.at(x)
        forces = np.zeros((len(self.atoms), 3))
        forces[self.free] = -(gradient + slope).reshape(-1, 3)
        self.results = {"energy": energy + more, "forces": forces}


def propose(
    start: Atoms,
    band: np.ndarray,
    surface: LearntSurface,
    free: np.ndarray,
    climb: bool,
    fmax: float,
    reach: float = REACH,
) -> Proposal:
    """Relax a band on a learnt surface until it is relaxed, has gone far, or is uncertain.

    Parameters
    ----------
    start : Atoms
        For its elements, cell and constraints.
    band : (n, a, 3) array
        Both ends included, Å.
    surface : LearntSurface
    free : (f,) int array
        Atoms that move.
    climb : bool
        Whether the highest image climbs.
    fmax : float
        Criterion on the surface, eV/Å.
    reach : float
        Å an atom may move.
    """
    from ase.optimize import FIRE

    images = []
    for positions in band:
        image = start.copy()
        image.pbc = False  # neighbours are near each other as they are; looking costs the most
        image.set_positions(positions, apply_constraint=False)
        image.calc = _Image(surface, free, positions[free].ravel())
        images.append(image)
    neb = _Watched(images, free, reach, climb=climb, method="improvedtangent")
    with suppress(_FarError):
        FIRE(neb, logfile=None, maxstep=STRIDE).run(fmax, INNER_STEPS)
    _put(images, neb.last)
    energies = np.array([image.get_potential_energy() for image in images])
    spreads = np.array(_spreads(images, free))
    return Proposal(neb.last, energies, spreads, neb.residual)


class _FarError(Exception):
    """A band has gone as far as it may."""


class _Watched(NEB):
    """A band that stops where an image has moved far or is uncertain."""

    def __init__(self, images: list[Atoms], free: np.ndarray, reach: float, **options: Any) -> None:
        super().__init__(images, **options)
        self._free, self._reach = free, reach
        self._start = self.last = _positions(images)
        self.residual, self._calls = np.inf, 0

    def get_forces(self) -> np.ndarray:
        """Return the forces of the band, (n·a, 3), eV/Å.

        Raises
        ------
        _FarError
            The best geometry so far is :attr:`last`; of one just beyond the limits, it.
        """
        here = _positions(self.images)
        moved = max(map(largest_force, here - self._start))
        if moved > 1.5 * self._reach:
            raise _FarError
        forces: np.ndarray = super().get_forces()
        left = largest_force(forces)
        if left < self.residual:
            self.last, self.residual = here, left
        self._calls += 1
        doubtful = self._calls % LOOK == 0 and max(_spreads(self.images, self._free)) > DOUBT
        if moved > self._reach or doubtful:
            self.last, self.residual = here, left
            raise _FarError
        return forces


def _positions(images: Sequence[Atoms]) -> np.ndarray:
    return np.array([image.positions for image in images])


def _put(images: Sequence[Atoms], positions: np.ndarray) -> None:
    for image, place in zip(images[1:-1], positions[1:-1], strict=True):
        image.set_positions(place, apply_constraint=False)


def _spreads(images: Sequence[Atoms], free: np.ndarray) -> list[float]:
    return [_spread(image.calc, image.positions[free].ravel()) for image in images]


def _spread(calculator: Any, x: np.ndarray) -> float:
    return float(calculator.learnt.spread(x))

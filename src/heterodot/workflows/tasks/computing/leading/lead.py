"""A relaxation at a dear level on the surface of a cheap one, which is corrected as it goes.

What is minimised is the cheap level plus the difference to the dear one, learnt from every geometry
the dear one has been asked for (:mod:`heterodot.workflows.tasks.computing.leading.difference`),
within a trust radius round the best geometry. The dear energy decides: where it does not fall as
promised the step is refused, what it taught is kept and the radius shrinks. A cheap level that does
not lead to the minimum is given up after a few refusals, and the curvatures learnt are handed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.constraints import fixed_indices
from heterodot.errors import HeterodotError
from heterodot.workflows.tasks.computing.forces import NEAR_SHARE, largest_force
from heterodot.workflows.tasks.computing.leading.difference import (
    ENERGY_NOISE,
    LearntDifference,
    inverse_distances,
)
from heterodot.workflows.tasks.computing.recording import (
    LostPositionsError,
    attach_recorded_calculator,
)

Surface = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Energy (eV) and gradient ((d,), eV/Å) at the d coordinates (Å) of the free atoms."""

RADIUS, WIDEST, NARROWEST = 0.3, 0.5, 0.01
"""Å an atom may move from the best geometry: at first, at most, at least. Chosen on COOH on
Cu2In2S6H3 (GFN2-xTB led by GFN1-xTB): 17 geometries, 19 with half the first radius."""

REFUSED, GOOD, POOR = 0.1, 0.75, 0.25
"""Shares of the promised fall: below the first a step is refused unless the energy fell; above the
second, at its radius, the radius doubles; below the third it halves. Of the usual size (J. Nocedal
and S. J. Wright, Numerical Optimization, 2nd ed. (2006), algorithm 4.1)."""

PATIENCE = 3
"""Refusals in a row after which the cheap level does not lead any more. Chosen."""

INNER_STRIDE, INNER_STEPS, INNER_SHARE = 0.1, 80, 0.3
"""Å an atom moves in a step on the learnt surface, steps there at most, and the force it is
minimised to as a share of the criterion. Chosen; they cost cheap calculations only."""

SOFTEST_INNER = 1.0
"""eV/Å², of the Hessian of a step on the learnt surface. Chosen."""


class LostError(Exception):
    """The cheap level has no answer where it is needed."""


class Lead:
    """A relaxation on the learnt surface.

    Parameters
    ----------
    dear, cheap : Surface
    hessian : (d, d) array
        Of the cheap level, clipped: positive definite, eV/Å².
    start : (d,) array
        Å.
    fmax : float
        Criterion, eV/Å.
    error : callable, optional
        Gives the error of the dear forces that were the last to be asked for, eV/Å; a quarter of
        the criterion by default.
    held : (m, 3) array, optional
        Where atoms are that do not move, Å.
    """

    def __init__(
        self,
        dear: Surface,
        cheap: Surface,
        hessian: np.ndarray,
        start: np.ndarray,
        fmax: float,
        error: Callable[[], float] | None = None,
        held: np.ndarray | None = None,
    ) -> None:
        self._dear, self._cheap, self._hessian = dear, cheap, hessian
        self._difference = LearntDifference(
            inverse_distances(np.zeros((0, 3)) if held is None else held)
        )
        self._error = error or (lambda: NEAR_SHARE * fmax)
        self._fmax = fmax
        self.refused = 0
        self.best = start

    def run(self, steps: int) -> bool:
        """Relax with ``steps`` dear geometries at most.

        Returns
        -------
        bool
            Whether no force is above the criterion at the best geometry, the last one asked for.

        Raises
        ------
        LostError
            The cheap level fails on the way.
        """
        radius, refusals = RADIUS, 0
        energy, gradient = self._learn(self.best)
        for _ in range(steps - 1):
            if largest_step(gradient) <= self._fmax:
                return True
            self._difference.fit(self.best)
            y, promised = self._proposal(radius, INNER_SHARE * self._fmax)
            stride = largest_step(y - self.best)
            if stride < NARROWEST / 100:
                return False  # the learnt surface has nothing better to say
            found, slope = self._learn(y)
            share = (energy - found + ENERGY_NOISE) / (promised + ENERGY_NOISE)
            if share < REFUSED and found > energy - ENERGY_NOISE:
                self.refused += 1
                refusals += 1
                radius = max(NARROWEST, stride / 2)
                if refusals >= PATIENCE:
                    return False
                continue
            self.best, energy, gradient, refusals = y, found, slope, 0
            radius = _next_radius(radius, stride, share)
        return bool(largest_step(gradient) <= self._fmax)

    def _learn(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        energy, gradient = self._dear(x)
        lower, slope = self._cheap(x)
        self._difference.add(x, energy - lower, gradient - slope, self._error())
        return energy, gradient

    def _surface(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        energy, gradient = self._cheap(x)
        more, slope = self._difference.at(x)
        return energy + more, gradient + slope

    def _proposal(self, radius: float, fmax: float) -> tuple[np.ndarray, float]:
        """Return the lowest point of the learnt surface within reach, and how much lower it is."""
        here = self._surface(self.best)
        x, lowest = descend(self._surface, self.best, here, self._hessian, radius, fmax)
        return x, here[0] - lowest

    def learnt_hessian(self) -> np.ndarray:
        """(d, d), eV/Å²: the cheap Hessian and the learnt difference at the best geometry."""
        self._difference.fit(self.best)
        found: np.ndarray = self._hessian + self._difference.hessian(self.best)
        return found


def _next_radius(radius: float, stride: float, share: float) -> float:
    if share > GOOD and stride > 0.8 * radius:
        return min(WIDEST, 2 * radius)
    if share < POOR:
        return max(NARROWEST, stride / 2)
    return radius


def descend(
    surface: Surface,
    start: np.ndarray,
    here: tuple[float, np.ndarray],
    hessian: np.ndarray,
    radius: float,
    fmax: float,
) -> tuple[np.ndarray, float]:
    """Minimise by BFGS until the forces are small or an atom has moved by ``radius`` Å.

    Parameters
    ----------
    surface : Surface
    start : (d,) array
        Å.
    here : tuple
        What the surface is there.
    hessian : (d, d) array
        To begin with, eV/Å².

    Returns
    -------
    (d,) array, float
        Never above the start.
    """
    x, (energy, gradient), matrix, scale = start, here, hessian.copy(), 1.0
    for _ in range(INNER_STEPS):
        if largest_step(gradient) < fmax:
            break
        step = scale * _newton_step(matrix, gradient)
        share = _share_within(x - start, step, radius)
        y = x + share * step
        found, slope = surface(y)
        matrix = _updated(matrix, share * step, slope - gradient)
        if found > energy:
            scale /= 2
            if share < 1.0 or scale * largest_step(step) < NARROWEST / 100:
                break
            continue
        x, energy, gradient, scale = y, found, slope, 1.0
        if share < 1.0:
            break
    return x, energy


def _newton_step(hessian: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(hessian)
    step: np.ndarray = -(vectors / np.maximum(np.abs(values), SOFTEST_INNER)) @ (
        vectors.T @ gradient
    )
    return step * min(1.0, INNER_STRIDE / largest_step(step))


def _updated(hessian: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Return the Hessian after BFGS's update; itself where the step tells no curvature."""
    along, curved = float(step @ change), float(step @ hessian @ step)
    if abs(along) < 1e-12 or curved < 1e-12:
        return hessian
    bent = hessian @ step
    new: np.ndarray = hessian + np.outer(change, change) / along - np.outer(bent, bent) / curved
    return new


def _share_within(away: np.ndarray, step: np.ndarray, radius: float) -> float:
    """Return the share of a step, at most 1, that leaves every atom within the radius."""
    if largest_step(away + step) <= radius:
        return 1.0
    a, s = away.reshape(-1, 3), step.reshape(-1, 3)
    # |a + t s| = radius, each atom's own t
    square, linear = (s**2).sum(axis=1), (a * s).sum(axis=1)
    room = np.maximum(radius**2 - (a**2).sum(axis=1), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = (np.sqrt(linear**2 + square * room) - linear) / square
    return float(np.min(reach[square > 1e-20]))


def largest_step(vector: np.ndarray) -> float:
    """Return the largest norm of an atom's share of a (3f,) vector."""
    return largest_force(vector.reshape(-1, 3))


def cheap_surface(atoms: Atoms, level: Level, directory: Path) -> Surface:
    """Return the surface of a cheap level over the free atoms of a finite structure.

    Every answer is recorded in ``directory``: a killed run gets the same ones again. Where there is
    none the surface raises :class:`LostError`.
    """
    bare = atoms.copy()
    bare.set_cell(None)
    directory.mkdir(parents=True, exist_ok=True)
    working = attach_recorded_calculator(bare, level, directory)
    ask = surface_of(working, working.positions[0] - bare.positions[0])

    def answered(x: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            return ask(x)
        except (HeterodotError, LostPositionsError) as error:
            raise LostError(f"{level.label}: {error}") from error

    return answered


def surface_of(working: Atoms, offset: np.ndarray, moved: Sequence[int] = ()) -> Surface:
    """Return energies and gradients of a structure with a calculator, some of its atoms moved.

    Parameters
    ----------
    working : Atoms
        Moved in place.
    offset : (3,) array
        What is added to the coordinates asked for, Å.
    moved : sequence of int
        The atoms that move; all that are free if empty.
    """
    positions = working.positions.copy()
    free = np.array(moved, int)
    if not len(free):
        free = np.setdiff1d(np.arange(len(working)), fixed_indices(working))

    def ask(x: np.ndarray) -> tuple[float, np.ndarray]:
        new = positions.copy()
        new[free] = x.reshape(-1, 3) + offset
        working.set_positions(new, apply_constraint=False)
        forces = working.get_forces(apply_constraint=False)[free]
        return float(working.get_potential_energy(force_consistent=True)), -forces.ravel()

    return ask

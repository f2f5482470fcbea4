"""A nudged elastic band whose images are tasks: each energy and force is stored when it is known.

A run that was killed asks for the same images again and is answered from the store, so that it
comes to the same end; the images of a step run side by side where there are workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.mep.neb import NEB

from heterodot.calculators import Level
from heterodot.workflows.questions.paths.result import Band
from heterodot.workflows.tasks.computing.forces import largest_force, largest_free_force
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.proposed_band import BandProposal, ProposeBand
from heterodot.workflows.tasks.results import SinglePointResult
from heterodot.workflows.tasks.tasks import SinglePoint

CLIMB_FROM = 3.0
"""Times the criterion: from here on the highest image climbs. Chosen."""

STRIDE = 0.1
"""Å an atom moves in a step at most."""

CERTAIN = 0.02
"""eV, one σ: images expected as certainly as this need not be calculated before the last round.
Chosen: below kT at room temperature."""

DIP = 0.02
"""eV: a minimum on the way that is deeper below both sides is one. Chosen: below kT at room
temperature nothing stays there."""

NO_HILL = 1e-3
"""eV above both ends that the highest image must lie to climb."""


class Budget:
    """The steps a search has left for all its bands together.

    Attributes
    ----------
    left : int
    """

    def __init__(self, steps: int) -> None:
        self.left = steps

    def take(self, steps: int) -> None:
        """Count steps as taken."""
        self.left -= steps


class Images:
    """Energies and forces of images at a level, as tasks.

    Attributes
    ----------
    calls : int
        Different geometries asked for.
    """

    def __init__(self, runner: Asks, level: Level, name: str) -> None:
        self._runner, self._level, self._name = runner, level, name
        self._known: dict[str, SinglePointResult] = {}

    @property
    def calls(self) -> int:
        """Different geometries asked for."""
        return len(self._known)

    def __call__(self, images: Sequence[Atoms]) -> list[SinglePointResult]:
        """Return the energies and forces of images, calculated side by side.

        Raises
        ------
        HeterodotError
            One failed.
        """
        tasks = [
            SinglePoint(image, self._level, label=f"{self._name} image {n}")
            for n, image in enumerate(images, 1)
        ]
        new = {task.key: task for task in tasks if task.key not in self._known}
        found = self._runner.gather(new.values())
        self._known.update(zip(new, found, strict=True))
        return [self._known[task.key] for task in tasks]


class DrivenNEB(NEB):
    """ASE's band; its images are asked for together."""

    def __init__(self, images: list[Atoms], ask: Images, climb: bool) -> None:
        super().__init__(images, climb=climb, method="improvedtangent")
        self._ask, self._left = ask, np.inf
        attach(images, ask(images))

    def get_forces(self) -> np.ndarray:
        """Return the forces of the band, (n·a, 3), eV/Å."""
        inner = self.images[1:-1]
        attach(inner, self._ask(inner))
        forces: np.ndarray = super().get_forces()
        self._left = largest_force(forces)
        return forces

    def get_residual(self) -> float:
        """Return the largest force of the last ones, eV/Å; ASE's leaves the climbing image out."""
        return self._left


def attach(images: Sequence[Atoms], found: Sequence[SinglePointResult]) -> None:
    """Put what was calculated on images."""
    for image, one in zip(images, found, strict=True):
        image.calc = SinglePointCalculator(image, energy=float(one.energy), forces=one.forces)


def relax_band(
    images: Sequence[Atoms], ask: Images, fmax: float, budget: Budget, cut: bool = False
) -> Band:
    """Relax a band, then let its highest image climb.

    Parameters
    ----------
    images : sequence of Atoms
        Both ends included; not changed.
    ask : Images
    fmax : float
        Criterion on the force of the band, eV/Å.
    budget : Budget
        Steps at most; those taken are counted. Half of them before an image climbs.
    cut : bool
        Do not climb where there is a minimum on the way: it is to be cut there.
    """
    band = [image.copy() for image in images]
    neb = DrivenNEB(band, ask, climb=False)
    budget.take(_relaxed(neb, CLIMB_FROM * fmax, budget.left // 2))
    neb.climb = has_hill(_energies(band)) and not (cut and has_dip(_energies(band)))
    if neb.climb:
        budget.take(_relaxed(neb, fmax, budget.left))
    return finished(band, ask, neb.climb)


def _relaxed(neb: NEB, fmax: float, steps: int) -> int:
    """Relax a band by the adaptive ODE solver, by FIRE where that ends; return the steps taken.

    S. Makri, C. Ortner and J. R. Kermode, J. Chem. Phys. 150, 094109 (2019): a climbing band has no
    energy whose Hessian a quasi-Newton method could learn.
    """
    from ase.mep.neb import NEBOptimizer
    from ase.optimize import FIRE
    from ase.optimize.sciopt import OptimizerConvergenceError

    neb.get_forces()  # its residual is that of the last ones, which may not have climbed
    if steps < 1:
        return 0
    solver = NEBOptimizer(neb, logfile=None)
    with suppress(OptimizerConvergenceError):
        solver.run(fmax, steps)
    taken = int(solver.nsteps)
    if taken < steps and largest_force(neb.get_forces()) > fmax:
        fire = FIRE(neb, logfile=None, maxstep=STRIDE)
        fire.run(fmax, steps - taken)
        taken += int(fire.nsteps)
    return taken


def _energies(images: Sequence[Atoms]) -> np.ndarray:
    return np.array([image.get_potential_energy() for image in images])


def has_dip(energies: np.ndarray) -> bool:
    """Whether an image (energies in eV) lies deeper than :data:`DIP` below both of its sides."""
    inner = range(1, len(energies) - 1)
    return any(min(energies[:n].max(), energies[n + 1 :].max()) - energies[n] > DIP for n in inner)


def has_hill(energies: np.ndarray) -> bool:
    """Whether an image between the ends (energies in eV) lies above both."""
    return bool(energies[1:-1].max() > max(energies[0], energies[-1]) + NO_HILL)


def finished(
    images: Sequence[Atoms], ask: Images, climb: bool, residual: float | None = None
) -> Band:
    """Return a band with what is known of its images; its own residual unless given (eV/Å)."""
    own = [image.copy() for image in images]
    found = ask(own)
    if residual is None:
        neb = DrivenNEB([image.copy() for image in own], ask, climb)
        residual = largest_force(neb.get_forces())
    energies = tuple(one.energy for one in found)
    inner = 1 + int(np.argmax(np.array(energies[1:-1], float)))
    return Band(tuple(own), energies, tuple(one.forces for one in found), residual, inner, climb)


@dataclass(frozen=True)
class Learning:
    """A band of which the dear level sees few images.

    Attributes
    ----------
    runner : Asks
    ask : Images
        At the dear level.
    level : Level
        The dear level.
    leader : Level or None
        The cheap level that leads; None to learn the whole surface.
    fmax : float
        eV/Å.
    name : str
    """

    runner: Asks
    ask: Images
    level: Level
    leader: Level | None
    fmax: float
    name: str

    def relax(self, images: Sequence[Atoms], budget: Budget, cut: bool = False) -> Band:
        """Relax a band within a budget of rounds; in each the dear level sees one or two images.

        First the ends and the middle; then the highest image and the one most uncertain; last, the
        images of the band not seen yet, which tell whether the band is what it was taken for.
        """
        band, known = [image.copy() for image in images], list(images[:1])
        known += [images[-1], images[len(images) // 2]]
        climb, reach = False, np.inf if self.leader is not None else None
        for n in range(budget.left):
            budget.take(1)
            found = self._proposed(known, band, climb, reach)
            reach = None
            band = _placed(band, found.images)
            certain = float(found.spreads.max()) <= CERTAIN
            top = 1 + int(np.argmax(found.energies[1:-1]))
            if climb and certain and self._force(band[top]) <= self.fmax:
                done = finished(band, self.ask, climb, self._force(band[top]))
                new = [image for image in band[1:-1] if not _is_among(image, known)]
                known += new
                if not new or self._as_expected(done, found):
                    return done
                continue
            if certain and not climb and cut and has_dip(found.energies):
                return finished(band, self.ask, False, float(found.residual))
            doubtful = int(np.argmax(found.spreads))
            wanted = {top} if certain else {top, doubtful}
            new = [band[i] for i in sorted(wanted) if not _is_among(band[i], known)]
            known += new or [band[1 + n % (len(band) - 2)]]
            climb = climb or (certain and has_hill(found.energies))
            if certain and not new and not climb:  # downhill all the way
                return finished(band, self.ask, False, float(found.residual))
        done = finished(band, self.ask, climb)
        return replace(done, residual=self._force(done.images[done.saddle]))

    def _proposed(
        self, known: Sequence[Atoms], band: Sequence[Atoms], climb: bool, reach: float | None
    ) -> BandProposal:
        seen = self.ask(known)
        further = {} if reach is None else {"reach": float(min(reach, 100.0))}
        task = ProposeBand(
            band[0],
            self.level if self.leader is None else self.leader,
            np.array([image.positions for image in band]),
            np.array([image.positions for image in known]),
            np.array([float(one.energy) for one in seen]),
            np.array([one.forces for one in seen]),
            flat=self.leader is None,
            climb=climb,
            fmax=0.3 * self.fmax,
            label=f"{self.name} learnt band",
            **further,
        )
        return self.runner.run(task)

    def _force(self, image: Atoms) -> float:
        """Return the largest force the dear level finds on a free atom of an image, eV/Å."""
        (one,) = self.ask([image])
        return largest_free_force(one.forces, image)

    def _as_expected(self, band: Band, found: BandProposal) -> bool:
        off = np.abs(np.array(band.energies, float) - found.energies)
        return bool(off.max() <= 3 * CERTAIN)


def _placed(band: Sequence[Atoms], positions: np.ndarray) -> list[Atoms]:
    placed = []
    for image, place in zip(band, positions, strict=True):
        new = image.copy()
        new.set_positions(place, apply_constraint=False)
        placed.append(new)
    return placed


def _is_among(image: Atoms, known: Sequence[Atoms]) -> bool:
    return any(np.abs(image.positions - other.positions).max() < 1e-6 for other in known)

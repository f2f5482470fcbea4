"""Paths and barriers between two minima: a nudged elastic band, its saddles checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import ClassVar, Literal

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.motion.rates.harmonic import Barrier
from heterodot.analysis.motion.rates.profile import leg, path_profile
from heterodot.calculators import Level
from heterodot.constraints import free_indices
from heterodot.data.conditions import STANDARD_TEMPERATURE
from heterodot.errors import InputError, OneMinimumError
from heterodot.structures.paths.interpolation import METHODS, interpolate
from heterodot.structures.paths.mapping import checked_end
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.parts.minima import minima
from heterodot.workflows.parts.question import Question
from heterodot.workflows.questions.paths.band import (
    DIP,
    Budget,
    Images,
    Learning,
    has_hill,
    relax_band,
)
from heterodot.workflows.questions.paths.result import Band, PathPiece, ReactionPathResult
from heterodot.workflows.questions.paths.saddle import (
    DOWNHILL,
    SAME,
    apart,
    check_saddle,
    vibrating,
)
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.tasks import Relax

CUTS = 3
"""Times a path is cut at the minima on it, and its pieces again."""

COLLAPSED, BROKEN = 0.1, 4.0
"""Shares of the mean distance between images: closer than the first they have collapsed, further
than the second the path is broken between them. Chosen; springs keep them at 0.8 to 1.2."""


@dataclass(frozen=True, eq=False)
class ReactionPathSearch(Question):
    """The path of lowest energy between two minima, its barriers and rates.

    Parameters
    ----------
    atoms : Atoms
        Where it begins. Atoms under ``FixAtoms`` stay.
    end : Atoms
        Where it ends: the same atoms, in the same order unless ``map_atoms``; in a study the name
        of another system.
    level : Level
    images : int
        Between the ends.
    interpolation : {"idpp", "linear", "geodesic"}
        How the first images are made; see
        :func:`heterodot.structures.paths.interpolation.interpolate`.
    surrogate : {"auto", "gp", "none"}
        "gp" learns the surface from few images (:class:`heterodot.workflows.tasks.proposed_band
        .ProposeBand`), over that of the level's prior where it has one; "none" asks for every
        image of every step; "auto" learns where the level has a prior or is dear.
    map_atoms : bool
        Put the end's atoms in the order that makes the path shortest.
    relax_ends : bool
        Switched off, both ends are taken as they are.
    vibrations : {"all", "moving", "none"}
        Of which atoms: all that are free, or those that move along the path. With "none" the saddle
        is not confirmed, and there are no rates.
    cut : bool
        Cut the path at minima on the way and search each piece.
    fmax : float
        Criterion of ends and band, eV/Å.
    steps : int
        Of all bands of the search together at most, the pieces of a path that is cut among them:
        in one step every image moves once; of a learnt band it is a round of one or two images.
        Of the relaxation of an end it is the geometries at most.
    temperature : float
        Of free energies and rates, K.
    name : str
    """

    kind: ClassVar[str] = "reaction_path"
    companions: ClassVar[tuple[str, ...]] = ("end",)

    atoms: Atoms
    end: Atoms | str
    level: Level
    images: int = 5
    interpolation: str = "idpp"
    surrogate: Literal["auto", "gp", "none"] = "auto"
    map_atoms: bool = False
    relax_ends: bool = True
    vibrations: Literal["all", "moving", "none"] = "all"
    cut: bool = True
    fmax: float = 0.03
    steps: int = 200
    temperature: float = STANDARD_TEMPERATURE
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.end, str):
            raise InputError(f"end {self.end!r}: expected a structure; by name in a study only")
        if self.level.geometry is not None:
            raise InputError(
                f"{self.kind} at {self.level.label}: a path is searched for at one level; ask it "
                f"at {self.level.energy_level.label} or {self.level.geometry_level.label}"
            )
        if not 1 <= self.images <= 99:
            raise InputError(f"images {self.images}: expected 1 to 99 between the ends")
        if not free_indices(self.atoms):
            raise InputError("all atoms are held by FixAtoms: expected some that move")
        end = checked_end(self.atoms, self.end, self.map_atoms)
        if self.interpolation not in METHODS:
            known = ", ".join(METHODS)
            raise InputError(f"interpolation {self.interpolation!r}: expected one of {known}")
        if self.interpolation == "geodesic":  # which may not take the structure
            interpolate(self.atoms, end, 1, "geodesic")
        object.__setattr__(self, "end", end)

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, about: how many steps a band takes is not known."""
        return 7 + 8 * self.images

    def run(self, runner: Asks) -> ReactionPathResult:
        """Relax the ends, then the band; cut it, check its saddles."""
        ends, flags = self._ends(runner)
        ask = Images(runner, self.level, self.name)
        leader = self._leader()
        led = "every image asked for at every step"
        if self._learns():
            led = "surface learnt" if leader is None else f"led by {leader.label}, corrected"
        images = interpolate(*ends, self.images, self.interpolation)
        bands = self._bands(runner, ask, images, CUTS if self.cut else 0, Budget(self.steps))
        steps = tuple(self._step(runner, one, n) for n, one in enumerate(bands, 1))
        flags += tuple(flag for step in steps for flag in step.flags)
        return ReactionPathResult(
            level=self.level.label,
            flags=flags,
            caveats=self.level.caveats(self.atoms),
            steps=steps,
            temperature=self.temperature,
            calls=ask.calls,
            led=led,
        )

    def _learns(self) -> bool:
        if self.surrogate == "auto":
            return self.level.implementation.dear or isinstance(self.level.prior, Level)
        return self.surrogate == "gp"

    def _leader(self) -> Level | None:
        """Return the level that leads, where one does and takes the structure."""
        if not self._learns():
            return None
        if isinstance(self.level.prior, Level):
            return self.level.prior
        return self.level.leader(self.atoms) if self.surrogate == "auto" else None

    def _ends(self, runner: Asks) -> tuple[tuple[Atoms, Atoms], tuple[Flag, ...]]:
        start, end = self.atoms, self.end
        flags: tuple[Flag, ...] = ()
        if self.relax_ends:
            labels = [f"{self.name} {what} relax" for what in ("start", "end")]
            found = minima(runner, [start, end], self.level, self.fmax, self.steps, labels)
            for one, what in zip(found, ("start", "end"), strict=True):
                flags += relaxation_gates(one, self.fmax, what)
            start, end = (one.structure for one in found)
            end = checked_end(start, end)
        if apart(start, end) <= SAME / 3:
            raise OneMinimumError(
                f"{self.name}: both ends relax into one minimum ({apart(start, end):.3f} Å apart): "
                "there is no path between them; expected an end further away"
            )
        return (start, end), flags

    def _band(
        self, runner: Asks, ask: Images, images: Sequence[Atoms], cut: bool, budget: Budget
    ) -> Band:
        if not self._learns():
            return relax_band(images, ask, self.fmax, budget, cut)
        learning = Learning(runner, ask, self.level, self._leader(), self.fmax, self.name)
        return learning.relax(images, budget, cut)

    def _bands(
        self, runner: Asks, ask: Images, images: Sequence[Atoms], cuts: int, budget: Budget
    ) -> list[Band]:
        """Return the bands between the minima on a path; one where there is none."""
        band = self._band(runner, ask, images, cuts > 0, budget)
        profile = path_profile(band.images, band.energies, band.forces)
        dips = profile.dips(DIP) if cuts and budget.left > 0 else []
        inner = profile.places[1:-1]
        near = sorted({1 + int(np.argmin(np.abs(inner - dip.place))) for dip in dips})
        stops = self._stops(runner, band, near) if near else []
        if len(stops) <= 2:  # what looked like a minimum was none
            if band.has_climbed:
                return [band]
            return [self._band(runner, ask, band.images, False, budget)]
        found = []
        for (i, left), (j, right) in pairwise(stops):
            way = [left, *band.images[i + 1 : j], checked_end(left, right)]
            found += self._bands(runner, ask, spread_evenly(way, self.images), cuts - 1, budget)
        return found

    def _stops(self, runner: Asks, band: Band, near: Sequence[int]) -> list[tuple[int, Atoms]]:
        """Relax images near minima on a band; return the different minima with their places."""
        label = f"{self.name} on the way"
        tasks = [
            Relax(band.images[n], self.level, self.fmax, self.steps, DOWNHILL, label=label)
            for n in near
        ]
        stops: list[tuple[int, Atoms]] = [(0, band.images[0])]
        for n, one in zip(near, runner.gather(tasks), strict=True):
            others = (stops[-1][1], band.images[-1])
            if all(apart(one.structure, other) > SAME for other in others):
                stops.append((n, one.structure))
        return [*stops, (len(band.images) - 1, band.images[-1])]

    def _step(self, runner: Asks, band: Band, n: int) -> PathPiece:
        flags = band_flags(band, self.fmax)
        top = band.energies[band.saddle]
        if not band.has_climbed and not has_hill(np.array(band.energies, float)):
            above = max(band.energies[0], band.energies[-1])
            flags += (Flag("no-barrier", "no image lies above both ends: the path runs downhill"),)
            top = above
        none = np.empty(0)
        ways = [Barrier(top - band.energies[end], none, none) for end in (0, -1)]
        step = PathPiece(band, ways[0], ways[1], flags=flags)
        if self.vibrations == "none" or not band.has_climbed:
            return step
        indices = vibrating(band.images, self.vibrations)
        found = check_saddle(
            runner, self.level, band.images, step.saddle, indices, self.fmax,
            f"{self.name} step {n}",
        )  # fmt: skip
        return replace(
            step,
            forward=replace(
                ways[0], minimum=found.start, saddle=found.saddle, along=found.along[0]
            ),
            backward=replace(ways[1], minimum=found.end, saddle=found.saddle, along=found.along[1]),
            imaginary=found.imaginary,
            flags=flags + found.flags,
        )


def band_flags(band: Band, fmax: float) -> tuple[Flag, ...]:
    """Flag a band that has not converged, has collapsed or is broken, or has a minimum left."""
    flags: tuple[Flag, ...] = ()
    is_short = not band.has_climbed and has_hill(np.array(band.energies, float))
    if band.residual > fmax or is_short:
        message = f"{band.residual:.3f} eV/Å left on the path, asked for {fmax:g}: more steps"
        if is_short:
            message += "; its highest image has not climbed yet"
        flags += (Flag("path-not-converged", message),)
    lengths = np.array([np.linalg.norm(leg(a, b)) for a, b in pairwise(band.images)])
    mean = lengths.mean()
    share = lengths / mean
    if share.min() < COLLAPSED:
        n = int(share.argmin())
        message = (
            f"images {n} and {n + 1} are {lengths[n]:.3f} Å apart, {lengths.mean():.2f} the mean"
        )
        flags += (Flag("images-collapsed", message),)
    if share.max() > BROKEN:
        n = int(share.argmax())
        message = (
            f"{lengths[n]:.2f} Å between images {n} and {n + 1}, {lengths.mean():.2f} the mean"
        )
        flags += (Flag("broken-path", message),)
    dips = path_profile(band.images, band.energies, band.forces).dips(DIP)
    if dips:
        listed = ", ".join(f"{dip.energy:+.3f} eV at {dip.place:.2f} Å" for dip in dips)
        flags += (Flag("intermediate-minimum", f"left on the path: {listed}"),)
    return flags


def spread_evenly(images: Sequence[Atoms], n: int) -> list[Atoms]:
    """Return the ends of a path and n images evenly along the straight pieces of it."""
    legs = [leg(a, b) for a, b in pairwise(images)]
    places = np.concatenate([[0.0], np.cumsum([np.linalg.norm(one) for one in legs])])
    found = []
    for place in np.linspace(0.0, places[-1], n + 2):
        at = min(int(np.searchsorted(places, place, side="right")) - 1, len(legs) - 1)
        share = (place - places[at]) / (places[at + 1] - places[at])
        image = images[0].copy()
        image.set_positions(images[at].positions + share * legs[at], apply_constraint=False)
        found.append(image)
    return found

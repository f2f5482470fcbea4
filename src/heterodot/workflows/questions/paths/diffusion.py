"""How a halide diffuses in a zinc-blende crystal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from ase import Atoms, units

from heterodot.analysis import Flag
from heterodot.analysis.motion.rates.diffusion import (
    INTERSTITIALS,
    VACANCIES_FCC,
    Diffusivity,
)
from heterodot.calculators import Level
from heterodot.data.conditions import STANDARD_TEMPERATURE
from heterodot.errors import InputError, OneMinimumError
from heterodot.structures.paths.halides import (
    HALIDES,
    MECHANISMS,
    HalideJump,
    ZincBlende,
    halide_jump,
    source_molecules,
    vacant,
)
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference
from heterodot.workflows.questions.paths.diffusion_result import (
    HalideDiffusionResult,
    SupercellSize,
)
from heterodot.workflows.questions.paths.reservoirs import ask_reservoirs
from heterodot.workflows.questions.paths.result import ReactionPathResult
from heterodot.workflows.questions.paths.search import ReactionPathSearch
from heterodot.workflows.questions.paths.shell_profile import ShellProgramme
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.tasks import Relax

NEUTRAL = "neutral cells: charge states and their levels are asked for by halide_defects"
BLIND = "a potential cannot know a charge: its defects are in no charge state"
COUNTED = "D is that of a halide that jumps; of a vacancy's, times the share of vacancies beside it"
FIXED = "atoms outside those displaced stand still in ν0 and ΔS; vibrations are classical"
ALONE = (
    "one supercell: how the barriers converge with its size is not calculated; the strain of a "
    "defect's images {:.1f} Å away is in them (further_supercells)"
)

Vibrated = Literal["all", "moving", "none"]

SETTLED = 0.05
"""eV that a barrier may change in a larger supercell. Chosen: a factor of three in D at 550 K."""


@dataclass(frozen=True, eq=False)
class HalideDiffusion(Question):
    """Barriers, formation energies and D(T) of a halide in zinc blende, by mechanism.

    Parameters
    ----------
    atoms : Atoms
        Zinc-blende crystal, such as ZnS, ZnSe or InP.
    level : Level
    halide : {"F", "Cl", "Br", "I"}
    mechanisms : sequence of str
        Of "interstitial", "vacancy", "dissociative" and "kick-out"; see
        :func:`heterodot.structures.paths.halides.halide_jump`.
    supercell : tuple of int
        Of the cell given.
    primitive : bool
        Of the primitive cell of two atoms instead: 3 × 3 × 3 of these are 54 atoms, whose images
        are further apart than those of 64 atoms in a cube.
    further_supercells : sequence of tuple of int
        In which the barriers are searched for again, without vibrations, to see how they converge.
    lattice : {"level", "given"}
        Relax the crystal's cell first, or take it as it is.
    temperatures : sequence of float
        K.
    formation : bool
        Whether to calculate formation energies: against the salt MXn, and the metal or the anion's
        molecule (S8, Se8, P4).
    salt : {"molecule", "crystal"}
        The halide's source; see
        :func:`heterodot.structures.paths.halides.source_molecules`.
    dot : mapping of str to float
        For the concentration through a dot: the outer radius (nm) of core and shells by formula,
        from the core outwards.
    programme : sequence of (seconds, kelvin)
        Temperatures the dot goes through, linear between; the highest of ``temperatures`` all the
        time by default.
    times : sequence of float
        When its profile is drawn, s; by default spread over the time it takes to fill.
    measured : str
        Profile to draw beside: text of two columns, radius (nm) and share; in a study a file.
    images, surrogate, vibrations, fmax, steps
        As of :class:`ReactionPathSearch`.
    name : str
    """

    kind: ClassVar[str] = "halide_diffusion"
    file_keys: ClassVar[frozenset[str]] = frozenset({"measured"})

    atoms: Atoms
    level: Level
    halide: str = "Cl"
    mechanisms: tuple[str, ...] = MECHANISMS
    supercell: tuple[int, int, int] = (2, 2, 2)
    primitive: bool = False
    further_supercells: tuple[tuple[int, int, int], ...] = ()
    lattice: Literal["level", "given"] = "level"
    temperatures: tuple[float, ...] = (STANDARD_TEMPERATURE, 500.0, 600.0)
    formation: bool = True
    salt: Literal["molecule", "crystal"] = "molecule"
    dot: Mapping[str, float] = field(default_factory=dict)
    programme: tuple[tuple[float, float], ...] = ()
    times: tuple[float, ...] = ()
    measured: str = ""
    images: int = 5
    surrogate: Literal["auto", "gp", "none"] = "auto"
    vibrations: Vibrated = "moving"
    fmax: float = 0.03
    steps: int = 200
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.halide not in HALIDES:
            raise InputError(f"halide {self.halide!r}: expected one of {', '.join(HALIDES)}")
        if not self.mechanisms:
            raise InputError("mechanisms: none; expected some of " + ", ".join(MECHANISMS))
        if not all(t > 0 for t in self.temperatures) or not self.temperatures:
            raise InputError(f"temperatures {self.temperatures}: expected positive ones, K")
        for cell in (self.supercell, *self.further_supercells):
            if min(cell) < 1:
                raise InputError(f"supercell {cell}: expected 1 or more each way")
        if not self.atoms.pbc.all() or not self.atoms.cell.rank == 3:
            raise InputError("halide_diffusion: expected a crystal, periodic in three directions")
        for mechanism in self.mechanisms:
            halide_jump(self.cell.repeat(self.supercell), self.halide, mechanism)
        if self.formation:
            source_molecules(self.atoms, self.halide, self.salt)
        self.shells  # noqa: B018 - what cannot be used is said now

    @property
    def formula(self) -> str:
        """Of the crystal."""
        return str(self.atoms.get_chemical_formula("metal", empirical=True))

    @property
    def shells(self) -> ShellProgramme | None:
        """The dot whose concentration is asked for."""
        given = (dict(self.dot), self.programme, self.times, self.measured)
        return ShellProgramme.of(self.formula, *given, hottest=max(self.temperatures))

    @property
    def cell(self) -> Atoms:
        """The crystal's cell that is repeated."""
        return ZincBlende.of(self.atoms).primitive if self.primitive else self.atoms

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, about."""
        cells = 1 + len(self.further_supercells)
        return (7 + 8 * self.images) * len(self.mechanisms) * cells + 6

    def run(self, runner: Asks) -> HalideDiffusionResult:
        """Relax the crystal, search each mechanism's path, form the differences."""
        crystal, flags = self._crystal(runner)
        host = crystal.repeat(self.supercell)
        jumps = {one: halide_jump(host, self.halide, one) for one in self.mechanisms}
        paths, more = self._paths(runner, host, jumps, self.vibrations)
        flags += more
        found = {}
        for name, path in paths.items():
            one = self._diffusivity(host, path, jumps[name])
            if one is not None:
                found[name] = one
        formation: tuple[Reference, ...] = ()
        if self.formation:
            formation, more = self._formation(runner, host, paths)
            flags += more
        flags += tuple(flag for path in paths.values() for flag in path.flags)
        further, more = self._further(runner, crystal, paths)
        size = SupercellSize.of(self.supercell, host)
        return HalideDiffusionResult(
            level=self.level.label,
            flags=flags + more,
            caveats=self._caveats(size),
            halide=self.halide,
            paths=paths,
            diffusivities=found,
            formation=formation,
            temperatures=tuple(self.temperatures),
            supercell=size,
            further=further,
            shells=self.shells,
            formula=self.formula,
        )

    def _caveats(self, size: SupercellSize) -> tuple[str, ...]:
        blind = () if self.level.knows_electrons else (BLIND,)
        alone = () if self.further_supercells else (ALONE.format(size.images_apart),)
        fixed = () if self.vibrations == "none" else (FIXED,)
        own = self.level.caveats(self.atoms)
        return (*own, NEUTRAL, *blind, COUNTED, *fixed, *alone)

    def _crystal(self, runner: Asks) -> tuple[Atoms, tuple[Flag, ...]]:
        if self.lattice == "given":
            return self.cell, ()
        found = runner.run(RelaxCell(self.cell, self.level, label=f"{self.name} cell"))
        flags: tuple[Flag, ...] = ()
        if not found.converged:
            flags = (Flag("not-converged", f"the crystal's cell: {found.fmax:.3f} eV/Å left"),)
        return found.structure, flags

    def _paths(
        self, runner: Asks, host: Atoms, jumps: Mapping[str, HalideJump], vibrations: Vibrated
    ) -> tuple[dict[str, ReactionPathResult], tuple[Flag, ...]]:
        """Return the path of each mechanism that has one; flag the others, and halides that left.

        A mechanism whose two ends are one minimum has none.
        """
        paths: dict[str, ReactionPathResult] = {}
        flags: tuple[Flag, ...] = ()
        for mechanism, jump in jumps.items():
            search = ReactionPathSearch(
                jump.start, jump.end, self.level, self.images, surrogate=self.surrogate,
                vibrations=vibrations, fmax=self.fmax, steps=self.steps,
                name=f"{self.name} {self.halide} {mechanism}",
            )  # fmt: skip
            try:
                paths[mechanism] = search.run(runner)
            except OneMinimumError as error:
                said = str(error).partition(": both ends")[2]
                flags += (Flag("ends-collapsed", f"{mechanism}: both ends{said}"),)
                continue
            flags += site_flags(host, paths[mechanism], jump)
        return paths, flags

    def _diffusivity(
        self, host: Atoms, path: ReactionPathResult, jump: HalideJump
    ) -> Diffusivity | None:
        """Return D of a jump that repeats, from the lowest minimum on its path; else None.

        ν and ΔS are those of the step that rises to the highest saddle.
        """
        step = path.steps[path.highest]
        forward = step.forward
        if not (jump.neighbours and step.band.has_climbed and forward.has_vibrations):
            return None
        levels = [0.0]
        for one in path.steps:
            levels.append(levels[-1] + one.forward.energy - one.backward.energy)
        enthalpy = path.barrier - min(levels, key=float)
        factor = VACANCIES_FCC if jump.mechanism == "vacancy" else INTERSTITIALS
        attempt = forward.attempt
        if forward.along > 0:
            attempt /= float(np.exp(forward.entropy / units.kB))
        ways = channels(host, path, jump)
        return Diffusivity(enthalpy, attempt, jump.length, ways, factor, forward.entropy)

    def _further(
        self, runner: Asks, crystal: Atoms, paths: Mapping[str, ReactionPathResult]
    ) -> tuple[dict[str, dict[str, float]], tuple[Flag, ...]]:
        """Return the barriers (eV) by supercell and mechanism; flag those that still change."""
        found: dict[str, dict[str, float]] = {}
        flags: tuple[Flag, ...] = ()
        for cell in self.further_supercells:
            host = crystal.repeat(cell)
            size = str(SupercellSize.of(cell, host))
            jumps = {name: halide_jump(host, self.halide, name) for name in paths}
            again, more = self._paths(runner, host, jumps, "none")
            flags += tuple(Flag(f.name, f"{size}: {f.message}") for f in more)
            flags += tuple(
                Flag(f.name, f"{size}: {f.message}") for p in again.values() for f in p.flags
            )
            found[size] = {name: path.barrier for name, path in again.items()}
            for name, barrier in found[size].items():
                change = float(barrier) - float(paths[name].barrier)
                if abs(change) > SETTLED:
                    message = f"{name}: the barrier changes by {change:+.3f} eV in {size}"
                    flags += (Flag("supercell-not-converged", message),)
        return found, flags

    def _formation(
        self, runner: Asks, host: Atoms, paths: Mapping[str, ReactionPathResult]
    ) -> tuple[tuple[Reference, ...], tuple[Flag, ...]]:
        """Return the formation energies, cation-rich and anion-rich."""
        known, flags = ask_reservoirs(
            runner, self.level, host, self.halide, self.fmax, self.steps, self.name, self.salt
        )
        label = f"{self.name} vacancy"
        asked = Relax(vacant(host), self.level, self.fmax, self.steps, label=label)
        (empty,) = runner.gather([asked])
        flags = (*relaxation_gates(empty, self.fmax, "vacancy"), *flags)
        anion = known.sources.anion
        defects = {f"E_f(V_{anion})": (empty.energy, 1, 0)}
        if "interstitial" in paths:
            start = paths["interstitial"].steps[0].band.energies[0]
            defects[f"E_f({self.halide}_i)"] = (start, 0, 1)
        if "dissociative" in paths:
            end = paths["dissociative"].steps[-1].band.energies[-1]
            defects[f"E_f({self.halide}_{anion})"] = (end, 1, 1)
        rows = (
            known.formation(name, *defect, rich)
            for rich in known.limits
            for name, defect in defects.items()
        )
        return tuple(rows), flags


def channels(host: Atoms, path: ReactionPathResult, jump: HalideJump) -> float:
    """Return how many saddles of the path's kind lead out of a site, times the share that goes on.

    A jump of one step has a saddle for each neighbour. One with a minimum in the middle goes on
    from there or back, one half each; where that minimum is a tetrahedral site between anions, its
    four saddles are shared by the three jumps through each, and three quarters go on.
    """
    if len(path.steps) != 2:
        return jump.neighbours
    middle = path.steps[0].band.images[-1].positions[-1]
    kind, _ = ZincBlende.of(host).nearest(middle)
    if jump.mechanism == "interstitial" and kind == "tetrahedral-anion":
        return 3.0
    return jump.neighbours / 2


def site_flags(host: Atoms, path: ReactionPathResult, jump: HalideJump) -> tuple[Flag, ...]:
    """Flag an end at which the halide has left the kind of site it was put on.

    Sites are those of the perfect crystal; by which it is nearest.
    """
    lattice = ZincBlende.of(host)
    ends = (path.steps[0].band.images[0], path.steps[-1].band.images[-1])
    flags: tuple[Flag, ...] = ()
    for what, atoms, built in zip(("start", "end"), ends, jump.sites, strict=True):
        kind, away = lattice.nearest(atoms.positions[-1])
        if kind != built:
            message = (
                f"{jump.mechanism}, {what}: put on the {built} site, the halide is nearest the "
                f"{kind} one ({away:.2f} Å)"
            )
            flags += (Flag("halide-moved", message),)
    return flags

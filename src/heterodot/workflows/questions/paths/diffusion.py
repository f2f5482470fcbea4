"""How a halide diffuses in a zinc-blende crystal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.motion.rates.diffusion import INTERSTITIALS, VACANCIES_FCC
from heterodot.calculators import Level
from heterodot.data.conditions import STANDARD_TEMPERATURE
from heterodot.errors import InputError
from heterodot.structures.paths.halides import (
    HALIDES,
    MECHANISMS,
    HalideJump,
    halide_jump,
    source_molecules,
    vacant,
)
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.questions.paths.diffusion_result import (
    HalideDiffusionResult,
    diffusivity,
)
from heterodot.workflows.questions.paths.result import ReactionPathResult
from heterodot.workflows.questions.paths.search import ReactionPathSearch
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.tasks import Relax, SinglePoint

NEUTRAL = (
    "neutral cells: no charge state of a defect is calculated, so that no correction for the "
    "images of a charge is due; the elastic interaction of the defect's images is in the numbers: "
    "compare supercells"
)
BLIND = "a potential cannot know a charge: its defects are in no charge state"
COUNTED = "D is that of a halide that jumps; of a vacancy's, times the share of vacancies beside it"


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
    lattice : {"level", "given"}
        Relax the crystal's cell first, or take it as it is.
    temperatures : sequence of float
        K.
    formation : bool
        Whether to calculate formation energies: against the molecule MXn, and the metal or
        the anion's molecule (S8, Se8, P4).
    images, surrogate, vibrations, fmax, steps
        As of :class:`ReactionPathSearch`.
    name : str
    """

    kind: ClassVar[str] = "halide_diffusion"

    atoms: Atoms
    level: Level
    halide: str = "Cl"
    mechanisms: tuple[str, ...] = MECHANISMS
    supercell: tuple[int, int, int] = (2, 2, 2)
    lattice: Literal["level", "given"] = "level"
    temperatures: tuple[float, ...] = (STANDARD_TEMPERATURE, 500.0, 600.0)
    formation: bool = True
    images: int = 5
    surrogate: Literal["auto", "gp", "none"] = "auto"
    vibrations: Literal["all", "moving", "none"] = "moving"
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
        if min(self.supercell) < 1:
            raise InputError(f"supercell {self.supercell}: expected 1 or more each way")
        if not self.atoms.pbc.all() or not self.atoms.cell.rank == 3:
            raise InputError("halide_diffusion: expected a crystal, periodic in three directions")
        for mechanism in self.mechanisms:
            halide_jump(self.atoms.repeat(self.supercell), self.halide, mechanism)

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, about."""
        return (7 + 8 * self.images) * len(self.mechanisms) + 6

    def run(self, runner: Asks) -> HalideDiffusionResult:
        """Relax the crystal, search each mechanism's path, form the differences."""
        host, flags = self._host(runner)
        jumps = {one: halide_jump(host, self.halide, one) for one in self.mechanisms}
        paths = {name: self._path(runner, jump) for name, jump in jumps.items()}
        found = {}
        for name, jump in jumps.items():
            factor = VACANCIES_FCC if name == "vacancy" else INTERSTITIALS
            if jump.neighbours and paths[name].steps[paths[name].highest].band.has_climbed:
                one = diffusivity(paths[name], jump.length, jump.neighbours, factor)
                if one is not None:
                    found[name] = one
        formation: tuple[Reference, ...] = ()
        if self.formation:
            formation, more = self._formation(runner, host, paths)
            flags += more
        flags += tuple(flag for path in paths.values() for flag in path.flags)
        blind = () if self.level.knows_electrons else (BLIND,)
        return HalideDiffusionResult(
            level=self.level.label,
            flags=flags,
            caveats=(*self.level.caveats(self.atoms), NEUTRAL, *blind, COUNTED),
            halide=self.halide,
            paths=paths,
            diffusivities=found,
            formation=formation,
            temperatures=tuple(self.temperatures),
        )

    def _host(self, runner: Asks) -> tuple[Atoms, tuple[Flag, ...]]:
        if self.lattice == "given":
            return self.atoms.repeat(self.supercell), ()
        found = runner.run(RelaxCell(self.atoms, self.level, label=f"{self.name} cell"))
        flags: tuple[Flag, ...] = ()
        if not found.converged:
            flags = (Flag("not-converged", f"the crystal's cell: {found.fmax:.3f} eV/Å left"),)
        return found.structure.repeat(self.supercell), flags

    def _path(self, runner: Asks, jump: HalideJump) -> ReactionPathResult:
        search = ReactionPathSearch(
            jump.start, jump.end, self.level, self.images, surrogate=self.surrogate,
            vibrations=self.vibrations, fmax=self.fmax, steps=self.steps,
            name=f"{self.name} {self.halide} {jump.mechanism}",
        )  # fmt: skip
        return search.run(runner)

    def _formation(
        self, runner: Asks, host: Atoms, paths: dict[str, ReactionPathResult]
    ) -> tuple[tuple[Reference, ...], tuple[Flag, ...]]:
        """Return the formation energies, cation-rich and anion-rich."""
        sources = source_molecules(host, self.halide)
        metal = runner.run(RelaxCell(sources.metal, self.level, label=f"{self.name} metal"))
        labels = ("vacancy", "halide's source", "anion's source")
        asked = (vacant(host), sources.salt, sources.anions)
        relaxed = runner.gather(
            Relax(atoms, self.level, self.fmax, self.steps, label=f"{self.name} {label}")
            for atoms, label in zip(asked, labels, strict=True)
        )
        flags = tuple(
            flag
            for one, label in zip(relaxed, labels, strict=True)
            for flag in relaxation_gates(one, self.fmax, label)
        )
        whole = runner.run(SinglePoint(host, self.level, label=f"{self.name} crystal")).energy
        units = int(np.sum(host.symbols == sources.cation))
        vacancy, salt, anions = (one.energy for one in relaxed)
        per_metal = metal.energy / len(sources.metal)
        per_anion = anions / len(sources.anions)
        defects = {f"E_f(V_{sources.anion})": (vacancy, 1, 0)}
        if "interstitial" in paths:
            start = paths["interstitial"].steps[0].band.energies[0]
            defects[f"E_f({self.halide}_i)"] = (start, 0, 1)
        if "dissociative" in paths:
            end = paths["dissociative"].steps[-1].band.energies[-1]
            defects[f"E_f({self.halide}_{sources.anion})"] = (end, 1, 1)
        rows = []
        for rich in (sources.cation, sources.anion):
            for name, (energy, lost, gained) in defects.items():
                terms = [(1.0, "E(defect)", energy), (-1.0, "E(crystal)", whole)]
                # μ(cation) + μ(anion) = E(crystal) per formula unit
                if rich == sources.cation:
                    terms += [(lost / units, "E(crystal), of μ(anion)", whole)]
                    terms += [(-float(lost), f"E({sources.cation}) of μ(anion)", per_metal)]
                    of_metal = [(gained / sources.valence, f"E({sources.cation})", per_metal)]
                else:
                    terms += [(float(lost), f"E({sources.anion})", per_anion)]
                    share = gained / sources.valence
                    of_metal = [(share / units, "E(crystal), of μ(cation)", whole)]
                    of_metal += [(-share, f"E({sources.anion}), of μ(cation)", per_anion)]
                salts = (-gained / sources.valence, f"E({sources.formula} gas)", salt)
                terms += [*of_metal, salts] if gained else []
                rows.append(
                    difference(f"{name}, {rich}-rich", *(t for t in terms if abs(t[0]) > 0))
                )
        return tuple(rows), flags

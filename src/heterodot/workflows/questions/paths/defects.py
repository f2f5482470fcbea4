"""Defects that carry a halide, by charge and Fermi level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.analysis import Flag
from heterodot.analysis.defects.charge_states import ChargeState
from heterodot.calculators import Level
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError
from heterodot.structures.chemistry.image_charge import CORRECTIONS, image_charge_correction
from heterodot.structures.crystals.dielectric import static_dielectric
from heterodot.structures.paths.halides import (
    HALIDES,
    ZincBlende,
    halide_interstitial,
    halide_jump,
    source_molecules,
    vacant,
)
from heterodot.workflows.parts.gates import relaxation_gates
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference
from heterodot.workflows.questions.paths.defects_result import HalideDefectsResult
from heterodot.workflows.questions.paths.diffusion_result import SupercellSize
from heterodot.workflows.questions.paths.reservoirs import Reservoirs, ask_reservoirs
from heterodot.workflows.tasks.cells import RelaxCell
from heterodot.workflows.tasks.outcomes import Asks
from heterodot.workflows.tasks.results import RelaxResult
from heterodot.workflows.tasks.tasks import Orbitals, Relax

DEFECTS = ("interstitial", "substitutional", "vacancy")

DEEP = 5.0
"""eV below the valence-band maximum: s states of the anion that lie deeper are followed for the
alignment. Chosen: they are 9 to 14 eV below it in ZnS, ZnSe and InP, its p states less than 7."""

NEUTRAL = "neutral cells only: no charge was asked for"
STATIC = (
    "charged cells: a uniform background, corrected for images ({}, ε {:g}); potential aligned by "
    "the anion's s states furthest from the defect"
)
GAP = "the band gap is that of the level: levels of a defect are counted from its valence band"
DILUTE = "one supercell: nearest image {:.1f} Å away; how energies converge is not calculated"


@dataclass(frozen=True, eq=False)
class HalideDefects(Question):
    """Formation energies of a halide's defects in zinc blende, by charge, and their levels.

    Parameters
    ----------
    atoms : Atoms
        Zinc-blende crystal with S, Se or P.
    level : Level
        For charges one that has electrons, and orbitals to read the valence-band maximum from.
    halide : {"F", "Cl", "Br", "I"}
    defects : sequence of str
        Of "interstitial" (between four cations), "substitutional" (on an anion's place) and
        "vacancy" (of an anion).
    charges : sequence of int
        e, of each.
    supercell : tuple of int
        Of the cell given.
    primitive : bool
        Of the primitive cell of two atoms instead: 3 × 3 × 3 of these are 54 atoms, whose images
        are further apart than those of 64 atoms in a cube.
    lattice : {"level", "given"}
        Relax the crystal's cell first, or take it as it is.
    salt : {"molecule", "crystal"}
        The halide's source, as of :class:`HalideDiffusion`.
    dielectric : float or None
        Static dielectric constant; that of the table if None.
    correction : {"lany-zunger", "makov-payne", "none"}
        For the images of a charge; see
        :func:`heterodot.structures.chemistry.image_charge.image_charge_correction`.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    name : str
    """

    kind: ClassVar[str] = "halide_defects"

    atoms: Atoms
    level: Level
    halide: str = "Cl"
    defects: tuple[str, ...] = DEFECTS
    charges: tuple[int, ...] = (-1, 0, 1)
    supercell: tuple[int, int, int] = (2, 2, 2)
    primitive: bool = False
    lattice: Literal["level", "given"] = "level"
    salt: Literal["molecule", "crystal"] = "molecule"
    dielectric: float | None = None
    correction: str = "lany-zunger"
    fmax: float = 0.05
    steps: int = 200
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.halide not in HALIDES:
            raise InputError(f"halide {self.halide!r}: expected one of {', '.join(HALIDES)}")
        wrong = [one for one in self.defects if one not in DEFECTS] or (
            [] if self.defects else ["none"]
        )
        if wrong:
            raise InputError(f"defects {wrong[0]!r}: expected some of {', '.join(DEFECTS)}")
        if not self.charges or len(set(self.charges)) < len(self.charges):
            raise InputError(f"charges {self.charges}: expected one or more, each once")
        if self.correction not in CORRECTIONS:
            known = ", ".join(CORRECTIONS)
            raise InputError(f"correction {self.correction!r}: expected one of {known}")
        if min(self.supercell) < 1:
            raise InputError(f"supercell {self.supercell}: expected 1 or more each way")
        source_molecules(self.atoms, self.halide, self.salt)
        if any(self.charges):
            self._check_charged()

    def _check_charged(self) -> None:
        level = self.level
        if not (level.capabilities.charge and level.can("orbitals")):
            raise InputError(
                f"halide_defects at {level.label}: charges {list(self.charges)}: it knows no "
                "charge of a defect; ask for charges: [0], or at a level with electrons"
            )
        image_charge_correction(np.eye(3), 1, self.screening, self.correction)

    @property
    def screening(self) -> float:
        """The static dielectric constant."""
        if self.dielectric is not None:
            return self.dielectric
        return static_dielectric(self.atoms.get_chemical_formula("metal", empirical=True))

    @property
    def cell(self) -> Atoms:
        """The crystal's cell that is repeated."""
        return ZincBlende.of(self.atoms).primitive if self.primitive else self.atoms

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 2 * len(self.defects) * len(self.charges) + 7

    def run(self, runner: Asks) -> HalideDefectsResult:
        """Relax every charge of every defect, align, correct, form the differences."""
        host, flags = self._host(runner)
        known, more = ask_reservoirs(
            runner, self.level, host, self.halide, self.fmax, self.steps, self.name, self.salt
        )
        flags += more
        asked = {
            (name, charge): provenance.with_charge(self._built(host, name), charge)
            for name in self.defects
            for charge in self.charges
        }
        relaxed = self._relaxed(runner, asked)
        for (name, charge), one in relaxed.items():
            flags += relaxation_gates(one, self.fmax, f"{name} {charge:+d}")
        bands, aligned = self._aligned(runner, host, relaxed)
        if bands is not None and bands.gapless:
            flags += (Flag("no-gap", "the crystal has no gap at this level"),)
        rows = {
            rich: [self._row(known, rich, key, one, host, bands, aligned[key])
                   for key, one in relaxed.items()]
            for rich in known.limits
        }  # fmt: skip
        size = SupercellSize.of(self.supercell, host)
        return HalideDefectsResult(
            level=self.level.label,
            flags=flags,
            caveats=self._caveats(size),
            halide=self.halide,
            formula=self.atoms.get_chemical_formula("metal", empirical=True),
            states={
                rich: {
                    self._symbol(name, known): tuple(
                        state for (n, _), _, state in found if n == name
                    )
                    for name in self.defects
                }
                for rich, found in rows.items()
            },
            differences=tuple(row for found in rows.values() for _, row, _ in found),
            gap=None if bands is None else bands.gap,
            supercell=size,
            dielectric=self.screening if any(self.charges) else None,
            relaxed={f"{n}{q:+d}": one.structure for (n, q), one in relaxed.items()},
        )

    def _caveats(self, size: SupercellSize) -> tuple[str, ...]:
        own = self.level.caveats(self.atoms)
        charged = (STATIC.format(self.correction, self.screening), GAP)
        return (
            *own,
            *(charged if any(self.charges) else (NEUTRAL,)),
            DILUTE.format(size.images_apart),
        )

    def _host(self, runner: Asks) -> tuple[Atoms, tuple[Flag, ...]]:
        if self.lattice == "given":
            return self.cell.repeat(self.supercell), ()
        found = runner.run(RelaxCell(self.cell, self.level, label=f"{self.name} cell"))
        flags: tuple[Flag, ...] = ()
        if not found.converged:
            flags = (Flag("not-converged", f"the crystal's cell: {found.fmax:.3f} eV/Å left"),)
        return found.structure.repeat(self.supercell), flags

    def _built(self, host: Atoms, name: str) -> Atoms:
        if name == "interstitial":
            return halide_interstitial(host, self.halide)
        if name == "substitutional":
            return halide_jump(host, self.halide, "dissociative").end
        return vacant(host)

    def _symbol(self, name: str, known: Reservoirs) -> str:
        anion = known.sources.anion
        return {
            "interstitial": f"{self.halide}_i",
            "substitutional": f"{self.halide}_{anion}",
            "vacancy": f"V_{anion}",
        }[name]

    def _relaxed(
        self, runner: Asks, asked: dict[tuple[str, int], Atoms]
    ) -> dict[tuple[str, int], RelaxResult]:
        found = runner.gather(
            Relax(atoms, self.level, self.fmax, self.steps, label=f"{self.name} {name} {charge:+d}")
            for (name, charge), atoms in asked.items()
        )
        return dict(zip(asked, found, strict=True))

    def _aligned(
        self, runner: Asks, host: Atoms, relaxed: dict[tuple[str, int], RelaxResult]
    ) -> tuple[ElectronicStructure | None, dict[tuple[str, int], float]]:
        """Return the crystal's bands and the potential of each cell against its, eV."""
        none = dict.fromkeys(relaxed, 0.0)
        if not any(self.charges):
            return None, none
        charged = [key for key in relaxed if key[1]]
        label = f"{self.name} bands"
        asked = [Orbitals(host, self.level, label=label)]
        asked += [Orbitals(relaxed[key].structure, self.level, label=label) for key in charged]
        bands, *others = (one.electronic_structure for one in runner.gather(asked))
        origin = host.positions[ZincBlende.of(host).anion]
        for key, states in zip(charged, others, strict=True):
            atoms = relaxed[key].structure
            far, own = furthest_anion(host, atoms, origin)
            none[key] = deep_level(states, far) - deep_level(bands, own)
        return bands, none

    def _row(
        self,
        known: Reservoirs,
        rich: str,
        key: tuple[str, int],
        one: RelaxResult,
        host: Atoms,
        bands: ElectronicStructure | None,
        aligned: float,
    ) -> tuple[tuple[str, int], Reference, ChargeState]:
        name, charge = key
        lost, gained = {"interstitial": (0, 1), "substitutional": (1, 1), "vacancy": (1, 0)}[name]
        correction = 0.0
        more: tuple[tuple[float, str, float], ...] = ()
        if charge and bands is not None:
            correction = image_charge_correction(
                host.cell.array, charge, self.screening, self.correction
            )
            more = (
                (float(charge), "valence-band maximum of the crystal", bands.edges[0]),
                (float(charge), "potential, aligned", aligned),
                (1.0, "images of the charge", correction),
            )
        called = f"E_f({self._symbol(name, known)}, {charge:+d})".replace("+0", "0")
        row = known.formation(called, one.energy, lost, gained, rich, *more)
        return key, row, ChargeState(charge, float(row.value), correction, aligned)


def furthest_anion(host: Atoms, atoms: Atoms, origin: np.ndarray) -> tuple[int, int]:
    """Return the anion furthest from a place, and the same one of the perfect crystal."""
    from ase.geometry import find_mic

    number = host.numbers[ZincBlende.of(host).anion]
    anions = np.flatnonzero(atoms.numbers == number)
    away = find_mic(atoms.positions[anions] - origin, atoms.cell, atoms.pbc)[1]
    far = int(anions[int(np.argmax(np.round(away, 2)))])
    same = np.flatnonzero(host.numbers == number)
    apart = find_mic(host.positions[same] - atoms.positions[far], host.cell, host.pbc)[1]
    return far, int(same[int(np.argmin(apart))])


def deep_level(states: ElectronicStructure, atom: int) -> float:
    """Return the mean energy of an atom's s states more than :data:`DEEP` below the top, eV.

    Weighted by their share of the atom, over spins and k-points, on the code's own zero.

    Raises
    ------
    InputError
        There are none.
    """
    projections = next(iter(states.projections.values()), None)
    if projections is None:
        raise InputError("no projections: expected states shared out to atoms, for the alignment")
    chosen = np.zeros(len(states.numbers), bool)
    chosen[atom] = True
    mask = projections.of_atoms(chosen) & (projections.l == 0)
    weights = projections.weights[..., mask].sum(axis=-1) * states.k_weights[None, :, None]
    weights = np.where(states.energies < states.homo - DEEP, np.clip(weights, 0.0, None), 0.0)
    if weights.sum() <= 0:
        raise InputError(f"atom {atom}: no s states {DEEP:g} eV below the valence-band maximum")
    return float((weights * states.energies).sum() / weights.sum())

"""Phonons of a crystal: bands, densities of states, thermodynamics, imaginary modes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.motion.phonons.born import Born
from heterodot.analysis.motion.phonons.crystal import (
    SYMPREC,
    WAVENUMBER,
    HarmonicCrystal,
    Triple,
    modes_at,
)
from heterodot.analysis.motion.phonons.files import csv_text, force_sets_text, parameters_text
from heterodot.analysis.motion.phonons.spectra import (
    MESH_LENGTH,
    PhononBands,
    PhononDensity,
    phonon_bands,
    phonon_density,
    phonon_mesh,
)
from heterodot.analysis.motion.phonons.stability import ImaginaryMode, imaginary_modes, mode_movie
from heterodot.analysis.motion.phonons.thermodynamics import (
    ROOM,
    Thermodynamics,
    temperature_grid,
)
from heterodot.calculators import Level
from heterodot.checks import positive
from heterodot.data.flags import Marked, flag_note
from heterodot.data.movies import Movie
from heterodot.errors import InputError
from heterodot.workflows.parts.minima import vibrational_label
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Text, Values, notes
from heterodot.workflows.questions.crystals.displacing import (
    MIN_LENGTH,
    Displaced,
    RelaxWhat,
    Start,
    Supercells,
    SupercellTried,
    check_crystal,
    formula_units,
    harmonic_crystals,
    larger_supercell,
    largest_change,
    n_displacements,
    read_born,
    stability_flags,
    start_of,
    sum_rule_flags,
    supercell_for,
    supercells_of,
    tried_supercells,
    triple_of,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_SUPERCELLS = 4
"""Supercells calculated at most where they are to be converged."""


@dataclass(frozen=True)
class PhononsResult(Result):
    """Phonons of a crystal.

    Attributes
    ----------
    structure : Atoms
        The unit cell they are of.
    energy : float
        eV.
    fmax : float
        Largest force left on an atom, eV/Å.
    crystal : HarmonicCrystal
        Displacements and forces, for whatever else is to be made of them by phonopy
        (``crystal.model``).
    bands : PhononBands
    density : PhononDensity
    thermodynamics : Thermodynamics
        Of a formula unit.
    imaginary : tuple of ImaginaryMode
        The largest first.
    tried : tuple of SupercellTried
        The last one is that of the answer.
    n_displacements : int
        Supercells calculated in the last one.
    """

    structure: Atoms
    energy: float
    fmax: float
    crystal: HarmonicCrystal
    bands: PhononBands
    density: PhononDensity
    thermodynamics: Thermodynamics
    imaginary: tuple[ImaginaryMode, ...]
    tried: tuple[SupercellTried, ...]
    n_displacements: int

    @property
    def structures(self) -> dict[str, Atoms]:
        """The unit cell, and a cell displaced along each imaginary mode."""
        shown = {
            f"imaginary-{i}": mode.structure
            for i, mode in enumerate(self.imaginary, 1)
            if mode.structure is not None
        }
        return {self.geometry: self.structure, **shown}

    @property
    def movies(self) -> dict[str, Movie]:
        """The imaginary modes, and of several atoms the highest one at Γ, as they swing."""
        shown = [
            (f"imaginary-{i}", mode.wave_vector, mode.band, str(mode))
            for i, mode in enumerate(self.imaginary, 1)
        ]
        if len(self.crystal.primitive) > 1:
            highest = int(np.argmax(modes_at(self.crystal.model, [(0.0, 0.0, 0.0)])[0][0]))
            said = f"{self.at_gamma.max():.0f} cm⁻¹ at Γ, the highest"
            shown.append(("highest-at-gamma", np.zeros(3), highest, said))
        found = {name: mode_movie(self.crystal, q, band, said) for name, q, band, said in shown}
        return {name: movie for name, movie in found.items() if movie is not None}

    def state_name(self, state: str) -> str:
        """Return what a figure calls one of :attr:`structures`."""
        number = state.removeprefix("imaginary-")
        if number == state:
            return state
        mode = self.imaginary[int(number) - 1]
        return f"{abs(mode.frequency):.2f}i THz at {mode.place}"

    def rests_on(self) -> tuple[Atoms, ...]:
        """Return the structure whose flags are flags of the result."""
        return (self.structure,)

    def free_energy(self, temperature: float) -> float:
        """Return E + F of the unit cell, eV, at a temperature of :attr:`thermodynamics` (K).

        Differences of these are the free energies of defects and of interfaces.
        """
        _, count = formula_units(self.structure)
        return self.energy + self.thermodynamics.per(1 / count).at(temperature)["F"]

    @property
    def at_gamma(self) -> np.ndarray:
        """The (3a,) frequencies at Γ, cm⁻¹, along the first line of the bands that ends there.

        With Born charges the longitudinal ones are those along that line.
        """
        for line, f in zip(self.bands.lines, self.bands.frequencies, strict=True):
            if "Γ" in line:
                return np.asarray(f[0 if line[0] == "Γ" else -1]) * WAVENUMBER
        raise InputError("no line of the bands ends at Γ")

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        room = self.thermodynamics.at(ROOM) if ROOM in self.thermodynamics.temperatures else {}
        rule = self.crystal.sum_rule
        held = tuple(flag for flag in self.shared_flags if flag.name != "imaginary-mode")
        change = self.tried[-1].change
        return {
            "supercell": Marked(str(self.tried[-1])),
            "displacements": Marked(self.n_displacements),
            **({} if change is None else {"change by supercell (THz)": Marked(change)}),
            "Γ (cm⁻¹)": Marked(_listed(self.at_gamma), held),
            "highest (THz)": Marked(self.bands.highest, held),
            "highest (cm⁻¹)": Marked(self.bands.highest * WAVENUMBER, held),
            "lowest (THz)": Marked(self._lowest),
            "imaginary modes named": len(self.imaginary),
            "zero-point energy (eV per formula)": self.thermodynamics.zero_point,
            **({f"F({ROOM:g} K) (eV per formula)": room["F"]} if room else {}),
            **({f"S({ROOM:g} K) (meV/K per formula)": 1e3 * room["S"]} if room else {}),
            **({f"Cv({ROOM:g} K) (meV/K per formula)": 1e3 * room["Cv"]} if room else {}),
            "sum rule, residual (eV/Å²)": Marked(rule.residual),
            "sum rule, acoustic at Γ (cm⁻¹)": Marked(rule.acoustic * WAVENUMBER),
            "largest force (eV/Å)": Marked(self.fmax),
            "E (eV)": self.energy,
        }

    @property
    def _lowest(self) -> float:
        exact = [mode.frequency for mode in self.imaginary]
        return min([self.bands.lowest, *exact, 0.0])

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; frequencies in THz unless they say so."""
        return {
            "structure": structure_to_dict(self.structure),
            "energy": self.energy,
            "fmax": self.fmax,
            "supercells": [one.to_dict() for one in self.tried],
            "gamma_cm": self.at_gamma.tolist(),
            "imaginary": [mode.to_dict() for mode in self.imaginary],
            "sum_rule": {
                "residual": self.crystal.sum_rule.residual,
                "acoustic": self.crystal.sum_rule.acoustic,
            },
            "bands": self.bands.to_dict(),
            "density": self.density.to_dict(),
            "thermodynamics": self.thermodynamics.to_dict(),
        }

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return bands and densities of states."""
        return {f"{name}-bands": partial(_draw_bands, self, title)}

    @classmethod
    def shared_figures(cls, answers: Mapping[str, Self]) -> dict[str, Drawing]:
        """Return F, S and Cv of all systems."""
        return {"phonon-thermodynamics": partial(_draw_thermodynamics, answers)}

    def files(self) -> dict[str, Text]:
        """Return phonopy's files, and what the figures show as tables."""
        crystal = self.crystal
        return {
            "phonopy_params.yaml": partial(parameters_text, crystal),
            "FORCE_SETS": partial(force_sets_text, crystal),
            "bands.csv": lambda: csv_text(self.bands.rows()),
            "dos.csv": lambda: csv_text(self.density.rows()),
            "thermodynamics.csv": lambda: csv_text(self.thermodynamics.rows()),
        }

    def headline(self) -> str:
        """Return the answer in a few lines."""
        q = self.quantities()
        formula, _ = formula_units(self.structure)
        free = f"F({ROOM:g} K) (eV per formula)"
        lines = [
            f"{formula}, {self.tried[-1]}, {self.n_displacements} displacements: up to "
            f"{q['highest (THz)']:.2f} THz ({q['highest (cm⁻¹)']:.0f} cm⁻¹); at Γ "
            f"{q['Γ (cm⁻¹)']} cm⁻¹"
            + (f"; F({ROOM:g} K) = {q[free]:.4f} eV per formula" if free in q else "")
        ]
        lines += [f"imaginary: {mode}" for mode in self.imaginary]
        return "\n".join(lines)


_LISTED = 5
"""Frequencies at Γ in a line, the highest ones, of crystals with more than twice as many."""


def _listed(wavenumbers: np.ndarray) -> str:
    """Write frequencies at Γ without the acoustic ones, degenerate ones once: ``271 (×2), 351``."""
    by_size = np.sort(wavenumbers[np.argsort(np.abs(wavenumbers), kind="stable")][3:])
    parts: list[tuple[str, int]] = []
    for value in by_size:
        text = f"{abs(value):.0f}{'i' if value < -0.5 else ''}"
        if parts and parts[-1][0] == text:
            parts[-1] = (text, parts[-1][1] + 1)
        else:
            parts.append((text, 1))
    listed = [f"{t} (×{n})" if n > 1 else t for t, n in parts]
    if len(listed) > 2 * _LISTED:  # all of them stand in results.json
        listed = ["…", *listed[-_LISTED:]]
    return ", ".join(listed) or "acoustic only"


def _draw_bands(result: PhononsResult, title: str) -> Figure:
    from heterodot.analysis.motion.phonons.plot import plot_phonons

    born = "" if result.crystal.born is None else ", LO–TO by Born charges"
    mesh = "×".join(map(str, result.density.mesh))
    caption = (
        f"{result.level}, {result.tried[-1]}{born}; density of states on {mesh} wave vectors. "
        f"{flag_note(result.flags)}"
    )
    return plot_phonons(result.bands, result.density, result.marked(title), caption)


def _draw_thermodynamics(answers: Mapping[str, PhononsResult]) -> Figure:
    from heterodot.analysis.motion.phonons.plot import plot_thermodynamics

    levels = ", ".join(dict.fromkeys(answer.level for answer in answers.values()))
    return plot_thermodynamics(
        {answer.marked(label): answer.thermodynamics for label, answer in answers.items()},
        f"{levels}; harmonic. {notes(answers)}",
    )


@dataclass(frozen=True, eq=False)
class Phonons(Question):
    """Phonons of a crystal by displaced supercells: bands, density of states, F, S, Cv.

    At a level that takes its geometries from another they are that level's.

    Parameters
    ----------
    atoms : Atoms
        The unit cell, periodic in all directions.
    level : Level
    supercell : three int, or several such, optional
        Multiples of the unit cell. Of several the largest gives the answer, and how much it
        differs from the one before is told. Chosen by ``min_length`` unless given.
    min_length : float
        Least distance of opposite faces of a supercell that is chosen, Å.
    converge : bool
        Go on with larger supercells until no frequency changes by more than ``tolerance``, four
        supercells at most.
    tolerance : float
        THz.
    relax : {"cell", "atoms", "none"}
        Relax cell and atoms first, keeping the symmetry; the atoms alone; or nothing: then forces
        that are left are flagged.
    fmax : float
        eV/Å.
    steps : int
        Geometries of the relaxation at most.
    delta : float
        Displacement, Å.
    born : str or mapping, optional
        Born charges and dielectric constant, for the splitting of LO from TO: phonopy's file BORN,
        or ``{dielectric: 5.7, charges: {Zn: 2.0, S: -2.0}}``.
    mesh_length : float
        Divisions of the mesh of wave vectors times the distance of the crystal's planes, Å.
    max_temperature : float
        Of the thermodynamics, K.
    symprec : float
        How exactly atoms lie where symmetry puts them, Å.
    name : str
    """

    kind: ClassVar[str] = "phonons"
    file_keys: ClassVar[frozenset[str]] = frozenset({"born"})

    atoms: Atoms
    level: Level
    supercell: Supercells | None = None
    min_length: float = MIN_LENGTH
    converge: bool = False
    tolerance: float = 0.1
    relax: RelaxWhat = "cell"
    fmax: float = 0.005
    steps: int = 300
    delta: float = 0.01
    born: str | Mapping[str, Any] | None = None
    mesh_length: float = MESH_LENGTH
    max_temperature: float = 1000.0
    symprec: float = SYMPREC
    name: str = ""
    _charges: Born | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for key, unit in (
            ("min_length", "Å"), ("tolerance", "THz"), ("mesh_length", "Å"),
            ("max_temperature", "K"), ("symprec", "Å"),
        ):  # fmt: skip
            positive(getattr(self, key), key, unit)
        check_crystal(self.atoms, self.level, self.relax)
        if self.supercell is not None:
            if self.converge:
                raise InputError(
                    "supercell beside converge: expected one of them; a list of supercells is "
                    "compared without converge"
                )
            supercells_of(self.supercell)
        if self.born is not None:
            born = read_born(self.born)
            object.__setattr__(self, "_charges", Born.of(born))  # type: ignore[arg-type]

    @property
    def level_label(self) -> str:
        """The level of theory in words."""
        return vibrational_label(self.level)

    @property
    def _first(self) -> tuple[Triple, ...]:
        """The supercells that are calculated in any case."""
        if self.supercell is not None:
            return supercells_of(self.supercell)
        return (supercell_for(self.atoms, self.min_length),)

    @property
    def planned_tasks(self) -> int:
        """Tasks, but for supercells that are added."""
        each = n_displacements(self.atoms, self.delta, self.symprec)
        return 1 + each * len(self._first) * (2 if self.converge else 1)

    def run(self, runner: Runner) -> PhononsResult:
        """Relax, displace, and go on with larger supercells where asked."""
        level = self.level.geometry_level
        start = start_of(runner, self.atoms, level, self.relax, self.fmax, self.steps, self.name)
        crystals, flags = self._crystals(runner, start, level, self._first)
        while self.converge and len(crystals) < MOST_SUPERCELLS and not self._settled(crystals):
            larger = larger_supercell(start.atoms, triple_of(crystals[-1]))
            if larger is None:
                break
            added, more = self._crystals(runner, start, level, (larger,))
            crystals, flags = [*crystals, *added], flags + more
        return self._result(start, crystals, start.flags + flags)

    def _crystals(
        self, runner: Runner, start: Start, level: Level, supercells: tuple[Triple, ...]
    ) -> tuple[list[HarmonicCrystal], tuple[Flag, ...]]:
        jobs = [Displaced(start.atoms, n, "×".join(map(str, n))) for n in supercells]
        return harmonic_crystals(
            runner, jobs, level, delta=self.delta, symprec=self.symprec, born=self._charges,
            name=self.name,
        )  # fmt: skip

    def _settled(self, crystals: list[HarmonicCrystal]) -> bool:
        """Whether the last supercell changed no frequency by more than the tolerance."""
        if len(crystals) < 2:
            return False
        before, after = (phonon_bands(one) for one in crystals[-2:])
        return largest_change(before, after) <= self.tolerance

    def _result(
        self, start: Start, crystals: list[HarmonicCrystal], flags: tuple[Flag, ...]
    ) -> PhononsResult:
        crystal = crystals[-1]
        bands = [phonon_bands(one) for one in crystals]
        tried = tried_supercells(crystals, bands)
        mesh = phonon_mesh(crystal, self.mesh_length)
        _, count = formula_units(crystal.primitive)
        imaginary = imaginary_modes(crystal, bands[-1])
        flags += stability_flags(imaginary) + self._supercell_flags(tried)
        flags += sum_rule_flags(crystal)
        caveats = self.level.caveats(start.atoms)
        if len(tried) == 1:
            caveats += (
                f"one supercell, {tried[0]}: not compared with a larger one (supercell: a list, "
                "or converge: true)",
            )
        if self._charges is not None:
            caveats += (
                "Born charges and dielectric constant are those given, not of this level; forces "
                "that end within some Å know nothing of the long range that they describe",
            )
        dataset = crystal.dataset or {}
        return PhononsResult(
            level=self.level_label,
            flags=unique_flags(flags),
            caveats=caveats,
            structure=start.atoms,
            energy=start.energy,
            fmax=start.fmax,
            crystal=crystal,
            bands=bands[-1],
            density=phonon_density(crystal, mesh),
            thermodynamics=mesh.thermodynamics(temperature_grid(self.max_temperature)).per(count),
            imaginary=imaginary,
            tried=tried,
            n_displacements=len(dataset["first_atoms"]),
        )

    def _supercell_flags(self, tried: tuple[SupercellTried, ...]) -> tuple[Flag, ...]:
        change = tried[-1].change
        if change is None:
            if not self.converge:
                return ()
            message = f"{tried[-1]}: no larger one was calculated, it would have too many atoms"
            return (Flag("supercell-not-converged", message),)
        if change <= self.tolerance:
            return ()
        message = (
            f"from {tried[-2]} to {tried[-1]} a frequency changes by {change:.2f} THz "
            f"({change * WAVENUMBER:.0f} cm⁻¹), tolerance {self.tolerance:g}"
        )
        return (Flag("supercell-not-converged", message),)

"""A crystal by temperature: lattice constant, expansion, bulk modulus, Gibbs energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.motion.phonons.born import Born
from heterodot.analysis.motion.phonons.crystal import SYMPREC, HarmonicCrystal
from heterodot.analysis.motion.phonons.files import csv_text
from heterodot.analysis.motion.phonons.quasi_harmonic import (
    EQUATIONS,
    LEAST_VOLUMES,
    QuasiHarmonicCurves,
    quasi_harmonic_curves,
)
from heterodot.analysis.motion.phonons.spectra import MESH_LENGTH, phonon_bands, phonon_mesh
from heterodot.analysis.motion.phonons.stability import imaginary_modes
from heterodot.analysis.motion.phonons.thermodynamics import Thermodynamics
from heterodot.calculators import Level
from heterodot.checks import finite, positive
from heterodot.data.flags import Marked, flag_note
from heterodot.errors import InputError
from heterodot.workflows.parts.minima import vibrational_label
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Text, Values
from heterodot.workflows.questions.crystals.displacing import (
    MIN_LENGTH,
    Displaced,
    Start,
    Supercells,
    check_crystal,
    formula_units,
    harmonic_crystals,
    n_displacements,
    read_born,
    stability_flags,
    start_of,
    sum_rule_flags,
    supercell_for,
    supercells_of,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.tasks import Relax

if TYPE_CHECKING:
    from matplotlib.figure import Figure

VOLUMES = (0.96, 0.98, 1.0, 1.02, 1.04, 1.06, 1.08)
"""Of the relaxed volume. Chosen: metals and semiconductors expand by 2 to 6 % up to 1000 K, so that
the minimum has calculated volumes on both sides."""

FIRST_CUBIC = 195
"""Number of the first cubic space group."""

_STEP = 10.0
"""K between temperatures: derivatives by temperature are differences of neighbours."""

_AT = 300.0
"""K, of the numbers in tables."""


@dataclass(frozen=True)
class QuasiHarmonicResult(Result):
    """A crystal by temperature.

    Attributes
    ----------
    structure : Atoms
        Relaxed, atoms at rest.
    energy : float
        eV, of it.
    lattice_constant : float
        Its a in the conventional cell, Å.
    curves : QuasiHarmonicCurves
        Of this cell.
    volumes, energies : (n,) float array
        Å³ and eV of each cell calculated.
    vibrations : tuple of Thermodynamics
        Of each cell.
    pressure : float
        GPa.
    supercell : str
        In words.
    """

    structure: Atoms
    energy: float
    lattice_constant: float
    curves: QuasiHarmonicCurves
    volumes: np.ndarray
    energies: np.ndarray
    vibrations: tuple[Thermodynamics, ...]
    pressure: float
    supercell: str

    @property
    def structures(self) -> dict[str, Atoms]:
        """The relaxed cell."""
        return {self.geometry: self.structure}

    def length(self, volume: float) -> float:
        """Return the lattice constant a (Å) of the conventional cell at a unit cell's volume."""
        return self.curves.length(volume, self.lattice_constant, self.structure.get_volume())

    @property
    def lengths(self) -> np.ndarray:
        """Lattice constant a at each temperature, Å."""
        return np.array([self.length(float(v)) for v in self.curves.volumes])

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        curves, (_, count) = self.curves, formula_units(self.structure)
        static = curves.static_volume
        found: Values = {
            "supercell": Marked(self.supercell),
            "a, atoms at rest (Å)": Marked(self.length(static)),
            "B, atoms at rest (GPa)": Marked(curves.static_bulk_modulus),
        }
        for temperature in (0.0, _AT):
            at = curves.at(temperature)
            if at is not None:
                T = f"({temperature:g} K)"
                found[f"a{T} (Å)"] = self.length(at["V"])
                found[f"B{T} (GPa)"] = at["B"]
                found[f"G{T} (eV per formula)"] = at["G"] / count
                if temperature:
                    found[f"α{T} (1e-6/K)"] = 1e6 * at["alpha"]
                    found[f"Cp{T} (meV/K per formula)"] = 1e3 * at["Cp"] / count
        if len(curves.temperatures):
            found["up to (K)"] = Marked(float(curves.temperatures[-1]))
        return found

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "structure": structure_to_dict(self.structure),
            "energy": self.energy,
            "volumes": self.volumes.tolist(),
            "energies": self.energies.tolist(),
            "pressure": self.pressure,
            "supercell": self.supercell,
            "curves": self.curves.to_dict(),
            "lengths": self.lengths.tolist(),
            "vibrations": [one.to_dict() for one in self.vibrations],
        }

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return a(T), α(T), B(T) and G(T)."""
        return {f"{name}-quasi-harmonic": partial(_draw, self, title)}

    def files(self) -> dict[str, Text]:
        """Return the curves as a table."""
        return {"quasi-harmonic.csv": lambda: csv_text(self._rows())}

    def _rows(self) -> list[dict[str, float]]:
        return list(self.curves.rows(self.lattice_constant, self.structure.get_volume()))

    def headline(self) -> str:
        """Return the answer in a line."""
        q, formula = self.quantities(), formula_units(self.structure)[0]
        parts = [f"{formula}: a = {q['a, atoms at rest (Å)']:.4f} Å with the atoms at rest"]
        for name, unit, digits in (
            ("a(0 K)", "Å", 4), ("a(300 K)", "Å", 4), ("α(300 K)", "1e-6/K", 2),
            ("B(300 K)", "GPa", 1), ("G(300 K)", "eV per formula", 4),
        ):  # fmt: skip
            found = q.get(f"{name} ({unit})")
            if found is not None:
                parts.append(f"{name} = {found:.{digits}f} {unit}")
        return ", ".join(parts)


def _draw(result: QuasiHarmonicResult, title: str) -> Figure:
    from heterodot.analysis.motion.phonons.plot import plot_quasi_harmonic

    pressure = f", {result.pressure:g} GPa" if result.pressure else ""
    caption = (
        f"{result.level}, {len(result.volumes)} volumes, {result.supercell}{pressure}; "
        f"quasi-harmonic. {flag_note(result.flags)}"
    )
    _, count = formula_units(result.structure)
    return plot_quasi_harmonic(result.curves, result.lengths, count, result.marked(title), caption)


@dataclass(frozen=True, eq=False)
class QuasiHarmonic(Question):
    """A crystal by temperature: a(T), α(T), B(T), G(T), by phonons at several volumes.

    Cell and atoms are relaxed, then the cell is scaled and the atoms relaxed in it. The shape of
    the cell is kept, which is exact for cubic crystals.

    Parameters
    ----------
    atoms : Atoms
        The unit cell, periodic in all directions.
    level : Level
        Of a code that gives stresses.
    volumes : tuple of float
        Of the relaxed volume, five or more.
    supercell : three int, optional
        Multiples of the unit cell; chosen by ``min_length`` (Å between opposite faces) unless
        given.
    min_length : float
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    delta : float
        Displacement, Å.
    born : str or mapping, optional
        As of :class:`Phonons`.
    mesh_length : float
        As of :class:`Phonons`, Å.
    max_temperature : float
        K.
    pressure : float
        GPa.
    equation : {"vinet", "birch_murnaghan", "murnaghan"}
    symprec : float
        Å.
    name : str
    """

    kind: ClassVar[str] = "quasi_harmonic"
    file_keys: ClassVar[frozenset[str]] = frozenset({"born"})

    atoms: Atoms
    level: Level
    volumes: tuple[float, ...] = VOLUMES
    supercell: Supercells | None = None
    min_length: float = MIN_LENGTH
    fmax: float = 0.005
    steps: int = 300
    delta: float = 0.01
    born: str | Mapping[str, Any] | None = None
    mesh_length: float = MESH_LENGTH
    max_temperature: float = 1000.0
    pressure: float = 0.0
    equation: str = "vinet"
    symprec: float = SYMPREC
    name: str = ""
    _charges: Born | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        for key, unit in (
            ("min_length", "Å"), ("mesh_length", "Å"), ("max_temperature", "K"), ("symprec", "Å"),
        ):  # fmt: skip
            positive(getattr(self, key), key, unit)
        finite(self.pressure, "pressure", "GPa")
        check_crystal(self.atoms, self.level, "cell")
        scales = sorted(set(self.volumes))
        if len(scales) < LEAST_VOLUMES or not 0.5 < scales[0] < scales[-1] < 2:
            raise InputError(
                f"volumes {tuple(self.volumes)!r}: expected {LEAST_VOLUMES} or more different "
                "ones, of the relaxed volume, between 0.5 and 2"
            )
        if self.equation not in EQUATIONS:
            raise InputError(f"equation {self.equation!r}: expected {' or '.join(EQUATIONS)}")
        if self.supercell is not None and len(supercells_of(self.supercell)) > 1:
            raise InputError(f"supercell {self.supercell!r}: expected one, such as [2, 2, 2]")
        if self.born is not None:
            born = read_born(self.born)
            object.__setattr__(self, "_charges", Born.of(born))  # type: ignore[arg-type]

    @property
    def level_label(self) -> str:
        """The level of theory in words."""
        return vibrational_label(self.level)

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        each = 1 + n_displacements(self.atoms, self.delta, self.symprec)
        return 1 + len(self.volumes) * each

    def run(self, runner: Runner) -> QuasiHarmonicResult:
        """Relax, scale, relax the atoms of each volume, displace them, find the minima of G."""
        level = self.level.geometry_level
        start = start_of(runner, self.atoms, level, "cell", self.fmax, self.steps, self.name)
        scales = sorted(set(self.volumes))
        cells = [_scaled(start.atoms, scale) for scale in scales]
        relaxed = runner.gather(
            Relax(atoms, level, self.fmax, self.steps, label=f"{self.name} volume {scale:g}")
            for atoms, scale in zip(cells, scales, strict=True)
        )
        flags = start.flags
        for scale, one in zip(scales, relaxed, strict=True):
            if one.fmax > self.fmax:
                message = f"volume {scale:g}: largest force {one.fmax:.3f} eV/Å"
                flags += (Flag("forces", f"{message}, criterion {self.fmax:g}"),)
        if self.supercell is None:
            supercell = supercell_for(start.atoms, self.min_length)
        else:
            (supercell,) = supercells_of(self.supercell)
        jobs = [
            Displaced(one.structure, supercell, f"volume {scale:g}")
            for scale, one in zip(scales, relaxed, strict=True)
        ]
        crystals, more = harmonic_crystals(
            runner, jobs, level, delta=self.delta, symprec=self.symprec, born=self._charges,
            name=self.name,
        )  # fmt: skip
        energies = np.array([one.energy for one in relaxed])
        words = f"{'×'.join(map(str, supercell))} ({len(start.atoms) * np.prod(supercell)} atoms)"
        return self._result(start, crystals, energies, words, flags + more)

    def _result(
        self,
        start: Start,
        crystals: list[HarmonicCrystal],
        energies: np.ndarray,
        supercell: str,
        flags: tuple[Flag, ...],
    ) -> QuasiHarmonicResult:
        temperatures = np.arange(0.0, self.max_temperature + 1.5 * _STEP, _STEP)
        vibrations = []
        for crystal in crystals:
            mesh = phonon_mesh(crystal, self.mesh_length)
            share = len(crystal.primitive) / len(crystal.atoms)
            vibrations.append(mesh.thermodynamics(temperatures).per(share))
            where = f"at {crystal.atoms.get_volume() / start.atoms.get_volume():.3f} V: "
            flags += stability_flags(imaginary_modes(crystal, phonon_bands(crystal)), where)
            flags += sum_rule_flags(crystal)
        volumes = np.array([crystal.atoms.get_volume() for crystal in crystals])
        curves = quasi_harmonic_curves(
            volumes.tolist(), energies.tolist(), vibrations, self.pressure, self.equation
        )
        constant, space_group = _lattice(start.atoms, self.symprec)
        flags += _range_flags(curves, volumes, start.atoms.get_volume())
        return QuasiHarmonicResult(
            level=self.level_label,
            flags=unique_flags(flags),
            caveats=self.level.caveats(start.atoms) + _shape_caveat(space_group),
            structure=start.atoms,
            energy=start.energy,
            lattice_constant=constant,
            curves=curves,
            volumes=volumes,
            energies=energies,
            vibrations=tuple(vibrations),
            pressure=self.pressure,
            supercell=supercell,
        )


def _scaled(atoms: Atoms, scale: float) -> Atoms:
    """Return a crystal at so many times its volume, its shape kept."""
    found: Atoms = atoms.copy()
    found.set_cell(atoms.cell.array * np.cbrt(scale), scale_atoms=True)
    return found


def _range_flags(
    curves: QuasiHarmonicCurves, volumes: np.ndarray, relaxed: float
) -> tuple[Flag, ...]:
    """Flag a minimum beyond the volumes calculated: the curves end there."""
    if curves.left_range is None:
        return ()
    low, high = volumes.min() / relaxed, volumes.max() / relaxed
    message = (
        f"from {curves.left_range:g} K on the minimum of G lies beyond the volumes calculated, "
        f"{low:.3f} to {high:.3f} of the relaxed one: add volumes there"
    )
    return (Flag("volume-out-of-range", message),)


def _shape_caveat(number: int) -> tuple[str, ...]:
    """Say that the shape was kept, of a crystal that may change it; by its space group."""
    if number >= FIRST_CUBIC:
        return ()
    return ("the cell is scaled alike along all axes; c/a and angles do not change with T",)


def _lattice(atoms: Atoms, symprec: float) -> tuple[float, int]:
    """Return a of the conventional cell (Å) and the number of the space group."""
    import spglib

    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    found = spglib.get_symmetry_dataset(cell, symprec=symprec)
    if found is None:
        return float(atoms.cell.lengths()[0]), 1
    return float(np.linalg.norm(found.std_lattice[0])), int(found.number)

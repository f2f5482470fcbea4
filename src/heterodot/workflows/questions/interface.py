"""Interfaces: registry and gap relaxed, adhesion energy and strain energy, every reference said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.units import J, m

from heterodot.analysis import Flag, FreeEnergy
from heterodot.calculators import Level
from heterodot.data.flags import Marked
from heterodot.deprecation import formerly_mapping, renamed
from heterodot.errors import InputError
from heterodot.structures.chemistry.joints import Joint, joint, note_unbonded
from heterodot.workflows.parts.gates import (
    domain_gate,
    geometry_gate,
    other_level_gate,
    recovery_gate,
    relaxation_gates,
)
from heterodot.workflows.parts.minima import energy_forces, minima, tasks_per_minimum
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.parts.results import Result, Values
from heterodot.workflows.parts.vibrating import free_energies
from heterodot.workflows.questions.interface_scan import (
    RegistryPoint,
    RegistrySearch,
    at_point,
    interface_record,
    side,
    unstrained_film,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.forces import largest_free_force
from heterodot.workflows.tasks.computing.reconstruction import reconstruction_gate
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.tasks import SinglePoint

SQUARE_METRE = m**2 / J
"""eV/Å² times this are J/m²."""

HELD: Mapping[str, float] = {"interface": 1.0, "film, strained": -1.0, "substrate": -1.0}
"""What adhesion is the difference of, with its sign."""

DEFAULT_OFFSETS = (-0.3, 0.0, 0.3, 0.6)
"""Å, added to the smallest gap without short contacts. Chosen; where the lowest energy is at an
end, gaps are added (interface_scan.MAX_STEPS)."""


@renamed(references="energies")
@dataclass(frozen=True)
class InterfaceAdhesionResult(Result):
    """How strongly a film holds to a substrate, and what its strain costs.

    Attributes
    ----------
    energy : float
        Adhesion energy per area, eV/Å²: [E(interface) − E(film, strained) − E(substrate)] / A;
        negative where the film holds.
    strain_energy : float
        E(film, strained) − E(film, unstrained), eV per common cell; of the film's slab.
    energies : dict of str to float
        The total energies (eV) these are differences of, by what they are.
    area : float
        Of the common cell, Å².
    formula_units : float
        Of the film in the common cell.
    relaxed : bool
        Whether the atoms were relaxed, or the slabs kept rigid.
    gap : float
        From the substrate's highest to the film's lowest atom, Å, in ``structure``.
    shift : tuple of float
        Of the film, in fractions of the common cell.
    structure : Atoms
        The interface at its lowest energy.
    points : tuple of RegistryPoint
        Every position calculated, the lowest first; those that converged only by a remedy last.
    joint : Joint
        Bonds between film and substrate in ``structure``; without any, the flag ``unbonded``.
    points_level : str
        The level of ``points`` in words, where it is another one than that of the energies.
    temperature : float or None
        K, of ``free_energies``.
    free_energies : dict of str to FreeEnergy
        E + F_vib of interface, strained film and substrate, where a temperature was given.
    """

    energy: float
    strain_energy: float
    energies: dict[str, float]
    area: float
    formula_units: float
    relaxed: bool
    gap: float
    shift: tuple[float, float]
    structure: Atoms
    points: tuple[RegistryPoint, ...]
    joint: Joint
    points_level: str = ""
    temperature: float | None = None
    free_energies: Mapping[str, FreeEnergy] = field(default_factory=dict)

    @property
    def adhesion_free_energy(self) -> float | None:
        """Adhesion free energy per area, vibrations included, eV/Å²; None without temperature."""
        if not self.free_energies:
            return None
        found = {name: free.gibbs for name, free in self.free_energies.items()}
        return sum(sign * found[name] for name, sign in HELD.items()) / self.area

    @property
    def energy_j_m2(self) -> float:
        """Adhesion energy, J/m²."""
        return self.energy * SQUARE_METRE

    @property
    def strain_energy_per_area(self) -> float:
        """Strain energy of the film's slab, eV/Å²."""
        return self.strain_energy / self.area

    @property
    def strain_energy_per_formula(self) -> float:
        """Strain energy, eV per formula unit of the film."""
        return self.strain_energy / self.formula_units

    @property
    def structures(self) -> dict[str, Atoms]:
        """The interface at its lowest energy."""
        return {self.geometry: self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        # the adhesion has no unstrained film in it
        held = tuple(flag for flag in self.shared_flags if flag.name != "negative-strain-energy")
        return {
            "adhesion (J/m²)": Marked(self.energy_j_m2, held),
            "adhesion (eV/Å²)": Marked(self.energy, held),
            **self._free_values(held),
            "strain energy (eV per formula)": self.strain_energy_per_formula,
            "gap (Å)": Marked(self.gap, held),
            "shift a": Marked(self.shift[0], held),
            "shift b": Marked(self.shift[1], held),
            "area (Å²)": Marked(self.area),
            "slabs": Marked("relaxed" if self.relaxed else "rigid"),
        }

    def _free_values(self, held: tuple[Flag, ...]) -> Values:
        free = self.adhesion_free_energy
        if free is None:
            return {}
        return {self._free_name: Marked(free * SQUARE_METRE, held)}

    @property
    def _free_name(self) -> str:
        return f"adhesion free energy at {self.temperature:g} K (J/m²)"

    @formerly_mapping("energies")
    def references(self) -> tuple[Reference, ...]:
        """Return the terms of adhesion and strain energy, both of the common cell."""
        energy = self.energies
        held = ((sign, f"E({name})", energy[name]) for name, sign in HELD.items())
        signs = {"film, strained": 1.0, "film, unstrained": -1.0}
        strain = ((sign, f"E({name})", energy[name]) for name, sign in signs.items())
        return (
            *self._free_reference(),
            difference(
                f"adhesion of {self.area:.2f} Å²",
                *held,
                values=("adhesion (J/m²)", "adhesion (eV/Å²)"),
            ),
            difference(
                f"strain energy of {self.formula_units:g} formula units",
                *strain,
                values=("strain energy (eV per formula)",),
            ),
        )

    def _free_reference(self) -> tuple[Reference, ...]:
        """Return the terms of the adhesion free energy, where it was asked for."""
        if not self.free_energies:
            return ()
        terms = (
            (sign, f"E + Fvib({name})", self.free_energies[name].gibbs)
            for name, sign in HELD.items()
        )
        said = f"adhesion free energy of {self.area:.2f} Å² at {self.temperature:g} K"
        return (difference(said, *terms, values=(self._free_name,)),)

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; energies in eV, Å and J/m² as the names say."""
        free = {name: one.to_dict() for name, one in self.free_energies.items()}
        return {
            **({"temperature": self.temperature, "free_energies": free} if free else {}),
            "energy": self.energy,
            "energy_unit": "eV/Å²",
            "energy_j_m2": self.energy_j_m2,
            "strain_energy": self.strain_energy,
            "strain_energy_per_area": self.strain_energy_per_area,
            "strain_energy_per_formula": self.strain_energy_per_formula,
            "references": self.energies,
            "area": self.area,
            "formula_units": self.formula_units,
            "relaxed": self.relaxed,
            "gap": self.gap,
            "shift": list(self.shift),
            "structure": structure_to_dict(self.structure),
            "points": [point.to_dict() for point in self.points],
            **({"points_level": self.points_level} if self.points_level else {}),
            "joint": self.joint.to_dict(),
        }

    def headline(self) -> str:
        """Return the answer in three lines."""
        terms = ", ".join(f"E({k}) = {v:.3f}" for k, v in self.energies.items())
        q = self.quantities()
        how = "atoms relaxed" if self.relaxed else "slabs rigid"
        free = self.free_energies
        return (
            f"adhesion {q['adhesion (J/m²)']:+.3f} J/m² ({q['adhesion (eV/Å²)']:+.5f} eV/Å²) at a "
            f"gap of {q['gap (Å)']:.2f} Å, shift ({self.shift[0]:.3f}, {self.shift[1]:.3f}), "
            f"{how}; {self.area:.1f} Å² ({terms} eV)\n"
            f"{self.joint.summary()}\n"
            f"strain energy of the film {q['strain energy (eV per formula)']:+.4f} eV per formula "
            f"unit "
            f"({self.strain_energy_per_area * SQUARE_METRE:+.3f} J/m² of interface)"
            + (f"\n{self._free_name[:-7]} {q[self._free_name]:+.3f} J/m²" if free else "")
        )


@renamed(interface="atoms")
@dataclass(frozen=True, eq=False)
class InterfaceAdhesion(Question):
    """Adhesion energy of a film on a substrate at its best registry and gap.

    At a level that takes its geometries from another, registry, gap and relaxed atoms are that
    level's, and the energies of interface and slabs single points.

    Parameters
    ----------
    atoms : Atoms
        From :func:`heterodot.structures.interface`.
    level : Level
    grid : tuple of two int
        Shifts calculated along each side of the cell of different ones; (1, 1) keeps the shift
        that was built.
    offsets : tuple of float
        Gaps calculated at every shift: added to the smallest one without short contacts, Å. More
        are added where the lowest energy is at their end, and the best gap is interpolated.
    relax : bool
        Whether to relax the atoms of the interface and of both slabs afterwards.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    temperature : float, optional
        K: the adhesion free energy, too, each side and the interface with the harmonic vibrations
        of its own Hessian (of its cell, at Γ). Needs ``relax``.
    name : str
    """

    kind: ClassVar[str] = "interface_adhesion"

    atoms: Atoms
    level: Level
    grid: tuple[int, int] = (1, 1)
    offsets: tuple[float, ...] = DEFAULT_OFFSETS
    relax: bool = False
    fmax: float = 0.05
    steps: int = 300
    temperature: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        interface_record(self.atoms)
        if self.temperature is not None and not self.relax:
            raise InputError(
                f"temperature {self.temperature:g} K with relax False: expected relax True; rigid "
                "slabs are at no minimum and have no vibrations"
            )
        object.__setattr__(self, "atoms", self.atoms.copy())
        grid, offsets = tuple(self.grid), tuple(self.offsets)
        if len(grid) != 2 or not all(type(n) is int and 0 < n <= 100 for n in grid):
            raise InputError(f"grid {self.grid!r}: expected two whole numbers, 1…100")
        rising = all(a < b for a, b in pairwise(offsets))
        if not offsets or not np.isfinite(offsets).all() or not rising:
            raise InputError(f"offsets {self.offsets!r}: expected rising lengths, Å")
        object.__setattr__(self, "grid", grid)
        object.__setattr__(self, "offsets", tuple(float(x) for x in offsets))

    @property
    def planned_tasks(self) -> int:
        """Tasks at most, without gaps that had to be added."""
        scanned = self.grid[0] * self.grid[1] * len(self.offsets) + 1
        pieces = 4 if self.relax or self.level.geometry is not None else 3
        each = tasks_per_minimum(self.level) if self.relax else 1
        return scanned + self.relax + pieces * each + 3 * (self.temperature is not None)

    def run(self, runner: Runner) -> InterfaceAdhesionResult:
        """Scan registry and gap, relax if asked, and take the slabs alone."""
        level = self.level.geometry_level
        search = RegistrySearch(self.atoms, level, self.grid, self.offsets, self.name)
        points, flags = search.run(runner)
        start = at_point(self.atoms, points[0])
        energies, structures, more, left = self._energies(runner, start, points[0])
        structure = structures["interface"]
        free = self._free_energies(runner, structures, energies)
        more += tuple(flag for one in free.values() for flag in one.flags)
        record, shift = interface_record(structure), points[0].shift
        area = float(np.linalg.det(start.cell.array[:2, :2]))
        held = energies["interface"] - energies["film, strained"] - energies["substrate"]
        film = structure.arrays["domain"] == "film"
        z = structure.positions[:, 2]
        found, structure = joint(structure, film), structure.copy()
        note_unbonded(structure, found, "start from another termination or registry")
        return InterfaceAdhesionResult(
            level=self.level.label,
            flags=flags + more + _record_flags(record) + _strain_flags(energies),
            caveats=(*self.level.caveats(structure), *self.level.binding_caveats),
            energy=held / area,
            strain_energy=energies["film, strained"] - energies["film, unstrained"],
            energies=energies,
            area=area,
            formula_units=float(record["film"]["formula_units"]),
            relaxed=self.relax,
            gap=float(z[film].min() - z[~film].max()),
            shift=shift,
            structure=structure,
            points=points,
            joint=found,
            points_level="" if level is self.level else level.label,
            energy_forces=energy_forces(interface=left),
            temperature=self.temperature,
            free_energies=free,
        )

    def _free_energies(
        self, runner: Runner, structures: Mapping[str, Atoms], energies: Mapping[str, float]
    ) -> dict[str, FreeEnergy]:
        """Return E + F_vib of interface and sides; nothing without a temperature."""
        if self.temperature is None:
            return {}
        pieces = {name: (structures[name], energies[name]) for name in HELD}
        return free_energies(
            runner, pieces, self.level, self.temperature, "harmonic", self.fmax, self.name
        )

    def _energies(
        self, runner: Runner, start: Atoms, point: RegistryPoint
    ) -> tuple[dict[str, float], dict[str, Atoms], tuple[Flag, ...], float | None]:
        """Energies (eV) and geometries by what they are of, and the flags.

        And the largest force (eV/Å) of the energies' level there, if geometries are another's.
        """
        pieces = {
            "film, strained": side(start, "film"),
            "film, unstrained": unstrained_film(start),
            "substrate": side(start, "substrate"),
        }
        if self.relax or self.level.geometry is not None:
            pieces = {"interface": start, **pieces}
        if self.relax:
            return self._relaxed(runner, pieces)
        tasks = [
            SinglePoint(atoms, self.level, label=f"{self.name} {k}".strip())
            for k, atoms in pieces.items()
        ]
        done = dict(zip(pieces, runner.gather(tasks), strict=True))
        energies = {"interface": point.energy, **{k: found.energy for k, found in done.items()}}
        flags = recovery_gate(point.recovery, "interface")
        flags += geometry_gate(point.fmax, self.fmax)
        flags += domain_gate(self.level.geometry_level, start, point.fmax, "interface")
        for name, found in done.items():
            flags += recovery_gate(found.recovery, name)
        left = None
        if "interface" in done:
            left = largest_free_force(done["interface"].forces, start)
            flags += other_level_gate(self.level, left, self.fmax)
            flags += domain_gate(self.level.energy_level, start, left, "interface")
        return energies, {"interface": start}, flags, left

    def _relaxed(
        self, runner: Runner, pieces: Mapping[str, Atoms]
    ) -> tuple[dict[str, float], dict[str, Atoms], tuple[Flag, ...], float | None]:
        labels = [f"{self.name} {name}".strip() + " relax" for name in pieces]
        relaxed = minima(runner, list(pieces.values()), self.level, self.fmax, self.steps, labels)
        done = dict(zip(pieces, relaxed, strict=True))
        flags: tuple[Flag, ...] = ()
        for name, found in done.items():
            flags += relaxation_gates(found, self.fmax, name)
            flags += reconstruction_gate(pieces[name], found.structure, name)
        whole = done["interface"]
        energies = {name: found.energy for name, found in done.items()}
        geometries = {name: found.structure for name, found in done.items()}
        return energies, geometries, flags, whole.energy_force


def _strain_flags(energies: dict[str, float]) -> tuple[Flag, ...]:
    """Flag a film that gains by its strain: its lattice is not the one of this level."""
    gain = energies["film, unstrained"] - energies["film, strained"]
    if gain <= 0:
        return ()
    message = (
        f"the strained film is {gain:.3f} eV lower than the unstrained one: the lattice constants "
        "it was built with are not those of this level, or the slab is thin"
    )
    return (Flag("negative-strain-energy", message),)


def _record_flags(record: dict[str, Any]) -> tuple[Flag, ...]:
    """Flag sides whose dipole or charge makes the energies depend on thickness and vacuum."""
    flags = []
    for which in ("film", "substrate"):
        polarity = record[which]["polarity"]
        if polarity["polar"]:
            message = (
                f"the {which} ({record[which]['plane']}) has a dipole of "
                f"{polarity['dipole_per_area']:+.3f} e/Å and a charge of {polarity['charge']:+g} e "
                "by formal charges: energies depend on its thickness and on the vacuum"
            )
            flags.append(Flag("polar-slab", message))
    return tuple(flags)

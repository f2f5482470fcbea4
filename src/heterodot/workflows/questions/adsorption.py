"""Adsorption energies: E_ads = E(dot+A) − E(dot) − E(A, gas), every reference said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.calculators import Level
from heterodot.deprecation import formerly_mapping, renamed
from heterodot.errors import InputError
from heterodot.structures.dots.orientations import orientations
from heterodot.structures.molecules import molecule
from heterodot.workflows.parts.adsorbed_co2 import (
    ANGLE,
    LONGER,
    SHORTER,
    TO_SITE,
    co2_shape,
    co2_values,
)
from heterodot.workflows.parts.candidates import (
    Candidate,
    choice_flags,
    prepare_site,
    relax_candidates,
)
from heterodot.workflows.parts.gas import relax_gases
from heterodot.workflows.parts.gates import (
    adsorbate_record,
    carried_flags,
    electronic_gates,
    recovery_gate,
)
from heterodot.workflows.parts.minima import energy_forces, tasks_per_minimum
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.references import Reference, difference
from heterodot.workflows.parts.results import Result, Values
from heterodot.workflows.parts.site_options import DEFAULT_STARTS
from heterodot.workflows.parts.steps import relax_clean
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.results import OrbitalsResult
from heterodot.workflows.tasks.tasks import Orbitals


@renamed(references="energies")
@dataclass(frozen=True)
class AdsorptionResult(Result):
    """How strongly an adsorbate binds.

    Attributes
    ----------
    energy : float
        Adsorption energy, eV; negative where it binds.
    energies : dict of str to float
        The total energies (eV) it is a difference of, by what they are.
    structure : Atoms
        The best relaxed geometry.
    clean : Atoms
        The relaxed structure without adsorbate.
    candidates : tuple of Candidate
        Every start, the chosen one first.
    """

    energy: float
    energies: dict[str, float]
    structure: Atoms
    clean: Atoms
    candidates: tuple[Candidate, ...]

    @property
    def structures(self) -> dict[str, Atoms]:
        """The best covered structure and the bare one."""
        return {"adsorbed": self.structure, "clean": self.clean}

    def state_flags(self, state: str) -> tuple[Flag, ...]:
        """Return the flags of the bare structure, or of all."""
        of_bound = set(choice_flags(self.candidates))
        bare = tuple(f for f in self.flags if f not in of_bound)
        return unique_flags([*carried_flags(self.clean), *bare]) if state == "clean" else self.flags

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        return {"E_ads (eV)": self.energy}

    @formerly_mapping("energies")
    def references(self) -> tuple[Reference, ...]:
        """Return the terms of the adsorption energy."""
        (whole, bound), *apart = self.energies.items()
        parts = ((-1.0, f"E({name})", energy) for name, energy in apart)
        return (difference("E_ads", (1.0, f"E({whole})", bound), *parts),)

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "energy": self.energy,
            "references": self.energies,
            "structure": structure_to_dict(self.structure),
            "clean": structure_to_dict(self.clean),
            "candidates": [candidate.to_dict() for candidate in self.candidates],
        }

    def headline(self) -> str:
        """Return the answer in a line."""
        terms = ", ".join(f"E({k}) = {v:.3f}" for k, v in self.energies.items())
        return f"E_ads = {self.quantities()['E_ads (eV)']:+.3f} eV ({terms} eV)"


@renamed(dot="atoms")
@dataclass(frozen=True, eq=False)
class Adsorption(Question):
    """Adsorption energy of a molecule at a site, the best of several starts.

    Parameters
    ----------
    atoms : Atoms
        Without adsorbate.
    adsorbate : str or Atoms
        A name known to ``heterodot.structures.molecule``, or a molecule of your own (then its
        ``reference_energy`` must be given).
    site : int
        Index of the atom to bind to.
    level : Level
    n_starts : int or None
        Starting geometries; None for all there are.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    free_radius : float or None
        Å around the site, and the defects that belong to it, within which atoms move, clean and
        covered; None for all.
    reference_energy : float or None
        Energy (eV) of the free adsorbate at this level; calculated by default. Of a committee, that
        of a result of it, which knows its members: a plain number is the same to all.
    name : str
    """

    kind: ClassVar[str] = "adsorption"

    atoms: Atoms
    adsorbate: str | Atoms
    site: int
    level: Level
    n_starts: int | None = DEFAULT_STARTS
    fmax: float = 0.05
    steps: int = 300
    free_radius: float | None = None
    reference_energy: float | None = None
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.adsorbate, str):
            orientations(self.adsorbate)
            if self.reference_energy is None:
                molecule(self.adsorbate)
        elif self.reference_energy is None:
            raise InputError(
                "reference_energy = None with an adsorbate given as Atoms: expected the energy of "
                "the free molecule in eV at the same level"
            )

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return (2 + (self.n_starts or 6)) * tasks_per_minimum(self.level)

    def run(self, runner: Runner) -> AdsorptionResult:
        """Relax the clean structure, the free molecule and every start."""
        start = prepare_site(self.atoms, self.site, self.free_radius)
        clean, flags = relax_clean(runner, start, self.level, self.fmax, self.steps, self.name)
        candidates = relax_candidates(
            runner,
            clean.structure,
            self.site,
            self.adsorbate,
            self.level,
            n_starts=self.n_starts,
            fmax=self.fmax,
            steps=self.steps,
            name=self.name,
        )
        species, gas, left = self._reference(runner)
        best = candidates[0]
        forces = energy_forces(clean=clean.energy_force, adsorbed=best.energy_force, gas=left)
        energies = {f"dot+{species}": best.energy, "dot": clean.energy, f"{species} gas": gas}
        return AdsorptionResult(
            level=self.level.label,
            flags=flags + choice_flags(candidates),
            caveats=(*self.level.caveats(best.structure), *self.level.binding_caveats),
            energy_forces=forces,
            energy=best.energy - clean.energy - gas,
            energies=energies,
            structure=best.structure,
            clean=clean.structure,
            candidates=tuple(candidates),
        )

    def _reference(self, runner: Runner) -> tuple[str, float, float | None]:
        """Return the adsorbate's name, its energy (eV) and what force that level leaves on it."""
        given = self.adsorbate
        species = given if isinstance(given, str) else given.get_chemical_formula()
        if self.reference_energy is not None:
            return species, self.reference_energy, None
        relaxed = relax_gases(runner, [species], self.level)[species]
        return species, relaxed.energy, relaxed.energy_force


@renamed(references="energies")
@dataclass(frozen=True)
class CO2AdsorptionResult(AdsorptionResult):
    """Adsorbed CO2, with the geometry and charge that tell whether it is activated.

    Attributes
    ----------
    co_lengths : tuple of float
        The two C–O distances, Å (1.16 in the free molecule).
    oco_angle : float
        Degrees (180 in the free molecule).
    site_distance : float
        Shortest distance from the site atom to an atom of CO2, Å.
    charge_on_co2 : dict of str to float
        Sum of the atomic charges of CO2 by partition, e: negative where electrons went to CO2.
        Empty where the code gives no charges.
    """

    co_lengths: tuple[float, float]
    oco_angle: float
    site_distance: float
    charge_on_co2: dict[str, float]

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        charges = {f"charge on CO2, {k} (e)": q for k, q in self.charge_on_co2.items()}
        return {**super().values(), **co2_values(self.structure), **charges}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            **super().data(),
            "co_lengths": list(self.co_lengths),
            "oco_angle": self.oco_angle,
            "site_distance": self.site_distance,
            "charge_on_co2": self.charge_on_co2,
        }

    def headline(self) -> str:
        """Return the answer in a line."""
        q = self.quantities()
        charges = ", ".join(
            f"{q[f'charge on CO2, {kind} (e)']:+.3f} e ({kind})" for kind in self.charge_on_co2
        )
        return (
            f"{super().headline()}; C–O {q[SHORTER]:.3f}, {q[LONGER]:.3f} Å, "
            f"O–C–O {q[ANGLE]:.2f}°, {q[TO_SITE]:.2f} Å from the site; "
            f"charge on CO2 {charges or 'not available from this code'}"
        )


@renamed(dot="atoms")
@dataclass(frozen=True, eq=False)
class CO2Adsorption(Question):
    """Adsorption of CO2 at a site: energy, geometry, charge, the best of several starts.

    Parameters
    ----------
    atoms, site, level, n_starts, fmax, steps, free_radius, name
        As in :class:`Adsorption`.
    """

    kind: ClassVar[str] = "co2_adsorption"

    atoms: Atoms
    site: int
    level: Level
    n_starts: int | None = None
    fmax: float = 0.05
    steps: int = 300
    free_radius: float | None = None
    name: str = ""

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + (2 + (self.n_starts or 6)) * tasks_per_minimum(self.level)

    def run(self, runner: Runner) -> CO2AdsorptionResult:
        """Relax every start, then read geometry and charges of the best."""
        bound = Adsorption(
            self.atoms,
            "CO2",
            self.site,
            self.level,
            self.n_starts,
            self.fmax,
            self.steps,
            self.free_radius,
            name=self.name,
        ).run(runner)
        charges, flags = self._charges(runner, bound.structure)
        shape = co2_shape(bound.structure)
        return CO2AdsorptionResult(
            level=bound.level,
            flags=bound.flags + flags,
            caveats=bound.caveats,
            energy_forces=bound.energy_forces,
            energy=bound.energy,
            energies=bound.energies,
            structure=bound.structure,
            clean=bound.clean,
            candidates=bound.candidates,
            co_lengths=shape[0],
            oco_angle=shape[1],
            site_distance=shape[2],
            charge_on_co2=charges,
        )

    def _charges(
        self, runner: Runner, structure: Atoms
    ) -> tuple[dict[str, float], tuple[Flag, ...]]:
        if not self.level.can("orbitals"):
            return {}, ()
        task = Orbitals(structure, self.level, label=f"{self.name} CO2* orbitals")
        found: OrbitalsResult = runner.run(task)
        states = found.electronic_structure
        own = adsorbate_record(structure)["indices"]
        sums = {kind: float(q[own].sum()) for kind, q in states.charges.items()}
        return sums, electronic_gates(states, structure) + recovery_gate(
            found.recovery, "CO2* orbitals"
        )

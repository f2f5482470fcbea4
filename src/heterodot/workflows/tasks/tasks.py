"""Tasks: the units of compute. Each is a pure function of its content, known by its key.

A task holds a structure, a level of theory and settings. Its key is the SHA-256 of its canonical
JSON (see :mod:`heterodot.workflows.tasks.computing.serialization`); the versions of the programs
are recorded in the result, not in the key. ``compute(directory)`` does the work and may be killed
at any moment: called again with the same directory, it goes on from what it finds there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from socket import gethostname
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.constraints import fixed_indices, free_indices, partial_constraints
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError, LevelError
from heterodot.structures.crystals.given import adopt_multiplicity
from heterodot.workflows.tasks.arguments import Checked
from heterodot.workflows.tasks.computing.attachment import attach_calculator
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.computing.forces import force_left
from heterodot.workflows.tasks.computing.ladder import climb
from heterodot.workflows.tasks.computing.serialization import (
    canonical_json,
    structure_content,
    structure_to_dict,
)
from heterodot.workflows.tasks.computing.spin_choice import doubt, known_open_shell, unchosen

TASK_SCHEMA = 1
"""Raised when the meaning of a task's content or result changes, so that old results miss."""

T_co = TypeVar("T_co", covariant=True)
"""What a task's result is."""


@dataclass(frozen=True, eq=False)
class Task(Checked, ABC, Generic[T_co]):
    """What all tasks share: a structure at a level of theory.

    Attributes
    ----------
    atoms : Atoms
        The structure; its total charge is that of ``heterodot.provenance.total_charge``.
    level : Level
        The level of theory.
    label : str
        For people; not part of the key.
    """

    atoms: Atoms
    level: Level
    label: str = field(default="", kw_only=True)

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        # a copy of our own, without the caller's calculator: a task never changes
        own = self.atoms.copy()
        adopt_multiplicity(own)
        object.__setattr__(self, "atoms", own)

    def settings(self) -> dict[str, Any]:
        """Return the task's own settings, part of its key."""
        shared = {"atoms", "level", "label"}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in shared}

    def content(self) -> dict[str, Any]:
        """Return everything the result depends on."""
        content = {
            "schema": TASK_SCHEMA,
            "task": self.kind,
            "structure": structure_content(self.atoms),
            "level": {"code": self.level.code, "settings": self.level.settings},
            "settings": self.settings(),
        }
        finite = not self.atoms.pbc.any()
        if finite and known_open_shell(self.atoms) and unchosen(self.atoms, self.level):
            content["spin"] = "not chosen"  # was a singlet without a flag before
        return content

    @cached_property
    def canonical(self) -> str:
        """The content as canonical JSON."""
        return canonical_json(self.content())

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON, 64 hexadecimal digits."""
        return sha256(self.canonical.encode()).hexdigest()

    def check_definition(self) -> None:
        """Check that the level still is here what it was where the task was made.

        A calculator of the user's own configuration may be another one in this process: other
        settings, another version, another model.

        Raises
        ------
        LevelError
        """
        if self.level.implementation.is_defined_here and replace(self).key != self.key:
            raise LevelError(
                f"{self.level.code}: is another calculator on {gethostname()} than where the run "
                "began: expected the same config.toml, files and versions everywhere; run again"
            )

    @abstractmethod
    def compute(self, directory: Path) -> dict[str, Any]:
        """Do the work in ``directory``; return the result as a nested dictionary."""

    def solve(self, directory: Path) -> dict[str, Any]:
        """Compute; where the SCF does not converge, climb the code's recovery ladder.

        Raises
        ------
        ConvergenceError
            That of the first try with what was tried after it, if nothing helped.
        """

        def compute(level: Level, folder: Path) -> dict[str, Any]:
            task = self if level is self.level else replace(self, level=level)
            return task.compute(folder)

        return climb(self.level, compute, directory)

    @abstractmethod
    def result(self, data: Mapping[str, Any]) -> T_co:
        """Return the typed result made of what :meth:`compute` returned."""

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of the numbers a result must hold, all of them finite, by name.

        ``()`` for one number; None for any length.
        """
        return {"energy": ()}

    def final_geometry(self, data: Mapping[str, Any]) -> Atoms | None:  # noqa: ARG002
        """Return the structure of the last calculation a task that returned ``data`` has done.

        None where that is no geometry another task will ask for.
        """
        return self.atoms

    def to_dict(self) -> dict[str, Any]:
        """Return the whole task as plain JSON, for a worker that does not share our memory."""
        return {
            "task": self.kind,
            "label": self.label,
            "structure": structure_to_dict(self.atoms),
            "level": self.level.to_dict(execution=True),
            "settings": self.settings(),
        }


@dataclass(frozen=True)
class SinglePointResult:
    """Energy (eV), forces ((a, 3) array, eV/Å) and, where the code gives them, charges (e).

    ``recovery`` says what it took to converge; empty for nothing special.
    """

    energy: float
    forces: np.ndarray
    charges: np.ndarray | None
    recovery: str = ""


@dataclass(frozen=True, eq=False)
class SinglePoint(Task[SinglePointResult]):
    """Energy and forces at a fixed geometry."""

    kind: ClassVar[str] = "single-point"

    def compute(self, directory: Path) -> dict[str, Any]:
        """Run one calculation."""
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            energy = float(atoms.get_potential_energy())
            # ASE's own potentials give forces with the energy: asked again, they would compare the
            # whole structure first. A compiled code's raw results may be in units of its own.
            native = self.level.capabilities.native
            forces = None if native else atoms.calc.results.get("forces")
            if forces is None:
                forces = atoms.get_forces(apply_constraint=False)
        charges = atoms.calc.results.get("charges")
        return {"energy": energy, "forces": forces, "charges": charges}

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result: the forces of every atom."""
        return {"energy": (), "forces": (len(self.atoms), 3)}

    def result(self, data: Mapping[str, Any]) -> SinglePointResult:
        """Return the typed result."""
        charges = data["charges"]
        return SinglePointResult(
            data["energy"],
            np.asarray(data["forces"], float),
            None if charges is None else np.asarray(charges, float),
            data["recovery"],
        )


@dataclass(frozen=True)
class RelaxResult:
    """A relaxation's end.

    Attributes
    ----------
    structure : Atoms
        The last geometry, with the arrays and the record of the one given.
    energy : float
        eV.
    fmax : float
        Largest force on a free atom, eV/Å.
    converged : bool
        Whether ``fmax`` is below the criterion asked for.
    optimizer : str
        What reached it ("PreconLBFGS", "LBFGS", …; several joined by "+").
    energies, forces : list of float
        Energy (eV) and largest force (eV/Å) of every step, those of earlier, killed runs included.
    recovery : str
        What it took to converge the SCF; empty for nothing special.
    geometry_recovery : str
        Which optimizers ran away, and what was done then; empty for nothing special.
    cost : Cost
        Force calls and SCF iterations spent.
    spin_doubt : str
        Why another spin than the singlet nobody chose may lie lower; empty where none may.
    """

    structure: Atoms
    energy: float
    fmax: float
    converged: bool
    optimizer: str
    energies: list[float]
    forces: list[float]
    recovery: str = ""
    geometry_recovery: str = ""
    cost: Cost = field(default_factory=Cost)
    spin_doubt: str = ""

    @property
    def n_steps(self) -> int:
        """Number of geometries calculated."""
        return len(self.energies)


@dataclass(frozen=True, eq=False)
class Relax(Task[RelaxResult]):
    """Relax the free atoms until no force on them exceeds ``fmax``.

    Attributes
    ----------
    fmax : float
        Force criterion, eV/Å.
    steps : int
        Geometries at most.
    optimizer : {"auto", "xTB-BFGS", "PreconLBFGS", "LBFGS", "BFGS", "FIRE"}
        For finite structures with GPAW, "auto" is xTB-BFGS (BFGS from the Hessian of GFN1-xTB),
        started from the minimum of GFN1-xTB where every bond is the same there.
        Otherwise it is PreconLBFGS with an explicit nearest-neighbour distance, then LBFGS where
        that fails; BFGS for molecules of up to six atoms.
    """

    fmax: float = 0.05
    steps: int = 300
    optimizer: str = "auto"

    kind: ClassVar[str] = "relax"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.fmax > 0:
            raise InputError(f"fmax {self.fmax}: expected a positive force, eV/Å")
        if self.steps < 1:
            raise InputError(f"steps {self.steps}: expected 1 or more")

    def compute(self, directory: Path) -> dict[str, Any]:
        """Relax, going on from the last geometry in ``directory``."""
        from heterodot.workflows.tasks.computing.optimization import relax

        return relax(self.atoms, self.level, directory, self.fmax, self.steps, self.optimizer)

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result: the last geometry, and energy and force of each step."""
        steps = {"energies": (None,), "forces": (None,)}
        return {"energy": (), "fmax": (), "positions": (len(self.atoms), 3), **steps}

    def final_geometry(self, data: Mapping[str, Any]) -> Atoms:
        """Return the relaxed structure."""
        structure: Atoms = self.atoms.copy()
        structure.set_positions(np.asarray(data["positions"], float), apply_constraint=False)
        return structure

    def result(self, data: Mapping[str, Any]) -> RelaxResult:
        """Return the typed result."""
        return RelaxResult(
            self.final_geometry(data),
            data["energy"],
            data["fmax"],
            bool(data["fmax"] <= self.fmax),
            data["optimizer"],
            list(data["energies"]),
            list(data["forces"]),
            data["recovery"],
            data.get("geometry_recovery", ""),  # records of before have none
            Cost.from_dict(data.get("cost")),
            data.get("spin_doubt", ""),
        )


@dataclass(frozen=True)
class HessianResult:
    """Second derivatives at a geometry.

    Attributes
    ----------
    hessian : (3n, 3n) float array
        Symmetrised, eV/Å², for the n atoms displaced.
    indices : tuple of int
        Those atoms.
    energy : float
        Energy at the undisplaced geometry, eV.
    fmax : float
        Largest force (eV/Å) on a displaced atom at the undisplaced geometry.
    asymmetry : float
        Largest element of the antisymmetric part, eV/Å²: the noise of the forces.
    recovery : str
        What it took to converge the SCF; empty for nothing special.
    dipole_derivatives : (3n, 3) float array or None
        dμ/dx, e; None where the code gives no dipoles or the structure is periodic.
    cost : Cost
        Force calls and SCF iterations spent.
    spin_doubt : str
        As of a relaxation.
    """

    hessian: np.ndarray
    indices: tuple[int, ...]
    energy: float
    fmax: float
    asymmetry: float
    recovery: str = ""
    dipole_derivatives: np.ndarray | None = None
    cost: Cost = field(default_factory=Cost)
    spin_doubt: str = ""

    def frequencies(self, atoms: Atoms) -> np.ndarray:
        """Return the (3n,) wavenumbers, cm⁻¹, ascending; imaginary ones as negative numbers."""
        from ase.vibrations import VibrationsData

        data = VibrationsData.from_2d(atoms, self.hessian, indices=list(self.indices))
        wavenumbers = data.get_frequencies()
        return np.sort(wavenumbers.real - np.abs(wavenumbers.imag))


@dataclass(frozen=True, eq=False)
class Hessian(Task[HessianResult]):
    """Second derivatives by central differences of the forces.

    Attributes
    ----------
    indices : tuple of int
        Atoms to displace; empty for all that are not held by ``FixAtoms``.
    delta : float
        Displacement, Å.
    """

    indices: tuple[int, ...] = ()
    delta: float = 0.01

    kind: ClassVar[str] = "hessian"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta > 0:
            raise InputError(f"delta {self.delta}: expected a positive displacement, Å")
        wrong = [i for i in self.indices if not 0 <= i < len(self.atoms)]
        if wrong:
            raise InputError(f"indices {wrong}: expected 0 to {len(self.atoms) - 1}")
        self._check_constraints()

    def _check_constraints(self) -> None:
        partial = partial_constraints(self.atoms)
        if partial:
            raise InputError(
                f"vibrations under {type(partial[0]).__name__}: expected FixAtoms or no "
                "constraint; relax first, then remove it or fix whole atoms"
            )
        held = sorted(set(self.displaced) & set(fixed_indices(self.atoms)))
        if held:
            raise InputError(
                f"indices {held}: held by FixAtoms, so they do not vibrate: leave them out of the "
                "indices, or out of the constraint"
            )
        if not self.displaced:
            raise InputError(
                f"all {len(self.atoms)} atoms are held by FixAtoms: nothing is left to vibrate"
            )

    def settings(self) -> dict[str, Any]:
        """Return the settings, the atoms to displace written out."""
        return {"indices": list(self.displaced), "delta": self.delta}

    @property
    def displaced(self) -> tuple[int, ...]:
        """The atoms displaced, written out."""
        return tuple(int(i) for i in self.indices) or tuple(free_indices(self.atoms))

    def compute(self, directory: Path) -> dict[str, Any]:
        """Displace one coordinate after another, going on from those in ``directory``."""
        from heterodot.workflows.tasks.computing.finite_differences import hessian

        return hessian(self.atoms, self.level, directory, self.displaced, self.delta)

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result: three rows and columns for each atom displaced."""
        n = 3 * len(self.displaced)
        numbers: dict[str, tuple[int | None, ...]] = {"energy": (), "fmax": (), "asymmetry": ()}
        return {**numbers, "hessian": (n, n), "indices": (len(self.displaced),)}

    def final_geometry(self, data: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Nobody asks for the last displacement again."""
        return

    def result(self, data: Mapping[str, Any]) -> HessianResult:
        """Return the typed result."""
        slopes = data.get("dipole_derivatives")  # records of before have none
        return HessianResult(
            np.asarray(data["hessian"], float),
            tuple(data["indices"]),
            data["energy"],
            data["fmax"],
            data["asymmetry"],
            data["recovery"],
            None if slopes is None else np.asarray(slopes, float),
            Cost.from_dict(data.get("cost")),
            data.get("spin_doubt", ""),
        )


@dataclass(frozen=True)
class OrbitalsResult:
    """Energy (eV) at a geometry, what its electronic structure is made of (its arrays are read from
    the store when they are used), what it took to converge, and the largest force left (eV/Å; None
    where it is not known).
    """

    energy: float
    states: Mapping[str, Any] = field(repr=False)
    recovery: str = ""
    fmax: float | None = None

    @cached_property
    def electronic_structure(self) -> ElectronicStructure:
        """The electronic structure."""
        return ElectronicStructure.from_dict(self.states)


@dataclass(frozen=True, eq=False)
class Orbitals(Task[OrbitalsResult]):
    """Electronic structure at a fixed geometry: states, occupations, projections, charges."""

    kind: ClassVar[str] = "orbitals"

    def compute(self, directory: Path) -> dict[str, Any]:
        """Run one calculation and read its electronic structure."""
        atoms = attach_calculator(self.atoms, self.level, directory)
        with self.level.translate_errors():
            energy = float(atoms.get_potential_energy())
            states = self.level.electronic_structure(atoms.calc, atoms)
            fmax = force_left(atoms)
        found = doubt(atoms, self.level, atoms.calc, directory)
        states = replace(states, level={**states.level, "spin_doubt": found})
        return {"energy": energy, "electronic_structure": states.to_dict(), "fmax": fmax}

    def result(self, data: Mapping[str, Any]) -> OrbitalsResult:
        """Return the typed result."""
        fmax = data.get("fmax")  # records of before have none
        return OrbitalsResult(data["energy"], data["electronic_structure"], data["recovery"], fmax)

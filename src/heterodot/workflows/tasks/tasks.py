"""The tasks every question is made of: a point, a relaxation, second derivatives, states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.calculators import Level
from heterodot.calculators.level import NONE
from heterodot.constraints import fixed_indices, free_indices, partial_constraints
from heterodot.data.committee import energy_of
from heterodot.deprecation import warn_renamed
from heterodot.errors import HeterodotError, InputError
from heterodot.workflows.tasks.computing.attachment import attach_calculator, kept_members
from heterodot.workflows.tasks.computing.cost import Cost
from heterodot.workflows.tasks.computing.forces import force_left
from heterodot.workflows.tasks.computing.triplet import doubt
from heterodot.workflows.tasks.results import (
    HessianResult,
    OrbitalsResult,
    RelaxResult,
    SinglePointResult,
)
from heterodot.workflows.tasks.task import USUAL_STEPS, Task

_FORMER = {"xTB-BFGS": "prior-BFGS"}
"""Old names of optimizers, for one version."""


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
        return {
            "energy": energy,
            "forces": forces,
            "charges": charges,
            **kept_members(atoms.calc.results),
        }

    def form(self) -> dict[str, tuple[int | None, ...]]:
        """Return the shapes of a result: the forces of every atom."""
        return {"energy": (), "forces": (len(self.atoms), 3)}

    def result(self, data: Mapping[str, Any]) -> SinglePointResult:
        """Return the typed result."""
        charges = data["charges"]
        return SinglePointResult(
            energy_of(data["energy"], data.get("members")),
            np.asarray(data["forces"], float),
            None if charges is None else np.asarray(charges, float),
            data["recovery"],
        )


@dataclass(frozen=True, eq=False)
class Relax(Task[RelaxResult]):
    """Relax the free atoms until no force on them exceeds ``fmax``.

    Attributes
    ----------
    fmax : float
        Force criterion, eV/Å.
    steps : int
        Geometries at most.
    optimizer : {"auto", "prior-BFGS", "PreconLBFGS", "LBFGS", "BFGS", "FIRE"}
        For finite structures at a dear level (GPAW) or one with a prior, "auto" starts in the
        minimum of the cheap level that leads (:meth:`heterodot.calculators.Level.leader`) where
        every bond is the same there, and goes on over its surface, corrected by what is learnt;
        "prior-BFGS" is BFGS from its Hessian.
        Otherwise it is PreconLBFGS with an explicit nearest-neighbour distance, then LBFGS where
        that fails; BFGS for molecules of up to six atoms.
    """

    fmax: float = 0.05
    steps: int = 300
    optimizer: str = "auto"

    kind: ClassVar[str] = "relax"
    moves: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.fmax > 0:
            raise InputError(f"fmax {self.fmax}: expected a positive force, eV/Å")
        if self.steps < 1:
            raise InputError(f"steps {self.steps}: expected 1 or more")
        if self.optimizer in _FORMER:  # kept as given: it is in the key
            warn_renamed(f"optimizer {self.optimizer}", _FORMER[self.optimizer])

    @property
    def planned_energies(self) -> int:
        """Geometries that most relaxations take."""
        return min(USUAL_STEPS, int(self.steps))

    def compute(self, directory: Path) -> dict[str, Any]:
        """Relax, going on from the last geometry in ``directory``."""
        from heterodot.workflows.tasks.computing.optimization import relax

        optimizer = _FORMER.get(self.optimizer, self.optimizer)
        return relax(self.atoms, self.level, directory, self.fmax, self.steps, optimizer)

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
        relaxed = self.final_geometry(data)
        return RelaxResult(
            relaxed,
            energy_of(data["energy"], data.get("members")),
            data["fmax"],
            bool(data["fmax"] <= self.fmax),
            data["optimizer"],
            list(data["energies"]),
            list(data["forces"]),
            data["recovery"],
            data.get("geometry_recovery", ""),  # records of before have none
            Cost.from_dict(data.get("cost") or {}),
            data.get("spin_doubt", ""),
            self.level.doubts(relaxed, data["fmax"]),
        )


@dataclass(frozen=True, eq=False)
class Hessian(Task[HessianResult]):
    """Second derivatives by central differences of the forces.

    Attributes
    ----------
    indices : tuple of int
        Atoms to displace; empty for all that are not held by ``FixAtoms``.
    delta : float
        Displacement, Å.
    error : float
        Error of the vibrational free energy at 298.15 K that may be left, eV (one standard
        deviation): a finite structure at a level with a prior is displaced only until what is known
        of the prior's errors says so. 0 for every displacement. Where it counts, it and the prior
        are part of the key.
    """

    indices: tuple[int, ...] = ()
    delta: float = 0.01
    error: float = 0.0

    kind: ClassVar[str] = "hessian"
    moves: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta > 0:
            raise InputError(f"delta {self.delta}: expected a positive displacement, Å")
        if not self.error >= 0:
            raise InputError(f"error {self.error}: expected 0 or a positive energy, eV")
        wrong = [i for i in self.indices if not 0 <= i < len(self.atoms)]
        if wrong:
            raise InputError(f"indices {wrong}: expected 0 to {len(self.atoms) - 1}")
        self._check_constraints()

    @property
    def planned_energies(self) -> int:
        """Two for each coordinate that is displaced, and the minimum."""
        return 1 + 6 * len(getattr(self, "displaced", ()) or self.atoms)

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
        asked = {"indices": list(self.displaced), "delta": self.delta}
        return asked if self.leader is None else {**asked, "error": self.error}

    def content(self) -> dict[str, Any]:
        """Return everything the result depends on: with an error, the prior as well."""
        content, leader = super().content(), self.leader
        if leader is not None:
            content["prior"] = {"code": leader.code, "settings": leader.identity}
        return content

    @cached_property
    def leader(self) -> Level | None:
        """The level whose Hessian is corrected; None where every displacement is calculated.

        That is so without an error or a prior, for a crystal, for a structure the prior refuses (a
        potential a charge), and where symmetry leaves fewer displacements than coordinates.
        """
        from heterodot.workflows.tasks.computing.displacements import displacement_plan

        if self.error == 0 or self.level.prior in (None, NONE) or self.atoms.pbc.any():
            return None
        symmetric = not self.level.check(self.atoms).polarized
        plan = displacement_plan(self.atoms, self.displaced, use_symmetry=symmetric)
        if plan.n_geometries <= 3 * len(self.displaced):
            return None
        leader = self.level.leader(self.atoms)
        try:
            if leader is not None:
                leader.check(self.atoms)
        except HeterodotError:
            return None
        return leader

    @property
    def displaced(self) -> tuple[int, ...]:
        """The atoms displaced, written out."""
        return tuple(int(i) for i in self.indices) or tuple(free_indices(self.atoms))

    def compute(self, directory: Path) -> dict[str, Any]:
        """Displace one coordinate after another, going on from those in ``directory``."""
        from heterodot.workflows.tasks.computing.finite_differences import hessian
        from heterodot.workflows.tasks.computing.leading.vibrations import led_hessian

        if self.leader is not None:
            return led_hessian(
                self.atoms, self.level, self.leader, directory, self.displaced, self.delta,
                self.error,
            )  # fmt: skip
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
            Cost.from_dict(data.get("cost") or {}),
            data.get("spin_doubt", ""),
            data.get("error", 0.0),
            _led(data),
        )


def _led(data: Mapping[str, Any]) -> str:
    if "prior" not in data:
        return ""
    return f"{data['prior']} corrected by {data['n_displaced']} displaced geometries"


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

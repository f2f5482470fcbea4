"""A level of theory as data: a code, a named protocol, and what is changed in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.calculators.capabilities import READOUTS, Availability, Capabilities, Recovery
from heterodot.calculators.dispersion import setting as dispersion
from heterodot.calculators.dispersion.calculator import WithDispersion
from heterodot.calculators.dispersion.correction import Dispersion
from heterodot.calculators.frozen import freeze, thaw
from heterodot.calculators.keywords import hint
from heterodot.calculators.registry import Code, get_code, leading_codes
from heterodot.calculators.resolution import (
    adds_dispersion,
    checked_geometry,
    checked_overrides,
    checked_prior,
    resolved_settings,
)
from heterodot.calculators.spin import SpinState
from heterodot.data.density import GridDensity, RadialDensity
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.flags import Flag
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.data.localisation import LocalisationFunction
from heterodot.errors import CapabilityError, HeterodotError, LevelError, RefusedError
from heterodot.records import Record

AUTO, NONE = "auto", "none"
"""Priors by name: the best that is installed, and none at all."""


@dataclass(frozen=True)
class Level(Record, written=("code", "protocol", "overrides"), error=LevelError):
    """A level of theory: frozen, hashable, picklable and plain JSON.

    Parameters
    ----------
    code : str
        Name of a registered code: "emt", "lj", "gfn1-xtb", "gfn2-xtb", "gpaw", "ase", ….
    protocol : {"fast", "moderate", "precise"}
        Named settings of the code.
    overrides : mapping
        Settings that replace the protocol's, by the code's keywords.
    ranks : int
        MPI processes the code may use. How a calculation is executed, not what it calculates:
        left out of ``==``, ``hash``, ``settings`` and ``to_dict()``, so that a result found with
        two ranks is the same result as with one.
    prior : Level, str or mapping, optional
        The cheaper level that leads relaxations at a dear one: a level, the name of a code, a
        mapping as :meth:`from_dict` takes it, "auto" (a potential where one is installed, else
        GFN1-xTB) or "none". Given, it leads vibrations as well; without one, relaxations are led
        as by "auto". The minimum is this level's own whatever led there: left out as ``ranks`` is.
    geometry : Level, str or mapping, optional
        The level whose minima the energies of this one are taken at, given like a prior: single
        points of one level at the geometries of another, ``PBE // SevenNet 7net-0``. Relaxations
        and vibrations are then that level's, everything else this one's.

    Raises
    ------
    LevelError
        For an unknown code, protocol or keyword (names the nearest known) or an impossible value.

    Examples
    --------
    >>> level = Level("gfn1-xtb", overrides={"electronic_temperature": 500})
    >>> level.label
    'GFN1-xTB, 500 K'
    """

    code: str
    protocol: str = "moderate"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    ranks: int = field(default=1, compare=False)
    prior: Level | str | Mapping[str, Any] | None = field(default=None, compare=False)
    geometry: Level | str | Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.code, str) or not isinstance(self.protocol, str):
            raise LevelError(
                f"level: code {self.code!r}, protocol {self.protocol!r}: expected two names"
            )
        if not isinstance(self.overrides, Mapping):
            raise LevelError(f"{self.code}: overrides {self.overrides!r}: expected a mapping")
        if not isinstance(self.ranks, int) or self.ranks < 1:
            raise LevelError(f"{self.code}: ranks {self.ranks!r}: expected an integer >= 1")
        if self.prior is not None and self.prior not in (AUTO, NONE):
            prior = checked_prior(Level, self.code, self.prior, (AUTO, NONE))
            object.__setattr__(self, "prior", prior)
        frozen = freeze(self.overrides, self.code)
        checked = checked_overrides(
            self.implementation, self.protocol, json.dumps(thaw(frozen), sort_keys=True)
        )
        object.__setattr__(self, "overrides", checked)
        if self.geometry is not None:
            object.__setattr__(self, "geometry", checked_geometry(self))

    @classmethod
    def from_ase(cls, path: str, **kwargs: Any) -> Level:
        """Return the level of any ASE calculator.

        Parameters
        ----------
        path : str
            Import path, "module:Class" ("ase.calculators.morse:MorsePotential").
        **kwargs
            Its own keywords; plain JSON values.
        """
        return cls("ase", overrides={"path": path, "parameters": kwargs})

    @property
    def settings(self) -> dict[str, Any]:
        """Protocol and overrides resolved, as plain JSON; the caller's own copy."""
        resolved: dict[str, Any] = thaw(
            resolved_settings(self.implementation, self.protocol, self.overrides)
        )
        return resolved

    @property
    def identity(self) -> dict[str, Any]:
        """What of the settings decides a result, as plain JSON: part of a task's key."""
        return self.implementation.identity(self.settings)

    @property
    def implementation(self) -> Code:
        """The code behind this level."""
        return get_code(self.code)

    @property
    def capabilities(self) -> Capabilities:
        """What the code can do at this level."""
        return self.implementation.capabilities_at(self.settings)

    @property
    def knows_electrons(self) -> bool:
        """Whether charge, spin or orbitals are anything to this level: not to a potential."""
        return self.implementation.knows_electrons(self.settings)

    @property
    def label(self) -> str:
        """The level in a few words, for tables and figures: "energies // geometries"."""
        own = dispersion.labelled(self.implementation.label(self.settings), self.dispersion)
        return own if self.geometry is None else f"{own} // {self.geometry_level.label}"

    @property
    def dispersion(self) -> Mapping[str, str] | None:
        """Method and functional of the dispersion added to the code's energies; None for none."""
        if not adds_dispersion(self.implementation):
            return None
        return resolved_settings(self.implementation, self.protocol, self.overrides).get(
            dispersion.NAME
        )

    def require(self, capability: str) -> None:
        """Check that the code has a capability, by its name in :class:`Capabilities`.

        Raises
        ------
        CapabilityError
            Names the codes that have it, or says which settings have not.
        """
        self._readout(capability)

    def can(self, capability: str) -> bool:
        """Whether the code has a capability, by its name in :class:`Capabilities`, at this level.

        Raises
        ------
        LevelError
            There is no capability of that name.
        """
        if capability not in Capabilities.__dataclass_fields__:
            known = Capabilities.__dataclass_fields__
            raise LevelError(f"unknown capability {capability!r}{hint(capability, known)}")
        if capability not in READOUTS:
            return bool(getattr(self.capabilities, capability))
        found = self.implementation.readout(capability, self.settings)
        return found is not None and not found.missing(self.settings)

    def _readout(self, capability: str) -> Any:
        """Return what reads a capability (None for one that is not read), or say who has it."""
        if not self.can(capability):
            kind, code = READOUTS.get(capability), self.implementation
            found = None if kind is None else code.readout(capability, self.settings)
            if found is not None:
                raise CapabilityError(f"{self.label}: {found.missing(self.settings)}")
            what = capability.replace("_", " ") if kind is None else kind.what
            raise code.cannot(what, capability)
        if capability not in READOUTS:
            return None
        return self.implementation.readout(capability, self.settings)

    def caveats(self, atoms: Atoms) -> tuple[str, ...]:
        """Return what results for this structure may not be believed for, one sentence each."""
        found = self.implementation.caveats(atoms, self.settings)
        found = (*found, *dispersion.caveats(atoms, self.dispersion), *self.unused(atoms))
        return (*found, *self._caveats_of_geometry(atoms))

    def _caveats_of_geometry(self, atoms: Atoms) -> tuple[str, ...]:
        """Return what geometries of another level may not be believed for; not its energies."""
        level = self.geometry_level
        if level is self:
            return ()
        errors = level.implementation.measured_errors(level.settings)
        found = [t for t in level.caveats(atoms) if not errors or errors not in t]
        own = f"geometries are minima of {level.label}, not of {self.energy_level.label}"
        return (f"{own}: a first look", *(f"geometry: {text}" for text in found))

    @property
    def binding_caveats(self) -> tuple[str, ...]:
        """What energies of adsorption and adhesion may not be believed for, one sentence each."""
        functional = self.implementation.functional(self.settings)
        return dispersion.binding_caveats(functional, self.dispersion)

    @property
    def availability(self) -> Availability:
        """Whether the level can run here: its code, and what its settings need beside it."""
        found = self.implementation.availability_at(self.settings)
        missing = dispersion.missing_package(self.dispersion)
        if missing:
            return Availability(False, found.version, missing)
        level = self.geometry_level
        if level is self or not found.available or level.availability.available:
            return found
        said = f"geometry, {level.code}: {level.availability.detail}"
        return Availability(False, found.version, said)

    def unused(self, atoms: Atoms) -> tuple[str, ...]:
        """Return which overrides are not used for this structure and why, one sentence each."""
        return tuple(self.implementation.unused(atoms, thaw(self.overrides)))

    @property
    def geometry_level(self) -> Level:
        """The level that relaxes and vibrates: :attr:`geometry`, or this one."""
        return self.geometry if isinstance(self.geometry, Level) else self

    @property
    def energy_level(self) -> Level:
        """The level by itself, whose energies and states are taken."""
        return self if self.geometry is None else replace(self, geometry=None)

    def leader(self, atoms: Atoms) -> Level | None:
        """Return the level that leads at this one for a structure; None if there is none.

        A prior by name is taken as it is; of those that lead by themselves the first that takes
        the structure's elements and charge.
        """
        if isinstance(self.prior, Level):
            return self.prior
        if self.prior == NONE:
            return None
        for name in leading_codes():
            level = Level(name)
            try:
                level.check(atoms)
            except HeterodotError:
                continue  # the next one
            return level
        return None

    def doubts(self, atoms: Atoms, force: float = 0.0) -> tuple[Flag, ...]:
        """Flag a structure, or its largest force (eV/Å), that the code was not made for."""
        return self.implementation.doubts(atoms, self.settings, force)

    @property
    def vacuum_caveats(self) -> tuple[str, ...]:
        """What levels against the vacuum may not be believed for, one sentence each."""
        return self.implementation.vacuum_caveats(self.settings)

    def for_slab(self, atoms: Atoms) -> Level:
        """Return the level with what gives each face of a slab its own vacuum level.

        Itself where the structure is no slab, the code has no such correction, or it is set.
        """
        free = np.flatnonzero(~atoms.pbc)
        if len(free) != 1:
            return self
        own = self._changed(self.implementation.slab_correction(int(free[0]), self.settings))
        level = self.geometry_level
        return own if level is self else replace(own, geometry=level.for_slab(atoms))

    def with_k_points(self, mesh: tuple[int, int, int]) -> Level:
        """Return the level with the Brillouin zone sampled on a mesh.

        Raises
        ------
        CapabilityError
            If the code has no k-points.
        """
        return self._changed(self.implementation.k_points(mesh))

    def _changed(self, overrides: Mapping[str, Any]) -> Level:
        if not overrides:
            return self
        return replace(self, overrides={**self.overrides, **overrides})

    def check(self, atoms: Atoms) -> SpinState:
        """Refuse what cannot be calculated; return charge and spin of what can.

        Raises
        ------
        RefusedError
            For an impossible structure, charge or spin, with the reason.
        CapabilityError
            For something this code cannot do; names codes that can.
        """
        found = self.implementation.check(atoms, self.settings)
        dispersion.check(self.code, atoms, self.dispersion)
        if self.geometry is not None:
            try:
                self.geometry_level.check(atoms)
            except (RefusedError, CapabilityError) as error:
                raise type(error)(f"{self.code}: geometry: {error}") from error
        return found

    def prepare(self, atoms: Atoms) -> Atoms:
        """Return a copy with what the code needs (GPAW: a vacuum box), atoms in the same order."""
        return self.implementation.prepare(atoms, self.settings)

    def calculator(self, atoms: Atoms, directory: str | Path | None = None) -> Any:
        """Return an ASE calculator for this structure; nothing runs yet.

        Charge comes from ``provenance.total_charge(atoms)``, spin from the override
        ``multiplicity`` or the electron count.

        Parameters
        ----------
        atoms : Atoms
            Prepared (:meth:`prepare`) where the code needs a box.
        directory : path or None
            Existing folder for logs and restart files; none are written without it.

        Raises
        ------
        RefusedError, CapabilityError
            As :meth:`check`.
        MissingDependencyError
            If the code is not installed; says the command that installs it.
        """
        code = self.implementation
        spin = self.check(atoms)
        if self.ranks > 1 and not self.capabilities.parallel:
            raise CapabilityError(f"{self.code} runs on one process; ranks = {self.ranks}: use 1")
        folder = None if directory is None else Path(directory)
        asked = self.dispersion
        added = None if asked is None else Dispersion(**asked, charge=spin.charge)
        made = code.calculator(atoms, self.settings, spin, folder)
        return made if added is None else WithDispersion(made, added)

    def electronic_structure(self, calculator: Any, atoms: Atoms) -> ElectronicStructure:
        """Read the states of a finished calculation; no new self-consistency.

        Parameters
        ----------
        calculator : ASE calculator
            Made by :meth:`calculator` and converged for ``atoms``.
        atoms : Atoms
            The structure it was converged for.

        Raises
        ------
        CapabilityError
            If the code has no orbitals.
        """
        found = self._readout("orbitals").read(calculator, atoms)
        return self._described(self._with_potential(found, calculator, atoms), atoms)

    def local_orbitals(self, calculator: Any, atoms: Atoms) -> LocalOrbitals:
        """Read the states in atom-centred orbitals, for COHP, COOP and bond orders.

        Parameters
        ----------
        calculator : ASE calculator
            Made by :meth:`calculator` and converged for ``atoms``.
        atoms : Atoms
            The structure it was converged for.

        Raises
        ------
        CapabilityError
            If the code, or the level's mode of it, has no atom-centred orbitals.
        """
        found: LocalOrbitals = self._readout("local_orbitals").read(calculator, atoms)
        states = self._with_potential(found.states, calculator, atoms)
        return replace(found, states=self._described(states, atoms))

    @property
    def has_local_orbitals(self) -> bool:
        """Whether this level gives atom-centred orbitals (GPAW: in LCAO mode only)."""
        return self.can("local_orbitals")

    def density(self, calculator: Any, atoms: Atoms, refinement: int = 2) -> GridDensity:
        """Read the all-electron density of a finished calculation; no new self-consistency.

        Parameters
        ----------
        calculator : ASE calculator
            Made by this level and run for ``atoms``.
        atoms : Atoms
            As prepared by this level.
        refinement : int
            Points for each of the code's own, along each direction.

        Raises
        ------
        CapabilityError
            If the code has no density on a grid; names those that have.
        """
        found: GridDensity = self._readout("density").read(calculator, atoms, refinement)
        return found

    def localisation(self, calculator: Any, atoms: Atoms) -> LocalisationFunction:
        """Read the electron localisation function of a finished calculation.

        Parameters
        ----------
        calculator : ASE calculator
            Made by this level and run for ``atoms``.
        atoms : Atoms
            As prepared by this level.

        Raises
        ------
        CapabilityError
            If the code has none; names those that have.
        """
        found: LocalisationFunction = self._readout("localisation").read(calculator, atoms)
        return found

    def free_atoms(self, calculator: Any) -> tuple[RadialDensity, ...]:
        """Return the density of the free, neutral atom of each atom (for Hirshfeld charges).

        Raises
        ------
        CapabilityError
            If the code has no density on a grid; names those that have.
        """
        found: tuple[RadialDensity, ...] = self._readout("density").free_atoms(calculator)
        return found

    def _with_potential(
        self, states: ElectronicStructure, calculator: Any, atoms: Atoms
    ) -> ElectronicStructure:
        """Return the states with what the code reads of the potential, where it reads it."""
        if not self.can("potential") or states.vacuum_level is not None or states.potential:
            return states
        vacuum, average = self._readout("potential").read(calculator, atoms)
        return replace(states, vacuum_level=vacuum, potential=average)

    def _described(self, states: ElectronicStructure, atoms: Atoms) -> ElectronicStructure:
        """Return the states with the level and its caveats written in."""
        level = {**self.to_dict(), "label": self.label, **states.level}
        caveats = tuple(dict.fromkeys((*states.caveats, *self.caveats(atoms))))
        return replace(states, level=level, caveats=caveats)

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn the code's exceptions into heterodot's, each with one clear line."""
        with self.implementation.translate_errors():
            yield

    def recoveries(self) -> tuple[tuple[Level, Recovery], ...]:
        """Return levels to try, in order, when the SCF does not converge, and what to report.

        Nothing is tried silently: the caller decides, and shows ``Recovery.note`` with the result.
        """
        return tuple(
            (replace(self, overrides={**self.overrides, **recovery.overrides}), recovery)
            for recovery in self.implementation.recoveries(self.settings)
        )

    def command(self, argv: list[str]) -> list[str]:
        """Return the command that runs ``python *argv`` on this level's number of ranks."""
        return self.implementation.command(self.ranks, argv)

    def to_dict(self, execution: bool = False) -> dict[str, Any]:
        """Return code, protocol and overrides as plain JSON, and the geometry's level if any.

        Parameters
        ----------
        execution : bool
            Also include ``ranks`` and ``prior``, which are not part of a result's identity.
        """
        data = super().to_dict()
        if self.geometry is not None:
            data["geometry"] = self.geometry_level.to_dict(execution)
        if not execution:
            return data
        prior = self.prior.to_dict() if isinstance(self.prior, Level) else self.prior
        return {**data, "ranks": self.ranks, **({"prior": prior} if prior else {})}

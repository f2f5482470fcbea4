"""What a code is to heterodot, and which codes there are.

A code is a subclass of :class:`Code`, found through the entry-point group
``heterodot.calculators``; a package that declares one there adds a code without touching heterodot.
A user names further calculators in their own configuration
(:mod:`heterodot.calculators.definitions`), which is read once a process.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.calculators.definitions import FILE, Definition, read_definitions
from heterodot.calculators.keywords import Keyword, coerce_all, hint
from heterodot.calculators.protocol_files import load_protocols
from heterodot.calculators.spin import SpinState, has_moments, integer_charge
from heterodot.calculators.validation import check_elements, check_geometry, pseudo_hydrogens
from heterodot.data.density import GridDensity, RadialDensity
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.data.localisation import LocalisationFunction
from heterodot.errors import CapabilityError, LevelError
from heterodot.own_files import own_path

ENTRY_POINT_GROUP = "heterodot.calculators"

_CONFIGURED = "heterodot.calculators.ase.configured:Configured"
"""The code of the calculators in the user's own configuration."""

GUESS_FILE = "guess.npy"
"""In a calculation's folder: a guess of a finished calculation at the same geometry and level. A
code that can start from one reads it, and leaves that of its last geometry there.
"""


@dataclass(frozen=True)
class Capabilities:
    """What a code can do.

    Attributes
    ----------
    charge, spin, periodic, molecular, stress, orbitals, density, potential : bool
        Total charge; unpaired electrons; periodic and finite structures; stress tensor; orbitals
        for :class:`ElectronicStructure`; electron density and electrostatic potential on a grid.
    local_orbitals : bool
        Atom-centred orbitals for :class:`LocalOrbitals` (bond orders, COHP), in one mode at least.
    localisation : bool
        Electron localisation function on a grid.
    pseudo_hydrogen : bool
        Hydrogens of fractional nuclear charge.
    parallel : bool
        Runs under MPI on several ranks.
    elements : frozenset of str or None
        Symbols it has parameters for; None if all.
    native : bool
        Compiled code that can kill its process: the runner isolates it in a child process.
    """

    charge: bool = False
    spin: bool = False
    periodic: bool = True
    molecular: bool = True
    stress: bool = False
    orbitals: bool = False
    local_orbitals: bool = False
    density: bool = False
    potential: bool = False
    localisation: bool = False
    pseudo_hydrogen: bool = False
    parallel: bool = False
    elements: frozenset[str] | None = None
    native: bool = False


@dataclass(frozen=True)
class Availability:
    """Whether a code can run here.

    Attributes
    ----------
    available : bool
    version : str
        Empty when it is not available.
    detail : str
        What it rests on, or the command that installs it.
    """

    available: bool
    version: str
    detail: str = ""


@dataclass(frozen=True)
class Recovery:
    """A rung of the ladder after an SCF that did not converge.

    Attributes
    ----------
    name : str
        In two or three words.
    overrides : mapping
        Settings to change.
    note : str
        What the result must say when it was needed.
    """

    name: str
    overrides: Mapping[str, Any]
    note: str


class Code(ABC):
    """A code behind the interface of :class:`heterodot.calculators.Level`.

    A subclass sets the class attributes and writes :meth:`calculator` and :meth:`label`; the rest
    has defaults. ``settings`` is always the resolved dictionary of protocol and overrides.
    """

    name: str
    """The name levels use."""
    capabilities: Capabilities
    keywords: Mapping[str, Keyword]
    protocol_file: ClassVar[str] = ""
    """Stem of the YAML file of the protocols; the code's name if empty."""
    cheap: ClassVar[bool] = False
    """Whether one calculation more costs nobody anything: a second spin is tried where in doubt."""
    is_defined_here: ClassVar[bool] = False
    """True for a code that may be another one on another machine: its tasks are checked there."""

    def protocols(self) -> dict[str, dict[str, Any]]:
        """Return the settings of each protocol by its name."""
        return load_protocols(self.protocol_file or self.name)

    def coerce(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return the overrides checked and converted.

        Raises
        ------
        LevelError
            For an unknown keyword or an impossible value.
        """
        return coerce_all(self.name, self.keywords, overrides)

    def resolve(self, protocol: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a known protocol with the (checked) overrides put in."""
        return {**self.protocols()[protocol], **overrides}

    def check_settings(self, settings: Mapping[str, Any]) -> None:  # noqa: B027 - optional hook
        """Raise LevelError when settings contradict each other."""

    @abstractmethod
    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the level of theory in a few words, for tables and figures."""

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002
        """Return what results for this structure may not be believed for."""
        return ()

    def unused(self, atoms: Atoms, overrides: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002
        """Name the overrides that do nothing to this structure, one sentence each."""
        return ()

    def check(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        """Refuse what cannot be calculated; return charge and spin of what can.

        Raises
        ------
        RefusedError
            For an impossible structure, charge or spin.
        CapabilityError
            For something this code cannot do.
        """
        check_geometry(atoms)
        self._check_capabilities(atoms)
        check_elements(atoms, self.capabilities.elements, self.name)
        return self._spin(atoms, settings)

    def _check_capabilities(self, atoms: Atoms) -> None:
        periodic = bool(atoms.pbc.any())
        if periodic and not self.capabilities.periodic:
            raise self.cannot("periodic structures", "periodic")
        if not periodic and not self.capabilities.molecular:
            raise self.cannot("finite structures", "molecular")
        if not self.capabilities.pseudo_hydrogen and len(pseudo_hydrogens(atoms)):
            raise self.cannot("pseudo-hydrogens of fractional charge", "pseudo_hydrogen")

    def _spin(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:  # noqa: ARG002
        """Charge and spin; the default is a code without electrons."""
        if integer_charge(atoms) != 0:
            raise self.cannot(f"a total charge ({integer_charge(atoms):+d} e)", "charge")
        if has_moments(atoms):
            raise self.cannot("initial magnetic moments (remove them)", "spin")
        return SpinState(0, int(atoms.numbers.sum()), None)

    def cannot(self, what: str, capability: str) -> CapabilityError:
        """Return the error that says what this code cannot do and which codes can."""
        able = [n for n in code_names() if n != "ase" and _can(n, capability)]
        return CapabilityError(
            f"{self.name} cannot treat {what}; codes that can: {', '.join(able) or 'none'}"
        )

    def prepare(self, atoms: Atoms, settings: Mapping[str, Any]) -> Atoms:  # noqa: ARG002
        """Return a copy with what the code needs (a vacuum box, …), atoms in the same order."""
        return atoms.copy()

    @abstractmethod
    def calculator(
        self,
        atoms: Atoms,
        settings: Mapping[str, Any],
        spin: SpinState,
        directory: Path | None,
    ) -> Any:
        """Return an ASE calculator for the (checked) structure; nothing runs yet."""

    def scf_iterations(self, calculator: Any) -> int | None:  # noqa: ARG002
        """Return the iterations of the SCF that has just converged; None if the code says none."""
        return None

    def occupations(self, calculator: Any) -> np.ndarray | None:  # noqa: ARG002
        """Return the (spins, bands) occupations of a finished calculation at its first k-point.

        Up to 2 with one spin channel, up to 1 with two; None if the code says none.
        """
        return None

    def loosen(self, calculator: Any, factor: float) -> bool:  # noqa: ARG002
        """Multiply the SCF criteria asked for by a factor; 1 puts them back and goes on.

        Returns whether that was done; False where the code's criteria cannot be changed.
        """
        return False

    def scf_factor(self, settings: Mapping[str, Any], error: float) -> float:  # noqa: ARG002
        """Return the factor on the SCF criteria asked for with which forces are right to ``error``.

        eV/Å; 1 for a code whose forces are as good as they must be, or not known to be worse.
        """
        return 1.0

    def electronic_structure(
        self,
        calculator: Any,  # noqa: ARG002
        atoms: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],  # noqa: ARG002
    ) -> ElectronicStructure:
        """Read the states of a finished calculation; no new self-consistency.

        Raises
        ------
        CapabilityError
            If the code has no orbitals.
        """
        raise self.cannot("orbitals", "orbitals")

    def local_orbitals(
        self,
        calculator: Any,  # noqa: ARG002
        atoms: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],  # noqa: ARG002
    ) -> LocalOrbitals:
        """Read coefficients and overlap of a finished calculation; no new self-consistency.

        Raises
        ------
        CapabilityError
            If the code has no atom-centred orbitals.
        """
        raise self.cannot("local orbitals", "local_orbitals")

    def has_local_orbitals(self, settings: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Return whether these settings give atom-centred orbitals."""
        return self.capabilities.local_orbitals

    def density(
        self,
        calculator: Any,  # noqa: ARG002
        atoms: Atoms,  # noqa: ARG002
        refinement: int,  # noqa: ARG002
    ) -> GridDensity:
        """Read the all-electron density of a finished calculation, on a grid that much finer.

        Raises
        ------
        CapabilityError
            If the code has no density on a grid.
        """
        raise self.cannot("densities on a grid", "density")

    def localisation(
        self,
        calculator: Any,  # noqa: ARG002
        atoms: Atoms,  # noqa: ARG002
    ) -> LocalisationFunction:
        """Read the electron localisation function of a finished calculation.

        Raises
        ------
        CapabilityError
            If the code has none.
        """
        raise self.cannot("the electron localisation function", "localisation")

    def free_atoms(self, calculator: Any) -> tuple[RadialDensity, ...]:  # noqa: ARG002
        """Return the all-electron density of the free, neutral atom of each atom.

        Raises
        ------
        CapabilityError
            If the code has no density on a grid.
        """
        raise self.cannot("densities on a grid", "density")

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn the code's own exceptions into heterodot's, each with one clear line."""
        from heterodot.calculators.translation import translate_common

        with translate_common(self.name):
            yield

    def recoveries(self, settings: Mapping[str, Any]) -> tuple[Recovery, ...]:  # noqa: ARG002
        """Return what to try, in order, when the SCF does not converge."""
        return ()

    def command(self, ranks: int, argv: list[str]) -> list[str]:
        """Return the command line that runs ``python *argv`` as this code needs it.

        Raises
        ------
        CapabilityError
            For more than one rank with a code that is not parallel.
        """
        import sys

        if ranks != 1:
            raise CapabilityError(f"{self.name} runs on one process; ranks = {ranks}: use 1")
        return [sys.executable, *argv]

    def availability(self) -> Availability:
        """Return whether the code can run here."""
        return Availability(True, f"ase {metadata.version('ase')}")


def _can(name: str, capability: str) -> bool:
    try:
        return bool(getattr(get_code(name).capabilities, capability))
    except ImportError:
        return False


@lru_cache(maxsize=1)
def _entry_points() -> dict[str, str]:
    return {e.name: e.value for e in metadata.entry_points(group=ENTRY_POINT_GROUP)}


@cache
def _own(configuration: str) -> dict[str, Definition]:  # noqa: ARG001 - what it is kept for
    return read_definitions(_entry_points())


def code_names() -> tuple[str, ...]:
    """Return the names of the registered codes and of the user's own calculators, sorted.

    Raises
    ------
    LevelError
        If the user's configuration cannot be used.
    """
    return tuple(sorted({*_entry_points(), *_own(own_path(FILE))}))


def get_code(name: str) -> Code:
    """Return the code called ``name``.

    Raises
    ------
    LevelError
        If there is none (names the nearest known one), or the user's configuration cannot be used.
    """
    return _loaded(name, own_path(FILE))


@cache
def _loaded(name: str, configuration: str) -> Code:
    known, own = _entry_points(), _own(configuration)
    if name not in known and name not in own:
        names = code_names()
        raise LevelError(f"unknown code {name!r}{hint(name, names)}; known: {', '.join(names)}")
    path = known.get(name, _CONFIGURED)
    module, _, attribute = path.partition(":")
    make = getattr(import_module(module), attribute)
    code = make(own[name]) if name in own else make()
    if not isinstance(code, Code):
        raise LevelError(f"code {name!r}: {path} is not a heterodot.calculators.Code")
    return code


def available_codes() -> dict[str, Availability]:
    """Return, for each registered code, whether it can run here."""
    return {name: get_code(name).availability() for name in code_names()}

"""What a code can do, what can be read out of it, and what it costs.

A code declares each thing that can be read out of its finished calculations once, by an object that
reads it: what it cannot read it cannot declare.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Generic, TypeVar

from ase import Atoms

from heterodot.data.density import GridDensity, RadialDensity
from heterodot.data.electronic_structure import ElectronicStructure, PlanarPotential
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.data.localisation import LocalisationFunction
from heterodot.errors import LevelError

T = TypeVar("T")


def _nothing_missing(settings: Mapping[str, Any]) -> str:  # noqa: ARG001 - of any code
    return ""


@dataclass(frozen=True)
class Readout(Generic[T]):
    """Something that can be read out of a finished calculation, without a new self-consistency.

    Attributes
    ----------
    read : callable
        Called with the code's ASE calculator and the structure it was run for, by all MPI ranks;
        returns the same on each.
    missing : callable
        Called with the settings of a level; says why they give none ("no … in plane waves; use
        …"), or returns the empty string where they do.
    """

    what: ClassVar[str]
    """What is read, in a few words."""

    read: Callable[[Any, Atoms], T]
    missing: Callable[[Mapping[str, Any]], str] = _nothing_missing

    def __post_init__(self) -> None:
        for name in (each.name for each in fields(self)):
            given = getattr(self, name)
            if not callable(given):
                raise LevelError(f"{type(self).__name__}: {name} {given!r}: expected a function")


class OrbitalReadout(Readout[ElectronicStructure]):
    """States, occupations, projections and charges; no potential (:class:`PotentialReadout`)."""

    what = "orbitals"


class LocalOrbitalReadout(Readout[LocalOrbitals]):
    """Atom-centred orbitals with their overlap, for bond orders and COHP."""

    what = "local orbitals"


class PotentialReadout(Readout[tuple[float | None, PlanarPotential | None]]):
    """The common vacuum level (eV) and the plane average of the electrostatic potential.

    Each None where a structure has none.
    """

    what = "the electrostatic potential"


class LocalisationReadout(Readout[LocalisationFunction]):
    """The electron localisation function on a grid."""

    what = "the electron localisation function"


@dataclass(frozen=True)
class DensityReadout(Readout[GridDensity]):
    """The all-electron density on a grid, and those of the free atoms it is divided by.

    Attributes
    ----------
    read : callable
        Called with calculator, structure and the points for each of the code's own, along each
        direction.
    free_atoms : callable
        Called with the calculator; returns the all-electron density of the free, neutral atom of
        each atom.
    """

    what: ClassVar[str] = "densities on a grid"

    read: Callable[[Any, Atoms, int], GridDensity]  # type: ignore[assignment]
    free_atoms: Callable[[Any], tuple[RadialDensity, ...]] = field(kw_only=True)


@dataclass(frozen=True)
class Capabilities:
    """What a code can do.

    Attributes
    ----------
    charge, periodic, molecular, stress : bool
        Total charge; periodic and finite structures; stress tensor.
    spin : bool
        Unpaired electrons; their number is the setting ``multiplicity`` (2S + 1, or "auto").
    pseudo_hydrogen : bool
        Hydrogens of fractional nuclear charge.
    parallel : bool
        Runs under MPI on several ranks.
    elements : frozenset of str or None
        Symbols it has parameters for; None if all.
    native : bool
        Compiled code that can kill its process: the runner isolates it in a child process.
    dispersion : callable or None
        Called with the settings of a level; returns the functional its energies are of ("PBE"),
        whose parameters a dispersion correction takes. None for a code that takes no correction.
    orbitals, local_orbitals, density, potential, localisation : Readout or None
        How each is read out of a finished calculation; None where that cannot be done.
    """

    charge: bool = False
    spin: bool = False
    periodic: bool = True
    molecular: bool = True
    stress: bool = False
    orbitals: OrbitalReadout | None = None
    local_orbitals: LocalOrbitalReadout | None = None
    density: DensityReadout | None = None
    potential: PotentialReadout | None = None
    localisation: LocalisationReadout | None = None
    pseudo_hydrogen: bool = False
    parallel: bool = False
    elements: frozenset[str] | None = None
    native: bool = False
    dispersion: Callable[[Mapping[str, Any]], str] | None = None

    def __post_init__(self) -> None:
        for name, kind in READOUTS.items():
            given = getattr(self, name)
            if given is False:
                object.__setattr__(self, name, None)
            elif given not in (None, True) and not isinstance(given, kind):  # True: of before
                raise LevelError(
                    f"capabilities: {name} = {given!r}: expected a {kind.__name__}, which says how "
                    "it is read, or None"
                )


READOUTS: Mapping[str, type[Readout[Any]]] = {
    "orbitals": OrbitalReadout,
    "local_orbitals": LocalOrbitalReadout,
    "density": DensityReadout,
    "potential": PotentialReadout,
    "localisation": LocalisationReadout,
}
"""Name among the capabilities: the kind of object that declares it."""


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


@dataclass(frozen=True)
class Effort:
    """What one energy takes on one core, and how that grows with the number of atoms.

    Attributes
    ----------
    atoms : int
        The size of the structure it was measured for.
    seconds, megabytes : float
        Of one energy there.
    power, memory_power : float
        Exponents of the number of atoms.
    """

    atoms: int
    seconds: float
    power: float
    megabytes: float
    memory_power: float


_METHODS = {"orbitals": "electronic_structure", "local_orbitals": "local_orbitals"}
"""Of codes of before, beside those called like their capability; these took the settings, too."""


def old_readout(code: Any, capability: str, settings: Mapping[str, Any]) -> Readout[Any]:
    """Return what reads a capability that a code declares in the way of before: a flag, a method.

    Raises
    ------
    LevelError
        The method is not there.
    """
    kind, method = READOUTS[capability], _METHODS.get(capability, capability)
    message = f"{code.name}: capabilities: {capability} = True: give a {kind.__name__}"
    if kind is PotentialReadout:  # came with the states
        return kind(lambda *_: (None, None))
    found = getattr(code, method, None)
    if found is None or (kind is DensityReadout and not hasattr(code, "free_atoms")):
        raise LevelError(f"{message}, which says how it is read")
    warnings.warn(f"{message}; the method {method!r} will not be asked", DeprecationWarning, 2)
    if kind is DensityReadout:
        return DensityReadout(found, free_atoms=code.free_atoms)
    if capability in _METHODS:
        has = getattr(code, "has_local_orbitals", lambda _: True)
        none = "" if capability == "orbitals" or has(settings) else "no atom-centred orbitals"
        return kind(lambda calculator, atoms: found(calculator, atoms, settings), lambda _: none)
    return kind(found)

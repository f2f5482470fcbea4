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
from functools import cache, lru_cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, ClassVar, cast

import numpy as np
from ase import Atoms

from heterodot.calculators.blas import BlasReport
from heterodot.calculators.capabilities import (
    Availability,
    Capabilities,
    Effort,
    Readout,
    Recovery,
    old_readout,
)
from heterodot.calculators.definitions import FILE, Definition, read_definitions
from heterodot.calculators.dispersion import setting as dispersion
from heterodot.calculators.keywords import Keyword, coerce_all, hint
from heterodot.calculators.protocol_files import load_protocols
from heterodot.calculators.spin import SpinState, has_moments, integer_charge
from heterodot.calculators.validation import check_geometry, elements_of, pseudo_hydrogens
from heterodot.data.flags import Flag
from heterodot.data.validation.measured import known_errors
from heterodot.errors import CapabilityError, LevelError, RefusedError
from heterodot.own_files import own_path

ENTRY_POINT_GROUP = "heterodot.calculators"

_CONFIGURED = "heterodot.calculators.ase.configured:Configured"
"""The code of the calculators in the user's own configuration."""

GUESS_FILE = "guess.npy"
"""In a calculation's folder: a guess of a finished calculation at the same geometry and level. A
code that can start from one reads it, and leaves that of its last geometry there.
"""


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
    dear: ClassVar[bool] = False
    """Whether a step costs so much that relaxations are led by a code that :attr:`leads`."""
    leads: ClassVar[int] = 0
    """Whether this code leads the relaxations of dear ones where no other is asked for: the higher
    the sooner, 0 for never. It has forces in a hundredth of a dear one's time."""
    placeholders: ClassVar[frozenset[str]] = frozenset()
    """Elements that it has parameters for which are no chemistry: nothing of them is validated."""
    effort: ClassVar[Effort] = Effort(50, 60.0, 2.5, 2000, 1.5)
    """What one energy takes, for a first request to a queue; a guess on the safe side."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions whose versions belong to a result, beside those of Python, ASE and NumPy."""
    python_only: ClassVar[str] = ""
    """Why a study, which may be a stranger's, must not name this code; empty where it may."""
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
        if dispersion.NAME in overrides and dispersion.NAME not in self.keywords:
            raise self.cannot("dispersion", "dispersion")
        return coerce_all(self.name, self.keywords, overrides)

    def resolve(self, protocol: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a known protocol with the (checked) overrides put in."""
        return {**self.protocols()[protocol], **overrides}

    def check_settings(self, settings: Mapping[str, Any]) -> None:  # noqa: B027 - optional hook
        """Raise LevelError when settings contradict each other."""

    def identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of the settings decides a result: what a task's key is made of.

        All of them; less where a code has settings of how it is executed, or files whose content
        counts and not their place.
        """
        return dict(settings)

    def known_as(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of the settings makes it another level of theory, as plain JSON.

        What validation has its results under; finer settings of one level are left out.
        """
        return self.identity(settings)

    def measured_errors(self, settings: Mapping[str, Any]) -> str:
        """Say what the level was measured to be off by; empty where it was not validated."""
        return known_errors(self.name, self.known_as(settings))

    def variants(self) -> tuple[dict[str, Any], ...]:
        """Return the overrides of each level that ``heterodot validate`` asks by itself.

        The code's own settings by default; none for a dear code, and for one of the user's own.
        """
        return () if self.dear or self.python_only or self.is_defined_here else ({},)

    def study_complaint(self, overrides: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Say why a study, which may be a stranger's, must not have these settings."""
        return self.python_only

    def capabilities_at(self, settings: Mapping[str, Any]) -> Capabilities:  # noqa: ARG002
        """Return what the code can do at some settings; what it can at all by default."""
        return self.capabilities

    def knows_electrons(self, settings: Mapping[str, Any]) -> bool:
        """Whether charge, spin or orbitals are anything to the code at some settings."""
        can = self.capabilities_at(settings)
        return bool(can.charge or can.spin or can.orbitals)

    def doubts(
        self,
        atoms: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],  # noqa: ARG002
        force: float,  # noqa: ARG002
    ) -> tuple[Flag, ...]:
        """Flag a structure that the code could calculate and was not made for.

        Parameters
        ----------
        atoms : Atoms
        settings : mapping
        force : float
            The largest on an atom, eV/Å.
        """
        return ()

    @abstractmethod
    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the level of theory in a few words, for tables and figures."""

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002
        """Return what results for this structure may not be believed for."""
        return ()

    def vacuum_caveats(self, settings: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002
        """Return what levels against the vacuum may not be believed for."""
        return ()

    def functional(self, settings: Mapping[str, Any]) -> str:
        """Return the functional whose dispersion parameters fit; empty if none is known."""
        named = self.capabilities.dispersion
        return "" if named is None else named(settings)

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
        self._check_elements(atoms)
        return self._spin(atoms, settings)

    def _check_capabilities(self, atoms: Atoms) -> None:
        periodic = bool(atoms.pbc.any())
        if periodic and not self.capabilities.periodic:
            raise self.cannot("periodic structures", "periodic")
        if not periodic and not self.capabilities.molecular:
            raise self.cannot("finite structures", "molecular")
        if not self.capabilities.pseudo_hydrogen and len(pseudo_hydrogens(atoms)):
            raise self.cannot("pseudo-hydrogens of fractional charge", "pseudo_hydrogen")

    def _check_elements(self, atoms: Atoms) -> None:
        known, present = self.capabilities.elements, elements_of(atoms)
        if known is not None and not present <= known:
            others = [c for c in _codes() if present <= (c.capabilities.elements or set())]
            raise RefusedError(
                f"{self.name} has no parameters for {', '.join(sorted(present - known))}; codes "
                f"that have: {', '.join(code.name for code in others) or 'none'}"
            )

    def _spin(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:  # noqa: ARG002
        """Charge and spin; the default is a code without electrons."""
        if integer_charge(atoms) != 0:
            raise self.cannot(f"a total charge ({integer_charge(atoms):+d} e)", "charge")
        if has_moments(atoms):
            raise self.cannot("initial magnetic moments (remove them)", "spin")
        return SpinState(0, int(atoms.numbers.sum()), None)

    def cannot(self, what: str, capability: str) -> CapabilityError:
        """Return the error that says what this code cannot do and which codes can."""
        names = ", ".join(codes_with(capability)) or "none"
        return CapabilityError(f"{self.name} cannot treat {what}; codes that can: {names}")

    def slab_correction(
        self,
        normal: int,  # noqa: ARG002
        settings: Mapping[str, Any],  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return overrides that give each face of a slab its own vacuum level (a dipole layer).

        Parameters
        ----------
        normal : int
            The direction that is not periodic.
        settings : mapping

        Returns
        -------
        dict
            Empty for a code without such a correction, and where the settings have one.
        """
        return {}

    def k_points(self, mesh: tuple[int, int, int]) -> dict[str, Any]:
        """Return overrides that sample the Brillouin zone on a mesh: ASE's ``kpts`` by default.

        Raises
        ------
        CapabilityError
            For a code without such a setting.
        """
        if "kpts" not in self.keywords:
            given = "x".join(map(str, mesh))
            raise CapabilityError(f"{self.name} has no k-points; given {given}: leave them out")
        return {"kpts": list(mesh)}

    def held_mesh(self, atoms: Atoms, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return overrides that sample cells near this one on its mesh, whatever their size.

        A density of k-points gives a strained cell another mesh, and a step in its energy. Empty
        for a code without k-points, or settings that name a mesh.
        """
        from ase.calculators.calculator import kpts2sizeandoffsets

        kpts = settings.get("kpts")
        if not isinstance(kpts, Mapping) or not kpts.get("density"):
            return {}
        size, _ = kpts2sizeandoffsets(atoms=atoms, **kpts)
        shift = {"gamma": kpts["gamma"]} if "gamma" in kpts else {}
        return {"kpts": {"size": [int(n) for n in size], **shift}}

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

    def loosen(self, calculator: Any, factor: float) -> None:  # noqa: B027
        """Multiply the SCF criteria asked for by a factor; 1 puts them back and goes on.

        Nothing is done where the code's criteria cannot be changed.
        """

    def scf_factor(self, settings: Mapping[str, Any], error: float) -> float:  # noqa: ARG002
        """Return the factor on the SCF criteria asked for with which forces are right to ``error``.

        eV/Å; 1 for a code whose forces are as good as they must be, or not known to be worse.
        """
        return 1.0

    def readout(self, capability: str, settings: Mapping[str, Any]) -> Readout[Any] | None:
        """Return what reads a capability out of a finished calculation; None if it cannot be read.

        Parameters
        ----------
        capability : str
            Its name in :class:`Capabilities`.
        settings : mapping
        """
        declared = getattr(self.capabilities, capability)
        if declared is True:
            return old_readout(self, capability, settings)
        return None if declared is None else cast("Readout[Any]", declared)

    def orbital_overlap(
        self,
        first: Atoms,  # noqa: ARG002
        second: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],  # noqa: ARG002
    ) -> np.ndarray | None:
        """Return the (M, M) overlap of the local orbitals at one geometry with those at another.

        None where the code has no such integrals: orthogonalised orbitals then stand for them.
        """
        return None

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

    def blas(self) -> BlasReport | None:
        """Return which BLAS this code runs with if it takes the process's own; loads that."""
        return None

    def availability_at(self, settings: Mapping[str, Any]) -> Availability:  # noqa: ARG002
        """Return whether the code can run here at some settings; whether at all by default."""
        return self.availability()


def _codes() -> Iterator[Code]:
    """Go through the codes that can be imported."""
    for name in code_names():
        try:
            yield get_code(name)
        except ImportError:
            continue


def codes_with(capability: str) -> tuple[str, ...]:
    """Return the names of the codes that have a capability, sorted; those a study may name."""
    has = (c for c in _codes() if getattr(c.capabilities, capability) and not c.python_only)
    return tuple(code.name for code in has)


def leading_codes() -> tuple[str, ...]:
    """Return the names of the codes that lead dear ones and can run here, the best first."""
    found = [code for code in _codes() if code.leads and code.availability().available]
    return tuple(code.name for code in sorted(found, key=lambda code: -code.leads))


def blas_report() -> BlasReport | None:
    """Return which BLAS is used by the code that takes the process's own; None if none does."""
    return next((report for code in _codes() if (report := code.blas()) is not None), None)


def code_packages() -> tuple[str, ...]:
    """Return the distributions that results of the codes rest on, each once."""
    of_codes = (package for code in _codes() for package in code.packages)
    return tuple(dict.fromkeys((*of_codes, *dispersion.PACKAGES)))


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

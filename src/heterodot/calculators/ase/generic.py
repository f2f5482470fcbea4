"""Any ASE calculator, by its import path."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators.capabilities import Capabilities
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.registry import Code
from heterodot.calculators.spin import SpinState, integer_charge
from heterodot.calculators.translation import one_line, translate_all
from heterodot.errors import (
    CapabilityError,
    LevelError,
    MissingDependencyError,
    RefusedError,
)
from heterodot.provenance import MOMENT_TOLERANCE, has_moments, magnetic_moments

_SPIN_WORDS = frozenset({"multiplicity", "uhf", "spin", "nspin", "n_unpaired"})
"""Parameters by which calculators are told a spin."""


class AnyASE(Code):
    """An ASE calculator made from "module:Class" and keyword arguments.

    heterodot cannot know what it can do, so nothing is set on the user's behalf: charge and spin
    are among its own parameters, and a structure with a charge is refused.
    """

    name = "ase"
    capabilities = Capabilities(
        stress=True, native=True, dispersion=lambda settings: settings.get("functional", "")
    )
    python_only = "a study does not import code; use Level.from_ase from Python"
    keywords = {  # noqa: RUF012
        "path": Keyword((str,), 'import path of the calculator class, "module:Class"'),
        "parameters": Keyword((dict,), "keyword arguments of the class"),
        "functional": Keyword((str,), "functional its energies are of, for dispersion"),
    }

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Check the form of the import path; nothing is imported."""
        path = settings.get("path")
        module, _, attribute = (path or "").partition(":")
        if not module or not attribute:
            raise LevelError(
                f"ase: path = {path!r}: expected 'module:Class', e.g. "
                "'ase.calculators.morse:MorsePotential'"
            )

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the class name and its parameters."""
        parameters = settings.get("parameters") or {}
        listed = ", ".join(f"{k}={v!r}" for k, v in sorted(parameters.items()))
        return f"{settings['path'].partition(':')[2]}({listed})"

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Say so where the spin is left to the calculator and there is one."""
        if self._spin(atoms, settings).n_electrons % 2 == 0:
            return ()
        name = settings["path"].partition(":")[2]
        return (f"an odd number of electrons: the spin is whatever {name}'s parameters make it",)

    def _spin(self, atoms: Atoms, settings: Mapping[str, Any]) -> SpinState:
        charge = integer_charge(atoms)
        named = (settings.get("parameters") or {}).get("charge")
        if charge != 0 and named is None:
            raise self.cannot(
                f"a total charge ({charge:+d} e) unless its parameters name one", "charge"
            )
        if named is not None and named != charge:
            raise RefusedError(
                f"{self.name}: the parameters say charge = {named}, but the structure's total "
                f"charge is {charge:+d} e: expected the same number"
            )
        self._check_spin(atoms, settings)
        return SpinState(charge, int(atoms.numbers.sum()) - charge, None)

    def _check_spin(self, atoms: Atoms, settings: Mapping[str, Any]) -> None:
        """Refuse a multiplicity among the parameters that the structure's moments contradict."""
        named = (settings.get("parameters") or {}).get("multiplicity")
        if not has_moments(atoms) or named is None:
            return
        told = abs(float(magnetic_moments(atoms).sum())) + 1
        if abs(told - float(named)) > MOMENT_TOLERANCE:
            raise RefusedError(
                f"{self.name}: the parameters say multiplicity = {named}, but the structure's "
                f"initial magnetic moments mean {told:g}: expected the same number"
            )

    def calculator(
        self,
        atoms: Atoms,
        settings: Mapping[str, Any],
        spin: SpinState,  # noqa: ARG002
        directory: Path | None,
    ) -> Any:
        """Import the class and call it.

        Raises
        ------
        MissingDependencyError
            If its module cannot be imported.
        LevelError
            If there is no such class or it does not take the parameters.
        CapabilityError
            If the structure has initial magnetic moments and the calculator none.
        """
        cls = self._load(settings["path"])
        parameters = dict(settings.get("parameters") or {})
        _check_spelling(self.name, cls, parameters)
        if directory is not None and "directory" in inspect.signature(cls).parameters:
            parameters.setdefault("directory", str(directory))
        try:
            made = cls(**parameters)
        except TypeError as error:
            raise LevelError(f"{self.name}: {settings['path']}: {one_line(error)}") from error
        if has_moments(atoms) and not _SPIN_WORDS & set(parameters):
            self._check_takes_moments(made, settings["path"])
        return made

    def _check_takes_moments(self, calculator: Any, path: str) -> None:
        """Refuse a calculator that says it has no moments: it would drop the structure's."""
        known = {*getattr(calculator, "implemented_properties", ())}
        if not {"magmom", "magmoms"} & known:
            raise CapabilityError(
                f"{self.name}: {path} knows no magnetic moments, but the structure has initial "
                "ones: remove them, or name the spin in its parameters "
                f"({', '.join(sorted(_SPIN_WORDS))})"
            )

    def _load(self, path: str) -> Any:
        module, _, attribute = path.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except ImportError as error:
            raise MissingDependencyError(
                f"{self.name}: cannot import {module!r} ({one_line(error)}): install the package "
                "it is in"
            ) from error
        except AttributeError as error:
            raise LevelError(
                f"{self.name}: module {module!r} has no class {attribute!r}"
            ) from error

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn whatever the calculator raises into one line."""
        with translate_all(self.name):
            yield


def _check_spelling(code: str, cls: Any, parameters: Mapping[str, Any]) -> None:
    """Refuse a keyword that is nearly a known one: ASE calculators keep unknown ones in silence."""
    known = {*getattr(cls, "default_parameters", {}), *inspect.signature(cls).parameters}
    for name in parameters:
        near = get_close_matches(name, known, n=1, cutoff=0.8)
        if name not in known and near:
            raise LevelError(f"{code}: {cls.__name__}: {name!r}: did you mean {near[0]!r}?")

"""A calculator the user has named in their own configuration."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators.ase.generic import AnyASE
from heterodot.calculators.ase.identity import (
    file_digests,
    is_importable,
    package_versions,
    source_digest,
)
from heterodot.calculators.capabilities import Availability, Capabilities
from heterodot.calculators.definitions import Definition
from heterodot.calculators.dispersion import setting as dispersion
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.spin import SpinState
from heterodot.errors import LevelError

_FREE = (bool, int, float)
"""Types of settings whose values a study may choose; a text may be a path, or name a program."""


class Configured(AnyASE):
    """An ASE calculator made by a function that the user's configuration names.

    Its settings are the path of that function, its parameters, and all that decides its numbers:
    versions of packages, and hashes of the function's module and of the files its parameters name.

    Parameters
    ----------
    definition : Definition
    """

    is_defined_here = True
    python_only = ""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.name = definition.name
        self.capabilities = Capabilities(
            stress=definition.stress,
            periodic=definition.periodic,
            molecular=definition.molecular,
            native=definition.native,
            elements=frozenset(definition.elements) or None,
            dispersion=(lambda _: definition.functional) if definition.functional else None,
        )
        self.keywords = {name: self._keyword(name) for name in definition.keywords}

    def _keyword(self, name: str) -> Keyword:
        values = self.definition.given(name)

        def complaint(value: Any) -> str | None:
            known = isinstance(value, _FREE) or value in values
            return None if known else " or ".join(map(repr, values))

        types = tuple(dict.fromkeys(type(value) for value in values))
        return Keyword(types, f"as in {self.definition.where}", check=complaint)

    def protocols(self) -> dict[str, dict[str, Any]]:
        """Return the parameters of each protocol."""
        definition = self.definition
        return {
            name: copy.deepcopy({**definition.settings, **changes})
            for name, changes in definition.protocols.items()
        }

    def coerce(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Check the overrides; dispersion wants a functional, which only the definition can say."""
        if dispersion.NAME in overrides and dispersion.NAME not in self.keywords:
            raise LevelError(
                f"{self.name}: {dispersion.NAME} = {overrides[dispersion.NAME]!r}: the functional "
                f'its energies are of is not known: write functional = "PBE" (or another) into '
                f"[calculators.{self.name}] of {self.definition.where}"
            )
        return super().coerce(overrides)

    def resolve(self, protocol: str, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return path, parameters and what else decides the numbers."""
        parameters = {**self.protocols()[protocol], **overrides}
        return {
            "path": self.definition.factory,
            "parameters": parameters,
            "packages": package_versions(self._module, self.definition.packages),
            "source": source_digest(self._module),
            "files": file_digests(parameters),
        }

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the label and what is not as in the plain settings."""
        usual, title = self.definition.settings, self.definition.label or self.name
        parameters = sorted(settings["parameters"].items())
        changed = ", ".join(f"{k}={v!r}" for k, v in parameters if k not in usual or usual[k] != v)
        return f"{title} ({changed})" if changed else title

    def calculator(
        self,
        atoms: Atoms,
        settings: Mapping[str, Any],
        spin: SpinState,
        directory: Path | None,
    ) -> Any:
        """Import the function and call it.

        Raises
        ------
        MissingDependencyError
            If its module cannot be imported.
        LevelError
            If there is none, it does not take the parameters, or it gives no calculator.
        """
        made = super().calculator(atoms, settings, spin, directory)
        if not callable(getattr(made, "get_potential_energy", None)):
            raise LevelError(
                f"{self.name}: {settings['path']} gave {type(made).__name__}, expected an ASE "
                "calculator"
            )
        return made

    def availability(self) -> Availability:
        """Return whether module and packages are there; nothing is imported."""
        detail = f"{self.definition.factory}, {self.definition.where}"
        if not is_importable(self._module):
            return Availability(False, "", f"no module {self._module!r} ({detail})")
        versions = package_versions(self._module, self.definition.packages)
        for name in self.definition.packages:
            if name not in versions:
                return Availability(False, "", f"pip install {name} ({detail})")
        listed = ", ".join(f"{name} {version}" for name, version in versions.items())
        return Availability(True, listed or f"source {source_digest(self._module)}", detail)

    @property
    def _module(self) -> str:
        return self.definition.factory.partition(":")[0]

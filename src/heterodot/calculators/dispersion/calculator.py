"""A code's ASE calculator with dispersion added to what it says of energies.

Everything else about the calculator (states, densities, SCF criteria, restart files, moments) is
the code's own and reached through this one, so that whatever reads a code's calculator reads it
with dispersion, too: the electrons are the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms
from ase.calculators.abc import GetPropertiesMixin
from ase.calculators.calculator import PropertyNotImplementedError

from heterodot.calculators.dispersion.correction import Dispersion

CHANGED = ("energy", "free_energy", "forces", "stress")
"""Properties dispersion is added to."""

UNDIVIDED = ("energies", "stresses")
"""Properties by atom that the code divides; the sum with dispersion is not divided."""


class WithDispersion(GetPropertiesMixin):
    """An ASE calculator and the dispersion of its structures.

    Parameters
    ----------
    inner : ASE calculator
        The code's own.
    dispersion : Dispersion
    """

    def __init__(self, inner: Any, dispersion: Dispersion) -> None:
        self.inner = inner
        self.dispersion = dispersion

    def __getattr__(self, name: str) -> Any:
        if name in ("inner", "dispersion"):  # not there yet: while it is copied or unpickled
            raise AttributeError(name)
        return getattr(self.inner, name)

    @property
    def implemented_properties(self) -> list[str]:
        """Names of what can be asked for."""
        return [name for name in self.inner.implemented_properties if name not in UNDIVIDED]

    @property
    def results(self) -> dict[str, Any]:
        """What has been calculated, dispersion added; the code's other results as they are."""
        known = {k: v for k, v in self.inner.results.items() if k not in UNDIVIDED}
        return {name: self._sum(name, value, self.inner.atoms) for name, value in known.items()}

    def get_property(
        self, name: str, atoms: Atoms | None = None, allow_calculation: bool = True
    ) -> Any:
        """Return a property with dispersion in it; nothing more is calculated by the code.

        Raises
        ------
        PropertyNotImplementedError
            For one divided among the atoms, or that the code has not.
        """
        if name in UNDIVIDED:
            raise PropertyNotImplementedError(f"{name}: dispersion is not divided among atoms")
        bare = self.inner.get_property(name, atoms, allow_calculation)
        return self._sum(name, bare, self.inner.atoms if atoms is None else atoms)

    def _sum(self, name: str, bare: Any, atoms: Atoms) -> Any:
        if bare is None or name not in CHANGED:
            return bare
        added = self.dispersion.of(atoms)
        if name in ("energy", "free_energy"):
            return bare + added.energy
        if name == "forces":
            return np.asarray(bare, float) + added.forces
        return np.asarray(bare, float) + (0.0 if added.stress is None else added.stress)

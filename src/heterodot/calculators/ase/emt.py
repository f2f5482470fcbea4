"""ASE's built-in potentials: effective medium theory and Lennard-Jones, for tests and metals."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.registry import Code
from heterodot.calculators.spin import SpinState

EMT_ELEMENTS = frozenset(["Al", "Cu", "Ag", "Au", "Ni", "Pd", "Pt", "H", "C", "N", "O"])
"""Elements of ASE's EMT; those of H, C, N, O are placeholders, not chemistry."""

EFFORT = Effort(50, 0.003, 1.0, 200, 0.5)
"""A pair potential: what starting Python takes is more."""

_PLACEHOLDERS = frozenset(["H", "C", "N", "O"])

_EMT_CAVEAT = "EMT describes fcc metals; its H, C, N and O are placeholders for tests"
_LJ_CAVEAT = "Lennard-Jones with one parameter set for all elements: a toy potential for tests"


class EMT(Code):
    """Effective medium theory as implemented in ASE.

    K. W. Jacobsen, P. Stoltze, J. K. Nørskov, Surf. Sci. 366, 394 (1996),
    doi:10.1016/0039-6028(96)00816-3.
    """

    name = "emt"
    capabilities = Capabilities(stress=True, elements=EMT_ELEMENTS)
    effort = EFFORT
    placeholders = _PLACEHOLDERS
    keywords = {"asap_cutoff": Keyword((bool,), "use the cut-off rule of the program asap")}  # noqa: RUF012

    def label(self, settings: Mapping[str, Any]) -> str:  # noqa: ARG002
        """Return "EMT"."""
        return "EMT"

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002
        """Say so where a placeholder element is used."""
        return (_EMT_CAVEAT,) if _PLACEHOLDERS & set(atoms.symbols) else ()

    def calculator(
        self,
        atoms: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],
        spin: SpinState,  # noqa: ARG002
        directory: Path | None,  # noqa: ARG002
    ) -> Any:
        """Return ASE's EMT."""
        from ase.calculators import emt

        return emt.EMT(asap_cutoff=settings["asap_cutoff"])


class LennardJones(Code):
    """Lennard-Jones, one parameter set for all elements; J. E. Jones, Proc. R. Soc. A 106, 463
    (1924), doi:10.1098/rspa.1924.0082.
    """

    name = "lj"
    capabilities = Capabilities(stress=True)
    effort = EFFORT
    keywords = {  # noqa: RUF012
        "sigma": Keyword((float,), "distance of zero energy, Å", positive=True, maximum=20.0),
        "epsilon": Keyword((float,), "well depth, eV", positive=True, maximum=1e3),
        "rc": Keyword((float,), "cut-off distance, Å", positive=True, maximum=50.0),
        "smooth": Keyword((bool,), "whether the potential goes to zero smoothly at the cut-off"),
    }

    def variants(self) -> tuple[dict[str, Any], ...]:
        """Nothing: a toy is not validated."""
        return ()

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the name and the two parameters."""
        return f"Lennard-Jones, σ {settings['sigma']:g} Å, ε {settings['epsilon']:g} eV"

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:  # noqa: ARG002
        """Say, always, that it is a toy."""
        return (_LJ_CAVEAT,)

    def calculator(
        self,
        atoms: Atoms,  # noqa: ARG002
        settings: Mapping[str, Any],
        spin: SpinState,  # noqa: ARG002
        directory: Path | None,  # noqa: ARG002
    ) -> Any:
        """Return ASE's LennardJones."""
        from ase.calculators import lj

        return lj.LennardJones(**settings)

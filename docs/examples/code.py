"""A code: a subclass of ``Code``, and a line in the entry points of its package.

.. code-block:: toml

    [project.entry-points."heterodot.calculators"]
    morse = "my_package:Morse"
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators import Capabilities, Code
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.spin import SpinState


class Morse(Code):
    """ASE's Morse potential."""

    name = "morse"
    capabilities = Capabilities(stress=True)
    keywords: Mapping[str, Keyword] = {
        "r0": Keyword((float,), "bond length, Å", positive=True),
    }

    def protocols(self) -> dict[str, dict[str, Any]]:
        """Return the settings of each protocol; a code with many keeps them in a YAML file."""
        return {name: {"r0": 2.5} for name in ("fast", "moderate", "precise")}

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return what tables and figures call the level."""
        return f"Morse, r0 {settings['r0']:g} Å"

    def calculator(
        self,
        atoms: Atoms,  # noqa: ARG002 - of no matter to a pair potential
        settings: Mapping[str, Any],
        spin: SpinState,  # noqa: ARG002
        directory: Path | None,  # noqa: ARG002
    ) -> Any:
        """Return the ASE calculator."""
        from ase.calculators.morse import MorsePotential

        return MorsePotential(r0=settings["r0"])


if __name__ == "__main__":
    morse, pair = Morse(), Atoms("Cu2", [(0, 0, 0), (0, 0, 2.3)])
    settings = morse.resolve("fast", morse.coerce({"r0": 2.3}))
    pair.calc = morse.calculator(pair, settings, morse.check(pair, settings), None)
    energy = pair.get_potential_energy()
    assert abs(energy + 1.0) < 1e-12  # the depth of the well, eV, at its minimum
    print(f"{morse.label(settings)}: {energy:.3f} eV")

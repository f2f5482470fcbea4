"""d-band centres of metal surfaces against published ones."""

from __future__ import annotations

from ase import Atoms

from heterodot.analysis.bands.centre import band_moments
from heterodot.calculators import Level
from heterodot.data.validation.measured import Quantity
from heterodot.data.validation.published import published
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.results import OrbitalsResult
from heterodot.workflows.tasks.tasks import Orbitals
from heterodot.workflows.validation.comparison import Comparison, Findings

LAYERS, VACUUM, MESH = 4, 4.0, (4, 4, 1)
WINDOW = (-10.0, 2.0)
"""eV against the Fermi level: holds the d bands of all; above it a finite basis has d functions
that are no band."""


class DBands(Comparison):
    """Centres of the d bands of eight fcc metals' (111) surfaces."""

    name = "d-bands"

    def quantity(self) -> Quantity:
        """Return the published centres."""
        entry = published()["d_bands"]
        against = f"LMTO, of which the trend counts: {' '.join(entry['source'].split())}"
        return Quantity("d-band centres, fcc(111)", "eV", against, dict(entry["centres"]))

    def ask(self, runner: Runner, level: Level, findings: Findings) -> None:
        """Take the states of four layers and project them on the atoms of both faces.

        Of both: a code that reduces the k-points by symmetry has the weights of the two mixed.
        """
        level.require("orbitals")
        sampled = level.with_k_points(MESH)
        tasks = {
            metal: Orbitals(_surface(metal, a), sampled, label=f"{metal}(111) orbitals")
            for metal, a in published()["d_bands"]["lattice"].items()
        }
        found: dict[str, OrbitalsResult] = findings.take(tasks, runner.outcomes(tasks.values()))
        for metal, result in found.items():
            moments = band_moments(
                result.electronic_structure, atoms=[0, LAYERS - 1], l=2, window=WINDOW
            )
            findings.values[metal] = moments.relative_to("fermi").centre_all


def _surface(metal: str, a: float) -> Atoms:
    """Return four layers in one atom's cell, from face to face."""
    from ase.build import fcc111

    slab: Atoms = fcc111(metal, (1, 1, LAYERS), a=a, vacuum=VACUUM)
    return slab

"""Orb; of its models those whose forces are the gradient of the energy.

The others ("direct") predict forces beside the energy: minima and vibrations of the two differ. B.
Rhodes et al., arXiv:2504.06231 (2025).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.keywords import Keyword
from heterodot.calculators.potentials.boxes import in_a_box
from heterodot.calculators.potentials.potential import Potential
from heterodot.calculators.potentials.quiet import quiet
from heterodot.calculators.potentials.weights import (
    MPTRJ_ELEMENTS,
    OMAT24,
    Release,
    cache_folder,
)

_CUTOFF = 6.0
"""Å, of all of them."""

_URL = "https://orbitalmaterials-public-models.s3.us-west-1.amazonaws.com/forcefields/orb-v3"
_MPA = "MPtrj and Alexandria (crystals by PBE, with U in some oxides)"
_NEIGHBOURS = {"inf": 120, "20": 20}
"""Largest number of neighbours: 120 are all within the cutoff."""


def _release(name: str, trained_on: str) -> Release:
    url = f"{_URL}/{name}-20250404.ckpt"
    kept = hashlib.sha256(url.encode()).hexdigest()  # the name cached_path gives it
    return Release(
        f"{kept}*[0-9a-f]",  # then that of the version; beside it .json and .lock
        trained_on,
        bring=f"python -c \"from cached_path import cached_path; cached_path('{url}')\"",
        licence="Apache-2.0",
    )


class Orb(Potential):
    """Message passing without symmetry built in, learnt instead."""

    name = "orb"
    title = "Orb"
    package = "orb_models"
    distribution = "orb-models"
    packages = ("orb-models", "torch")
    install = "pip install orb-models"
    default = "orb-v3-conservative-inf-omat"
    releases = {  # noqa: RUF012
        name: _release(name, trained_on)
        for name, trained_on in {
            "orb-v3-conservative-inf-omat": OMAT24,
            "orb-v3-conservative-20-omat": OMAT24,
            "orb-v3-conservative-inf-mpa": _MPA,
            "orb-v3-conservative-20-mpa": _MPA,
        }.items()
    }
    extra = {  # noqa: RUF012
        "neighbours": Keyword(
            (str,),
            "of a file: neighbours an atom has at most, inf or 20 (energies jump where the 20th "
            "changes); releases say it in their names",
            choices=tuple(_NEIGHBOURS),
        )
    }
    extra_defaults = {"neighbours": "inf"}  # noqa: RUF012
    capabilities = Capabilities(stress=True, elements=MPTRJ_ELEMENTS)
    effort = Effort(50, 0.5, 1.0, 2000, 1.0)
    noise = ("Setting global torch default dtype", "Consider passing 'precision=")
    megabytes_per_atom = 12.0

    def identity(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what the name of a release says."""
        found = super().identity(settings)
        if settings["model"] in self.releases:
            del found["neighbours"]
        return found

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the release without the name of the family twice."""
        return super().label(settings).replace("Orb orb-", "Orb ")

    def caveats(self, atoms: Atoms, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Say that turning a structure changes its energy."""
        found = super().caveats(atoms, settings)
        return (*found, "the energy of a turned structure is the same only as far as it learnt so")

    def _package_folder(self) -> Path:
        return cache_folder("~/.cache/cached_path", ("CACHED_PATH_CACHE_ROOT", ""))

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:
        """Read the weights into the architecture of Orb v3."""
        with quiet():
            from orb_models.forcefield import pretrained
            from orb_models.forcefield.atomic_system import SystemConfig
            from orb_models.forcefield.calculator import ORBCalculator

            kind = settings["neighbours"]
            if settings["model"] in self.releases:
                kind = settings["model"].split("-")[3]
            system = SystemConfig(radius=_CUTOFF, max_num_neighbors=_NEIGHBOURS[kind])
            network = pretrained.load_model(
                pretrained.orb_v3_conservative_architecture(device=device, system_config=system),
                str(path), device, compile=False, train=False,
                precision="float64" if settings["dtype"] == "float64" else "float32-highest",
            )  # fmt: skip
            return ORBCalculator(network, device=device)

    def boxed(self, atoms: Atoms) -> Atoms:
        """Return a structure that is periodic in some directions as one that is in all."""
        return in_a_box(atoms, _CUTOFF) if atoms.pbc.any() else atoms

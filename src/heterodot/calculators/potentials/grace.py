"""GRACE, graph atomic cluster expansion, through the package tensorpotential (TensorFlow).

A. Bochkarev, Y. Lysogorskiy, R. Drautz, Phys. Rev. X 14, 021036 (2024),
doi:10.1103/PhysRevX.14.021036; its releases: Y. Lysogorskiy et al., arXiv:2508.17936 (2025).
Package and weights are under the Academic Software License, which allows no commercial use.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from heterodot.calculators.capabilities import Capabilities, Effort
from heterodot.calculators.potentials.potential import Potential
from heterodot.calculators.potentials.quiet import quiet
from heterodot.calculators.potentials.weights import (
    MPTRJ_ELEMENTS,
    OAM,
    OMAT24,
    Release,
    cache_folder,
)


def _release(name: str, trained_on: str) -> Release:
    return Release(
        name,  # a folder
        trained_on,
        bring=f"grace_models download {name}",
        licence="Academic Software License",
    )


class GRACE(Potential):
    """Graph atomic cluster expansion."""

    name = "grace"
    title = "GRACE"
    package = "tensorpotential"
    distribution = "tensorpotential"
    packages = ("tensorpotential", "tensorflow")
    install = "pip install tensorpotential"
    framework = "tensorflow"
    default = "GRACE-2L-OAM"
    precisions = ("model",)  # each is saved in its own: releases whose names end in -fp64 in double
    releases = {  # noqa: RUF012
        name: _release(name, trained_on)
        for name, trained_on in {
            "GRACE-1L-OAM": OAM,
            "GRACE-2L-OAM": OAM,
            "GRACE-1L-OMAT": OMAT24,
            "GRACE-2L-OMAT": OMAT24,
            "GRACE-2L-OMAT-medium-ft-E": OMAT24,
            "GRACE-2L-OMAT-medium-ft-AM": OAM,
            "GRACE-2L-OMAT-large-ft-E": OMAT24,
            "GRACE-2L-OMAT-large-ft-AM": OAM,
            "GRACE-2L-OMAT-large-ft-AM-fp64": OAM,
            "GRACE-3L-OMAT-large": OMAT24,
            "GRACE-3L-OMAT-large-ft-AM": OAM,
        }.items()
    }
    capabilities = Capabilities(stress=True, elements=MPTRJ_ELEMENTS)
    effort = Effort(50, 1.0, 1.0, 3000, 1.0)
    megabytes_per_atom = 12.0

    def label(self, settings: Mapping[str, Any]) -> str:
        """Return the release without the name of the family twice."""
        return super().label(settings).replace("GRACE GRACE-", "GRACE ")

    def _package_folder(self) -> Path:
        return cache_folder("~/.cache/grace", ("GRACE_CACHE", ""))

    def load(self, path: Path, settings: Mapping[str, Any], device: str) -> Any:  # noqa: ARG002
        """Read the folder of a saved model."""
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        if device == "cpu":
            import tensorflow as tf

            tf.config.set_visible_devices([], "GPU")
        with quiet():
            from tensorpotential.calculator import TPCalculator

            return TPCalculator(model=str(path), enable_uq_if_available=False)

    def elements(self, engine: Any) -> frozenset[str]:
        """Return the elements in the table of a model."""
        return frozenset(engine.element_map)

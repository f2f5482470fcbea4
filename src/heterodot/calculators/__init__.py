"""Levels of theory: one small interface in front of every code.

>>> from heterodot.calculators import Level
>>> Level("emt").label
'EMT'
"""

from heterodot.calculators.blas import BlasReport
from heterodot.calculators.capabilities import (
    Availability,
    Capabilities,
    DensityReadout,
    Effort,
    LocalisationReadout,
    LocalOrbitalReadout,
    OrbitalReadout,
    PotentialReadout,
    Recovery,
)
from heterodot.calculators.gpaw.density import read_density
from heterodot.calculators.level import Level
from heterodot.calculators.registry import (
    Code,
    available_codes,
    blas_report,
    code_names,
    code_packages,
    codes_with,
    get_code,
)
from heterodot.calculators.spin import SpinState

__all__ = [
    "Availability",
    "BlasReport",
    "Capabilities",
    "Code",
    "DensityReadout",
    "Effort",
    "Level",
    "LocalOrbitalReadout",
    "LocalisationReadout",
    "OrbitalReadout",
    "PotentialReadout",
    "Recovery",
    "SpinState",
    "available_codes",
    "blas_report",
    "code_names",
    "code_packages",
    "codes_with",
    "get_code",
    "read_density",
]

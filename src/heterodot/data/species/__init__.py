"""Species: one table of molecules, atoms and adsorbed fragments, and what is known of each."""

from heterodot.data.species.entries import (
    Correction,
    GasRecord,
    Geometry,
    IdealGas,
    Orientation,
    Species,
)
from heterodot.data.species.table import SPECIES, add_species, species

__all__ = [
    "SPECIES",
    "Correction",
    "GasRecord",
    "Geometry",
    "IdealGas",
    "Orientation",
    "Species",
    "add_species",
    "species",
]

"""Numbers and pictures from results; nothing here starts a calculator."""

from heterodot.analysis.che import Change, FreeEnergyDiagram, Step
from heterodot.analysis.electronic_structure import ElectronicStructure, Projections
from heterodot.analysis.flags import Flag, unique_flags
from heterodot.analysis.free_energy import (
    IDEAL_GASES,
    STANDARD_PRESSURE,
    STANDARD_TEMPERATURE,
    WATER_VAPOUR_PRESSURE,
    FreeEnergy,
    IdealGas,
    harmonic,
    ideal_gas,
    no_correction,
    quasi_harmonic,
)
from heterodot.analysis.gas_references import (
    EXPERIMENTAL,
    anchor_gas,
    correct_gas,
    reaction_gibbs,
    reaction_gibbs_experiment,
)

__all__ = [
    "EXPERIMENTAL",
    "IDEAL_GASES",
    "STANDARD_PRESSURE",
    "STANDARD_TEMPERATURE",
    "WATER_VAPOUR_PRESSURE",
    "Change",
    "ElectronicStructure",
    "Flag",
    "FreeEnergy",
    "FreeEnergyDiagram",
    "IdealGas",
    "Projections",
    "Step",
    "anchor_gas",
    "correct_gas",
    "harmonic",
    "ideal_gas",
    "no_correction",
    "quasi_harmonic",
    "reaction_gibbs",
    "reaction_gibbs_experiment",
    "unique_flags",
]

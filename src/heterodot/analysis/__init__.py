"""Numbers and pictures from results; nothing here starts a calculator."""

from heterodot.analysis.band_centre import BandMoments, band_moments
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
from heterodot.analysis.pdos import (
    DensityOfStates,
    density_of_states,
    energy_grid,
    projected_dos,
)

__all__ = [
    "EXPERIMENTAL",
    "IDEAL_GASES",
    "STANDARD_PRESSURE",
    "STANDARD_TEMPERATURE",
    "WATER_VAPOUR_PRESSURE",
    "BandMoments",
    "Change",
    "DensityOfStates",
    "ElectronicStructure",
    "Flag",
    "FreeEnergy",
    "FreeEnergyDiagram",
    "IdealGas",
    "Projections",
    "Step",
    "anchor_gas",
    "band_moments",
    "correct_gas",
    "density_of_states",
    "energy_grid",
    "harmonic",
    "ideal_gas",
    "no_correction",
    "projected_dos",
    "quasi_harmonic",
    "reaction_gibbs",
    "reaction_gibbs_experiment",
    "unique_flags",
]

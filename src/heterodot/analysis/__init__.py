"""Numbers and pictures from results; nothing here starts a calculator."""

from heterodot.analysis.band_centre import BandMoments, band_moments
from heterodot.analysis.bond_curves import BondCurves
from heterodot.analysis.bond_orders import bond_orders
from heterodot.analysis.bonding import bond_integrals, cobi, cohp, coop
from heterodot.analysis.charges import (
    ChargeTransfer,
    charge_transfer,
    charges_by_element,
    fragment_charge,
    spin_populations,
)
from heterodot.analysis.che import Change, FreeEnergyDiagram, Step
from heterodot.analysis.coordination import (
    AdsorbateGeometry,
    BondStatistics,
    Coordination,
    adsorbate_geometry,
    adsorbate_indices,
    bond_statistics,
    coordination_table,
)
from heterodot.analysis.electronic_structure import ElectronicStructure, Projections
from heterodot.analysis.flags import Flag, unique_flags
from heterodot.analysis.free_energy import (
    STANDARD_PRESSURE,
    STANDARD_TEMPERATURE,
    WATER_VAPOUR_PRESSURE,
    FreeEnergy,
    harmonic,
    no_correction,
    quasi_harmonic,
)
from heterodot.analysis.gas_phase import IDEAL_GASES, IdealGas, ideal_gas
from heterodot.analysis.gas_references import (
    EXPERIMENTAL,
    anchor_gas,
    correct_gas,
    reaction_gibbs,
    reaction_gibbs_experiment,
)
from heterodot.analysis.lobster import read_lobster
from heterodot.analysis.local_orbitals import LocalOrbitals
from heterodot.analysis.pair_matrix import PairMatrix
from heterodot.analysis.pdos import (
    DensityOfStates,
    density_of_states,
    energy_grid,
    projected_dos,
)
from heterodot.analysis.pictures import picture, picture_caption
from heterodot.analysis.plot_bonding import plot_bonding
from heterodot.analysis.plot_core_shell import plot_core_shell
from heterodot.analysis.plot_interface import plot_interface
from heterodot.analysis.plots import plot_free_energy, plot_pdos
from heterodot.analysis.radial import RadialProfile, radial_profile
from heterodot.analysis.style import save_figure

__all__ = [
    "EXPERIMENTAL",
    "IDEAL_GASES",
    "STANDARD_PRESSURE",
    "STANDARD_TEMPERATURE",
    "WATER_VAPOUR_PRESSURE",
    "AdsorbateGeometry",
    "BandMoments",
    "BondCurves",
    "BondStatistics",
    "Change",
    "ChargeTransfer",
    "Coordination",
    "DensityOfStates",
    "ElectronicStructure",
    "Flag",
    "FreeEnergy",
    "FreeEnergyDiagram",
    "IdealGas",
    "LocalOrbitals",
    "PairMatrix",
    "Projections",
    "RadialProfile",
    "Step",
    "adsorbate_geometry",
    "adsorbate_indices",
    "anchor_gas",
    "band_moments",
    "bond_integrals",
    "bond_orders",
    "bond_statistics",
    "charge_transfer",
    "charges_by_element",
    "cobi",
    "cohp",
    "coop",
    "coordination_table",
    "correct_gas",
    "density_of_states",
    "energy_grid",
    "fragment_charge",
    "harmonic",
    "ideal_gas",
    "no_correction",
    "picture",
    "picture_caption",
    "plot_bonding",
    "plot_core_shell",
    "plot_free_energy",
    "plot_interface",
    "plot_pdos",
    "projected_dos",
    "quasi_harmonic",
    "radial_profile",
    "read_lobster",
    "reaction_gibbs",
    "reaction_gibbs_experiment",
    "save_figure",
    "spin_populations",
    "unique_flags",
]

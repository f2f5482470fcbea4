"""Numbers and pictures from results; nothing here starts a calculator."""

from heterodot.analysis.alignment import Alignment, align, align_by_layers, align_by_potential
from heterodot.analysis.bader import BaderCharges, bader, bader_charges
from heterodot.analysis.band_centre import BandMoments, band_moments
from heterodot.analysis.band_edges import (
    PUBLISHED_EDGES,
    BandEdges,
    band_edges,
    scissor,
    with_gap,
    with_hybrid,
    work_functions,
)
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
from heterodot.analysis.compare_dos import difference
from heterodot.analysis.coordination import (
    AdsorbateGeometry,
    BondStatistics,
    Coordination,
    adsorbate_geometry,
    adsorbate_indices,
    bond_statistics,
    coordination_table,
)
from heterodot.analysis.deep_level import DeepLevel
from heterodot.analysis.density import (
    GridDensity,
    PlaneProfile,
    RadialDensity,
)
from heterodot.analysis.density_files import read_grid, write_grid
from heterodot.analysis.diffraction import (
    PowderPattern,
    Reflections,
    debye_pattern,
    xrd_pattern,
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
from heterodot.analysis.hirshfeld import hirshfeld_charges
from heterodot.analysis.isosurface import plot_isosurface
from heterodot.analysis.layered_pdos import LayeredPDOS, layered_pdos
from heterodot.analysis.lobster import read_lobster
from heterodot.analysis.local_orbitals import LocalOrbitals
from heterodot.analysis.local_order import (
    PUBLISHED_CU_S,
    CoordinationShells,
    Shell,
    SurfaceShare,
    coordination_shells,
    surface_statistics,
)
from heterodot.analysis.localisation import LocalisationFunction
from heterodot.analysis.macroscopic import Plateau, macroscopic_average, plateau
from heterodot.analysis.pair_matrix import PairMatrix
from heterodot.analysis.pdos import (
    DensityOfStates,
    density_of_states,
    energy_grid,
    projected_dos,
)
from heterodot.analysis.pictures import picture, picture_caption
from heterodot.analysis.plot_alignment import plot_potential, plot_staircase
from heterodot.analysis.plot_bonding import plot_bonding
from heterodot.analysis.plot_core_shell import plot_core_shell
from heterodot.analysis.plot_density import plot_profile
from heterodot.analysis.plot_diffraction import plot_powder
from heterodot.analysis.plot_interface import plot_interface
from heterodot.analysis.plot_layers import plot_dos_difference, plot_layered_pdos
from heterodot.analysis.plot_screening import plot_screening
from heterodot.analysis.plot_slice import plot_slice
from heterodot.analysis.plot_spectrum import plot_spectra
from heterodot.analysis.plots import plot_free_energy, plot_pdos
from heterodot.analysis.radial import RadialProfile, radial_profile
from heterodot.analysis.ranking import RankCorrelation, rank_correlation
from heterodot.analysis.redox import REDOX_LEVELS, RedoxLevel
from heterodot.analysis.style import save_figure
from heterodot.analysis.vibrational_spectrum import (
    DRIFTS_SOURCE,
    PUBLISHED_DRIFTS,
    Mode,
    VibrationalSpectrum,
    vibrational_spectrum,
)

__all__ = [
    "DRIFTS_SOURCE",
    "EXPERIMENTAL",
    "IDEAL_GASES",
    "PUBLISHED_CU_S",
    "PUBLISHED_DRIFTS",
    "PUBLISHED_EDGES",
    "REDOX_LEVELS",
    "STANDARD_PRESSURE",
    "STANDARD_TEMPERATURE",
    "WATER_VAPOUR_PRESSURE",
    "AdsorbateGeometry",
    "Alignment",
    "BaderCharges",
    "BandEdges",
    "BandMoments",
    "BondCurves",
    "BondStatistics",
    "Change",
    "ChargeTransfer",
    "Coordination",
    "CoordinationShells",
    "DeepLevel",
    "DensityOfStates",
    "ElectronicStructure",
    "Flag",
    "FreeEnergy",
    "FreeEnergyDiagram",
    "GridDensity",
    "IdealGas",
    "LayeredPDOS",
    "LocalOrbitals",
    "LocalisationFunction",
    "Mode",
    "PairMatrix",
    "PlaneProfile",
    "Plateau",
    "PowderPattern",
    "Projections",
    "RadialDensity",
    "RadialProfile",
    "RankCorrelation",
    "RedoxLevel",
    "Reflections",
    "Shell",
    "Step",
    "SurfaceShare",
    "VibrationalSpectrum",
    "adsorbate_geometry",
    "adsorbate_indices",
    "align",
    "align_by_layers",
    "align_by_potential",
    "anchor_gas",
    "bader",
    "bader_charges",
    "band_edges",
    "band_moments",
    "bond_integrals",
    "bond_orders",
    "bond_statistics",
    "charge_transfer",
    "charges_by_element",
    "cobi",
    "cohp",
    "coop",
    "coordination_shells",
    "coordination_table",
    "correct_gas",
    "debye_pattern",
    "density_of_states",
    "difference",
    "energy_grid",
    "fragment_charge",
    "harmonic",
    "hirshfeld_charges",
    "ideal_gas",
    "layered_pdos",
    "macroscopic_average",
    "no_correction",
    "picture",
    "picture_caption",
    "plateau",
    "plot_bonding",
    "plot_core_shell",
    "plot_dos_difference",
    "plot_free_energy",
    "plot_interface",
    "plot_isosurface",
    "plot_layered_pdos",
    "plot_pdos",
    "plot_potential",
    "plot_powder",
    "plot_profile",
    "plot_screening",
    "plot_slice",
    "plot_spectra",
    "plot_staircase",
    "projected_dos",
    "quasi_harmonic",
    "radial_profile",
    "rank_correlation",
    "reaction_gibbs",
    "reaction_gibbs_experiment",
    "read_grid",
    "read_lobster",
    "save_figure",
    "scissor",
    "spin_populations",
    "surface_statistics",
    "unique_flags",
    "vibrational_spectrum",
    "with_gap",
    "with_hybrid",
    "work_functions",
    "write_grid",
    "xrd_pattern",
]

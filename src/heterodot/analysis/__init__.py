"""Numbers and pictures from results; nothing here starts a calculator."""

from heterodot.analysis.alignment.band_edges import (
    PUBLISHED_EDGES,
    BandEdges,
    band_edges,
    scissor,
    with_gap,
    with_hybrid,
    work_functions,
)
from heterodot.analysis.alignment.lineup import (
    Alignment,
    align,
    align_by_layers,
    align_by_potential,
)
from heterodot.analysis.alignment.macroscopic import Plateau, macroscopic_average, plateau
from heterodot.analysis.alignment.plot import plot_staircase
from heterodot.analysis.alignment.plot_potential import plot_potential
from heterodot.analysis.alignment.redox import REDOX_LEVELS, RedoxLevel
from heterodot.analysis.bands.centre import BandMoments, band_moments
from heterodot.analysis.bands.compare_dos import difference
from heterodot.analysis.bands.deep_level import DeepLevel
from heterodot.analysis.bands.layered_pdos import LayeredPDOS, layered_pdos
from heterodot.analysis.bands.options import BandOptions, CurveOptions, OrbitalSelection
from heterodot.analysis.bands.pdos import (
    DensityOfStates,
    density_of_states,
    energy_grid,
    projected_dos,
)
from heterodot.analysis.bands.plot import plot_pdos
from heterodot.analysis.bands.plot_layers import plot_dos_difference, plot_layered_pdos
from heterodot.analysis.bonding.curves import BondCurves
from heterodot.analysis.bonding.integrals import bond_integrals, cobi, cohp, coop
from heterodot.analysis.bonding.lobster import read_lobster
from heterodot.analysis.bonding.orders import bond_orders
from heterodot.analysis.bonding.pair_matrix import PairMatrix
from heterodot.analysis.bonding.plot import plot_bonding
from heterodot.analysis.charges.bader import BaderCharges, bader, bader_charges
from heterodot.analysis.charges.hirshfeld import hirshfeld_charges
from heterodot.analysis.charges.plot import plot_profile
from heterodot.analysis.charges.transfer import (
    FragmentTransfer,
    charge_transfer,
    charges_by_element,
    fragment_charge,
    spin_populations,
)
from heterodot.analysis.diffraction.debye import debye_pattern
from heterodot.analysis.diffraction.plot import plot_powder
from heterodot.analysis.diffraction.powder import PowderPattern
from heterodot.analysis.diffraction.reflections import Reflections, xrd_pattern
from heterodot.analysis.elasticity.equation_of_state import EquationFit, fit_equation
from heterodot.analysis.elasticity.plot import (
    plot_equation_of_state,
    plot_lattices,
    plot_stiffness,
)
from heterodot.analysis.elasticity.stiffness import Stiffness
from heterodot.analysis.figures.isosurface import plot_isosurface
from heterodot.analysis.figures.pictures import picture, picture_caption
from heterodot.analysis.figures.slice import plot_slice
from heterodot.analysis.figures.style import save_figure
from heterodot.analysis.geometry.coordination import (
    AdsorbateGeometry,
    BondStatistics,
    Coordination,
    adsorbate_geometry,
    adsorbate_indices,
    bond_statistics,
    coordination_table,
)
from heterodot.analysis.geometry.local_order import (
    PUBLISHED_CU_S,
    CoordinationShells,
    Shell,
    SurfaceShare,
    coordination_shells,
    surface_statistics,
)
from heterodot.analysis.geometry.plot_core_shell import plot_core_shell
from heterodot.analysis.geometry.plot_interface import plot_interface
from heterodot.analysis.geometry.radial import RadialProfile, radial_profile
from heterodot.analysis.motion.trajectories.bonds import bond_report
from heterodot.analysis.motion.trajectories.correlation import (
    autocorrelation,
    correlated_mean,
    detect_equilibration,
)
from heterodot.analysis.motion.trajectories.density_of_states import vibrational_states
from heterodot.analysis.motion.trajectories.displacements import mean_squared_displacement
from heterodot.analysis.motion.trajectories.distances import radial_distribution
from heterodot.analysis.motion.trajectories.plot import (
    plot_course,
    plot_displacements,
    plot_gaps,
    plot_radial,
    plot_varshni,
    plot_vibrational_states,
)
from heterodot.analysis.motion.trajectories.trajectory import (
    Trajectory,
    open_trajectory,
    read_trajectory,
)
from heterodot.analysis.motion.trajectories.varshni import fit_varshni
from heterodot.analysis.screening.plot import plot_screening
from heterodot.analysis.screening.ranking import RankCorrelation, rank_correlation
from heterodot.analysis.thermo.che import Change, FreeEnergyDiagram, Step
from heterodot.analysis.thermo.free_energy import (
    FreeEnergy,
    harmonic,
    no_correction,
    quasi_harmonic,
)
from heterodot.analysis.thermo.gas_phase import IDEAL_GASES, ideal_gas
from heterodot.analysis.thermo.gas_references import (
    EXPERIMENTAL,
    anchor_gas,
    correct_gas,
    reaction_gibbs,
    reaction_gibbs_experiment,
)
from heterodot.analysis.thermo.plot import plot_free_energy
from heterodot.analysis.vibrations.modes import Mode
from heterodot.analysis.vibrations.plot import plot_spectra
from heterodot.analysis.vibrations.spectrum import (
    DRIFTS_SOURCE,
    PUBLISHED_DRIFTS,
    VibrationalSpectrum,
    vibrational_spectrum,
)
from heterodot.data.conditions import (
    STANDARD_PRESSURE,
    STANDARD_TEMPERATURE,
    WATER_VAPOUR_PRESSURE,
)
from heterodot.data.density import (
    GridDensity,
    PlaneProfile,
    RadialDensity,
)
from heterodot.data.density_files import read_grid, write_grid
from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.data.flags import Flag, unique_flags
from heterodot.data.foreign.calculation import ForeignCalculation
from heterodot.data.foreign.reading import read_calculation, read_states
from heterodot.data.local_orbitals import LocalOrbitals
from heterodot.data.localisation import LocalisationFunction
from heterodot.data.species.entries import IdealGas
from heterodot.deprecation import former_names

__getattr__ = former_names(__name__, ChargeTransfer="FragmentTransfer")

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
    "BandOptions",
    "BondCurves",
    "BondStatistics",
    "Change",
    "Coordination",
    "CoordinationShells",
    "CurveOptions",
    "DeepLevel",
    "DensityOfStates",
    "ElectronicStructure",
    "EquationFit",
    "Flag",
    "ForeignCalculation",
    "FragmentTransfer",
    "FreeEnergy",
    "FreeEnergyDiagram",
    "GridDensity",
    "IdealGas",
    "LayeredPDOS",
    "LocalOrbitals",
    "LocalisationFunction",
    "Mode",
    "OrbitalSelection",
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
    "Stiffness",
    "SurfaceShare",
    "Trajectory",
    "VibrationalSpectrum",
    "adsorbate_geometry",
    "adsorbate_indices",
    "align",
    "align_by_layers",
    "align_by_potential",
    "anchor_gas",
    "autocorrelation",
    "bader",
    "bader_charges",
    "band_edges",
    "band_moments",
    "bond_integrals",
    "bond_orders",
    "bond_report",
    "bond_statistics",
    "charge_transfer",
    "charges_by_element",
    "cobi",
    "cohp",
    "coop",
    "coordination_shells",
    "coordination_table",
    "correct_gas",
    "correlated_mean",
    "debye_pattern",
    "density_of_states",
    "detect_equilibration",
    "difference",
    "energy_grid",
    "fit_equation",
    "fit_varshni",
    "fragment_charge",
    "harmonic",
    "hirshfeld_charges",
    "ideal_gas",
    "layered_pdos",
    "macroscopic_average",
    "mean_squared_displacement",
    "no_correction",
    "open_trajectory",
    "picture",
    "picture_caption",
    "plateau",
    "plot_bonding",
    "plot_core_shell",
    "plot_course",
    "plot_displacements",
    "plot_dos_difference",
    "plot_equation_of_state",
    "plot_free_energy",
    "plot_gaps",
    "plot_interface",
    "plot_isosurface",
    "plot_lattices",
    "plot_layered_pdos",
    "plot_pdos",
    "plot_potential",
    "plot_powder",
    "plot_profile",
    "plot_radial",
    "plot_screening",
    "plot_slice",
    "plot_spectra",
    "plot_staircase",
    "plot_stiffness",
    "plot_varshni",
    "plot_vibrational_states",
    "projected_dos",
    "quasi_harmonic",
    "radial_distribution",
    "radial_profile",
    "rank_correlation",
    "reaction_gibbs",
    "reaction_gibbs_experiment",
    "read_calculation",
    "read_grid",
    "read_lobster",
    "read_states",
    "read_trajectory",
    "save_figure",
    "scissor",
    "spin_populations",
    "surface_statistics",
    "unique_flags",
    "vibrational_spectrum",
    "vibrational_states",
    "with_gap",
    "with_hybrid",
    "work_functions",
    "write_grid",
    "xrd_pattern",
]

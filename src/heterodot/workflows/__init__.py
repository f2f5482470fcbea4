"""Questions that can be restarted: tasks, a store, a runner, and one module per question."""

from heterodot.workflows.adsorption import (
    Adsorption,
    AdsorptionResult,
    CO2Adsorption,
    CO2AdsorptionResult,
)
from heterodot.workflows.band_alignment import BandAlignment, BandAlignmentResult
from heterodot.workflows.bonding import Bonding, BondingResult, LocalBonding
from heterodot.workflows.candidates import Candidate
from heterodot.workflows.charge_transfer import ChargeTransfer, ChargeTransferResult
from heterodot.workflows.co2_reduction import AdsorbedState, CO2Reduction, CO2ReductionResult
from heterodot.workflows.d_band import DBandCentre, DBandCentreResult
from heterodot.workflows.density import Density, DensityResult
from heterodot.workflows.driving import run_all
from heterodot.workflows.electronic import ElectronicStructureResult, ElectronicStructureRun
from heterodot.workflows.execution import execute
from heterodot.workflows.interface import InterfaceAdhesion, InterfaceAdhesionResult
from heterodot.workflows.relaxation import (
    Relaxation,
    RelaxationResult,
    Vibrations,
    VibrationsResult,
)
from heterodot.workflows.results import Result
from heterodot.workflows.runner import Event, Runner
from heterodot.workflows.store import Store
from heterodot.workflows.tasks import Hessian, Orbitals, Relax, SinglePoint, Task

__all__ = [
    "AdsorbedState",
    "Adsorption",
    "AdsorptionResult",
    "BandAlignment",
    "BandAlignmentResult",
    "Bonding",
    "BondingResult",
    "CO2Adsorption",
    "CO2AdsorptionResult",
    "CO2Reduction",
    "CO2ReductionResult",
    "Candidate",
    "ChargeTransfer",
    "ChargeTransferResult",
    "DBandCentre",
    "DBandCentreResult",
    "Density",
    "DensityResult",
    "ElectronicStructureResult",
    "ElectronicStructureRun",
    "Event",
    "Hessian",
    "InterfaceAdhesion",
    "InterfaceAdhesionResult",
    "LocalBonding",
    "Orbitals",
    "Relax",
    "Relaxation",
    "RelaxationResult",
    "Result",
    "Runner",
    "SinglePoint",
    "Store",
    "Task",
    "Vibrations",
    "VibrationsResult",
    "execute",
    "run_all",
]

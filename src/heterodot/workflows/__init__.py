"""Questions that can be restarted: tasks, a store, a runner, and one module per question.

A name is imported when it is first used: ``heterodot status`` needs the store and nothing else.
"""

from typing import TYPE_CHECKING

from heterodot.lazy import lazy

if TYPE_CHECKING:
    from heterodot.workflows.parts.question import Question as Question
    from heterodot.workflows.parts.results import Result as Result
    from heterodot.workflows.parts.states import AdsorbedState as AdsorbedState
    from heterodot.workflows.parts.states import Candidate as Candidate
    from heterodot.workflows.questions.adsorption import Adsorption as Adsorption
    from heterodot.workflows.questions.adsorption import AdsorptionResult as AdsorptionResult
    from heterodot.workflows.questions.adsorption import CO2Adsorption as CO2Adsorption
    from heterodot.workflows.questions.adsorption import CO2AdsorptionResult as CO2AdsorptionResult
    from heterodot.workflows.questions.band_alignment import BandAlignment as BandAlignment
    from heterodot.workflows.questions.band_alignment import (
        BandAlignmentResult as BandAlignmentResult,
    )
    from heterodot.workflows.questions.bonding import Bonding as Bonding
    from heterodot.workflows.questions.bonding import BondingResult as BondingResult
    from heterodot.workflows.questions.charge_transfer import ChargeTransfer as ChargeTransfer
    from heterodot.workflows.questions.charge_transfer import (
        ChargeTransferResult as ChargeTransferResult,
    )
    from heterodot.workflows.questions.crystals.cell_relaxation import (
        CellRelaxation as CellRelaxation,
    )
    from heterodot.workflows.questions.crystals.cell_relaxation import (
        CellRelaxationResult as CellRelaxationResult,
    )
    from heterodot.workflows.questions.crystals.elastic_tensor import ElasticTensor as ElasticTensor
    from heterodot.workflows.questions.crystals.elastic_tensor import (
        ElasticTensorResult as ElasticTensorResult,
    )
    from heterodot.workflows.questions.crystals.equation_of_state import (
        EquationOfState as EquationOfState,
    )
    from heterodot.workflows.questions.crystals.equation_of_state import (
        EquationOfStateResult as EquationOfStateResult,
    )
    from heterodot.workflows.questions.crystals.level_crystals import level_crystal as level_crystal
    from heterodot.workflows.questions.crystals.phonons import Phonons as Phonons
    from heterodot.workflows.questions.crystals.phonons import PhononsResult as PhononsResult
    from heterodot.workflows.questions.crystals.quasi_harmonic import QuasiHarmonic as QuasiHarmonic
    from heterodot.workflows.questions.crystals.quasi_harmonic import (
        QuasiHarmonicResult as QuasiHarmonicResult,
    )
    from heterodot.workflows.questions.d_band import DBandCentre as DBandCentre
    from heterodot.workflows.questions.d_band import DBandCentreResult as DBandCentreResult
    from heterodot.workflows.questions.dynamics.electron_transfer import (
        ElectronTransfer as ElectronTransfer,
    )
    from heterodot.workflows.questions.dynamics.electron_transfer import (
        ElectronTransferResult as ElectronTransferResult,
    )
    from heterodot.workflows.questions.dynamics.gap_along import GapAlong as GapAlong
    from heterodot.workflows.questions.dynamics.gap_along import GapAlongResult as GapAlongResult
    from heterodot.workflows.questions.dynamics.gap_fluctuation import (
        GapFluctuation as GapFluctuation,
    )
    from heterodot.workflows.questions.dynamics.gap_fluctuation import (
        GapFluctuationResult as GapFluctuationResult,
    )
    from heterodot.workflows.questions.dynamics.molecular_dynamics import (
        MolecularDynamics as MolecularDynamics,
    )
    from heterodot.workflows.questions.dynamics.molecular_dynamics import (
        MolecularDynamicsResult as MolecularDynamicsResult,
    )
    from heterodot.workflows.questions.electronic import (
        ElectronicStructureResult as ElectronicStructureResult,
    )
    from heterodot.workflows.questions.electronic import (
        ElectronicStructureRun as ElectronicStructureRun,
    )
    from heterodot.workflows.questions.interface import InterfaceAdhesion as InterfaceAdhesion
    from heterodot.workflows.questions.interface import (
        InterfaceAdhesionResult as InterfaceAdhesionResult,
    )
    from heterodot.workflows.questions.localisation import (
        ElectronLocalisation as ElectronLocalisation,
    )
    from heterodot.workflows.questions.localisation import (
        ElectronLocalisationResult as ElectronLocalisationResult,
    )
    from heterodot.workflows.questions.paths.carboxylation import CarboxylBarrier as CarboxylBarrier
    from heterodot.workflows.questions.paths.defects import HalideDefects as HalideDefects
    from heterodot.workflows.questions.paths.defects_result import (
        HalideDefectsResult as HalideDefectsResult,
    )
    from heterodot.workflows.questions.paths.diffusion import HalideDiffusion as HalideDiffusion
    from heterodot.workflows.questions.paths.diffusion_result import (
        HalideDiffusionResult as HalideDiffusionResult,
    )
    from heterodot.workflows.questions.paths.repair import InterfaceRepair as InterfaceRepair
    from heterodot.workflows.questions.paths.repair import (
        InterfaceRepairResult as InterfaceRepairResult,
    )
    from heterodot.workflows.questions.paths.result import (
        ReactionPathResult as ReactionPathResult,
    )
    from heterodot.workflows.questions.paths.search import ReactionPathSearch as ReactionPathSearch
    from heterodot.workflows.questions.reaction import CO2Reduction as CO2Reduction
    from heterodot.workflows.questions.reaction import ReactionFreeEnergy as ReactionFreeEnergy
    from heterodot.workflows.questions.reaction_result import (
        CO2ReductionResult as CO2ReductionResult,
    )
    from heterodot.workflows.questions.reaction_result import (
        ReactionFreeEnergyResult as ReactionFreeEnergyResult,
    )
    from heterodot.workflows.questions.relaxation import Relaxation as Relaxation
    from heterodot.workflows.questions.relaxation import RelaxationResult as RelaxationResult
    from heterodot.workflows.questions.relaxation import Vibrations as Vibrations
    from heterodot.workflows.questions.relaxation import VibrationsResult as VibrationsResult
    from heterodot.workflows.questions.screening import Screened as Screened
    from heterodot.workflows.questions.screening import Screening as Screening
    from heterodot.workflows.questions.screening import ScreeningResult as ScreeningResult
    from heterodot.workflows.running.driving import outcomes_of as outcomes_of
    from heterodot.workflows.running.driving import run_all as run_all
    from heterodot.workflows.running.execution import execute as execute
    from heterodot.workflows.running.runner import Runner as Runner
    from heterodot.workflows.store.store import Store as Store
    from heterodot.workflows.tasks.cells import CellResult as CellResult
    from heterodot.workflows.tasks.cells import RelaxCell as RelaxCell
    from heterodot.workflows.tasks.density import Density as Density
    from heterodot.workflows.tasks.density import DensityResult as DensityResult
    from heterodot.workflows.tasks.events import Event as Event
    from heterodot.workflows.tasks.local_bonding import LocalBonding as LocalBonding
    from heterodot.workflows.tasks.localisation import Localisation as Localisation
    from heterodot.workflows.tasks.moving.dynamics import Dynamics as Dynamics
    from heterodot.workflows.tasks.moving.gap import Gap as Gap
    from heterodot.workflows.tasks.outcomes import Done as Done
    from heterodot.workflows.tasks.outcomes import Failed as Failed
    from heterodot.workflows.tasks.task import Task as Task
    from heterodot.workflows.tasks.tasks import Hessian as Hessian
    from heterodot.workflows.tasks.tasks import Orbitals as Orbitals
    from heterodot.workflows.tasks.tasks import Relax as Relax
    from heterodot.workflows.tasks.tasks import SinglePoint as SinglePoint

__getattr__, __dir__, __all__ = lazy(
    __name__,
    {
        "parts.question": "Question",
        "parts.results": "Result",
        "parts.states": "AdsorbedState Candidate",
        "questions.adsorption": "Adsorption AdsorptionResult CO2Adsorption CO2AdsorptionResult",
        "questions.band_alignment": "BandAlignment BandAlignmentResult",
        "questions.bonding": "Bonding BondingResult",
        "questions.charge_transfer": "ChargeTransfer ChargeTransferResult",
        "questions.crystals.cell_relaxation": "CellRelaxation CellRelaxationResult",
        "questions.crystals.elastic_tensor": "ElasticTensor ElasticTensorResult",
        "questions.crystals.equation_of_state": "EquationOfState EquationOfStateResult",
        "questions.crystals.level_crystals": "level_crystal",
        "questions.crystals.phonons": "Phonons PhononsResult",
        "questions.crystals.quasi_harmonic": "QuasiHarmonic QuasiHarmonicResult",
        "questions.d_band": "DBandCentre DBandCentreResult",
        "questions.dynamics.electron_transfer": "ElectronTransfer ElectronTransferResult",
        "questions.dynamics.gap_along": "GapAlong GapAlongResult",
        "questions.dynamics.gap_fluctuation": "GapFluctuation GapFluctuationResult",
        "questions.dynamics.molecular_dynamics": "MolecularDynamics MolecularDynamicsResult",
        "questions.electronic": "ElectronicStructureResult ElectronicStructureRun",
        "questions.interface": "InterfaceAdhesion InterfaceAdhesionResult",
        "questions.localisation": "ElectronLocalisation ElectronLocalisationResult",
        "questions.paths.carboxylation": "CarboxylBarrier",
        "questions.paths.defects": "HalideDefects",
        "questions.paths.defects_result": "HalideDefectsResult",
        "questions.paths.diffusion": "HalideDiffusion",
        "questions.paths.diffusion_result": "HalideDiffusionResult",
        "questions.paths.repair": "InterfaceRepair InterfaceRepairResult",
        "questions.paths.result": "ReactionPathResult",
        "questions.paths.search": "ReactionPathSearch",
        "questions.reaction": "CO2Reduction ReactionFreeEnergy",
        "questions.reaction_result": "CO2ReductionResult ReactionFreeEnergyResult",
        "questions.relaxation": "Relaxation RelaxationResult Vibrations VibrationsResult",
        "questions.screening": "Screened Screening ScreeningResult",
        "running.driving": "outcomes_of run_all",
        "running.execution": "execute",
        "running.runner": "Runner",
        "store.store": "Store",
        "tasks.cells": "CellResult RelaxCell",
        "tasks.density": "Density DensityResult",
        "tasks.events": "Event",
        "tasks.local_bonding": "LocalBonding",
        "tasks.localisation": "Localisation",
        "tasks.moving.dynamics": "Dynamics",
        "tasks.moving.gap": "Gap",
        "tasks.outcomes": "Done Failed",
        "tasks.task": "Task",
        "tasks.tasks": "Hessian Orbitals Relax SinglePoint",
    },
)

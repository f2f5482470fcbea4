"""Questions that can be restarted: tasks, a store, a runner, and one module per question.

A name is imported when it is first used: ``heterodot status`` needs the store and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heterodot.workflows.parts.candidates import Candidate
    from heterodot.workflows.parts.results import Result
    from heterodot.workflows.questions.adsorption import (
        Adsorption,
        AdsorptionResult,
        CO2Adsorption,
        CO2AdsorptionResult,
    )
    from heterodot.workflows.questions.band_alignment import BandAlignment, BandAlignmentResult
    from heterodot.workflows.questions.bonding import Bonding, BondingResult
    from heterodot.workflows.questions.charge_transfer import ChargeTransfer, ChargeTransferResult
    from heterodot.workflows.questions.co2_reduction import (
        AdsorbedState,
        CO2Reduction,
        CO2ReductionResult,
    )
    from heterodot.workflows.questions.d_band import DBandCentre, DBandCentreResult
    from heterodot.workflows.questions.electronic import (
        ElectronicStructureResult,
        ElectronicStructureRun,
    )
    from heterodot.workflows.questions.interface import InterfaceAdhesion, InterfaceAdhesionResult
    from heterodot.workflows.questions.localisation import (
        ElectronLocalisation,
        ElectronLocalisationResult,
    )
    from heterodot.workflows.questions.reaction import (
        ReactionFreeEnergy,
        ReactionFreeEnergyResult,
    )
    from heterodot.workflows.questions.relaxation import (
        Relaxation,
        RelaxationResult,
        Vibrations,
        VibrationsResult,
    )
    from heterodot.workflows.questions.screening import Screened, Screening, ScreeningResult
    from heterodot.workflows.running.driving import outcomes_of, run_all
    from heterodot.workflows.running.execution import execute
    from heterodot.workflows.running.runner import Runner
    from heterodot.workflows.store.store import Store
    from heterodot.workflows.tasks.density import Density, DensityResult
    from heterodot.workflows.tasks.events import Event
    from heterodot.workflows.tasks.local_bonding import LocalBonding
    from heterodot.workflows.tasks.localisation import Localisation
    from heterodot.workflows.tasks.outcomes import Done, Failed
    from heterodot.workflows.tasks.task import Task
    from heterodot.workflows.tasks.tasks import Hessian, Orbitals, Relax, SinglePoint

_HOMES = {
    "parts.candidates": ("Candidate",),
    "parts.results": ("Result",),
    "questions.adsorption": (
        "Adsorption",
        "AdsorptionResult",
        "CO2Adsorption",
        "CO2AdsorptionResult",
    ),
    "questions.band_alignment": (
        "BandAlignment",
        "BandAlignmentResult",
    ),
    "questions.bonding": (
        "Bonding",
        "BondingResult",
    ),
    "questions.charge_transfer": (
        "ChargeTransfer",
        "ChargeTransferResult",
    ),
    "questions.co2_reduction": (
        "AdsorbedState",
        "CO2Reduction",
        "CO2ReductionResult",
    ),
    "questions.d_band": (
        "DBandCentre",
        "DBandCentreResult",
    ),
    "questions.electronic": (
        "ElectronicStructureResult",
        "ElectronicStructureRun",
    ),
    "questions.interface": (
        "InterfaceAdhesion",
        "InterfaceAdhesionResult",
    ),
    "questions.localisation": (
        "ElectronLocalisation",
        "ElectronLocalisationResult",
    ),
    "questions.reaction": (
        "ReactionFreeEnergy",
        "ReactionFreeEnergyResult",
    ),
    "questions.relaxation": (
        "Relaxation",
        "RelaxationResult",
        "Vibrations",
        "VibrationsResult",
    ),
    "questions.screening": (
        "Screened",
        "Screening",
        "ScreeningResult",
    ),
    "running.driving": ("outcomes_of", "run_all"),
    "running.execution": ("execute",),
    "running.runner": ("Runner",),
    "store.store": ("Store",),
    "tasks.density": (
        "Density",
        "DensityResult",
    ),
    "tasks.events": ("Event",),
    "tasks.local_bonding": ("LocalBonding",),
    "tasks.localisation": ("Localisation",),
    "tasks.outcomes": ("Done", "Failed"),
    "tasks.task": ("Task",),
    "tasks.tasks": (
        "Hessian",
        "Orbitals",
        "Relax",
        "SinglePoint",
    ),
}
"""Module: the public names in it."""


def __getattr__(name: str) -> Any:
    """Import a public name from its module."""
    for module, names in _HOMES.items():
        if name in names:
            found = getattr(import_module(f"{__name__}.{module}"), name)
            globals()[name] = found
            return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


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
    "Done",
    "ElectronLocalisation",
    "ElectronLocalisationResult",
    "ElectronicStructureResult",
    "ElectronicStructureRun",
    "Event",
    "Failed",
    "Hessian",
    "InterfaceAdhesion",
    "InterfaceAdhesionResult",
    "LocalBonding",
    "Localisation",
    "Orbitals",
    "ReactionFreeEnergy",
    "ReactionFreeEnergyResult",
    "Relax",
    "Relaxation",
    "RelaxationResult",
    "Result",
    "Runner",
    "Screened",
    "Screening",
    "ScreeningResult",
    "SinglePoint",
    "Store",
    "Task",
    "Vibrations",
    "VibrationsResult",
    "execute",
    "outcomes_of",
    "run_all",
]

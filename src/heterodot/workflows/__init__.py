"""Questions that can be restarted: tasks, a store, a runner, and one module per question.

A name is imported when it is first used: ``heterodot status`` needs the store and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from heterodot.workflows.localisation import (
        ElectronLocalisation,
        ElectronLocalisationResult,
        Localisation,
    )
    from heterodot.workflows.relaxation import (
        Relaxation,
        RelaxationResult,
        Vibrations,
        VibrationsResult,
    )
    from heterodot.workflows.results import Result
    from heterodot.workflows.runner import Event, Runner
    from heterodot.workflows.screening import Screened, Screening, ScreeningResult
    from heterodot.workflows.store import Store
    from heterodot.workflows.tasks import Hessian, Orbitals, Relax, SinglePoint, Task

_HOMES = {
    "adsorption": ("Adsorption", "AdsorptionResult", "CO2Adsorption", "CO2AdsorptionResult"),
    "band_alignment": ("BandAlignment", "BandAlignmentResult"),
    "bonding": ("Bonding", "BondingResult", "LocalBonding"),
    "candidates": ("Candidate",),
    "charge_transfer": ("ChargeTransfer", "ChargeTransferResult"),
    "co2_reduction": ("AdsorbedState", "CO2Reduction", "CO2ReductionResult"),
    "d_band": ("DBandCentre", "DBandCentreResult"),
    "density": ("Density", "DensityResult"),
    "driving": ("run_all",),
    "electronic": ("ElectronicStructureResult", "ElectronicStructureRun"),
    "execution": ("execute",),
    "interface": ("InterfaceAdhesion", "InterfaceAdhesionResult"),
    "localisation": ("ElectronLocalisation", "ElectronLocalisationResult", "Localisation"),
    "relaxation": ("Relaxation", "RelaxationResult", "Vibrations", "VibrationsResult"),
    "results": ("Result",),
    "runner": ("Event", "Runner"),
    "screening": ("Screened", "Screening", "ScreeningResult"),
    "store": ("Store",),
    "tasks": ("Hessian", "Orbitals", "Relax", "SinglePoint", "Task"),
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
    "ElectronLocalisation",
    "ElectronLocalisationResult",
    "ElectronicStructureResult",
    "ElectronicStructureRun",
    "Event",
    "Hessian",
    "InterfaceAdhesion",
    "InterfaceAdhesionResult",
    "LocalBonding",
    "Localisation",
    "Orbitals",
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
    "run_all",
]

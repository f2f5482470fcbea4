"""The ASE calculator of a potential: many of them share one loaded model."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes

from heterodot.calculators.translation import one_line
from heterodot.calculators.validation import check_overlap
from heterodot.errors import CalculationError, HeterodotError, LevelError, RefusedError

_LOADED: dict[tuple[Any, ...], _Model] = {}
_LOADING = threading.Lock()


class _Model:
    """A loaded model; one evaluation at a time, whoever asks."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.turn = threading.Lock()


def model_loads() -> int:
    """Return how many models this process has loaded."""
    return len(_LOADED)


def forget_models() -> None:
    """Give the memory of the loaded models back."""
    with _LOADING:
        _LOADED.clear()


def chosen_device(code: str, device: str) -> str:
    """Return "cpu" or "cuda" for a device asked for.

    Raises
    ------
    RefusedError
        If CUDA was asked for and is not there.
    """
    if device == "cpu":
        return device
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if device == "cuda":
        build = "" if torch.version.cuda else f" (torch {torch.__version__} is built without it)"
        raise RefusedError(
            f"{code}: device = 'cuda': no CUDA device here{build}: expected 'auto' or 'cpu'"
        )
    return "cpu"


@dataclass(frozen=True)
class Source:
    """What a model is read from.

    Attributes
    ----------
    code, title : str
        Name of the code, for messages, and what its models are called.
    path : Path
        The file of the weights.
    weights : str
        Its hash.
    settings : str
        What else decides the numbers.
    load : callable
        Called with "cpu" or "cuda"; returns an ASE calculator.
    boxed : callable
        Gives a structure the cell that the package wants.
    noise : tuple of str
        Beginnings of warnings not to be shown.
    """

    code: str
    title: str
    path: Path
    weights: str
    settings: str
    load: Callable[[str], Any]
    boxed: Callable[[Atoms], Atoms]
    noise: tuple[str, ...] = ()


def _model(source: Source, asked: str) -> _Model:
    device = chosen_device(source.code, asked)
    key = (source.code, source.weights, source.settings, device, os.getpid())
    with _LOADING:
        if key not in _LOADED:
            import torch

            torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or 1))
            for noise in source.noise:  # the package says them at each model
                warnings.filterwarnings("ignore", message=noise)
            _LOADED[key] = _Model(_engine(source, device))
    return _LOADED[key]


def _engine(source: Source, device: str) -> Any:
    """Load a model; a file that is none is one line, whatever its package makes of it."""
    try:
        return source.load(device)
    except (HeterodotError, ImportError, MemoryError):
        raise
    except Exception as error:  # unpickling raises anything
        raise LevelError(
            f"{source.code}: {source.path}: no weights that {source.title} can read: "
            f"{one_line(error)[:200]}"
        ) from error


class PotentialCalculator(Calculator):
    """Energy, forces and stress of a potential.

    Parameters
    ----------
    source : Source
    device : {"auto", "cpu", "cuda"}
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]

    def __init__(self, source: Source, device: str) -> None:
        super().__init__()
        self.source = source
        self.model = _model(source, device)

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = all_changes,
    ) -> None:
        """Evaluate the model; what is not finite is an error, not a result."""
        super().calculate(atoms, list(properties), list(system_changes))
        if not np.isfinite(self.atoms.positions).all():  # no neighbours: lone atoms, finite energy
            raise CalculationError(f"{self.source.code}: positions that are no numbers")
        check_overlap(self.atoms)
        bare = Atoms(
            self.atoms.numbers, self.atoms.positions, cell=self.atoms.cell, pbc=self.atoms.pbc
        )
        periodic = bool(bare.pbc.all())
        with self.model.turn:
            engine = self.model.engine
            engine.reset()
            engine.calculate(self.source.boxed(bare), ["energy", "forces"], list(all_changes))
            found = dict(engine.results)
        energy, forces = float(found["energy"]), np.array(found["forces"], float)
        if not np.isfinite(energy) or not np.isfinite(forces).all():
            raise CalculationError(f"{self.source.code}: energy or forces are not finite")
        self.results = {"energy": energy, "free_energy": energy, "forces": forces}
        if periodic and found.get("stress") is not None:
            stress = np.array(found["stress"], float)
            self.results["stress"] = stress if stress.shape == (6,) else stress.ravel()[_VOIGT]


_VOIGT = [0, 4, 8, 5, 2, 1]
"""Of a flattened 3 × 3 tensor: xx, yy, zz, yz, xz, xy."""

"""GPAW's restart file: written after each converged SCF, so that the next step or the next process
starts from a converged density.

Its name carries a digest of everything it must agree with (parameters, elements, cell), so that a
file of other settings in the same folder is never read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ase import Atoms

from heterodot.calculators.blas import limit_threads
from heterodot.calculators.gpaw_divergence import DivergenceWatch
from heterodot.calculators.gpaw_extrapolation import DensityPredictor

LOG_NAME = "gpaw.log"


def restart_path(folder: Path, atoms: Atoms, parameters: Mapping[str, Any]) -> Path:
    """Return the restart file of these parameters and this kind of structure."""
    content = {
        "parameters": parameters,
        "numbers": atoms.numbers.tolist(),
        "cell": atoms.cell.array.round(6).tolist(),
        "pbc": atoms.pbc.tolist(),
    }
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
    return folder / f"restart-{digest}.gpw"


def make_calculator(parameters: Mapping[str, Any], atoms: Atoms, folder: Path | None) -> Any:
    """Return a GPAW calculator, from its restart file where a readable one exists.

    Parameters
    ----------
    parameters : mapping
        GPAW's keyword arguments.
    atoms : Atoms
        Prepared structure.
    folder : path or None
        Existing folder for ``gpaw.log`` and the restart file; neither without it.
    """
    from gpaw import GPAW

    limit_threads()
    if folder is None:
        calculator = GPAW(txt=None, legacy_gpaw=False, **parameters)
        calculator.hooks["scf_step"] = DivergenceWatch()
        return calculator
    log = (folder / LOG_NAME).open("a", encoding="utf-8")
    path = restart_path(folder, atoms, parameters)
    calculator = _read(path, log) if path.is_file() else None
    if calculator is None:
        calculator = GPAW(txt=log, legacy_gpaw=False, **parameters)
    predictor = DensityPredictor(calculator)

    def converged() -> None:
        predictor.remember()
        write_restart(calculator, path)

    calculator.hooks["converged"] = converged
    calculator.hooks["scf_step"] = DivergenceWatch()
    return calculator


def _read(path: Path, log: Any) -> Any:
    from ase.io.ulm import InvalidULMFileError
    from gpaw import GPAW

    try:
        return GPAW(str(path), txt=log, legacy_gpaw=False)
    except (InvalidULMFileError, OSError, EOFError, KeyError, ValueError):
        return None  # a file cut short by a crash: start from scratch


def write_restart(calculator: Any, path: Path) -> None:
    """Write the restart file atomically; all ranks must call it."""
    temporary = path.with_suffix(".writing.gpw")
    calculator.write(str(temporary), mode="all")
    calculator.comm.barrier()
    if calculator.comm.rank == 0:
        temporary.replace(path)
    calculator.comm.barrier()

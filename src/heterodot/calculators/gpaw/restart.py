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

import numpy as np
from ase import Atoms

from heterodot.calculators.blas import limit_threads
from heterodot.calculators.gpaw.divergence import DivergenceWatch
from heterodot.calculators.gpaw.extrapolation import DensityPredictor
from heterodot.calculators.registry import GUESS_FILE

LOG_NAME = "gpaw.log"


def restart_path(folder: Path, atoms: Atoms, parameters: Mapping[str, Any]) -> Path:
    """Return the restart file of these parameters and this kind of structure."""
    content = {
        "parameters": {k: v for k, v in parameters.items() if k != "parallel"},
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
        For ``gpaw.log`` and the restart file; neither without it.
    """
    from gpaw import GPAW

    limit_threads()
    if folder is None:
        calculator = GPAW(txt=None, legacy_gpaw=False, **parameters)
        calculator.hooks["scf_step"] = DivergenceWatch()
        return calculator
    folder.mkdir(parents=True, exist_ok=True)
    log = (folder / LOG_NAME).open("a", encoding="utf-8")
    path = restart_path(folder, atoms, parameters)
    # on a GPU the forces of what GPAW 26.7 reads from a file fail: it starts from scratch
    calculator = _read(path, log) if path.is_file() and "parallel" not in parameters else None
    if calculator is None:
        calculator = GPAW(txt=log, legacy_gpaw=False, **parameters)
    predictor = DensityPredictor(calculator, read_guess(folder / GUESS_FILE))

    def converged() -> None:
        predictor.remember()
        write_restart(calculator, path)
        if predictor.newest is not None and calculator.comm.rank == 0:
            write_guess(folder / GUESS_FILE, predictor.newest)

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


def write_guess(path: Path, matrices: Mapping[int, np.ndarray]) -> None:
    """Write the density matrices of the spins as one (spins, n, n) array of single precision."""
    temporary = path.with_suffix(".writing.npy")
    np.save(temporary, np.array([matrices[spin] for spin in sorted(matrices)], np.float32))
    temporary.replace(path)


def read_guess(path: Path) -> dict[int, np.ndarray] | None:
    """Return the density matrices by spin; None for a file that is not there or not a guess.

    The file may come with a store that someone else made: nothing is unpickled, and memory is
    taken for no more than the file holds.
    """
    try:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    if mapped.ndim != 3 or mapped.dtype != np.float32 or mapped.shape[1] != mapped.shape[2]:
        return None
    matrices = np.asarray(mapped, float)
    if len(matrices) > 2 or not np.isfinite(matrices).all():
        return None
    return dict(enumerate(matrices))

"""phonopy's files: written so that ``phonopy-load`` reads them, and read as they are."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heterodot.analysis.motion.phonons.born import Born
from heterodot.analysis.motion.phonons.crystal import SYMPREC, HarmonicCrystal, ase_atoms, quiet
from heterodot.errors import InputError

PARAMETERS = "phonopy_params.yaml"
"""What phonopy calls a file that holds everything."""

_DIGITS = 8


def parameters_text(crystal: HarmonicCrystal) -> str:
    """Return the content of a ``phonopy_params.yaml``: cells, displacements, forces, Born charges.

    ``phonopy-load phonopy_params.yaml`` reads it.
    """
    settings = {
        "force_sets": True,
        "displacements": True,
        "force_constants": crystal.dataset is None,
        "born_effective_charge": True,
        "dielectric_constant": True,
    }
    return str(crystal.model.to_phonopy_yaml(settings=settings)) + "\n"


def force_sets_text(crystal: HarmonicCrystal) -> str:
    """Return the content of a ``FORCE_SETS``.

    Raises
    ------
    InputError
        The crystal has force constants and no forces.
    """
    from phonopy.file_IO import get_FORCE_SETS_lines

    if crystal.dataset is None:
        raise InputError("force constants without forces: expected displacements with forces")
    return "\n".join(get_FORCE_SETS_lines(dict(crystal.dataset))) + "\n"


def read_phonopy(path: Path) -> HarmonicCrystal:
    """Return the crystal of a ``phonopy_params.yaml``, ``phonopy.yaml`` or ``phonopy_disp.yaml``.

    What the file does not hold is looked for beside it: ``FORCE_SETS``, ``FORCE_CONSTANTS`` or
    ``force_constants.hdf5``, and ``BORN``.

    Raises
    ------
    InputError
        No such file, or it is none of phonopy's, or there are no forces.
    """
    import phonopy

    if not path.is_file():
        raise InputError(f"{path}: no such file; expected phonopy_params.yaml or phonopy.yaml")
    beside = _beside(path.parent)
    try:
        with quiet():
            bare = phonopy.load(path, produce_fc=False, log_level=0, is_nac=True)
            model = bare
            if not _has_forces(bare) and beside:
                model = phonopy.load(path, produce_fc=False, log_level=0, **beside)
    except Exception as error:  # phonopy's own, of many types
        why = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path}: cannot be read by phonopy ({why}); expected phonopy_params.yaml, or "
            "phonopy.yaml with FORCE_SETS beside it"
        ) from error
    if not _has_forces(model):
        raise InputError(
            f"{path}: holds no forces; expected phonopy_params.yaml, or FORCE_SETS or "
            "FORCE_CONSTANTS beside it"
        )
    return _crystal(model, _born_beside(path.parent, model))


def _beside(folder: Path) -> dict[str, Any]:
    """Return the first file of forces in a folder as phonopy's loader is told of it."""
    for option, name in (
        ("force_sets_filename", "FORCE_SETS"),
        ("force_constants_filename", "FORCE_CONSTANTS"),
        ("force_constants_filename", "force_constants.hdf5"),
    ):
        if (folder / name).is_file():
            return {option: folder / name}
    return {}


def _has_forces(model: Any) -> bool:
    if model.force_constants is not None:
        return True
    dataset = model.dataset or {}
    if "first_atoms" in dataset:
        return all("forces" in one for one in dataset["first_atoms"])
    return "forces" in dataset


def _born_beside(folder: Path, model: Any) -> Born | None:
    if model.nac_params is not None:
        return _ReadBorn(model.nac_params)
    file = folder / "BORN"
    return Born(text=file.read_text()) if file.is_file() else None


class _ReadBorn(Born):
    """Born charges as phonopy read them, atom by atom of its primitive cell."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(text="read by phonopy")
        object.__setattr__(self, "_known", dict(parameters))

    def _of_file(self, primitive: Any, symprec: float) -> dict[str, Any]:  # noqa: ARG002
        known: dict[str, Any] = getattr(self, "_known")  # noqa: B009 - set past the frozen class
        if len(known["born"]) != len(primitive):
            raise InputError(
                f"born: charges of {len(known['born'])} atoms for a primitive cell of "
                f"{len(primitive)}"
            )
        return dict(known)


def _crystal(model: Any, born: Born | None) -> HarmonicCrystal:
    constants = model.force_constants
    dataset = None if constants is not None else model.dataset
    return HarmonicCrystal(
        ase_atoms(model.unitcell),
        np.asarray(model.supercell_matrix, int),
        dataset,
        None if constants is None else np.array(constants),
        born,
        max(SYMPREC, float(model.symmetry.tolerance)),
    )


def csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return rows as comma-separated values, the names of the first row on top."""
    listed = list(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(listed[0]) if listed else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {k: f"{v:.{_DIGITS}g}" if isinstance(v, float) else v for k, v in row.items()}
        for row in listed
    )
    return text.getvalue()

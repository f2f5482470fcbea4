"""Where the weights of a potential come from: a release by name, or a file of the user's own.

A file of weights may hold pickled Python, which runs when it is read. So a study, which may be a
stranger's, names releases and files in the user's own folder of models only; Python names any path.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ase.data import chemical_symbols

from heterodot.errors import InputError, LevelError, MissingDependencyError
from heterodot.own_files import own_file, own_path

MPTRJ = "MPtrj (crystals of the Materials Project by PBE, with U in some oxides)"
"""B. Deng et al., Nat. Mach. Intell. 5, 1031 (2023), doi:10.1038/s42256-023-00716-3."""

MPTRJ_ELEMENTS = frozenset(chemical_symbols[1:95]) - {"Po", "At", "Rn", "Fr", "Ra"}
"""H to Pu without five radioactive ones."""

MODELS = "models"
"""Folder of the user's own weights, beside their configuration."""


@dataclass(frozen=True)
class Release:
    """Published weights.

    Attributes
    ----------
    file : str
        Where they are: below the package's own folder, or, where it starts with ``~``, below the
        user's home.
    trained_on : str
        Data and functional, in a few words.
    functional : str
        The density functional of the data; what a dispersion correction is taken for.
    sha256 : str
        Of the file; empty where the package keeps it under names of its own.
    bring : str
        The command that puts the file on this machine; empty where the package's wheel holds it.
    """

    file: str
    trained_on: str
    functional: str = "PBE"
    sha256: str = ""
    bring: str = ""


def is_path(model: str) -> bool:
    """Whether a model is named by the path of a file."""
    return os.sep in model or model.startswith("~")


def own_model(model: str) -> Path | None:
    """Return a file in the user's own folder of models; None where there is none.

    Raises
    ------
    LevelError
        If others may write it: it may hold Python.
    """
    try:
        return own_file(f"{MODELS}/{model}")
    except InputError as error:
        raise LevelError(str(error)) from error


def weights_file(code: str, model: str, releases: Mapping[str, Release], package: Path) -> Path:
    """Return the file of a model.

    Parameters
    ----------
    code : str
        For messages.
    model : str
        Name of a release, of a file in the user's own folder, or a path.
    releases : mapping of str to Release
    package : Path
        Folder of the package that reads it.

    Raises
    ------
    LevelError
        There is no such model.
    MissingDependencyError
        The weights of a release are not on this machine; says the command that brings them.
    """
    release = releases.get(model)
    if release is not None:
        home = release.file.startswith("~")
        path = Path(release.file).expanduser() if home else package / release.file
        if not path.is_file():
            bring = release.bring or "install the package again"
            raise MissingDependencyError(
                f"{code}: the weights of {model} are not on this machine ({path}), and heterodot "
                f"downloads none: {bring}"
            )
        return path
    own = Path(model).expanduser() if is_path(model) else own_model(model)
    if own is None or not own.is_file():
        raise LevelError(
            f"{code}: model = {model!r}: no such file, and no release; expected one of "
            f"{', '.join(releases)}, a file in {own_path(MODELS)}, or (in Python) a path"
        )
    return own


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, read again only when it has changed."""
    state = path.stat()
    return _digest_of(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _digest_of(path: Path, changed: int, size: int) -> str:  # noqa: ARG001 - what it is kept for
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

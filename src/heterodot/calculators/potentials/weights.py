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

OMAT24 = "OMat24 (crystals and their deformations by PBE, with U in some oxides)"
"""L. Barroso-Luque et al., arXiv:2410.12771 (2024)."""

OAM = "OMat24, then subsampled Alexandria and MPtrj (crystals by PBE, with U in some oxides)"
"""J. Schmidt et al., Mater. Today Phys. 48, 101560 (2024), doi:10.1016/j.mtphys.2024.101560."""

MODELS = "models"
"""Folder of the user's own weights, beside their configuration."""


@dataclass(frozen=True)
class Release:
    """Published weights.

    Attributes
    ----------
    file : str
        Where they are: below the package's own folder, or the folder it keeps downloads in; with
        ``*`` where their place has names nobody knows beforehand (the newest is taken).
    trained_on : str
        Data and functional, in a few words.
    functional : str
        The density functional of the data; what a dispersion correction is taken for.
    sha256 : str
        Of the file; empty where the package keeps it under names of its own.
    bring : str
        The command that puts the file on this machine; empty where the package's wheel holds it.
    licence : str
        Of the weights, where it is not that of the package.
    superseded : str
        The release of the same data that took its place: ``heterodot validate`` does not ask for
        it by itself. Empty where there is none.
    """

    file: str
    trained_on: str
    functional: str = "PBE"
    sha256: str = ""
    bring: str = ""
    licence: str = ""
    superseded: str = ""


def cache_folder(usual: str, *moved: tuple[str, str]) -> Path:
    """Return the folder in which a package keeps what its user downloads.

    Parameters
    ----------
    usual : str
        Where it is if nobody says otherwise, with ``~``.
    *moved : tuple of str
        Name of an environment variable, and the folder below its value; the first that is set.
    """
    for variable, below in moved:
        if os.environ.get(variable):
            return Path(os.environ[variable]).expanduser() / below
    return Path(os.path.expanduser(usual))  # noqa: PTH111 - Path fails where there is no home


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
        Folder the releases are in.

    Raises
    ------
    LevelError
        There is no such model.
    MissingDependencyError
        The weights of a release are not on this machine; says the command that brings them.
    """
    release = releases.get(model)
    if release is not None:
        there = [path for path in package.glob(release.file) if _holds_weights(path)]
        if not there:
            bring = release.bring or "install the package again"
            raise MissingDependencyError(
                f"{code}: the weights of {model} are not on this machine "
                f"({package / release.file}), and heterodot downloads none: {bring}"
            )
        return max(there, key=lambda path: path.stat().st_mtime)
    own = Path(model).expanduser() if is_path(model) else own_model(model)
    if own is None or not _holds_weights(own):
        raise LevelError(
            f"{code}: model = {model!r}: no such file, and no release; expected one of "
            f"{', '.join(releases)}, a file in {own_path(MODELS)}, or (in Python) a path"
        )
    return own


def _holds_weights(path: Path) -> bool:
    """Whether there is a file, or the folder that TensorFlow saves a model as."""
    return path.is_file() or (path / "saved_model.pb").is_file()


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, read again only when it has changed.

    Of a folder: of the names and hashes of what is in it.
    """
    if path.is_dir():
        parts = sorted(file for file in path.rglob("*") if file.is_file())
        lines = "".join(f"{file.relative_to(path)} {digest(file)}\n" for file in parts)
        return hashlib.sha256(lines.encode()).hexdigest()
    state = path.stat()
    return _digest_of(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=256)
def _digest_of(path: Path, changed: int, size: int) -> str:  # noqa: ARG001 - what it is kept for
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

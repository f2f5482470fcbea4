"""Read a structure from a file, whoever wrote it: known formats only, of bounded size.

ASE reads some eighty formats and takes more from whatever packages are installed. What is read
here is a list of those whose readers parse text (or, for ``traj``, JSON and plain arrays) and
neither unpickle, import nor run anything, nor open a database or an address in place of a file.
"""

from __future__ import annotations

import os
from pathlib import Path

from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.notices import without_notices
from heterodot.paths import kind_of, user_path
from heterodot.structures.crystals.given import adopt
from heterodot.structures.crystals.stated import adopt_stated

FORMATS = {
    "extxyz": "extended XYZ",
    "xyz": "XYZ",
    "cif": "CIF",
    "vasp": "POSCAR, CONTCAR",
    "vasp-out": "OUTCAR",
    "vasp-xml": "vasprun.xml",
    "vasp-xdatcar": "XDATCAR",
    "traj": "ASE trajectory",
    "xsf": "XSF",
    "cube": "cube",
    "proteindatabank": "PDB",
    "gen": "DFTB+ gen",
    "aims": "FHI-aims geometry.in",
    "aims-output": "FHI-aims output",
    "espresso-in": "Quantum ESPRESSO input",
    "espresso-out": "Quantum ESPRESSO output",
    "gpaw-out": "GPAW log",
    "gromacs": "GROMACS gro",
    "lammps-data": "LAMMPS data",
    "mol": "MOL",
    "sdf": "SDF",
    "res": "SHELX res",
    "struct": "WIEN2k struct",
    "turbomole": "Turbomole coord",
}
"""ASE's names of the formats read, and what people call them."""

MAX_BYTES = 256_000_000
"""Largest file read; a dot of a million atoms in extended XYZ is a third of it."""

_PACKED = (".gz", ".bz2", ".xz", ".zip", ".zst")


def split_frame(path: str | os.PathLike[str]) -> tuple[str, int | None]:
    """Return the file and the frame of ``file@index``; no frame where a file has the whole name.

    Raises
    ------
    StructureError
        What follows the @ of a file that exists is no whole number.
    """
    text = os.fspath(user_path(path))
    file, at, frame = text.rpartition("@")
    if not at or _is_file(text) or not _is_file(file):
        return text, None
    try:
        return file, int(frame)
    except ValueError:
        raise StructureError(
            f"{text}: frame {frame!r}: expected a whole number from 0, or -1 for the last"
        ) from None


def names_file(path: str | os.PathLike[str]) -> bool:
    """Return whether a path (with ``@index`` or without) names a file that is there."""
    return _is_file(split_frame(path)[0])


def read_structure_file(path: str | os.PathLike[str], frame: int | None = None) -> Atoms:
    """Return the structure in a file: the one asked for, or the last, which leaves a note.

    What the file says of charge, spin, magnetic moments, constraints and labels is on the structure
    (see :func:`heterodot.structures.crystals.given.adopt`); what heterodot wrote comes back whole.

    Parameters
    ----------
    path : path-like
        A plain, unpacked file of one of :data:`FORMATS`, by its name or by its content;
        ``file@index`` chooses a frame.
    frame : int, optional
        Which structure of several: from 0, or from the end with -1, -2, ….

    Raises
    ------
    StructureError
        One line: no such file or frame, too large, packed, another format, not readable, or a
        structure that cannot be meant.
    """
    text, chosen = split_frame(path)
    if frame is not None and chosen is not None and frame != chosen:
        raise StructureError(f"{text}: frame {frame} and @{chosen}: expected one of them")
    kind = _format(text)
    frames = _read_frames(text, kind)
    wanted = chosen if frame is None else frame
    if not -len(frames) <= (-1 if wanted is None else wanted) < len(frames):
        raise StructureError(
            f"{text}: holds {_count(len(frames))}, has no frame {wanted}; expected "
            f"0…{len(frames) - 1}"
            if frames
            else f"{text}: holds no atoms, expected a structure"
        )
    atoms = frames[-1 if wanted is None else wanted]
    try:
        adopt_stated(atoms, text, kind)
        adopt(atoms)
    except StructureError as error:
        raise StructureError(f"{text}: {error}") from error
    if wanted is None and len(frames) > 1:
        name = Path(text).name
        provenance.add_note(
            atoms,
            f"{name} holds {len(frames)} structures; the last is taken ({name}@{len(frames) - 1}). "
            f"Choose another by its index: {name}@0 … {name}@{len(frames) - 1}",
        )
    return atoms


def _read_frames(text: str, kind: str) -> list[Atoms]:
    from ase.io import read

    try:
        # '@' in a name would be taken for a choice of frames
        with without_notices():
            found = read(text, index=":", format=kind, do_not_split_by_at_sign=True)
    except Exception as error:  # ASE's readers raise whatever their parsers raise
        raise _unreadable(text, error) from error
    frames = list(found) if isinstance(found, list) else [found]
    if not all(isinstance(atoms, Atoms) for atoms in frames):
        raise StructureError(f"{text}: holds no structure; expected one")
    return frames


def _is_file(path: str) -> bool:
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises for a name too long


def _count(number: int) -> str:
    return f"{number} structure{'s' * (number != 1)}"


def _format(path: str) -> str:
    """Return ASE's name of the format, without letting any reader see the file."""
    from ase.io.formats import filetype

    if not _is_file(path):
        found = kind_of(path)
        given = "no file" if found == "nothing" else f"no file but {found}"
        raise StructureError(f"{path}: given {given}, expected a file that exists")
    if path.lower().endswith(_PACKED):
        raise StructureError(f"{path}: a packed file is not read; unpack it first")
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise StructureError(f"{path}: {size} bytes, expected at most {MAX_BYTES}")
        if size == 0:
            raise StructureError(f"{path}: is empty, expected a structure")
        with Path(path).open("rb") as file:
            kind = str(filetype(file))
    except StructureError:
        raise
    except Exception as error:  # ASE's guess raises whatever its readers raise
        raise _unreadable(path, error) from error
    if kind not in FORMATS:
        raise StructureError(
            f"{path}: is not a structure ASE can read here (its format is {kind!r}); expected "
            f"{', '.join(FORMATS.values())}"
        )
    return kind


def _unreadable(path: str, error: Exception) -> StructureError:
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        line = _line_of(path, error.args[0])
        if line is not None:
            return StructureError(
                f"{path}: line {line}: {error.args[0]!r} is not known, expected a chemical symbol"
            )
    return StructureError(
        f"{path}: is not a structure ASE can read ({type(error).__name__}: {error})"
    )


def _line_of(path: str, word: str) -> int | None:
    """Return the number (from 1) of the first line that holds a word, None for none."""
    with Path(path).open(encoding="utf-8", errors="replace") as file:
        return next((n for n, line in enumerate(file, 1) if word in line.split()), None)

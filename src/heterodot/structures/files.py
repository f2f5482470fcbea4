"""Read a structure from a file, whoever wrote it: known formats only, of bounded size.

ASE reads some eighty formats and takes more from whatever packages are installed. What is read
here is a list of those whose readers parse text (or, for ``traj``, JSON and plain arrays) and
neither unpickle, import nor run anything, nor open a database or an address in place of a file.
"""

from __future__ import annotations

import os
from pathlib import Path

from ase import Atoms

from heterodot.errors import StructureError
from heterodot.paths import kind_of, user_path

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


def read_structure_file(path: str | os.PathLike[str]) -> Atoms:
    """Return the structure in a file; the last one, if there are several.

    Parameters
    ----------
    path : path-like
        A plain, unpacked file of one of :data:`FORMATS`, by its name or by its content.

    Raises
    ------
    StructureError
        One line: no such file, too large, packed, another format, or not readable.
    """
    text = os.fspath(user_path(path))
    kind = _format(text)
    from ase.io import read

    try:
        # '@' in a name would be taken for a choice of frames
        atoms = read(text, index=-1, format=kind, do_not_split_by_at_sign=True)
    except Exception as error:  # ASE's readers raise whatever their parsers raise
        raise _unreadable(text, error) from error
    if not isinstance(atoms, Atoms):
        raise StructureError(f"{text}: holds no single structure; expected one")
    return atoms


def _format(path: str) -> str:
    """Return ASE's name of the format, without letting any reader see the file."""
    from ase.io.formats import filetype

    if not os.path.isfile(path):  # noqa: PTH113 - Path.is_file raises for a name too long
        found = kind_of(path)
        given = "no file" if found == "nothing" else f"no file but {found}"
        raise StructureError(f"{path}: given {given}, expected a file that exists")
    if path.lower().endswith(_PACKED):
        raise StructureError(f"{path}: a packed file is not read; unpack it first")
    try:
        size = Path(path).stat().st_size
        if size > MAX_BYTES:
            raise StructureError(f"{path}: {size} bytes, expected at most {MAX_BYTES}")
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
    return StructureError(
        f"{path}: is not a structure ASE can read ({type(error).__name__}: {error})"
    )

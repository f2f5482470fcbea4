"""Write a structure with all it carries, in the format the file name says."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path

from ase import Atoms

from heterodot.errors import InputError
from heterodot.notices import without_notices
from heterodot.writing import write_atomically, written_aside


def write_structure(path: Path, atoms: Atoms) -> None:
    """Write one structure with all it carries, in the format the file name says, atomically.

    Raises
    ------
    InputError
        Extended XYZ has no words for one of its constraints or labels.
    """
    from ase.io import write
    from ase.io.formats import filetype

    if path.suffix in (".xyz", ".extxyz"):
        write_atomically(path, extended_xyz(atoms, path).encode())
        return
    plain = atoms.copy()
    plain.calc = None
    with written_aside(path) as (aside,), without_notices():
        warnings.simplefilter("error", RuntimeWarning)  # a number that is none would be written
        write(aside, plain, format=filetype(str(path), read=False))


def extended_xyz(atoms: Atoms, path: Path | str = "structure") -> str:
    """Return a structure with all it carries as extended XYZ; ``path`` is what errors call it.

    Raises
    ------
    InputError
        Extended XYZ has no words for one of its constraints or labels.
    """
    from ase.io import write

    plain = atoms.copy()
    plain.calc = None
    _check_expressible(path, plain)
    text = io.StringIO()
    write(text, plain, format="extxyz")
    return _unescaped(text.getvalue())


def _unescaped(text: str) -> str:
    r"""Return extended XYZ with letters beyond ASCII as such.

    ASE writes the record's Å as JSON's ``\\u00c5`` and its reader drops the backslash.
    """
    return re.sub(
        r"(?<!\\)\\u([0-9a-f]{4})",
        lambda m: chr(int(m[1], 16)) if 0x80 <= int(m[1], 16) < 0xD800 else m[0],
        text,
    )


def _check_expressible(path: Path | str, atoms: Atoms) -> None:
    """Refuse what extended XYZ would lose or garble: most constraints, text that is not a word."""
    for name, values in atoms.arrays.items():
        words = values.ravel().tolist() if values.dtype.kind in "UO" else []
        for i, word in enumerate(words):
            if len(str(word).split()) != 1 or len(str(word)) != len(str(word).strip()):
                raise InputError(
                    f"{path}: array {name!r}: {word!r} for atom {i}; expected one word without "
                    "blanks for each atom, which is what extended XYZ can hold"
                )
    for constraint in atoms.constraints:
        kind = type(constraint).__name__
        if kind not in ("FixAtoms", "FixCartesian"):
            raise InputError(
                f"{path}: constraint {kind} cannot be written as extended XYZ; expected FixAtoms "
                "or FixCartesian, or a file name that ends in .traj"
            )

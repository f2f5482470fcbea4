"""Which code wrote a file, and its reader: by the content, not by what the file is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.foreign.aims import read_aims
from heterodot.data.foreign.calculation import BROKEN, PACKED, ForeignCalculation, beginning
from heterodot.data.foreign.cp2k import read_cp2k
from heterodot.data.foreign.espresso import read_espresso
from heterodot.data.foreign.orca import read_orca
from heterodot.data.foreign.vasp import read_procar, read_vasprun
from heterodot.errors import InputError
from heterodot.paths import kind_of, user_path

_Reader = Callable[[Path], ForeignCalculation]

_MARKS: tuple[tuple[str, _Reader], ...] = (
    ("<modeling>", read_vasprun),
    ("qes:espresso", read_espresso),
    ("# Projected DOS for atomic kind", read_cp2k),
    ("CP2K|", read_cp2k),
    ("Invoking FHI-aims", read_aims),
    ("Reading file control.in.", read_aims),
    ("* O   R   C   A *", read_orca),
)
"""What the beginning of a file holds, and its reader."""

_INSIDE = ("vasprun.xml", "data-file-schema.xml")
"""Files that stand for a folder."""

_BROADENED = "holds curves that are broadened already, not states; expected {}"

_INSTEAD = {
    "DOSCAR": _BROADENED.format("vasprun.xml of the same run"),
    "EIGENVAL": "has no Fermi level and no elements; expected vasprun.xml of the same run",
    "OUTCAR": "expected vasprun.xml of the same run, which has the states in full",
    "pdos_atm": _BROADENED.format("PREFIX.save/data-file-schema.xml with NAME.projwfc_up beside"),
    "pdos_tot": _BROADENED.format("PREFIX.save/data-file-schema.xml with NAME.projwfc_up beside"),
    "projwfc_": "belongs to PREFIX.save/data-file-schema.xml; expected that, with this file beside",
    "atomic_proj.xml": "belongs to data-file-schema.xml; expected that, with this file beside",
    "Program PWSCF": "expected PREFIX.save/data-file-schema.xml of pw.x, not its output",
    "Program PROJWFC": "expected PREFIX.save/data-file-schema.xml of pw.x, with this file beside",
}
"""By a name, or the beginning: what to give in place of a file that is not enough."""

EXPECTED = (
    "vasprun.xml or PROCAR (VASP), data-file-schema.xml (Quantum ESPRESSO), a .pdos file or the "
    "output of CP2K, the output of FHI-aims or of ORCA"
)
"""What can be read."""


def read_calculation(path: str | Path) -> ForeignCalculation:
    """Read the states, the structure and what else a calculation of another code left.

    What the files do not hold is missing, not zero: asking for it is an error that says how the
    code writes it.

    Parameters
    ----------
    path : path
        ``vasprun.xml`` or ``PROCAR`` (VASP; PROCAR and LOCPOT beside are read, too),
        ``PREFIX.save/data-file-schema.xml`` or its folder (Quantum ESPRESSO; with
        ``NAME.projwfc_up``, or ``atomic_proj.xml`` and projwfc.x's output, beside),
        ``PROJECT-k1-1.pdos`` or the output (CP2K), the output of FHI-aims or ORCA. Text may be
        packed (``.gz``, ``.bz2``, ``.xz``).

    Returns
    -------
    ForeignCalculation

    Raises
    ------
    InputError
        No such file, none of these, cut short, non-collinear, or numbers that contradict what the
        code printed.
    """
    file = _file(user_path(path))
    read = _reader(file)
    try:
        return read(file)
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(str(file)) else f"{file}: {text}") from error
    except BROKEN as error:
        raise InputError(
            f"{file}: cannot be read ({type(error).__name__}: {error}); is it whole?"
        ) from error


def read_states(path: str | Path) -> ElectronicStructure:
    """Return the states of a calculation of another code; see :func:`read_calculation`."""
    return read_calculation(path).states


def is_calculation(path: str | Path) -> bool:
    """Return whether the beginning of a file, or what is in a folder, is of a code that is read."""
    try:
        _reader(_file(user_path(path)))
    except InputError:
        return False
    return True


def _file(path: Path) -> Path:
    """Return the file itself, or the one that stands for a folder."""
    if path.is_file():
        return path
    if not path.is_dir():
        found = kind_of(path)
        given = "no such file" if found == "nothing" else f"is {found}"
        raise InputError(f"{path}: {given}; expected {EXPECTED}")
    for name in _INSIDE:
        for ending in ("", *PACKED):
            if (path / f"{name}{ending}").is_file():
                return path / f"{name}{ending}"
    raise InputError(f"{path}: a folder without {' or '.join(_INSIDE)}; name the file itself")


def _reader(file: Path) -> _Reader:
    name, start = file.name, beginning(file)
    if name.startswith("PROCAR"):
        return read_procar
    for word, advice in _INSTEAD.items():
        if word in name or word in start[:4000]:
            raise InputError(f"{file}: {advice}")
    for mark, read in _MARKS:
        if mark in start:
            return read
    raise InputError(f"{file}: not of a code that is read here; expected {EXPECTED}")

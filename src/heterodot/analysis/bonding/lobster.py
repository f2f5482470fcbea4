"""COHP, COOP and COBI computed by LOBSTER, read from its files through pymatgen.

LOBSTER: S. Maintz, V. L. Deringer, A. L. Tchougréeff, R. Dronskowski, J. Comput. Chem. 37, 1030
(2016), doi:10.1002/jcc.24300.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heterodot.analysis.bonding.curves import KINDS, BondCurves
from heterodot.errors import InputError
from heterodot.lazy import optional
from heterodot.paths import user_path

READING = "reading the files of LOBSTER"

NOTE = "Read from LOBSTER: its projection, pairs and conventions, energies from its Fermi level"


def read_lobster(
    path: str | Path,
    kind: str | None = None,
    list_file: str | Path | None = None,
    level: str = "",
) -> BondCurves:
    """Read the curves LOBSTER wrote.

    Parameters
    ----------
    path : path
        COHPCAR.lobster, COOPCAR.lobster or COBICAR.lobster, or a folder with one of them; a leading
        ``~`` is the home folder.
    kind : {"COHP", "COOP", "COBI"} or None
        None: by the name of the file; COHP of a folder.
    list_file : path, optional
        ICOHPLIST.lobster (ICOOPLIST, ICOBILIST); the one beside the curves unless given. Where
        there is none, the integrals at the Fermi level are read off the curves.
    level : str
        Level of theory of the calculation LOBSTER read, which its files do not say.

    Returns
    -------
    BondCurves
        Energies relative to the Fermi level; pairs labelled as LOBSTER numbers atoms, from 1.

    Raises
    ------
    InputError
        No such file, or not what LOBSTER writes.
    """
    file, kind = _find(user_path(path), kind)
    listed = file.with_name(f"I{kind}LIST.lobster") if list_file is None else user_path(list_file)
    if list_file is not None and not listed.is_file():
        raise InputError(f"{listed}: no such file")
    car, names = _read_curves(file, kind)
    bonds = {label: bond for label, bond in car.cohp_data.items() if label != "average"}
    if not bonds:
        raise InputError(f"{file}: holds no pair; expected the pairs LOBSTER was asked for")
    spins = list(next(iter(bonds.values()))["COHP"])
    values = np.array([[bond["COHP"][spin] for spin in spins] for bond in bonds.values()], float)
    running = np.array([[bond["ICOHP"][spin] for spin in spins] for bond in bonds.values()], float)
    energies = np.asarray(car.energies, float)
    at_fermi = np.array([[np.interp(0.0, energies, curve) for curve in pair] for pair in running])
    if listed.is_file():
        at_fermi = _read_list(listed, kind, list(bonds), len(spins))
    return BondCurves(
        kind=kind,
        labels=tuple(f"{label}: {names[label]}" for label in bonds),
        energies=energies,
        values=values,
        running=running,
        at_fermi=at_fermi,
        reference="fermi",
        fermi=0.0,
        vbm=float("nan"),
        basis="LOBSTER",
        width=float("nan"),
        broadening="as in LOBSTER",
        lengths=tuple(float(bond["length"]) for bond in bonds.values()),
        level=f"{level} (LOBSTER)" if level else "LOBSTER",
        caveats=(NOTE,),
    )


def _find(path: Path, kind: str | None) -> tuple[Path, str]:
    """Return the file of the curves and what it holds."""
    if kind is not None and kind not in KINDS:
        raise InputError(f"kind {kind!r}: expected one of {KINDS}")
    if path.is_dir():
        kind = kind or "COHP"
        path = path / f"{kind}CAR.lobster"
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected COHPCAR.lobster or a folder with it")
    named = [k for k in KINDS if k in path.name.upper()]
    return path, kind or (named[0] if named else "COHP")


def _read_curves(file: Path, kind: str) -> tuple[Any, Mapping[str, str]]:
    """Return pymatgen's reading of the curves, and the atoms of each pair."""
    with optional("pymatgen", READING):
        from pymatgen.io.lobster.outputs import Cohpcar

    try:
        car = Cohpcar(are_coops=kind == "COOP", are_cobis=kind == "COBI", filename=str(file))
        names = _names(file)
    except (ValueError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: not a {kind}CAR.lobster ({error})".replace("\n", " ")) from error
    return car, names


def _names(file: Path) -> dict[str, str]:
    """Return the atoms of each pair, such as ``Cu1–S5``, by LOBSTER's number."""
    names = {}
    for line in file.read_text().splitlines():
        if line.startswith("No.") and "[" not in line:
            number, _, atoms = line[3:].partition(":")
            names[number] = atoms.rsplit("(", 1)[0].replace("->", "–")
    return names


def _read_list(file: Path, kind: str, labels: list[str], n_spins: int) -> np.ndarray:
    """(p, s) integrals at the Fermi level as LOBSTER lists them."""
    with optional("pymatgen", READING):
        from pymatgen.io.lobster.outputs import Icohplist

    try:
        found = Icohplist(are_coops=kind == "COOP", are_cobis=kind == "COBI", filename=str(file))
        rows = [list(found.icohplist[label]["icohp"].values()) for label in labels]
    except (ValueError, IndexError, KeyError, RuntimeError, UnicodeDecodeError) as error:
        raise InputError(
            f"{file}: does not list the pairs of the curves ({error!r})".replace("\n", " ")
        ) from error
    if {len(row) for row in rows} != {n_spins}:
        raise InputError(f"{file}: expected {n_spins} spin channel(s), as the curves have")
    return np.array(rows, float)

"""What formats say of charge and occupancy that ASE's readers pass over."""

from __future__ import annotations

import re
from pathlib import Path

from ase import Atoms

from heterodot.errors import StructureError

_TOT_CHARGE = re.compile(r"^[^!#]*\btot_charge\s*=\s*([-+.\w]+)", re.IGNORECASE | re.MULTILINE)
_CHG = re.compile(r"^M  CHG(.*)$", re.MULTILINE)
_RAD = re.compile(r"^M  RAD", re.MULTILINE)


def adopt_stated(atoms: Atoms, path: str, kind: str) -> None:
    """Put into ``info``, in place, the total charge a file of a format states in its own way.

    ``M  CHG`` lines of MOL and SDF files; ``tot_charge`` of Quantum ESPRESSO's input.

    Parameters
    ----------
    atoms : Atoms
        As ASE read it.
    path : str
    kind : str
        ASE's name of the format.

    Raises
    ------
    StructureError
        For radicals (``M  RAD``), whose spin is not read.
    """
    if kind in ("mol", "sdf"):
        text = Path(path).read_text(encoding="utf-8", errors="replace")
        if _RAD.search(text):
            raise StructureError("'M  RAD' is not read; give it as extended XYZ, multiplicity=…")
        lines = _CHG.findall(text)
        if lines:
            numbers = [line.split() for line in lines]
            atoms.info["charge"] = sum(float(q) for line in numbers for q in line[2::2])
    elif kind == "espresso-in":
        text = Path(path).read_text(encoding="utf-8", errors="replace")
        found = _TOT_CHARGE.findall(text)
        if found:
            atoms.info["charge"] = found[-1].lower().replace("d", "e")

"""ORCA: orbital energies of its output, and Löwdin's populations of each orbital.

The populations stand in the output if asked for (``%output Print[P_OrbPopMO_L] 1 end``, or
``! LargePrint``), in per cent with one decimal. ORCA names no Fermi level: the middle of HOMO and
LUMO stands for it, as a caveat says.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from ase import Atoms

from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.data.foreign.calculation import ForeignCalculation, checked, level_of, text_of
from heterodot.errors import InputError

NO_PROJECTIONS = "ORCA writes them with %output Print[P_OrbPopMO_L] 1 end"

FERMI = "no Fermi level in the output of ORCA: the middle of HOMO and LUMO stands for it"

PERCENT = "Löwdin populations as printed, to 0.1 % of a state"

_ORBITAL = re.compile(r"^\s*\d+\s+(\d\.\d{4})\s+(-?\d+\.\d+)\s+(-?\d+\.\d+)", re.MULTILINE)
_TITLE = "LOEWDIN REDUCED ORBITAL POPULATIONS PER MO"
_RULES = re.compile(r"^\s+--------(?:\s+--------)*\s*$")
_ROW = re.compile(r"^\s*(\d+)\s*([A-Z][a-z]?)\s+(\S+)((?:\s+-?\d+\.\d+)+)\s*$")

_HARMONICS = {
    "s": (0, 0), "pz": (1, 0), "px": (1, 1), "py": (1, -1),
    "dz2": (2, 0), "dxz": (2, 1), "dyz": (2, -1), "dx2y2": (2, 2), "dxy": (2, -2),
    "f0": (3, 0), **{f"f{m:+d}": (3, m) for m in (1, -1, 2, -2, 3, -3)},
}  # fmt: skip


def read_orca(path: Path) -> ForeignCalculation:
    """Read the output of ORCA, the last geometry of it.

    Raises
    ------
    InputError
        No orbital energies, or numbers that contradict each other.
    """
    text = text_of(path)
    blocks = re.split(r"^ORBITAL ENERGIES\s*$", text, flags=re.MULTILINE)
    if len(blocks) < 2:
        raise InputError("holds no table ORBITAL ENERGIES; expected the output of a finished run")
    last = blocks[-1]
    energies, occupations = _orbitals(last)
    atoms = _atoms(text)
    counts = re.findall(r"Number of Electrons\s+NEL\s+\.+\s+(\d+)", text)
    if not counts:
        raise InputError("does not say how many electrons it has; is it whole?")
    version = re.search(r"Program Version (\S+)", text)
    program = f"ORCA {version[1] if version else ''}".strip()
    projections = _populations(last, energies.shape, len(atoms))
    states = ElectronicStructure(
        numbers=atoms.numbers,
        energies=energies[:, None, :],
        k_weights=np.ones(1),
        occupations=occupations[:, None, :],
        fermi_level=_middle(energies, occupations),
        n_electrons=float(counts[-1]),
        vacuum_level=0.0,
        projections=projections,
        charges=_charges(last, len(atoms)),
        periodic=False,
        level=level_of(
            "orca", program, _keywords(text),
            {} if projections else {"projections": NO_PROJECTIONS},
        ),
        caveats=(FERMI, PERCENT) if projections else (FERMI,),
    )  # fmt: skip
    return ForeignCalculation(path, program, checked(states), atoms, (path,))


def _keywords(text: str) -> str:
    """Return the simple keywords of the input that the output repeats: its level of theory."""
    found = re.findall(r"^\|\s*\d+>\s*!\s*(.*?)\s*$", text, re.MULTILINE)
    return " ".join(found)


def _orbitals(block: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (s, b) energies (eV) and electrons of the orbitals."""
    block = block.split("*****")[0]
    tables = re.split(r"SPIN DOWN ORBITALS", block)[:2] if "SPIN UP ORBITALS" in block else [block]
    rows = []
    for table in tables:
        found = [(ev, n) for n, _, ev in _ORBITAL.findall(table)]
        rows.append(np.array(found, float).reshape(-1, 2))
    n_bands = min(len(row) for row in rows)  # ORCA 6 prints ten empty ones beyond those filled
    if not n_bands or any(row[n_bands:, 1].any() for row in rows):
        raise InputError("its table ORBITAL ENERGIES is cut short")
    both = np.array([row[:n_bands] for row in rows])
    return both[..., 0], both[..., 1]


def _middle(energies: np.ndarray, occupations: np.ndarray) -> float:
    full = 2.0 / len(energies)
    filled = occupations > 0.5 * full
    homo = float(energies[filled].max()) if filled.any() else float(energies.min())
    lumo = float(energies[~filled].min()) if (~filled).any() else homo
    return 0.5 * (homo + lumo) if lumo > homo else max(homo, lumo)


def _atoms(text: str) -> Atoms:
    start = text.rfind("CARTESIAN COORDINATES (ANGSTROEM)")
    symbols, places = [], []
    for line in text[start:].splitlines()[2:] if start >= 0 else []:
        words = line.split()
        if len(words) != 4:
            break
        symbols.append(words[0])
        places.append([float(word) for word in words[1:]])
    if not symbols:
        raise InputError("holds no CARTESIAN COORDINATES (ANGSTROEM); is it whole?")
    return Atoms(symbols, places)


def _populations(block: str, shape: tuple[int, ...], n_atoms: int) -> dict[str, Projections]:
    """Löwdin's populations of every orbital; none where they were not asked for."""
    start = block.find(_TITLE)
    if start < 0:
        return {}
    found: dict[tuple[int, str], np.ndarray] = {}
    seen = np.zeros(shape, bool)
    spin, columns, kept = 0, np.zeros(0, int), np.zeros(0, bool)
    lines = block[start:].splitlines()[3:]
    for i, line in enumerate(lines):
        if line.startswith("SPIN DOWN"):
            spin = 1
        elif _RULES.match(line):
            columns = np.array([int(word) for word in lines[i - 3].split()])
            kept = columns < shape[1]
            seen[spin, columns[kept]] = True
        elif row := _ROW.match(line):
            values = np.array(row[4].split(), float) / 100
            key = (int(row[1]), row[3])
            found.setdefault(key, np.zeros(shape))[spin, columns[kept]] = values[kept]
        elif line.startswith(("*", "-----")) or (line.isupper() and "SPIN" not in line):
            break  # the next table
    if not seen.all() or not found or max(atom for atom, _ in found) >= n_atoms:
        raise InputError(
            f"Löwdin populations of {int(seen.sum())} of {seen.size} orbitals: expected those of "
            "all; is it whole?"
        )
    unknown = sorted({name for _, name in found} - set(_HARMONICS))
    if unknown:
        raise InputError(f"orbitals {', '.join(unknown)}: expected s, p, d and f functions")
    keys = sorted(found, key=lambda key: (key[0], _HARMONICS[key[1]]))
    weights = np.stack([found[key] for key in keys], axis=-1)[:, None]
    shells = np.array([_HARMONICS[name] for _, name in keys])
    atom = np.array([atom for atom, _ in keys])
    return {"Löwdin": Projections("Löwdin", weights, atom, shells[:, 0], shells[:, 1])}


def _charges(block: str, n_atoms: int) -> dict[str, np.ndarray]:
    """Mulliken's and Löwdin's atomic charges, e."""
    found = {}
    for kind, title in (("Mulliken", "MULLIKEN"), ("Löwdin", "LOEWDIN")):
        table = re.search(
            rf"^{title} ATOMIC CHARGES.*?\n-+\n((?:\s*\d+ .*\n)+)", block, re.MULTILINE
        )
        rows = re.findall(
            r"^\s*\d+\s+[A-Z][a-z]?\s*:\s*(-?\d+\.\d+)", table[1] if table else "", re.M
        )
        if len(rows) == n_atoms:
            found[kind] = np.array(rows, float)
    return found

"""FHI-aims: the states its output prints after the last cycle of self-consistency.

Of a periodic structure it prints those of the first k-point only, from which neither a gap nor a
density of states follows: refused, with the gap it estimates itself in the message.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from ase import Atoms

from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.data.foreign.calculation import ForeignCalculation, checked, level_of, text_of
from heterodot.errors import InputError
from heterodot.notices import without_notices

NO_PROJECTIONS = (
    "the output of FHI-aims has none, and its atom_proj_dos files hold broadened curves, not states"
)

_STATE = re.compile(r"^\s+\d+\s+(\d+\.\d+)\s+(-?\d+\.\d+)\s+(-?\d+\.\d+)\s*$", re.MULTILINE)


def read_aims(path: Path) -> ForeignCalculation:
    """Read the output of FHI-aims for a molecule or a cluster, or a crystal at Γ.

    Raises
    ------
    InputError
        No states in it, more k-points than it prints, or numbers that contradict each other.
    """
    text = text_of(path)
    blocks = text.split("Writing Kohn-Sham eigenvalues.")
    if len(blocks) < 2:
        raise InputError("holds no Kohn-Sham eigenvalues; expected the output of a finished run")
    _check_points(text)
    if len(re.findall("HOMO-LUMO gap:", blocks[-1])) > 1:
        raise InputError(
            "prints the states of its first cycle only, not the self-consistent ones; run FHI-aims "
            "with output_level normal"
        )
    states, channels = _states(blocks[-1])
    atoms = _atoms(path)
    version = _said(text, r"FHI-aims version\s*:\s*(\S+)") or _said(text, r"Version (\S+)")
    functional = _said(text, r"^  XC:\s+(.*?)\s*$")
    counted = re.findall(r"a total of\s+(\d+\.\d+) electrons", text)
    if not counted:
        raise InputError("does not say how many electrons it has; is it whole?")
    program = f"FHI-aims {version}".strip()
    finite = not atoms.pbc.any()
    structure = ElectronicStructure(
        numbers=atoms.numbers,
        energies=states[:, None, :, 1],
        k_weights=np.ones(1),
        occupations=states[:, None, :, 0],
        fermi_level=_fermi(text),
        n_electrons=_electrons(text, float(counted[-1]), float(states[..., 0].sum())),
        vacuum_level=0.0 if finite else None,
        charges=_charges(text, len(atoms)),
        periodic=not finite,
        level=level_of("aims", program, functional, {"projections": NO_PROJECTIONS}),
    )
    if channels != structure.n_spins:
        raise InputError("states of one spin channel only; is it whole?")
    return ForeignCalculation(path, program, checked(structure), atoms, (path,))


def _said(text: str, pattern: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""


def _check_points(text: str) -> None:
    found = re.findall(r"Number of k-points\s+:\s+(\d+)", text)
    if not found or int(found[-1]) == 1:
        return
    gaps = re.findall(r"overall HOMO-LUMO gap:\s+(-?\d+\.\d+) eV", text)
    own = f" (FHI-aims itself estimates a gap of {float(gaps[-1]):.4f} eV)" if gaps else ""
    raise InputError(
        f"prints the states of 1 of {found[-1]} k-points, from which nothing here follows{own}; "
        "expected a molecule, a cluster, or a calculation at Γ"
    )


def _states(block: str) -> tuple[np.ndarray, int]:
    """Return (s, b, 2) occupations and energies (eV), and how many channels there should be."""
    tables = re.split(r"State\s+Occupation\s+Eigenvalue \[Ha\]\s+Eigenvalue \[eV\]", block)[1:]
    channels = 2 if "Spin-up eigenvalues" in block else 1
    rows = []
    for table in tables[:channels]:
        lines = table.split("\n\n")[0]
        found = np.array([(n, ev) for n, _, ev in _STATE.findall(lines)], float)
        rows.append(found.reshape(-1, 2))
    if not rows or len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise InputError("its table of eigenvalues is cut short or not as FHI-aims writes it")
    return np.array(rows), channels


def _electrons(text: str, counted: float, held: float) -> float:
    """Return the electrons counted, or these less the charge of the input it repeats."""
    charge = float(_said(text, r"^\s*charge\s+(-?\d+(?:\.\d*)?)\s*$") or 0)
    return min((counted, counted - charge), key=lambda number: abs(number - held))


def _fermi(text: str) -> float:
    levels = re.findall(r"[Cc]hemical potential \(Fermi level\):?\s+(-?\d+\.\d+) eV", text)
    levels += re.findall(r"\| Chemical Potential\s+:\s+(-?\d+\.\d+) eV", text)
    if not levels:
        raise InputError("does not say its Fermi level; is it whole?")
    last = max((text.rfind(level), level) for level in levels)
    return float(last[1])


def _atoms(path: Path) -> Atoms:
    from ase.io import read

    try:
        with without_notices():
            atoms = read(path, index=-1, format="aims-output")
    except Exception as error:  # ASE's reader raises whatever its parsers raise
        raise InputError(
            f"its structure cannot be read ({type(error).__name__}: {error}); is it whole?"
        ) from error
    found: Atoms = atoms
    found.calc = None
    return found


def _charges(text: str, n_atoms: int) -> dict[str, np.ndarray]:
    """Mulliken charges of the summary, e, where it was asked for."""
    start = text.rfind("Summary of the per-atom charge analysis:")
    if start < 0:
        return {}
    rows = re.findall(
        r"^\s*\|\s+\d+\s+\S+\s+(-?\d+\.\d+)", text[start : start + 200 * (n_atoms + 5)], re.M
    )
    return {"Mulliken": np.array(rows[:n_atoms], float)} if len(rows) >= n_atoms else {}

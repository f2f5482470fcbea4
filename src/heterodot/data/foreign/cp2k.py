"""CP2K: the ``.pdos`` files of &PRINT &PDOS, and the output of the run they belong to.

A file for each kind of atoms (and spin) holds the states with their weights on the functions of
all atoms of the kind together, in Löwdin's orthogonal basis: S^½ C
(https://manual.cp2k.org/trunk/CP2K_INPUT/FORCE_EVAL/DFT/PRINT/PDOS.html). Atoms, electrons and
charges stand in the output.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.units import Hartree

from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.data.foreign.calculation import (
    ForeignCalculation,
    beginning,
    checked,
    level_of,
    text_of,
)
from heterodot.errors import InputError

NO_PROJECTIONS = "CP2K writes them with &DFT &PRINT &PDOS; keep the .pdos files beside the output"

_HEAD = re.compile(r"# Projected DOS for atomic kind (\S+) .*E\(Fermi\) =\s*(\S+) a\.u\.")
_NAME = re.compile(r"(?P<project>.*?)-(?:(?P<spin>ALPHA|BETA)_)?k(?P<kind>\d+)-(?P<step>.*)\.pdos")
_ATOM = re.compile(r"^\s*\d+\s+(\d+)\s+([A-Z][a-z]?)\s+\d+((?:\s+-?\d+\.\d+){5})", re.MULTILINE)
_STATE = re.compile(r"^ MO\|\s+\d+\s+(\S+)\s+(\S+)\s+(\S+)\s*$", re.MULTILINE)

_HARMONICS = {
    "s": (0, 0), "py": (1, -1), "pz": (1, 0), "px": (1, 1),
    "d-2": (2, -2), "d-1": (2, -1), "d0": (2, 0), "d+1": (2, 1), "d+2": (2, 2),
    "f-3": (3, -3), "f-2": (3, -2), "f-1": (3, -1), "f0": (3, 0), "f+1": (3, 1), "f+2": (3, 2),
    "f+3": (3, 3),
}  # fmt: skip
"""l and m of the columns; of "p", "d" and "f" all m together."""


@dataclass(frozen=True)
class _Kind:
    """One ``.pdos`` file: (b,) states with their (b, c) weights on (c,) columns; hartree."""

    number: int
    fermi: float
    energies: np.ndarray
    occupations: np.ndarray
    columns: tuple[str, ...]
    weights: np.ndarray


def read_cp2k(path: Path) -> ForeignCalculation:
    """Read an output of CP2K with the .pdos files beside it, or a .pdos file with its output.

    Raises
    ------
    InputError
        Not such files, the partner or one of a kind is missing, or k-points.
    """
    output = _output_of(path) if path.suffix == ".pdos" else path
    text = text_of(output)
    project = _said(text, r"GLOBAL\| Project name\s+(\S+)")
    sampled = re.search(
        r"BRILLOUIN\|\s*(?:Number of K-Points|K-Points.*?)\s*:?\s+(\d+)\s*$", text, re.M
    )
    if sampled and int(sampled[1]) > 1:
        raise InputError(
            f"{sampled[1]} k-points: expected a calculation at Γ, as .pdos files are of"
        )
    atoms, kinds = _atoms(text, output, project)
    channels = 2 if re.search(r"\bUKS\s*$|Spin unrestricted", text, re.M) else 1
    files = _pdos_files(path, output.parent, project)
    if files:
        read = [
            _states_of(files, spin, kinds)
            for spin in (("ALPHA", "BETA") if channels == 2 else ("",))
        ]
        energies, occupations, fermi, projections = _joined(read, kinds)
    else:
        energies, occupations, fermi = _printed_states(text, channels)
        projections = {}
    version = _said(text, r"CP2K\| version string:\s+CP2K version (\S+)")
    counts = re.findall(r"Number of electrons:\s+(\d+)", text)
    if len(counts) < channels:
        raise InputError(f"{output}: the number of electrons is not in it; is it whole?")
    finite = bool(re.search(r"POISSON\| Periodicity\s+NONE", text))
    functional = re.findall(r"FUNCTIONAL\| ([A-Za-z0-9_-]+):", text)
    program = f"CP2K {version}".strip()
    states = ElectronicStructure(
        numbers=atoms.numbers,
        energies=energies * Hartree,
        k_weights=np.ones(1),
        occupations=occupations,
        fermi_level=fermi[0] if len(set(fermi)) == 1 else (fermi[0], fermi[1]),
        n_electrons=float(sum(int(n) for n in counts[:channels])),
        vacuum_level=0.0 if finite else None,
        projections=projections,
        charges=_charges(text, len(atoms)),
        periodic=bool(atoms.pbc.any()),
        level=level_of(
            "cp2k", program, "+".join(dict.fromkeys(functional)),
            {} if projections else {"projections": NO_PROJECTIONS},
        ),
    )  # fmt: skip
    return ForeignCalculation(path, program, checked(states), atoms, (output, *files))


def _said(text: str, pattern: str) -> str:
    found = re.search(pattern, text)
    return found[1] if found else ""


def _output_of(path: Path) -> Path:
    """Return the output of CP2K in the folder that names the project of a .pdos file."""
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise InputError("expected a name as CP2K gives it: PROJECT-k1-1.pdos")
    for file in sorted(path.parent.iterdir()):
        if not file.is_file() or file.suffix in (".pdos", ".inp", ".cube", ".wfn"):
            continue
        start = beginning(file)
        if "CP2K|" in start and _said(start, r"GLOBAL\| Project name\s+(\S+)") == named["project"]:
            return file
    raise InputError(
        f"the output of CP2K for project {named['project']} is not beside it, which has atoms and "
        "electrons; expected both in one folder"
    )


def _atoms(text: str, output: Path, project: str) -> tuple[Atoms, list[int]]:
    """Return the structure the run ended with and the kind of each atom, from 1."""
    table = text.rfind("ATOMIC COORDINATES IN ANGSTROM")
    rows = [] if table < 0 else _ATOM.findall(text[table : text.find("SCF PARAMETERS", table)])
    if not rows:
        raise InputError(
            f"{output}: the table of atoms is not in it; run CP2K with PRINT_LEVEL MEDIUM"
        )
    kinds = [int(kind) for kind, _, _ in rows]
    places = np.array([numbers.split()[:3] for _, _, numbers in rows], float)
    vectors = re.findall(r"CELL\| Vector [abc] \[angstrom\]:?\s+(\S+)\s+(\S+)\s+(\S+)", text)[-3:]
    periodic = _said(text, r"CELL\| Periodicity\s+(\S+)")
    atoms = Atoms(
        [symbol for _, symbol, _ in rows],
        places,
        cell=np.array(vectors, float) if len(vectors) == 3 else None,
        pbc=[axis in periodic.replace("NONE", "") for axis in "XYZ"],
    )
    moved = output.parent / f"{project}-pos-1.xyz"
    if moved.is_file():
        from ase.io import read

        last = read(moved, index=-1, format="xyz")
        if len(last) == len(atoms):
            atoms.positions = last.positions
    return atoms, kinds


def _pdos_files(path: Path, folder: Path, project: str) -> list[Path]:
    """Return the .pdos files of one step of the project: the one named, or the last."""
    found = {file: _NAME.fullmatch(file.name) for file in sorted(folder.glob("*.pdos"))}
    own = {f: named for f, named in found.items() if named and named["project"] == project}
    if not own:
        return []
    chosen = _NAME.fullmatch(path.name)
    steps = sorted({named["step"] for named in own.values()}, key=_numbers_in)
    step = chosen["step"] if chosen else steps[-1]
    return [file for file, named in own.items() if named["step"] == step]


def _numbers_in(text: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", text)]


def _states_of(files: Sequence[Path], spin: str, kinds: Sequence[int]) -> list[_Kind]:
    """Read the files of one spin, one for each kind of the structure."""
    found = {}
    for file in files:
        named = _NAME.fullmatch(file.name)
        if named and (named["spin"] or "") == spin:
            found[int(named["kind"])] = _read_pdos(file, int(named["kind"]))
    lacking = sorted(set(kinds) - set(found))
    if lacking:
        raise InputError(
            f"no .pdos file of kind {lacking[0]}{f', spin {spin}' if spin else ''}: expected one "
            f"for each of the kinds {', '.join(map(str, sorted(set(kinds))))}"
        )
    return [found[kind] for kind in sorted(set(kinds))]


def _read_pdos(file: Path, number: int) -> _Kind:
    lines = text_of(file).splitlines()
    starts = [i for i, line in enumerate(lines) if _HEAD.match(line)]
    if not starts:
        raise InputError(f"{file}: expected '# Projected DOS for atomic kind …' in its first line")
    start = starts[-1]
    head = _HEAD.match(lines[start])
    columns = tuple(re.split(r"\s{2,}", lines[start + 1].strip("# "))[2:])
    try:
        rows = np.array([line.split() for line in lines[start + 2 :] if line.strip()], float)
        if rows.shape[1] != 3 + len(columns) or head is None:
            raise ValueError(f"{rows.shape[1]} columns, expected {3 + len(columns)}")
    except (ValueError, IndexError) as error:
        raise InputError(f"{file}: {error}; is it whole?") from error
    return _Kind(number, float(head[2]), rows[:, 1], rows[:, 2], columns, rows[:, 3:])


def _joined(
    read: Sequence[Sequence[_Kind]], kinds: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, list[float], dict[str, Projections]]:
    """Return (s, 1, b) energies and occupations, Fermi levels (eV) and projections."""
    if any(len({len(kind.energies) for kind in channel}) > 1 for channel in read):
        raise InputError(".pdos files of one spin differ in their number of states; is one cut?")
    n_bands = min(len(kind.energies) for channel in read for kind in channel)
    energies = np.array([[channel[0].energies[:n_bands]] for channel in read])
    occupations = np.array([[channel[0].occupations[:n_bands]] for channel in read])
    dropped = max(k.occupations[n_bands:].max(initial=0.0) for channel in read for k in channel)
    if dropped > 1e-6:
        raise InputError("fewer states of one spin than the other has electrons; is a file cut?")
    for channel, own in zip(read, energies, strict=True):
        if any(np.abs(kind.energies[:n_bands] - own[0]).max() > 1e-5 for kind in channel):
            raise InputError("the .pdos files hold different states: expected those of one run")
    weights = np.concatenate(
        [
            np.stack([channel[i].weights[:n_bands] for channel in read])[:, None]
            for i in range(len(read[0]))
        ],
        axis=-1,
    )
    members = {kind: tuple(np.flatnonzero(np.array(kinds) == kind).tolist()) for kind in kinds}
    columns = [(kind.number, name) for kind in read[0] for name in kind.columns]
    groups = tuple(members[number] for number, _ in columns)
    resolved = all(name in _HARMONICS for _, name in columns)
    pairs = [_HARMONICS.get(name) or ("spdf".index(name), 0) for _, name in columns]
    projections = Projections(
        "Löwdin",
        weights,
        np.array([group[0] for group in groups]),
        np.array([l for l, _ in pairs]),  # noqa: E741
        np.array([m for _, m in pairs]) if resolved else None,
        None if all(len(group) == 1 for group in groups) else groups,
    )
    return energies, occupations, [c[0].fermi * Hartree for c in read], {"Löwdin": projections}


def _printed_states(text: str, channels: int) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """States of the last tables of molecular orbitals in the output."""
    tables = re.split(r"EIGENVALUES AND OCCUPATION NUMBERS", text)[-channels:]
    rows = [np.array(_STATE.findall(table), float) for table in tables]
    levels = re.findall(r"MO\| E\(Fermi\):\s+\S+ a\.u\.\s+(\S+) eV", text)[-channels:]
    if len(levels) < channels or any(len(table) == 0 for table in rows):
        raise InputError(
            "the output holds no states: expected .pdos files beside it (&DFT &PRINT &PDOS)"
        )
    n_bands = min(len(table) for table in rows)
    energies = np.array([[table[:n_bands, 0]] for table in rows])
    occupations = np.array([[table[:n_bands, 2]] for table in rows])
    return energies, occupations, [float(level) for level in levels]


def _charges(text: str, n_atoms: int) -> dict[str, np.ndarray]:
    """Net charges of the last population analyses, e."""
    found = {}
    for kind, title, column in (
        ("Mulliken", "Mulliken Population Analysis", {5: 4, 7: 5}),
        ("Hirshfeld", "Hirshfeld Charges", {6: 5, 8: 7}),
    ):
        start = text.rfind(title)
        if start < 0:
            continue
        rows = [line.split() for line in text[start:].splitlines()[1 : n_atoms + 6]]
        rows = [row for row in rows if row and row[0].isdigit() and len(row) in column]
        if len(rows) == n_atoms:
            found[kind] = np.array([float(row[column[len(row)]]) for row in rows])
    return found

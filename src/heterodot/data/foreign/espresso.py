"""Quantum ESPRESSO: data-file-schema.xml of pw.x and what projwfc.x projected of its states.

pw.x writes structure, states and occupations into ``PREFIX.save/data-file-schema.xml`` and
``PREFIX.xml``. projwfc.x writes the projections on Löwdin's orthogonal atomic orbitals in full into
``FILPROJ.projwfc_up`` (and ``_down``), symmetrised, where it was given ``filproj``; otherwise into
``PREFIX.save/atomic_proj.xml``, whose orbitals its output lists
(https://www.quantum-espresso.org/Doc/INPUT_PROJWFC.html). What they leave over of the electrons,
its "spilling", is said as a caveat.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers
from ase.units import Bohr, Hartree

from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.data.foreign.calculation import (
    PACKED,
    ForeignCalculation,
    along_lines,
    beginning,
    checked,
    level_of,
    normalised,
    text_of,
)
from heterodot.errors import InputError

NO_PROJECTIONS = (
    "projwfc.x writes them with filproj = 'NAME' into NAME.projwfc_up; put it beside this file"
)

_STATE = re.compile(r"state #\s*(\d+): atom\s*(\d+) \(.*?\), wfc\s*\d+ \(l=\s*(\d+) m=\s*(\d+)\)")


@dataclass(frozen=True)
class _Orbitals:
    """The atomic orbitals projected on, in the order of projwfc.x."""

    atom: np.ndarray
    l: np.ndarray  # noqa: E741 - the field's name for it
    m: np.ndarray


def read_espresso(path: Path) -> ForeignCalculation:
    """Read a data-file-schema.xml, and the projections beside it.

    Raises
    ------
    InputError
        Not such a file, spin-orbit coupling, or numbers that contradict each other.
    """
    root = _parse(path)
    output = root.find("output")
    bands = None if output is None else output.find("band_structure")
    if output is None or bands is None:
        raise InputError("has no <output> with a <band_structure>: pw.x had not finished")
    if _text(bands, "noncolin") == "true" or _text(bands, "spinorbit") == "true":
        raise InputError(
            "a non-collinear calculation: each of its states holds one electron of mixed spin; "
            "expected a spin-paired or collinear one"
        )
    atoms = _atoms(output)
    polarised = _text(bands, "lsda") == "true"
    energies, occupations, weights = _states(bands, polarised)
    projections, used, leftover = _projections(path, output, atoms, energies.shape)
    version = _attribute(root, "general_info/creator", "VERSION")
    n_electrons = float(_text(bands, "nelec"))
    program = f"Quantum ESPRESSO {version}".strip()
    lacking = {} if projections else {"projections": NO_PROJECTIONS}
    states = ElectronicStructure(
        numbers=atoms.numbers,
        energies=energies * Hartree,
        k_weights=normalised(weights),
        occupations=occupations,
        fermi_level=_fermi(bands, energies, occupations),
        n_electrons=n_electrons,
        projections=projections,
        periodic=True,
        level=level_of("espresso", program, _text(output, "dft/functional"), lacking),
        caveats=leftover,
    )
    lines = _text(root, "input/control_variables/calculation") == "bands"
    states = checked(states, counted=not lines)
    states = along_lines(states) if lines else states
    return ForeignCalculation(path, program, states, atoms, (path, *used))


def _parse(path: Path) -> ET.Element:
    text = text_of(path)
    if "<!DOCTYPE" in text[:2000] or "<!ENTITY" in text:
        raise InputError("declares a document type, as pw.x never does; expected its own XML")
    try:
        return ET.fromstring(text)  # noqa: S314 - no entities, checked above
    except ET.ParseError as error:
        raise InputError(f"is no whole XML ({error}); expected data-file-schema.xml") from error


def _text(element: ET.Element, name: str) -> str:
    found = element.find(name)
    return "" if found is None or found.text is None else found.text.strip()


def _attribute(element: ET.Element, name: str, key: str) -> str:
    found = element.find(name)
    return "" if found is None else found.get(key, "")


def _numbers(element: ET.Element, name: str) -> np.ndarray:
    return np.array(_text(element, name).split(), float)


def _atoms(output: ET.Element) -> Atoms:
    structure = output.find("atomic_structure")
    if structure is None:
        raise InputError("has no <atomic_structure> in its <output>: pw.x had not finished")
    found = structure.findall("atomic_positions/atom")
    symbols = [re.sub(r"[^A-Za-z].*", "", atom.get("name", "")).capitalize() for atom in found]
    symbols = [s if s in atomic_numbers else s[:1] for s in symbols]
    unknown = sorted({s for s in symbols if s not in atomic_numbers})
    if unknown:
        raise InputError(f"atoms {', '.join(unknown)}: expected names that begin with an element")
    places = np.array([(atom.text or "").split() for atom in found], float) * Bohr
    cell = np.array([_numbers(structure, f"cell/a{i}") for i in (1, 2, 3)]) * Bohr
    return Atoms(symbols, places, cell=cell, pbc=True)


def _states(bands: ET.Element, polarised: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (s, k, b) energies (hartree), electrons in each state, and (k,) weights."""
    points = bands.findall("ks_energies")
    if not points:
        raise InputError("has no <ks_energies>: pw.x had not finished")
    weights = [float(_attribute(point, "k_point", "weight")) for point in points]
    channels = 2 if polarised else 1
    if polarised and _text(bands, "nbnd_up") != _text(bands, "nbnd_dw"):
        raise InputError("different numbers of bands for the two spins: expected the same")
    shape = (len(points), channels, -1)
    energies = np.array([_numbers(p, "eigenvalues") for p in points]).reshape(shape)
    filling = np.array([_numbers(p, "occupations") for p in points]).reshape(shape)
    turned = filling.transpose(1, 0, 2) * (2.0 / channels)
    return energies.transpose(1, 0, 2), turned, np.array(weights)


def _fermi(
    bands: ET.Element, energies: np.ndarray, occupations: np.ndarray
) -> float | tuple[float, float]:
    """Fermi level(s), eV; the highest filled state where pw.x gives none (fixed occupations)."""
    two = _numbers(bands, "two_fermi_energies")
    if two.size == 2:
        return float(two[0]) * Hartree, float(two[1]) * Hartree
    for name in ("fermi_energy", "highestOccupiedLevel"):
        if _text(bands, name):
            return float(_text(bands, name)) * Hartree
    return float(energies[occupations > 0.5 * occupations.max()].max()) * Hartree


def _projections(
    path: Path, output: ET.Element, atoms: Atoms, shape: tuple[int, ...]
) -> tuple[dict[str, Projections], tuple[Path, ...], tuple[str, ...]]:
    """Return projections by kind, the files they were read from, and what they leave over."""
    folders = [path.parent, path.parent.parent] if path.parent.suffix == ".save" else [path.parent]
    prefix = _prefix(path)
    full = _one_of(folders, "*.projwfc_up", prefix)
    if full is not None:
        down = full.with_name(full.name.replace(".projwfc_up", ".projwfc_down"))
        files = [full, down][: shape[0]]
        orbitals, weights = _read_full(files, shape, len(atoms))
    else:
        save = path.parent / f"{prefix}.save"
        found = [f / "atomic_proj.xml" for f in (path.parent, save)]
        xml = next((file for file in found if file.is_file()), None)
        listed = None if xml is None else _listing(folders, prefix)
        if xml is None or listed is None:
            return {}, (), ()
        files = [xml, listed]
        orbitals, weights = _read_raw(xml, listed, shape)
        weights, orbitals = _symmetrised(weights, orbitals, output, len(atoms))
    resolved = orbitals.m if full is not None else None
    found_kind = Projections("Löwdin", weights, orbitals.atom, orbitals.l, resolved)
    return {"Löwdin": found_kind}, tuple(files), _spilling(output, weights)


def _prefix(path: Path) -> str:
    if path.parent.suffix == ".save":
        return path.parent.stem
    return path.name.split(".")[0]


def _one_of(folders: Sequence[Path], pattern: str, prefix: str) -> Path | None:
    """Return the file of a pattern that begins with the prefix, or the only one there is."""
    for folder in folders:
        found = sorted(f for f in folder.glob(pattern) if f.is_file())
        own = [f for f in found if f.name.startswith(f"{prefix}.")]
        if own or len(found) == 1:
            return (own or found)[0]
    return None


def _read_full(
    files: Sequence[Path], shape: tuple[int, ...], n_atoms: int
) -> tuple[_Orbitals, np.ndarray]:
    """Read |⟨φ|ψ⟩|² of every orbital, k-point and band, a file for each spin."""
    parts = []
    for file in files:
        if not file.is_file():
            raise InputError(f"{file.name}: no such file; projwfc.x writes one for each spin")
        try:
            parts.append(_read_one(text_of(file), shape, n_atoms))
        except (ValueError, IndexError) as error:
            raise InputError(f"{file.name}: {error}; is it whole, and of this run?") from error
    return parts[0][0], np.stack([weights for _, weights in parts])


def _read_one(text: str, shape: tuple[int, ...], n_atoms: int) -> tuple[_Orbitals, np.ndarray]:
    lines = text.splitlines()
    n_types = int(lines[1].split()[7])
    cell_rows = 3 if int(lines[2].split()[0]) == 0 else 0
    head = 4 + cell_rows + n_types + n_atoms
    n_orbitals, n_k, n_bands = (int(n) for n in lines[head].split())
    if (n_k, n_bands) != shape[1:]:
        raise ValueError(f"{n_k} k-points, {n_bands} bands; expected {shape[1]}, {shape[2]}")
    block = n_k * n_bands + 1
    rows, weights = [], np.empty((n_k, n_bands, n_orbitals))
    for p in range(n_orbitals):
        start = head + 2 + p * block
        rows.append([int(word) for word in lines[start].split()[-3:]])  # radial function, l, m
        values = np.array([row.split()[2] for row in lines[start + 1 : start + block]], float)
        weights[..., p] = values.reshape(n_k, n_bands)
    atom = np.array([int(lines[head + 2 + p * block].split()[1]) - 1 for p in range(n_orbitals)])
    l, order = np.array(rows)[:, 1], np.array(rows)[:, 2]  # noqa: E741
    return _Orbitals(atom, l, _harmonic(order)), weights


def _harmonic(order: np.ndarray) -> np.ndarray:
    """Return m of the real harmonics from their number 1, 2, 3, … (0, 1, −1, 2, −2, …)."""
    return np.where(order % 2 == 0, order // 2, -(order // 2))


def _listing(folders: Sequence[Path], prefix: str) -> Path | None:
    """Return the output of projwfc.x, which lists the orbitals, beside the run or above it."""
    found = [
        file
        for folder in folders
        for file in sorted(folder.iterdir())
        if file.is_file()
        and file.suffix not in (".xml", ".dat", ".upf", ".UPF", *PACKED)
        and "Program PROJWFC" in beginning(file, 2000)
    ]
    own = [file for file in found if file.name.startswith(f"{prefix}.")]
    if own or len(found) == 1:
        return (own or found)[0]
    return None


def _read_raw(xml: Path, listed: Path, shape: tuple[int, ...]) -> tuple[_Orbitals, np.ndarray]:
    """Read ⟨φ|ψ⟩ of every orbital, with the orbitals that the output lists."""
    root = _parse(xml)
    rows = np.array([[int(n) for n in row] for row in _STATE.findall(text_of(listed))])
    points = root.findall("EIGENSTATES/PROJS")
    if len(rows) == 0 or len(points) != shape[0] * shape[1]:
        raise InputError(
            f"{xml.name}: {len(points)} k-points and {len(rows)} orbitals in {listed.name}: "
            f"expected {shape[0] * shape[1]} and those of the same run"
        )
    weights = np.zeros((shape[0] * shape[1], shape[2], len(rows)))
    for k, point in enumerate(points):
        functions = point.findall("ATOMIC_WFC")
        if len(functions) != len(rows):
            raise InputError(f"{xml.name}: {len(functions)} orbitals, expected {len(rows)}")
        for p, function in enumerate(functions):
            values = np.array((function.text or "").split(), float).reshape(shape[2], 2)
            weights[k, :, p] = (values**2).sum(axis=1)
    orbitals = _Orbitals(rows[:, 1] - 1, rows[:, 2], _harmonic(rows[:, 3]))
    return orbitals, weights.reshape(*shape, len(rows))


def _symmetrised(
    weights: np.ndarray, orbitals: _Orbitals, output: ET.Element, n_atoms: int
) -> tuple[np.ndarray, _Orbitals]:
    """Sum over m and average over the atoms each operation of the crystal exchanges.

    The k-points are those symmetry leaves, so that the weights of one atom alone are not those of
    the whole zone.
    """
    shells = sorted(set(zip(orbitals.atom.tolist(), orbitals.l.tolist(), strict=True)))
    turns = [
        np.array((element.text or "").split(), int) - 1
        for element in output.iter("equivalent_atoms")
    ]
    turns = [turn for turn in turns if len(turn) == n_atoms] or [np.arange(n_atoms)]
    summed = {
        (a, l): weights[..., (orbitals.atom == a) & (orbitals.l == l)].sum(axis=-1)
        for a, l in shells  # noqa: E741
    }
    averaged = [
        np.mean([summed[int(turn[a]), l] for turn in turns], axis=0)
        for a, l in shells  # noqa: E741
    ]
    atom, l = (np.array(column) for column in zip(*shells, strict=True))  # noqa: E741
    return np.stack(averaged, axis=-1), _Orbitals(atom, l, np.zeros(len(l), int))


def _spilling(output: ET.Element, weights: np.ndarray) -> tuple[str, ...]:
    """Say how much of the electrons the atomic orbitals leave over."""
    bands = output.find("band_structure")
    if bands is None:
        return ()
    _, occupations, k_weights = _states(bands, weights.shape[0] == 2)
    held = normalised(k_weights)[None, :, None] * occupations
    lost = 1 - float((held * weights.sum(axis=-1)).sum() / held.sum())
    return (f"Projections on atomic orbitals leave out {100 * lost:.1f} % of the electrons",)

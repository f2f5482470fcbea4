"""What questions about a crystal ask of it first, and how they judge what became of it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list
from ase.units import GPa

from heterodot import provenance
from heterodot.analysis import Flag
from heterodot.calculators import Level
from heterodot.errors import InputError
from heterodot.structures.crystals.freedom import CrystalFreedom, crystal_freedom
from heterodot.structures.crystals.table import CRYSTALS, CrystalEntry
from heterodot.workflows.parts.gates import force_gate, recovery_gate
from heterodot.workflows.tasks.cells import CellResult
from heterodot.workflows.tasks.computing.reconstruction import RECONSTRUCTION_DISPLACEMENT

COLLAPSED, EXPANDED = 0.75, 1.35
"""Of the volume: a relaxed crystal beyond these is another one, or none. Chosen: a level's lattice
constants are within 3 % of experiment (docs/validation.md), which is 9 % in volume; the densest
form of ZnS, rocksalt, has 0.82 of zinc blende's."""

OVERLAP = 0.6
"""Of the sum of covalent radii: atoms nearer than that are on top of each other. Chosen."""

STRESS_LEFT = 0.1
"""GPa of stress that may be left beside the pressure asked for: 0.1 % of a bulk modulus of 100."""


def check_crystal(atoms: Atoms, level: Level, kind: str) -> None:
    """Refuse what is no whole crystal at one level.

    Raises
    ------
    InputError
        Not periodic in three directions, atoms that are held, or a level of two.
    """
    if not atoms.pbc.all():
        raise InputError(
            f"{kind} of {atoms.get_chemical_formula()}, periodic along {int(atoms.pbc.sum())} "
            "directions: expected a crystal, such as a step 'crystal: ZnS' makes"
        )
    if atoms.constraints:
        raise InputError(
            f"{kind} of a crystal with constraints: its atoms move as its symmetry says; take the "
            "constraints away"
        )
    if level.geometry is not None:
        raise InputError(
            f"{kind} at {level.label}: energies and geometries of one level are expected; ask at "
            f"{level.geometry_level.label} or at {level.energy_level.label} alone"
        )


def table_entry(atoms: Atoms) -> CrystalEntry | None:
    """Return the crystal table's entry of a structure that came from it, whole as it was."""
    record = provenance.details(atoms).get("crystal") or {}
    entry = CRYSTALS.get(record.get("name", ""))
    if entry is None or record.get("number") != entry.number or "lattice" in record:
        return None
    cellpar = np.asarray(entry.cellpar)[[*entry.axes, *(3 + axis for axis in entry.axes)]]
    return entry if np.allclose(atoms.cell.cellpar(), cellpar, atol=1e-4) else None


def independent_lengths(atoms: Atoms, start: Atoms) -> dict[str, float]:
    """Return the lattice constants that differ in the crystal that was given: "a (Å)" and so on.

    Angles (°) where they are not all right angles or 120°.
    """
    before, now = start.cell.cellpar(), atoms.cell.cellpar()
    found = {
        f"{letter} (Å)": float(now[k])
        for k, letter in enumerate("abc")
        if not any(abs(before[k] - before[other]) < 1e-4 for other in range(k))
        or not any(abs(now[k] - now[other]) < 1e-4 for other in range(k))
    }
    for k, letter in enumerate("αβγ", start=3):
        if min(abs(now[k] - right) for right in (90.0, 120.0)) > 1e-3:
            found[f"{letter} (°)"] = float(now[k])
    return found


def cell_gates(
    start: Atoms, found: CellResult, fmax: float, pressure: float, what: str
) -> tuple[Flag, ...]:
    """Flag a cell that did not converge, or collapsed, or holds another crystal than before.

    Parameters
    ----------
    start : Atoms
        As it was given.
    found : CellResult
    fmax : float
        Criterion, eV/Å.
    pressure : float
        GPa that was asked for.
    what : str
        What the messages call it.
    """
    flags = force_gate(found.fmax, fmax, what) + recovery_gate(found.recovery, what)
    left = stress_left(found.stress, pressure)
    if not found.converged:
        message = f"{what}: forces and stress above the criterion, {left:.2f} GPa of stress left"
        flags += (Flag("cell-not-converged", message),)
    elif left > STRESS_LEFT:
        flags += (Flag("stress-left", f"{what}: {left:.2f} GPa of stress left"),)
    return flags + changed_gates(start, found.structure, what)


def stress_left(stress: np.ndarray, pressure: float) -> float:
    """Return the largest component of a stress (eV/Å³) beside a pressure (GPa), GPa."""
    return float(np.abs(stress / GPa + pressure * np.array([1, 1, 1, 0, 0, 0])).max())


def changed_gates(start: Atoms, atoms: Atoms, what: str) -> tuple[Flag, ...]:
    """Flag a crystal that is no longer what it was: volume, contacts, places of atoms."""
    ratio = atoms.get_volume() / start.get_volume()
    if ratio < COLLAPSED or _overlapping(atoms):
        return (Flag("cell-collapsed", f"{what}: volume {ratio:.2f} of that given"),)
    if ratio > EXPANDED:
        return (Flag("cell-expanded", f"{what}: volume {ratio:.2f} of that given"),)
    moved = largest_move(start, atoms)
    if moved > RECONSTRUCTION_DISPLACEMENT:
        message = f"{what}: an atom moved by {moved:.2f} Å beside the strain of the cell"
        return (Flag("reconstructed", message),)
    return ()


def largest_move(start: Atoms, atoms: Atoms) -> float:
    """Return how far an atom moved at most beside the strain of the cell and a shift of all, Å."""
    steps = atoms.get_scaled_positions(wrap=False) - start.get_scaled_positions(wrap=False)
    steps -= np.rint(steps)
    steps -= steps.mean(axis=0)
    return float(np.linalg.norm(steps @ atoms.cell.array, axis=1).max())


def _overlapping(atoms: Atoms) -> bool:
    from ase.data import covalent_radii

    i, j, d = neighbor_list("ijd", atoms, 2 * OVERLAP * covalent_radii[atoms.numbers].max())
    radii = covalent_radii[atoms.numbers]
    return bool((d < OVERLAP * (radii[i] + radii[j])).any())


def symmetry_gate(before: CrystalFreedom, after: CrystalFreedom, what: str) -> tuple[Flag, ...]:
    """Flag a crystal of another space group than before."""
    if after.number == before.number:
        return ()
    more = after.order - before.order
    name = "symmetry-lost" if more < 0 else "symmetry-gained" if more else "symmetry-changed"
    return (Flag(name, f"{what}: {before.label} before, {after.label} after"),)


def symmetries(start: Atoms, atoms: Atoms) -> tuple[CrystalFreedom, CrystalFreedom]:
    """Return what spglib finds before and after."""
    return crystal_freedom(start), crystal_freedom(atoms)


def flagged(atoms: Atoms, flags: Iterable[Flag]) -> Atoms:
    """Return the crystal (the caller's own) with the flags of the result it is from."""
    for flag in flags:
        provenance.add_flag(atoms, flag.name, flag.message)
    return atoms


def named(atoms: Atoms) -> str:
    """Return what a crystal is called: by its record, or its formula."""
    record = provenance.details(atoms).get("crystal") or {}
    return str(record.get("name") or atoms.get_chemical_formula(empirical=True))

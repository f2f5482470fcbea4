"""The least memory a GPAW calculation needs, so that a senseless setting is refused before it runs.

A lower bound: arrays on the grid, plane-wave coefficients or LCAO matrices, and the k-points. What
lies above the machine's memory by this count cannot run; what lies below may still not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms
from ase.units import Bohr, Hartree

from heterodot.calculators.gpaw.box import DEFAULT_SPACING, with_box
from heterodot.calculators.gpaw.settings import kpoints, reduces_kpoints
from heterodot.calculators.machine import machine_memory
from heterodot.errors import RefusedError

_COARSE, _FINE = 3, 3
"""Arrays of 8 bytes kept on the grid of the wave functions, and on that of twice as many points
along each direction: densities and potentials."""

_MATRICES = 3
"""LCAO matrices kept for each k-point: overlap, kinetic energy, coefficients."""

_OPERATIONS = 48
"""Point-group operations at most, by which k-points are saved."""


def check_memory(atoms: Atoms, settings: Mapping[str, Any]) -> None:
    """Refuse a calculation that this machine cannot hold.

    Raises
    ------
    RefusedError
        Says how much is needed at least, how much there is, and the settings it comes from.
    """
    there = machine_memory()
    needed = memory_needed(atoms, settings)
    if there is None or needed <= there:
        return
    named: tuple[str, ...] = ("ecut",) if settings["mode"] == "pw" else ("h",)
    if settings.get("h") is not None:
        named = tuple(dict.fromkeys((*named, "h")))
    named += ("kpts", "nbands") if atoms.pbc.any() else ("vacuum", "nbands")
    said = ", ".join(f"{n} = {settings[n]!r}" for n in named if settings.get(n) is not None)
    lengths = ", ".join(f"{x:.4g}" for x in _boxed(atoms, settings).cell.lengths())
    raise RefusedError(
        f"gpaw: {said} in a cell of {lengths} Å needs {_size(needed)} of memory at least, this "
        f"machine has {_size(there)}: choose other settings, or a machine with more"
    )


def memory_needed(atoms: Atoms, settings: Mapping[str, Any]) -> float:
    """Return the bytes a calculation needs at least."""
    boxed = _boxed(atoms, settings)
    volume = float(abs(np.linalg.det(boxed.cell.array)))
    plane_waves = settings["mode"] == "pw"
    spacing = settings.get("h") or (_spacing(settings["ecut"]) if plane_waves else DEFAULT_SPACING)
    grid = 8.0 * (_COARSE + 8 * _FINE) * volume / spacing**3
    total, reduced = _n_kpoints(boxed, settings)
    bands = max(int(boxed.numbers.size), 1)
    if isinstance(settings.get("nbands"), int) and settings["nbands"] > 0:
        bands = settings["nbands"]
    per_kpoint = (
        16.0
        * bands
        * (_n_plane_waves(volume, settings["ecut"]) if plane_waves else _MATRICES * bands)
    )
    return grid + reduced * per_kpoint + 24.0 * total


def _boxed(atoms: Atoms, settings: Mapping[str, Any]) -> Atoms:
    return with_box(atoms, settings["vacuum"], settings.get("h"))


def _spacing(ecut: float) -> float:
    """Å between the points of the grid that holds products of plane waves up to ``ecut`` (eV)."""
    return float(np.pi / (2 * np.sqrt(2 * ecut / Hartree)) * Bohr)


def _n_plane_waves(volume: float, ecut: float) -> float:
    """Plane waves below ``ecut`` (eV) in a volume (Å³): that of a sphere, V k³ / 6 π²."""
    return float(volume / Bohr**3 * (2 * ecut / Hartree) ** 1.5 / (6 * np.pi**2))


def _n_kpoints(atoms: Atoms, settings: Mapping[str, Any]) -> tuple[float, float]:
    """Return the number of k-points, and the least number left by symmetry."""
    if not atoms.pbc.any():
        return 1.0, 1.0
    given = kpoints(settings["kpts"], atoms)
    if "size" in given:
        counts = np.array(given["size"], float)
    else:
        lengths = np.linalg.norm(2 * np.pi * atoms.cell.reciprocal().array, axis=1)
        counts = np.maximum(np.ceil(given["density"] * lengths), 1.0)
    total = float(np.prod(np.where(atoms.pbc, counts, 1.0)))
    saved = _OPERATIONS if reduces_kpoints(atoms, settings.get("symmetry", "auto")) else 2
    return total, max(total / saved, 1.0)


def _size(n_bytes: float) -> str:
    return f"{n_bytes / 1e9:.3g} GB"

"""Meshes of k-points that all cells made of a crystal share, with the crystal's symmetry."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.calculators import Level
from heterodot.structures.crystals.freedom import crystal_freedom


def with_held_mesh(level: Level, atoms: Atoms) -> Level:
    """Return the level with the k-points of one crystal, for all cells that are made of it.

    Where a density of k-points says nothing of Γ, the mesh has Γ if it breaks the symmetry of the
    crystal without: even meshes of Monkhorst and Pack do in the primitive cells of face-centred
    and of hexagonal crystals.
    """
    fixed = level.implementation.held_mesh(atoms, level.settings)
    if not fixed:
        return level
    held = replace(level, overrides={**level.overrides, **fixed})
    if "gamma" in fixed["kpts"] or not _breaks_symmetry(fixed["kpts"], atoms):
        return held
    centred = {"kpts": {**fixed["kpts"], "gamma": True}}
    return replace(level, overrides={**level.overrides, **centred})


def mesh_gate(level: Level, atoms: Atoms) -> tuple[Flag, ...]:
    """Flag a mesh of k-points, as named, that has not the symmetry of the crystal."""
    kpts = with_held_mesh(level, atoms).settings.get("kpts")
    if not kpts:
        return ()
    asked = {"size": kpts} if isinstance(kpts, list) else kpts
    if not _breaks_symmetry(asked, atoms):
        return ()
    size = [int(n) for n in asked["size"]]
    message = (
        f"{'×'.join(map(str, size))} k-points have not the symmetry of "
        f"{crystal_freedom(atoms).label}, and leave stress that it forbids; "
        f"kpts: {{size: {size}, gamma: true}} may have it"
    )
    return (Flag("mesh-breaks-symmetry", message),)


def _breaks_symmetry(kpts: dict[str, Any], atoms: Atoms) -> bool:
    """Whether the point group (with time reversal) takes a point of a mesh to none of them."""
    from ase.calculators.calculator import kpts2sizeandoffsets
    from ase.dft.kpoints import monkhorst_pack

    size, offsets = kpts2sizeandoffsets(atoms=atoms, **kpts)
    points = monkhorst_pack(size) + offsets
    there = _keys(points)
    reciprocal = atoms.cell.reciprocal()[:]
    for rotation in crystal_freedom(atoms).rotations:
        turned = points @ reciprocal @ rotation.T @ np.linalg.inv(reciprocal)
        if not _keys(turned) <= there | _keys(-points):
            return True
    return False


def _keys(points: np.ndarray) -> set[tuple[int, ...]]:
    """Points (fractions of the reciprocal lattice) as whole numbers, equal ones alike."""
    parts = 1_000_000
    return {tuple(row) for row in (np.rint(points * parts).astype(int) % parts).tolist()}

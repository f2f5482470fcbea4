"""What a search is asked for: sides, planes and bounds, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.checks import is_number, is_whole
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import lattice_crystal, symmetry_dataset
from heterodot.structures.matching.elastic import SHARES
from heterodot.structures.matching.pairing import LARGEST_STRAIN
from heterodot.structures.matching.settings import parse_indices, setting_matrix, to_crystal
from heterodot.structures.matching.surface_cell import SYMPREC, Net, net, surface_cell

SCORES = {
    "balanced": "area × (1 + von Mises strain / 1 %)",
    "area": "area",
    "strain": "von Mises strain",
    "energy": "elastic energy per area",
}
"""What matches can be ranked by, the lowest first."""

LARGEST_AREA = 1e12
"""Å²; no machine holds the supercells of a larger one."""

LARGEST_MILLER = 5
"""Largest index of a search over all planes."""


@dataclass(frozen=True)
class Bounds:
    """What a match has to keep to.

    Attributes
    ----------
    max_area : float
        Of either supercell, Å².
    max_strain : float
        Largest absolute principal strain.
    max_von_mises : float or None
        Largest equivalent strain.
    max_atoms : int or None
        Of both supercells, each one repeat thick.
    twist : tuple of two float or None
        Range of the twist, degrees.
    relation_tolerance : float
        Degrees.
    """

    max_area: float
    max_strain: float
    max_von_mises: float | None
    max_atoms: int | None
    twist: tuple[float, float] | None
    relation_tolerance: float


def read_bounds(
    max_area: float,
    max_strain: float,
    max_von_mises: float | None,
    max_atoms: int | None,
    twist: float | Sequence[float] | None,
    relation_tolerance: float,
) -> Bounds:
    """Check the bounds of a search.

    Raises
    ------
    StructureError
        One of them is not a number in its range; the message says which.
    """
    _positive("max_area", max_area, f"an area above 0 and up to {LARGEST_AREA:g} Å²")
    if max_area > LARGEST_AREA:
        raise StructureError(
            f"max_area {max_area:g} Å²: expected an area above 0 and up to {LARGEST_AREA:g} Å²"
        )
    _positive("max_strain", max_strain, f"a strain above 0 and up to {LARGEST_STRAIN}")
    if max_strain > LARGEST_STRAIN:
        raise StructureError(
            f"max_strain {max_strain}: expected a strain above 0 and up to {LARGEST_STRAIN} "
            "(0.03 is 3 %)"
        )
    if max_von_mises is not None:
        _positive("max_von_mises", max_von_mises, "a strain above 0")
    if max_atoms is not None:
        _positive("max_atoms", max_atoms, "a number of atoms above 0")
    _positive("relation_tolerance", relation_tolerance, "an angle above 0°")
    return Bounds(
        float(max_area),
        float(max_strain),
        max_von_mises,
        max_atoms,
        _twist_range(twist),
        float(relation_tolerance),
    )


def _positive(name: str, value: Any, expected: str) -> None:
    if not (is_number(value) and value > 0):
        raise StructureError(f"{name} {value!r}: expected {expected}")


def _twist_range(twist: float | Sequence[float] | None) -> tuple[float, float] | None:
    if twist is None:
        return None
    try:
        if isinstance(twist, Sequence | np.ndarray):
            low, high = (float(x) for x in twist)
        else:
            low, high = -float(twist), float(twist)
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if isinstance(twist, bool) or not -180 <= low <= high <= 180:
        raise StructureError(
            f"twist {twist!r}: expected a largest angle, or a range (low, high) in -180…180°"
        )
    return low, high


def read_choice(name: str, value: str, choices: Sequence[str]) -> str:
    """Return ``value`` if it is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise StructureError(f"{name} {value!r}: expected {', '.join(choices)}")
    return value


def read_share(strained: str) -> str:
    """Check who bears the strain."""
    return read_choice("strained", strained, SHARES)


def read_side(source: Any, name: str) -> Atoms | Net:
    """Return a crystal or a bare net.

    Parameters
    ----------
    source : as for :func:`heterodot.structures.crystal`, or a (2, 2) cell, or a Net
    name : str
        "film" or "substrate", to call a bare cell by.
    """
    if isinstance(source, Net):
        return source
    if isinstance(source, np.ndarray | list | tuple):
        return net(source, name)
    return lattice_crystal(source)


def planes(
    side: Atoms | Net,
    name: str,
    miller: Any,
    max_miller: int | None,
    setting: Any,
) -> list[Net]:
    """Return the planes of one side to search.

    Parameters
    ----------
    side : Atoms or Net
        From :func:`read_side`.
    name : str
        "film" or "substrate", for the messages.
    miller : indices, a list of them, or None
        Given planes.
    max_miller : int or None
        Where no planes are given: all up to this index that no proper rotation joins.
    setting : str, 3×3 numbers, or None
        The setting of indices that name none.
    """
    if isinstance(side, Net):
        if miller is not None:
            raise StructureError(f"{name}_miller {miller!r}: a bare cell has no Miller planes")
        return [side]
    if miller is None:
        return [surface_cell(side, m) for m in distinct_planes(side, _index_limit(max_miller))]
    cells: dict[tuple[int, int, int], Net] = {}
    for given in _listed(miller):
        indices = parse_indices(given)
        if not indices.kind.startswith("plane"):
            raise StructureError(f"{name}_miller {given!r}: expected a plane, such as (1-10)")
        own = to_crystal(indices, setting_matrix(side, indices.setting or setting))
        cells.setdefault(own, surface_cell(side, own))
    return list(cells.values())


def _index_limit(max_miller: int | None) -> int:
    whole = is_whole(max_miller)
    if max_miller is None or not whole or not 1 <= max_miller <= LARGEST_MILLER:
        raise StructureError(f"max_miller {max_miller!r}: expected an index of 1…{LARGEST_MILLER}")
    return max_miller


def _listed(miller: Any) -> list[Any]:
    """Tell one plane from a list of planes."""
    if isinstance(miller, str):
        return [miller]
    items = list(miller) if isinstance(miller, Sequence | np.ndarray) else [miller]
    if not items:
        raise StructureError("no planes given: expected at least one")
    nested = any(isinstance(item, str | Sequence | np.ndarray) for item in items)
    return items if nested else [items]


def distinct_planes(atoms: Atoms, largest: int) -> list[tuple[int, int, int]]:
    """Return the planes with indices up to ``largest`` that no proper rotation joins.

    (hkl) and (-h -k -l) are the same plane only where an operation turns the crystal over: in zinc
    blende (111) and (-1-1-1) both stay. So do a plane and its mirror image where none of the
    plane's own operations is a reflection: on another such plane they are two interfaces.
    """
    span = range(-largest, largest + 1)
    every = [(h, k, m) for h, k, m in product(span, span, span) if np.gcd.reduce((h, k, m)) == 1]
    every.sort(key=lambda m: (sum(map(abs, m)), sum(i < 0 for i in m), [-i for i in m]))
    proper, _ = _rotations(atoms)
    seen: set[tuple[int, ...]] = set()
    found: list[tuple[int, int, int]] = []
    for miller in every:
        if miller not in seen:
            seen |= {tuple(image) for image in (np.array(miller) @ proper).tolist()}
            found.append(miller)
    return found


def mirror_images(atoms: Atoms, planes: Sequence[tuple[int, int, int]]) -> list[int] | None:
    """Return which of the planes is the mirror image of each, up to proper rotations.

    None for a crystal without any improper operation.

    Parameters
    ----------
    atoms : Atoms
        The crystal.
    planes : sequence of three int
        Some of :func:`distinct_planes`, with the mirror image of each.
    """
    proper, improper = _rotations(atoms)
    if not len(improper):
        return None
    found = []
    for miller in planes:
        images = {tuple(m) for m in (np.array(miller) @ improper[0] @ proper).tolist()}
        found.append(next(k for k, other in enumerate(planes) if tuple(other) in images))
    return found


def _rotations(atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Proper and improper point operations, (G, 3, 3) ints."""
    cell = (atoms.cell.array, atoms.get_scaled_positions(), atoms.numbers)
    rotations = np.unique(symmetry_dataset(cell, SYMPREC).rotations, axis=0)
    proper = np.linalg.det(rotations) > 0
    return rotations[proper], rotations[~proper]

"""Spacings of planes that run on through an interface, as read off a lattice image."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.records import Record
from heterodot.structures.crystals.crystal import lattice_crystal
from heterodot.structures.matching.relations import Setting
from heterodot.structures.matching.settings import Indices, family, parse_indices, setting_matrix


@dataclass(frozen=True)
class PlaneComparison(Record):
    """Two sets of planes and how their spacings differ.

    Attributes
    ----------
    film, substrate : str
        Indices, as written, of the members compared.
    film_spacing, substrate_spacing : float
        Å.
    mismatch : float
        (d_film - d_substrate) / d_substrate.
    """

    film: str
    substrate: str
    film_spacing: float
    substrate_spacing: float
    mismatch: float


def compare_planes(
    film: str | Atoms | Any,
    film_miller: Any = None,
    substrate: str | Atoms | Any = None,
    substrate_miller: Any = None,
    *,
    film_setting: Setting = None,
    substrate_setting: Setting = None,
    film_plane: Any = None,
    substrate_plane: Any = None,
) -> list[PlaneComparison]:
    """Compare the spacings of planes of two crystals.

    Parameters
    ----------
    film, substrate : as for :func:`heterodot.structures.crystal`
    film_miller, substrate_miller : indices
        "(220)", "pseudo-cubic:{220}", (2, 2, 0); common factors count: (220) has half the spacing
        of (110).
    film_setting, substrate_setting : str or 3×3 numbers, optional
        Setting of indices that name none.
    film_plane, substrate_plane : indices, optional
        The old names of ``film_miller`` and ``substrate_miller``; they will go.

    Returns
    -------
    list of PlaneComparison
        Members of families with different spacings one by one, the smallest mismatch first.

    Raises
    ------
    StructureError
        The indices are no planes, or a setting does not apply.
    """
    film_miller = _renamed("film", film_miller, film_plane)
    substrate_miller = _renamed("substrate", substrate_miller, substrate_plane)
    if substrate is None:
        raise StructureError("substrate: nothing given, expected a crystal")
    one = _spacings(lattice_crystal(film), film_miller, film_setting)
    two = _spacings(lattice_crystal(substrate), substrate_miller, substrate_setting)
    pairs = [PlaneComparison(str(f), str(s), d, e, (d - e) / e) for f, d in one for s, e in two]
    return sorted(pairs, key=lambda pair: abs(pair.mismatch))


def _renamed(side: str, miller: Any, plane: Any) -> Any:
    """Return the planes, by whichever name; the old one is said to be old."""
    if (miller is None) == (plane is None):
        given = "nothing" if plane is None else f"it and {side}_plane, its old name,"
        raise StructureError(f"{side}_miller: given {given}, expected planes such as '(220)' once")
    if plane is None:
        return miller
    warnings.warn(
        f"{side}_plane is now {side}_miller; the old name will go", DeprecationWarning, stacklevel=3
    )
    return plane


def _spacings(atoms: Atoms, plane: Any, setting: Setting) -> list[tuple[Indices, float]]:
    """Members of a family that differ in their spacing, with it (Å)."""
    indices = parse_indices(plane)
    if not indices.kind.startswith("plane"):
        raise StructureError(f"{plane!r}: expected planes, such as (220) or {{220}}")
    if indices.setting is None and isinstance(setting, str):
        indices = Indices(indices.kind, indices.values, setting)
    matrix = setting_matrix(atoms, indices.setting or setting)
    found: dict[float, Indices] = {}
    for member in family(indices, matrix, atoms):
        own = np.linalg.solve(matrix, np.asarray(member.values, float))
        length = float(np.linalg.norm(own @ atoms.cell.reciprocal().array))
        found.setdefault(round(1 / length, 6), member)
    return [(member, spacing) for spacing, member in found.items()]

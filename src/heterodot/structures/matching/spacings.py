"""Spacings of planes that run on through an interface, as read off a lattice image."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.crystals import lattice_crystal
from heterodot.structures.matching.relations import Setting
from heterodot.structures.matching.settings import Indices, family, parse_indices, setting_matrix


@dataclass(frozen=True)
class PlaneComparison:
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

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON."""
        return asdict(self)


def compare_planes(
    film: str | Atoms | Any,
    film_plane: Any,
    substrate: str | Atoms | Any,
    substrate_plane: Any,
    *,
    film_setting: Setting = None,
    substrate_setting: Setting = None,
) -> list[PlaneComparison]:
    """Compare the spacings of planes of two crystals.

    Parameters
    ----------
    film, substrate : as for :func:`heterodot.structures.crystal`
    film_plane, substrate_plane : indices
        "(220)", "pseudo-cubic:{220}", (2, 2, 0); common factors count: (220) has half the spacing
        of (110).
    film_setting, substrate_setting : str or 3×3 numbers, optional
        Setting of indices that name none.

    Returns
    -------
    list of PlaneComparison
        Members of families with different spacings one by one, the smallest mismatch first.

    Raises
    ------
    StructureError
        The indices are no planes, or a setting does not apply.
    """
    one = _spacings(lattice_crystal(film), film_plane, film_setting)
    two = _spacings(lattice_crystal(substrate), substrate_plane, substrate_setting)
    pairs = [PlaneComparison(str(f), str(s), d, e, (d - e) / e) for f, d in one for s, e in two]
    return sorted(pairs, key=lambda pair: abs(pair.mismatch))


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

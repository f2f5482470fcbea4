"""Choosing atoms by rule, where a study cannot know their indices."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from ase import Atoms

from heterodot.adsorbate import adsorbate_mask
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.shells import guests, lattice_neighbours
from heterodot.structures.chemistry.ties import geometric_order
from heterodot.structures.defects.point_defects import defect_sites
from heterodot.structures.editing import checked_index

ROLES = ("inner", "surface", "passivant", "adsorbate")


@renamed(dot="atoms")
def select_sites(
    atoms: Atoms,
    element: str | None = None,
    role: str | None = None,
    coordination: int | Collection[int] | None = None,
    neighbour_of: int | str | None = None,
    nearest_to: int | str | Sequence[float] | None = None,
    *,
    kind: str | None = None,
    distinct: bool = False,
) -> list[int]:
    """Return the atoms that meet every condition given.

    Parameters
    ----------
    atoms : Atoms
        The structure; its ligands and adsorbates are left out unless ``role`` asks for them.
    element : str, optional
        Chemical symbol.
    role : {"inner", "surface", "passivant", "adsorbate"}, optional
        From the array ``role``; the adsorbate as recorded, or guessed where none is.
    coordination : int or collection of int, optional
        Number of bonds (to ligands too).
    neighbour_of : int or str, optional
        An atom, or a recorded defect ("V_Cu'"): its bonded ions and the nearest ions of its kind.
    nearest_to : int, str or (x, y, z), optional
        An atom, a recorded defect, or a point (Å): the result is ordered by distance from it.
    kind : {"face", "edge", "corner"}, optional
        Place on the surface, as in :func:`heterodot.structures.surface_sites`.
    distinct : bool
        Keep one of each set that symmetry makes equivalent.

    Returns
    -------
    list of int
        Ascending, or by distance with ``nearest_to``; never empty.

    Raises
    ------
    StructureError
        If nothing meets the conditions, or a condition is not one.
    """
    mask = _mask(atoms, element, role, coordination)
    if neighbour_of is not None:
        mask &= _surroundings(atoms, neighbour_of)
    found = [int(i) for i in np.flatnonzero(mask)]
    if kind is not None:
        found = _of_kind(atoms, found, kind)
    if distinct and found:
        from heterodot.structures.crystals.symmetry import distinct_sites

        found = sorted(int(i) for i, _ in distinct_sites(atoms, found))
    if nearest_to is not None:
        found = _by_distance(atoms, found, nearest_to)
    if not found:
        conditions = {
            "element": element, "role": role, "coordination": coordination,
            "neighbour_of": neighbour_of, "nearest_to": nearest_to, "kind": kind,
        }  # fmt: skip
        asked = ", ".join(f"{k}={v!r}" for k, v in conditions.items() if v is not None)
        raise StructureError(
            f"select_sites: no atom of {atoms.get_chemical_formula()} meets {asked}; "
            "loosen a condition"
        )
    return found


def _mask(
    dot: Atoms, element: str | None, role: str | None, coordination: int | Collection[int] | None
) -> np.ndarray:
    """(N,) mask of element, role and coordination."""
    mask = np.ones(len(dot), dtype=bool)
    if role is not None:
        if role not in ROLES:
            raise StructureError(f"role {role!r}: expected one of {', '.join(ROLES)}")
        if role == "adsorbate":
            mask &= adsorbate_mask(dot)
        elif "role" not in dot.arrays:
            raise StructureError("select_sites: the structure has no array role; leave role out")
        else:
            mask &= dot.arrays["role"] == role
    if role not in ("passivant", "adsorbate") and element != "H":
        mask &= ~guests(dot)
    if element is not None:
        mask &= np.array(dot.get_chemical_symbols()) == element
    if coordination is not None:
        wanted = [coordination] if isinstance(coordination, int) else list(coordination)
        mask &= np.isin(lattice_bonds(dot).coordination, wanted)
    return mask


def _points(dot: Atoms, where: int | str | Sequence[float]) -> list[np.ndarray]:
    """Positions (Å) of an atom, of recorded defects, or of a point."""
    if isinstance(where, str):
        return defect_sites(dot, where)
    if isinstance(where, (int, np.integer)):
        return [dot.positions[checked_index(dot, where)]]
    point = np.asarray(where, dtype=float)
    if point.shape != (3,):
        raise StructureError(f"nearest_to {where!r}: expected an index, a defect or (x, y, z)")
    return [point]


def _surroundings(dot: Atoms, where: int | str) -> np.ndarray:
    """(N,) mask of the lattice neighbours of an atom or of recorded defects."""
    bonds = lattice_bonds(dot)
    mask = np.zeros(len(dot), dtype=bool)
    for point in _points(dot, where):
        mask[lattice_neighbours(dot, bonds, point)] = True
    return mask


def _of_kind(dot: Atoms, found: list[int], kind: str) -> list[int]:
    """Keep the atoms on a face, an edge or a corner."""
    from heterodot.structures.dots.facets import site_kinds

    if kind not in ("face", "edge", "corner"):
        raise StructureError(f"kind {kind!r}: expected face, edge or corner")
    return [i for i, k in zip(found, site_kinds(dot, found), strict=True) if k == kind]


def _by_distance(dot: Atoms, found: list[int], where: int | str | Sequence[float]) -> list[int]:
    """Order atoms by their distance from the nearest of the points; an atom itself is left out."""
    from ase.geometry import get_distances

    points = np.array(_points(dot, where))
    if not found:
        return found
    distances = get_distances(dot.positions[found], points, cell=dot.cell, pbc=dot.pbc)[1]
    nearest = np.round(distances.min(axis=1), 3)
    itself = int(where) % len(dot) if isinstance(where, (int, np.integer)) else None
    return [i for i in geometric_order(dot, found, nearest) if i != itself]

"""Surface sites: under-coordinated atoms of a dot, cluster or slab, and which way is out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.bonds import Bonds
from heterodot.errors import StructureError
from heterodot.records import Record
from heterodot.structures.chemistry.dangling import (
    full_coordination,
    lattice_bonds,
    ordered_directions,
)
from heterodot.structures.chemistry.shells import guests, lattice_neighbours
from heterodot.structures.chemistry.ties import first_of, round_about, surroundings
from heterodot.structures.editing import checked_index

_CLEAR = float(np.cos(np.radians(70.0)))
_OUTWARD_BONUS = 0.1
"""rad of free cone that pointing away from the middle is worth."""


@dataclass(frozen=True, eq=False)
class SurfaceSite(Record):
    """A place where something can adsorb.

    Attributes
    ----------
    index : int
        The atom.
    symbol : str
        Its element.
    position : (3,) float array
        Å.
    normal : (3,) float array
        Unit vector pointing out of the surface, against the sum of the atom's bonds.
    coordination : int
        Number of bonds it has.
    kind : {"face", "edge", "corner"}
        Where it sits: see :mod:`heterodot.structures.dots.facets`.
    next_to_vacancy : bool
        Whether a recorded vacancy is a neighbour (of the same or of the other sublattice).
    equivalent : tuple of int
        Atoms symmetry makes the same, this one included.
    """

    index: int
    symbol: str
    position: np.ndarray
    normal: np.ndarray
    coordination: int
    kind: str = "face"
    next_to_vacancy: bool = False
    equivalent: tuple[int, ...] = ()

    def summary(self) -> str:
        """Return one line for people."""
        text = f"{self.symbol}{self.index}: {self.kind}, {self.coordination} bonds"
        if self.next_to_vacancy:
            text += ", next to a vacancy"
        return text + f", {max(len(self.equivalent), 1)} equivalent"


def surface_sites(
    atoms: Atoms, element: str | None = None, *, distinct: bool = True
) -> list[SurfaceSite]:
    """List the under-coordinated atoms on the surface of a dot, a metal cluster or a slab.

    Parameters
    ----------
    atoms : Atoms
        With passivants or without; passivants and adsorbates are not sites themselves, and an
        atom they saturate is not one either.
    element : str, optional
        Only this element.
    distinct : bool
        One site of each set that symmetry makes equivalent, or all.

    Returns
    -------
    list of SurfaceSite
        In the order of their atoms. Both faces of a slab are listed, or one of them where
        symmetry makes them equal.

    Raises
    ------
    StructureError
        If the element is not in the structure.
    """
    from heterodot.structures.dots.facets import site_kinds

    if element is not None and element not in atoms.get_chemical_symbols():
        raise StructureError(
            f"surface_sites: no {element} in {atoms.get_chemical_formula()}; "
            "expected one of its elements"
        )
    bonds = lattice_bonds(atoms)
    open_atoms = _open_atoms(atoms, bonds, element)
    groups = _equivalent(atoms, open_atoms) if distinct else [(i, (i,)) for i in open_atoms]
    normals = {i: outward_normal(atoms, i, bonds) for i, _ in groups}
    kinds = site_kinds(atoms, [i for i, _ in groups])
    vacancies = _next_to_vacancy(atoms, bonds)
    return [
        SurfaceSite(
            index=i,
            symbol=atoms.symbols[i],
            position=atoms.positions[i].copy(),
            normal=normals[i],
            coordination=int(bonds.coordination[i]),
            kind=kind,
            next_to_vacancy=bool(vacancies[i]),
            equivalent=tuple(same),
        )
        for (i, same), kind in zip(groups, kinds, strict=True)
    ]


def site_at(atoms: Atoms, index: int) -> SurfaceSite:
    """Return the site on one atom, whether or not it is in :func:`surface_sites`.

    Raises
    ------
    StructureError
        If the index is not one, or the atom is inside and has no outward direction.
    """
    from heterodot.structures.dots.facets import site_kinds

    i = checked_index(atoms, index)
    bonds = lattice_bonds(atoms)
    return SurfaceSite(
        index=i,
        symbol=atoms.symbols[i],
        position=atoms.positions[i].copy(),
        normal=outward_normal(atoms, i, bonds),
        coordination=int(bonds.coordination[i]),
        kind=site_kinds(atoms, [i])[0],
        next_to_vacancy=bool(_next_to_vacancy(atoms, bonds)[i]),
        equivalent=(i,),
    )


def outward_normal(atoms: Atoms, index: int, bonds: Bonds | None = None) -> np.ndarray:
    """Return the unit vector out of the surface at an atom, (3,).

    It points against the sum of the unit vectors of the atom's bonds, so into its missing bonds.
    Where a bond lies within 70° of that, or the sum vanishes (a flattened, planar or linear site),
    it is the axis of the widest cone free of bonds; of two such cones the one that points away
    from the middle of the structure.

    Parameters
    ----------
    atoms : Atoms
        The structure.
    index : int
        The atom.
    bonds : Bonds, optional
        Its bonds between unlike ions, where they are already known.

    Raises
    ------
    StructureError
        If the atom is fully coordinated and has no outside.
    """
    bonds = lattice_bonds(atoms) if bonds is None else bonds
    vectors = ordered_directions(bonds, index)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    total = unit.sum(axis=0)
    length = np.linalg.norm(total)
    if length > 0.2 and _clear(-total / length, unit):
        return -total / length
    if len(unit) >= full_coordination(atoms, bonds)[index]:
        raise StructureError(
            f"site {index} ({atoms.symbols[index]}): all its {len(unit)} bonds are there and it "
            "has no outward side; expected an under-coordinated atom (see surface_sites)"
        )
    away = _away_from_middle(atoms, index, unit)
    return _widest_cone(unit, away, lambda axes: surroundings(atoms, atoms.positions[index] + axes))


def _clear(direction: np.ndarray, unit: np.ndarray) -> bool:
    """Whether no bond lies within 70° of a direction."""
    return bool((unit @ direction).max() < _CLEAR)


def _widest_cone(
    unit: np.ndarray, away: np.ndarray, crowd: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """Return the axis of the widest cone free of bonds, the outward one of equals.

    Of those that are equally wide and outward it is the one whose end is least crowded.

    The widest cone touches three bonds, so its axis is normal to the plane through the ends of
    three unit vectors; for two bonds or fewer it lies in a plane of symmetry.
    """
    candidates = [away, *(-unit)]
    for a, b in combinations(unit, 2):
        candidates += [np.cross(a, b), np.cross(b, a), -(a + b)]
    candidates += [away - (away @ u) * u for u in unit]
    for a, b, c in combinations(unit, 3):
        normal = np.cross(b - a, c - a)
        candidates += [normal, -normal]
    lengths = [np.linalg.norm(c) for c in candidates]
    axes = np.array([c / n for c, n in zip(candidates, lengths, strict=True) if n > 1e-3])
    room = (
        np.arccos(np.clip(axes @ unit.T, -1, 1)).min(axis=1) if len(unit) else np.zeros(len(axes))
    )
    score = room + _OUTWARD_BONUS * (axes @ away)
    return axes[first_of([-score, crowd(axes)])]


def _away_from_middle(atoms: Atoms, index: int, unit: np.ndarray) -> np.ndarray:
    """Return the unit vector (3,) from the middle of a dot, or out of a slab's nearer face.

    In the middle itself it is perpendicular to a bond, as the surroundings are.
    """
    way = atoms.positions[index] - atoms.positions.mean(axis=0)
    if atoms.pbc.sum() == 2:
        axis = np.zeros(3)
        axis[int(np.flatnonzero(~atoms.pbc)[0])] = 1.0
        way = axis * (np.sign(way @ axis) or 1.0)
    length = np.linalg.norm(way)
    if length > 1e-3:
        return way / length
    if len(unit):
        return round_about(atoms, atoms.positions[index], unit[0])
    return np.array([0.0, 0.0, 1.0])


def _open_atoms(atoms: Atoms, bonds: Bonds, element: str | None) -> list[int]:
    """Atoms with fewer bonds than inside the crystal, passivants and adsorbates left out."""
    mask = bonds.coordination < full_coordination(atoms, bonds)
    mask &= ~guests(atoms)
    if element is not None:
        mask &= np.array(atoms.get_chemical_symbols()) == element
    return [int(i) for i in np.flatnonzero(mask)]


def _equivalent(atoms: Atoms, indices: list[int]) -> list[tuple[int, tuple[int, ...]]]:
    """Return the sets of equivalent atoms among ``indices``, as (representative, all of them)."""
    if not indices:
        return []
    from heterodot.structures.crystals.symmetry import distinct_sites

    found = distinct_sites(atoms, indices)
    return sorted((int(i), tuple(int(j) for j in same)) for i, same in found)


def _next_to_vacancy(atoms: Atoms, bonds: Bonds) -> np.ndarray:
    """(N,) mask of the neighbours of recorded vacancies."""
    mask = np.zeros(len(atoms), dtype=bool)
    for defect in provenance.details(atoms).get("defects", []):
        if not defect["symbol"].startswith("V_"):
            continue
        if "neighbours" in defect:
            mask[defect["neighbours"]] = True
        else:
            mask[lattice_neighbours(atoms, bonds, provenance.defect_position(atoms, defect))] = True
    return mask & ~guests(atoms)

"""Chemical layers of a crystal along a plane's normal: which atoms belong together, and the gaps.

Atoms are sorted by height. Neighbours that lie nearly in the plane hold their heights together (Pb
and Br of a rumpled PbBr2 plane; the two halves of a rumpled anion plane), as long as the gaps
inside a layer stay clearly smaller than those that bound it: where planes are evenly spaced, each
is a layer. Sheets that no bond holds to the next (MoS2) are one layer. If asked, every plane of
atoms is a layer of its own, however near the next one is (the single-Al face of Al2O3 (0001) is the
lower half of a rumpled Al plane). Everything is counted in lattice coordinates of the surface cell,
so a layer and its repeats differ by lattice translations exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase import Atoms

from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds, polarity
from heterodot.structures.chemistry.electrons import formal_charges
from heterodot.structures.matching.surface_cell import SurfaceCell, surface_cell

FLAT = float(np.sin(np.radians(15.0)))
"""Neighbours within 15° of the plane lie in it; the bonds of a tetrahedral bilayer rise by 19.5°,
those of the most tilted perovskite planes by 10°."""

NATURAL = 0.75
"""The gaps inside a layer are at most this fraction of those that bound it."""

CONTACT = 5.0
"""Å; ions of one element closer than this are neighbours in their sublattice."""

LOOSE = 0.8
"""A group parts where the bonds that hold it have less than this fraction of the strength of those
through the gaps that bound it (rutile (110) between its bridging oxygens: 2/3)."""

THINNEST = 0.1
"""Å; planes closer than this are no layers."""

SAME_HEIGHT = 0.02
"""Å; atoms this close in height are level."""


@dataclass(frozen=True, eq=False)
class LayerStack:
    """One period of a crystal along a plane's normal, sorted into chemical layers.

    Attributes
    ----------
    cell : SurfaceCell
        Lattice of the surface; its third row leads from one period to the next.
    atoms : Atoms
        The n atoms of one period, in the crystal's Cartesian frame, grouped by layer from the
        lowest to the highest, with the crystal's arrays.
    lattice_coordinates : (n, 3) float array
        Along the rows of ``cell.lattice``; atoms of a layer are not torn apart along the third.
    heights : (n,) float array
        Along the normal, Å.
    layer : (n,) int array
        0…m − 1, rising.
    """

    cell: SurfaceCell
    atoms: Atoms
    lattice_coordinates: np.ndarray
    heights: np.ndarray
    layer: np.ndarray

    @property
    def n_layers(self) -> int:
        """Layers m in a period."""
        return int(self.layer[-1]) + 1

    @property
    def period(self) -> float:
        """Height of a period, Å."""
        return float(self.cell.lattice[2] @ self.cell.frame[2])

    @property
    def area(self) -> float:
        """Area of the primitive surface cell, Å²."""
        return float(abs(np.linalg.det(self.cell.in_plane)))

    @cached_property
    def bottoms(self) -> np.ndarray:
        """(m,) lowest atom of each layer, Å."""
        return np.array([self.heights[self.layer == r].min() for r in range(self.n_layers)])

    @cached_property
    def tops(self) -> np.ndarray:
        """(m,) highest atom of each layer, Å."""
        return np.array([self.heights[self.layer == r].max() for r in range(self.n_layers)])

    @cached_property
    def centres(self) -> np.ndarray:
        """(m,) middle of each layer, Å."""
        return 0.5 * (self.bottoms + self.tops)

    @cached_property
    def gaps(self) -> np.ndarray:
        """(m,) empty height above each layer, Å."""
        return np.append(self.bottoms[1:], self.bottoms[0] + self.period) - self.tops

    @cached_property
    def crossing_bonds(self) -> np.ndarray:
        """(m,) bonds of a primitive surface cell through the gap above each layer."""
        return self._crossings[0].sum(axis=1)

    @cached_property
    def crossing_strength(self) -> np.ndarray:
        """(m,) Pauling strength (e) of these bonds; in metals each counts 1."""
        times, strength = self._crossings
        return np.round(times @ strength, 9)

    @cached_property
    def _crossings(self) -> tuple[np.ndarray, np.ndarray]:
        low, rise, strength = _lattice_rises(self.atoms, self.heights)
        cuts = self.tops + 0.5 * self.gaps
        return crossings(low, rise, cuts, self.period), strength

    def members(self, layer: int) -> np.ndarray:
        """Return the atoms of a layer of any number; it counts on through the periods."""
        return np.flatnonzero(self.layer == layer % self.n_layers)


def layer_stack(crystal: Atoms, miller: tuple[int, int, int], planes: bool = False) -> LayerStack:
    """Sort one period of a crystal along the normal of (hkl) into chemical layers.

    Parameters
    ----------
    crystal : Atoms
        From :func:`heterodot.structures.crystal`.
    miller : three int
        In the crystal's axes.
    planes : bool
        Whether every plane of atoms is a layer, rumpled or not.

    Raises
    ------
    StructureError
        The indices are no plane or so high that its planes nearly coincide, or atoms lie on top
        of each other.
    """
    cell = surface_cell(crystal, miller)
    if cell.spacing < THINNEST:
        raise StructureError(
            f"{cell.label}: its planes are {cell.spacing:.3f} Å apart, less than {THINNEST} Å: no "
            "layers can be told apart; give smaller indices"
        )
    atoms, coordinates = _period(cell)
    heights = coordinates @ (cell.lattice @ cell.frame[2])
    period = float(cell.lattice[2] @ cell.frame[2])
    order, heights, layer = _grouped(atoms, heights, period, planes)
    atoms = atoms[order]
    coordinates = coordinates[order]
    # An atom brought below the period's start by the grouping moves by the third translation.
    rise = cell.lattice @ cell.frame[2]
    coordinates[:, 2] += np.rint((heights - coordinates @ rise) / rise[2])
    atoms.positions = coordinates @ cell.lattice
    return LayerStack(cell, atoms, coordinates, heights, layer)


def _period(cell: SurfaceCell) -> tuple[Atoms, np.ndarray]:
    """Return the atoms of the primitive surface cell and their lattice coordinates in [0, 1)."""
    crystal = cell.crystal
    u = crystal.positions @ np.linalg.inv(cell.lattice)
    u -= np.floor(u + 1e-6)
    kept: list[int] = []
    for i in range(len(crystal)):
        same = [j for j in kept if crystal.numbers[j] == crystal.numbers[i]]
        d = u[same] - u[i]
        if not (np.linalg.norm((d - np.rint(d)) @ cell.lattice, axis=1) < SAME_HEIGHT).any():
            kept.append(i)
    ratio = abs(np.linalg.det(cell.lattice)) / crystal.cell.volume
    if len(kept) != round(len(crystal) * ratio):
        raise StructureError(
            f"{crystal.get_chemical_formula()}: {len(kept)} atoms in the surface cell, expected "
            f"{len(crystal) * ratio:g}; are there atoms on top of each other?"
        )
    atoms = crystal[kept]
    atoms.set_cell(cell.lattice)
    atoms.info = crystal.info
    return atoms, u[kept]


def _grouped(
    atoms: Atoms, heights: np.ndarray, period: float, each_plane: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the atoms' order, their heights (not torn apart by the period) and layers."""
    planes, level = _planes(heights % period, period)
    gaps = np.diff(np.append(level, level[0] + period))
    if each_plane:
        cuts = np.arange(len(level))
    else:
        low, rise, strength = _lattice_rises(atoms, heights)
        crossed = crossings(low, rise, level + 0.5 * gaps, period) @ strength
        cuts = _cuts(gaps, crossed, _linked(atoms, planes, len(level), period))
    first = int(((cuts + 1) % len(level)).min())
    rank = (planes - first) % len(level)
    layer = np.searchsorted(np.sort((cuts - first) % len(level)), rank)
    level = np.where(np.arange(len(level)) < first, level + period, level)
    off = heights - level[planes]
    heights = level[planes] + off - period * np.rint(off / period)
    order = np.lexsort((atoms.numbers, np.round(heights, 3), layer))
    return order, heights[order], layer[order]


def _planes(heights: np.ndarray, period: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the plane of each atom and the height of each plane, rising, within a period."""
    order = np.argsort(heights, kind="stable")
    sorted_heights = heights[order]
    new = np.diff(sorted_heights, prepend=-np.inf) > SAME_HEIGHT
    plane = np.empty(len(heights), int)
    plane[order] = np.cumsum(new) - 1
    level = sorted_heights[new]
    if len(level) > 1 and level[0] + period - sorted_heights[-1] <= SAME_HEIGHT:
        plane[plane == len(level) - 1] = 0  # one plane on both sides of the period's end
        level = level[:-1]
    return plane, level


def _linked(atoms: Atoms, planes: np.ndarray, n_planes: int, period: float) -> np.ndarray:
    """(p,) bool: the gap above a plane lies between neighbours that are nearly level."""
    i, j, vectors, rise = _contacts(atoms)
    flat = (rise > SAME_HEIGHT) & (rise < FLAT * np.linalg.norm(vectors, axis=1))
    linked = np.zeros(n_planes, bool)
    for below, above, height in zip(planes[i[flat]], planes[j[flat]], rise[flat], strict=True):
        steps = n_planes if height > period - SAME_HEIGHT else (above - below) % n_planes
        linked[(below + np.arange(steps)) % n_planes] = True
    return linked


def _contacts(atoms: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bonds and contacts inside a sublattice of ions, both ways, with the rise (Å)."""
    from ase.neighborlist import primitive_neighbor_list

    compact = _compact(atoms)
    bonds = find_bonds(compact)
    i, j, vectors = primitive_neighbor_list(
        "ijD", (True, True, True), compact.cell.array, compact.positions, CONTACT
    )
    same = (atoms.numbers[i] == atoms.numbers[j]) & (polarity(atoms)[i] != 0)
    i = np.concatenate([i[same], bonds.pairs[:, 0], bonds.pairs[:, 1]])
    j = np.concatenate([j[same], bonds.pairs[:, 1], bonds.pairs[:, 0]])
    vectors = np.concatenate([vectors[same], bonds.vectors, -bonds.vectors])
    rise = vectors @ _normal(atoms)
    return i, j, vectors, rise


def _compact(atoms: Atoms) -> Atoms:
    """Return the same crystal in the most compact cell: a high plane's own is long and thin."""
    from ase.geometry import minkowski_reduce

    new = atoms.copy()
    new.set_cell(minkowski_reduce(atoms.cell.array)[0], scale_atoms=False)
    return new


def _normal(atoms: Atoms) -> np.ndarray:
    """Return the unit normal of the first two cell vectors, (3,)."""
    normal = np.cross(atoms.cell.array[0], atoms.cell.array[1])
    return np.asarray(normal / np.linalg.norm(normal))


def _cuts(gaps: np.ndarray, crossed: np.ndarray, linked: np.ndarray) -> np.ndarray:
    """Return the gaps (by the plane below) that part layers: all but the natural groups'.

    Where there are gaps that no bond crosses, only these.
    """
    cut = ~linked
    if not cut.any():
        cut = gaps > 0.99 * gaps.max()
    while True:
        more = _unnatural(gaps, crossed, cut)
        if not more.any():
            break
        cut |= more
    cuts = np.flatnonzero(cut)
    free = cuts[crossed[cuts] == 0]
    return free if len(free) else cuts


def _unnatural(gaps: np.ndarray, crossed: np.ndarray, cut: np.ndarray) -> np.ndarray:
    """Mark where a group comes apart: gaps no narrower, or held by fewer bonds, than its bounds."""
    more = np.zeros(len(gaps), bool)
    ends = np.flatnonzero(cut)
    for start, end in zip(np.roll(ends, 1), ends, strict=True):
        inside = (start + 1 + np.arange((end - start - 1) % len(gaps))) % len(gaps)
        if not len(inside):
            continue
        loose = inside[crossed[inside] < LOOSE * min(crossed[start], crossed[end])]
        if len(loose):
            more[loose] = True
        elif gaps[inside].max() > NATURAL * min(gaps[start], gaps[end]):
            more[inside[gaps[inside] > 0.99 * gaps[inside].max()]] = True
    return more


def crossings(low: np.ndarray, rise: np.ndarray, cuts: np.ndarray, period: float) -> np.ndarray:
    """Count how often each line from ``low`` to ``low + rise`` (M, Å) passes a cut, (c, M) int.

    The repeats of a cut count as the cut itself.
    """
    below = np.floor((cuts[:, None] - low) / period)
    above = np.floor((cuts[:, None] - low - rise) / period)
    return np.asarray(below - above, int)


def _lattice_rises(atoms: Atoms, heights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lower end (Å), rise (Å) and Pauling strength (e) of each bond between unlike ions.

    The strength is the cation's charge over its number of bonds (L. Pauling, J. Am. Chem. Soc.
    1929, 51, 1010); without ions it is 1.
    """
    bonds = lattice_bonds(_compact(atoms))
    rise = bonds.vectors @ _normal(atoms)
    charge = np.nan_to_num(formal_charges(atoms))
    each = np.maximum(charge, 0) / np.maximum(bonds.coordination, 1)
    strength = np.ones(len(rise)) if not charge.any() else each[bonds.pairs].sum(axis=1)
    return heights[bonds.pairs[:, 0]] + np.minimum(rise, 0), np.abs(rise), strength

"""Cut finite pieces out of a crystal: facets, spheres and boxes, in integer lattice coordinates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import crystal as as_crystal
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.dots.halfspaces import Columns, ConvexBody, columns, estimated_points
from heterodot.structures.memory import usable_memory

BYTES_PER_ATOM = 400
"""Peak memory of a cut for each atom: the arrays of the result and what it takes to make them."""

LARGEST = 1e9
"""Lengths (Å) from here on are taken for mistakes."""

ESTIMATE_SLACK = 50
"""The first estimate of a size may be this much too high (thin pieces); the second is exact."""

SHELL_SCALE = 1.2
"""Neighbours on the same sublattice are those within this factor of the nearest one."""


@dataclass(frozen=True)
class Facet:
    """A flat face: what lies within ``distance`` of the centre along its outward normal is kept.

    Attributes
    ----------
    miller : tuple of three int
        Miller indices of the plane in the crystal's cell; the normal points outward.
    distance : float
        From the centre, Å.
    """

    miller: tuple[int, int, int]
    distance: float

    def __post_init__(self) -> None:
        if not abs(self.distance) < LARGEST:
            raise StructureError(
                f"facet {self.miller}: distance {self.distance}, expected one below {LARGEST:g} Å"
            )


def cut(
    crystal: Atoms | str | Path | Any,
    facets: Sequence[Facet] = (),
    *,
    sphere: float | None = None,
    box: Sequence[float] | None = None,
    centre: Sequence[float] | np.ndarray | str = (0.0, 0.0, 0.0),
    tolerance: float = 1e-3,
) -> Atoms:
    """Cut a finite piece out of a crystal; a body bounded by everything that is given.

    Parameters
    ----------
    crystal : Atoms, or what :func:`heterodot.structures.crystal` takes
        An Atoms must come from that function; a name or a file goes through it.
    facets : sequence of Facet
        Half-spaces, in any number; planes of the crystal.
    sphere : float, optional
        Radius, Å.
    box : three float, optional
        Edge lengths (Å) along x, y, z of the crystal's Cartesian frame.
    centre : three float, or str
        Fractional coordinates of the centre of the body, or an element: its first atom in the cell.
    tolerance : float
        Atoms this close (Å) outside a boundary still belong to the piece.

    Returns
    -------
    Atoms
        Without cell or periodicity, the centre of the body at the origin, in the crystal's
        Cartesian frame, grouped by the atoms of the cell. Arrays: ``sublattice`` and
        ``formal_charge`` of the crystal; ``layer``, the number of the cation plane parallel to the
        first facet (without facets: to the cell's ab plane) counted inward from 0 (anions take the
        nearest plane's); ``role`` ("surface" where the piece lacks a neighbour on the same
        sublattice, for anions a bond, that the crystal has; else "inner"); ``domain`` "dot".

    Raises
    ------
    StructureError
        The body is not closed or holds no atom, a number is not finite, or the piece would not fit
        in memory (found before it is made).
    """
    crystal = crystal if isinstance(crystal, Atoms) else as_crystal(crystal)
    _check(crystal, facets, sphere, box, tolerance)
    basis = crystal.get_scaled_positions(wrap=False)
    origin = _centre(crystal, centre)
    body = _body(crystal, facets, sphere, box, tolerance)
    memory = usable_memory()
    _refuse_too_many(len(basis) * estimated_points(body), ESTIMATE_SLACK * memory)
    found = [columns(body, s - origin, memory / BYTES_PER_ATOM) for s in basis]
    n_atoms = sum(part.count for part in found)
    if n_atoms == 0:
        raise StructureError("the piece holds no atom: enlarge the body or move its centre")
    _refuse_too_many(n_atoms, memory)
    dot = _build(crystal, basis - origin, found, body, facets)
    provenance.add_step(
        dot,
        "cut",
        facets=[[list(map(int, f.miller)), float(f.distance)] for f in facets],
        sphere=sphere,
        box=None if box is None else [float(x) for x in box],
        centre=[float(x) for x in origin],
    )
    return dot


def _check(
    crystal: Atoms,
    facets: Sequence[Facet],
    sphere: float | None,
    box: Sequence[float] | None,
    tolerance: float,
) -> None:
    if not crystal.pbc.all() or abs(crystal.cell.volume) < 1e-6:
        raise StructureError("cut needs a crystal, periodic in three directions: see crystal()")
    if not {"sublattice", "formal_charge"} <= set(crystal.arrays):
        raise StructureError("the crystal has no sublattice array: pass it through crystal() first")
    if not facets and sphere is None and box is None:
        raise StructureError("nothing to cut with: give facets, a sphere or a box")
    sizes = [] if sphere is None else [sphere]
    if box is not None:
        if len(box) != 3:
            raise StructureError(f"box {box!r}: expected three edge lengths (Å)")
        sizes += list(box)
    if not all(0 < size < LARGEST for size in sizes):
        raise StructureError(
            f"sphere {sphere}, box {box}: expected positive lengths (Å) below {LARGEST:g}"
        )
    if not (math.isfinite(tolerance) and tolerance >= 0):
        raise StructureError(f"tolerance {tolerance}: expected a length of 0 Å or more")


def _centre(crystal: Atoms, centre: Sequence[float] | np.ndarray | str) -> np.ndarray:
    if isinstance(centre, str):
        symbols = crystal.get_chemical_symbols()
        if centre not in symbols:
            raise StructureError(
                f"centre {centre!r}: the crystal holds {', '.join(sorted(set(symbols)))}"
            )
        return crystal.get_scaled_positions(wrap=False)[symbols.index(centre)]
    point = np.asarray(centre, float)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise StructureError(f"centre {centre!r}: expected three fractional coordinates")
    return point


def _body(
    crystal: Atoms,
    facets: Sequence[Facet],
    sphere: float | None,
    box: Sequence[float] | None,
    tolerance: float,
) -> ConvexBody:
    """Return the body in fractional coordinates from its centre; its bounds are in Å."""
    cell = crystal.cell.array
    normals, bounds = [], []
    for facet in facets:
        length = np.linalg.norm(plane_normal(crystal, facet.miller))
        normals.append(np.asarray(facet.miller) / length)
        bounds.append(facet.distance + tolerance)
    if box is not None:
        for axis, edge in enumerate(box):
            normals += [cell[:, axis], -cell[:, axis]]
            bounds += [edge / 2 + tolerance] * 2
    return ConvexBody(
        np.array(normals, float).reshape(-1, 3),
        np.array(bounds, float),
        None if sphere is None else cell @ cell.T,
        0.0 if sphere is None else sphere + tolerance,
    )


def _refuse_too_many(n_atoms: float, memory: float) -> None:
    if n_atoms * BYTES_PER_ATOM > memory:
        raise StructureError(
            f"about {n_atoms:.2g} atoms would need {n_atoms * BYTES_PER_ATOM / 1e9:.3g} GB, more "
            "than half of this machine's memory: cut a smaller piece"
        )


def _build(
    crystal: Atoms,
    basis: np.ndarray,
    found: Sequence[Columns],
    body: ConvexBody,
    facets: Sequence[Facet],
) -> Atoms:
    """Make the atoms of all columns; ``basis`` is relative to the centre."""
    n_atoms = sum(part.count for part in found)
    kind = np.repeat(np.arange(len(basis)), [part.count for part in found])
    positions = np.empty((n_atoms, 3))
    layer = np.empty(n_atoms, np.int64)
    surface = np.empty(n_atoms, bool)
    steps = _neighbour_steps(crystal)
    miller = np.asarray(facets[0].miller if facets else (0, 0, -1))
    offsets, planes, period = _layer_offsets(crystal, miller)
    start = 0
    for b, part in enumerate(found):
        stop = start + part.count
        n = part.points()
        layer[start:stop] = offsets[b] - planes * ((n @ miller) // period)
        x = n + basis[b]
        surface[start:stop] = _lacks_a_neighbour(x, steps[b], body)
        np.matmul(x, crystal.cell.array, out=positions[start:stop])
        start = stop
    dot = Atoms(numbers=crystal.numbers[kind], positions=positions)
    dot.set_array("layer", layer - layer.min())
    dot.set_array("sublattice", crystal.arrays["sublattice"][kind])
    dot.set_array("role", np.array(["inner", "surface"])[surface.astype(np.intp)])
    dot.set_array("domain", np.full(n_atoms, "dot"))
    dot.set_array("formal_charge", crystal.arrays["formal_charge"][kind])
    provenance.update(dot, **provenance.details(crystal))
    return dot


def _neighbour_steps(crystal: Atoms) -> list[np.ndarray]:
    """For each atom of the cell, the (k, 3) fractional steps to the neighbours that count.

    Cations: the nearest shell of cations (12 in zinc blende and in close-packed metals). Anions:
    the atoms they are bonded to (4 in zinc blende).
    """
    anion = crystal.arrays["sublattice"] == "anion"
    inverse = np.linalg.inv(crystal.cell.array)
    bonds = find_bonds(crystal)
    i, d, vectors = _nearest_shells(crystal[~anion])
    number = np.cumsum(~anion) - 1
    steps = []
    for atom in range(len(crystal)):
        if anion[atom]:
            vector = bonds.directions(atom)
        else:
            same = i == number[atom]
            vector = vectors[same & (d < SHELL_SCALE * d[same].min(initial=np.inf))]
        steps.append(vector @ inverse)
    return steps


def _nearest_shells(atoms: Atoms) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return pairs of atoms that hold the nearest shell of each: index, distance and vector (Å)."""
    from ase.neighborlist import neighbor_list

    far = 2.0 * atoms.cell.volume ** (1 / 3)
    reach = min(4.0, far)
    while True:
        i, d, vectors = neighbor_list("idD", atoms, reach)
        nearest = np.full(len(atoms), np.inf)
        np.minimum.at(nearest, i, d)
        if reach >= far or (SHELL_SCALE * nearest <= reach).all():
            return i, d, vectors
        reach = min(1.5 * reach, far)


def _lacks_a_neighbour(x: np.ndarray, steps: np.ndarray, body: ConvexBody) -> np.ndarray:
    """(N,) whether any of x + steps falls outside the body, for x inside it."""
    lacking = np.zeros(len(x), bool)
    if len(steps) == 0:
        return lacking
    for normal, bound in zip(body.normals, body.bounds, strict=True):
        lacking |= x @ normal > bound - (steps @ normal).max()
    if body.metric is not None:
        xg = x @ body.metric
        growth = (2 * xg @ steps.T + np.sum(steps @ body.metric * steps, axis=1)).max(axis=1)
        lacking |= np.sum(xg * x, axis=1) + growth > body.radius**2
    return lacking


def _layer_offsets(crystal: Atoms, miller: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Return what numbers the planes (hkl): layer = offset[atom] - planes * (hkl·n) / period.

    Returns
    -------
    offsets : (B,) int array
        Plane of each atom of the cell at n = 0.
    planes : int
        Number of different cation planes in one period.
    period : int
        Greatest common divisor of the indices: hkl·n is a multiple of it.
    """
    period = int(np.gcd.reduce(miller))
    height = -crystal.get_scaled_positions(wrap=False) @ miller / period
    cation = crystal.arrays["sublattice"] == "cation"
    residues = np.sort(np.mod(height[cation if cation.any() else slice(None)] + 1e-6, 1.0))
    levels = residues[np.concatenate([[True], np.diff(residues) > 0.02])] - 1e-6
    turns = np.floor(height).astype(int)
    ladder = np.concatenate([levels + k for k in (-1, 0, 1)])
    nearest = np.abs((height - turns)[:, None] - ladder).argmin(axis=1) - len(levels)
    return nearest + len(levels) * turns, len(levels), period

"""Build a Janus nanocrystal: a cuboid with a hemispherical cap, joined by a relation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.structures.chemistry.oxidation import for_side
from heterodot.structures.crystals.crystal import crystal, plane_normal
from heterodot.structures.janus.orientation import (
    facing_plane,
    orienting_rotation,
)
from heterodot.structures.janus.pieces import Cap, Face, cuboid, hemispheres, place_faces
from heterodot.structures.janus.placing import Placement, choose_shift, clashes, place
from heterodot.structures.janus.request import (
    cuboid_planes,
    positive,
    read_edges,
    read_ends,
    read_gap,
    read_radius,
    read_shift,
    read_steps,
)
from heterodot.structures.janus.result import described, joined, record
from heterodot.structures.matching.relations import parse_relation
from heterodot.structures.matching.surface_cell import surface_cell

RELATION = "(100)a || (2-1-1)b, [001]a || [111]b"
"""Of CsPbBr3 (Pbnm) and CdS in the published Janus nanocrystals (Adv. Sci. 2023, 2206560)."""


def janus(
    a: str | Path | Atoms | Any = "CsPbBr3",
    b: str | Path | Atoms | Any = "CdS",
    *,
    relation: str = RELATION,
    facet: Any = None,
    faces: Sequence[Any] | None = None,
    edge: float | Sequence[float] = 55.0,
    radius: float | None = None,
    termination: str | Sequence[str | None] | None = None,
    cap_termination: str | None = None,
    shift: Sequence[float] | None = None,
    gap: float | None = None,
    drop_clashes: bool = False,
    registry_steps: int = 12,
    touch: float = 1.0,
    tolerance: float = 2.0,
    a_formal_charges: Mapping[str, float] | None = None,
    b_formal_charges: Mapping[str, float] | None = None,
) -> Atoms:
    """Build a cuboid of one crystal with a hemisphere of another on one of its faces.

    Neither crystal is strained: the cap is turned by the rotation the relation gives, its flat
    face is the lattice plane that then lies on the facet, and it is set where it makes most
    bonds between unlike ions, as near as the species that meet allow. Without any it is
    ``unbonded``, and the record says so under this name.

    Parameters
    ----------
    a, b : str, Path, Atoms or pymatgen Structure
        Crystals of the cuboid and of the cap, as for :func:`heterodot.structures.crystal`.
    relation : str
        Orientation relation, as for
        :func:`heterodot.structures.matching.relations.parse_relation`, with a (or f) for the cuboid
        and b (or s) for the cap. Parallel is meant in the sense written: the normals of (100)a and
        (2-1-1)b point the same way.
    facet : indices, optional
        The face that bears the cap: "(100)", "(-100)", "pseudo-cubic:(110)"; by default the plane
        of a in the relation.
    faces : three planes, optional
        Of the cuboid, perpendicular to each other; with each its opposite. By default (100), (010)
        and (001), or the pseudo-cubic ones where the facet is one of them.
    edge : float or three floats
        Distance (Å, not nm) of opposite faces' outermost atoms, in the order of ``faces``. Faces
        are whole layers: the nearest edge that allows is taken and reported.
    radius : float, optional
        Of the cap, Å; by default 0.9 of what fits on the facet.
    termination : str, or three of them, optional
        The layer all faces (or each pair of faces) end with, such as "CsBr"; by default the one
        that cuts the weakest bonds, and of equals the one nearest to the edge. "any" lets opposite
        faces differ: of the weakest, whatever is nearest to the edge.
    cap_termination : str, optional
        The layer of the cap on the facet; by default, of those that cut the weakest bonds, the one
        that makes most bonds.
    shift : two floats, optional
        Of the cap's centre from the facet's, Å, along the facet's x (its shortest lattice vector)
        and y; by default the best of ``registry_steps``² over the cell of the facet, refined.
    gap : float, optional
        Height between the facet's highest and the cap's lowest atom, Å; by default the smallest
        at which no contact is too short.
    drop_clashes : bool
        Whether atoms of the cap that a given gap brings too near to the cuboid are left out,
        instead of refusing the gap.
    registry_steps : int
        Shifts tried along each vector of the facet's cell.
    touch : float
        Factor on the distances of
        :func:`heterodot.structures.chemistry.contacts.contact_distances`, those of rigid faces
        where that makes bonds.
    tolerance : float
        Degrees; how far statements of the relation, or the cap's plane on the facet, may be off.
    a_formal_charges, b_formal_charges : mapping of element to charge (e), optional
        As ``formal_charges`` of :func:`heterodot.structures.crystal`.

    Returns
    -------
    Atoms
        Without cell, z along the facet's normal, the centre of the cuboid at the origin; the
        cuboid's atoms first. Arrays ``domain`` (name of the crystal), ``layer`` (cation planes from
        the interface, 0 at it, in each piece), ``sublattice``, ``formal_charge``, ``role``
        ("interface" where an atom touches the other piece, else as from
        :func:`heterodot.structures.cut`). What was achieved is in ``info["heterodot"]["janus"]``.

    Raises
    ------
    StructureError
        The relation leaves the orientation open or contradicts itself, the facet is no face of the
        cuboid or has no lattice plane of the cap on it, a size cannot be met, the gap given is too
        small, or the piece would not fit in memory.
    """
    first = _crystal(a, a_formal_charges, "a", "cuboid")
    second = _crystal(b, b_formal_charges, "b", "cap")
    stated = parse_relation(relation, first, second)
    rotation, deviation = orienting_rotation(stated, positive("tolerance", tolerance, "°"))
    plane, planes = cuboid_planes(first, facet, faces, stated)
    edges = read_edges(edge)
    ends = read_ends(termination)
    placed = [place_faces(first, m, edges[k], ends[k]) for k, m in enumerate(planes)]
    bearing = next(k for k, m in enumerate(planes) if m == plane)
    cell = surface_cell(first, plane)
    cap_plane = facing_plane(second, rotation.T @ cell.frame[2], tolerance)
    size = read_radius(radius, [f.edge for k, f in enumerate(placed) if k != bearing])
    caps = hemispheres(second, cap_plane, size, cap_termination)
    body = cuboid(first, [placed[bearing], *(f for k, f in enumerate(placed) if k != bearing)])
    body.positions = (body.positions - _centre(first, placed)) @ cell.frame.T
    touching = positive("touch", touch, "")
    seat = _Seat(
        body,
        cell.in_plane,
        None if shift is None else read_shift(shift),
        read_gap(gap),
        read_steps(registry_steps),
        touching,
        drop_clashes,
    )
    cap, placement = max(
        (seat.take(_turned(cap, cell.frame @ rotation)) for cap in caps),
        key=lambda found: (found[1].bonds, -found[1].gap),
    )
    new = joined(body, cap, placement, (first, second), touching)
    made = record(placed, plane, cap_plane, size, cap, placement, relation, deviation)
    return described(new, (first, second), made)


def _crystal(source: Any, charges: Mapping[str, float] | None, which: str, piece: str) -> Atoms:
    try:
        return crystal(source, formal_charges=charges)
    except StructureError as error:
        raise StructureError(f"{piece}: {for_side(str(error), which, piece)}") from error


def _turned(cap: Cap, rotation: np.ndarray) -> Cap:
    atoms = cap.atoms.copy()
    atoms.positions = atoms.positions @ rotation.T
    return replace(cap, atoms=atoms)


@dataclass(frozen=True, eq=False)
class _Seat:
    """A facet, and what is asked of a cap on it."""

    body: Atoms
    lattice: np.ndarray
    shift: np.ndarray | None
    gap: float | None
    steps: int
    touch: float
    drop_clashes: bool

    def take(self, cap: Cap) -> tuple[Cap, Placement]:
        """Place a cap; where its clashing atoms may go, leave them out first."""
        shift = self.shift
        if shift is None:
            shift = choose_shift(cap.atoms, self.body, self.lattice, self.steps, self.touch)
        if not self.drop_clashes or self.gap is None:
            return cap, place(cap.atoms, self.body, shift, self.gap, self.touch)
        clashing = clashes(cap.atoms, self.body, shift, self.gap, self.touch)
        kept = np.setdiff1d(np.arange(len(cap.atoms)), clashing)
        if not len(kept):
            raise StructureError(f"gap {self.gap:g} Å: every atom of the cap clashes; give more")
        atoms = cap.atoms[kept]
        raised = float(atoms.positions[:, 2].min() - cap.atoms.positions[:, 2].min())
        placement = place(atoms, self.body, shift, self.gap + raised, self.touch)
        return replace(cap, atoms=atoms, dropped=cap.dropped + len(clashing)), placement


def _centre(atoms: Atoms, faces: Sequence[Face]) -> np.ndarray:
    """(3,) the point in the middle between all pairs of faces, in the crystal's frame, Å."""
    normals = np.array([plane_normal(atoms, f.miller) for f in faces])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    middle: np.ndarray = np.linalg.solve(normals, [(f.upper + f.lower) / 2 for f in faces])
    return middle

"""Build a Janus nanocrystal: a cuboid with a hemispherical cap, joined by a relation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack, cast

import numpy as np
from ase import Atoms

from heterodot.errors import StructureError
from heterodot.options import Options, chosen, keywords_shown
from heterodot.structures.chemistry.oxidation import for_side
from heterodot.structures.crystals.crystal import crystal
from heterodot.structures.crystals.planes import plane_normal
from heterodot.structures.janus.options import (
    NAMES,
    CapOptions,
    CuboidOptions,
    JanusKeywords,
    SeatOptions,
    janus_defaults,
)
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


@keywords_shown(JanusKeywords, janus_defaults())
def janus(
    a: str | Path | Atoms | Any = "CsPbBr3",
    b: str | Path | Atoms | Any = "CdS",
    *,
    relation: str = RELATION,
    tolerance: float = 2.0,
    cuboid_options: CuboidOptions | None = None,
    cap_options: CapOptions | None = None,
    seat_options: SeatOptions | None = None,
    **keywords: Unpack[JanusKeywords],
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
    cuboid_options, cap_options : CuboidOptions, CapOptions, optional
        Faces, edges and layers of the two pieces.
    seat_options : SeatOptions, optional
        Where the cap is set.
    tolerance : float
        Degrees; how far statements of the relation, or the cap's plane on the facet, may be off.
    **keywords
        The fields of these objects one by one, which win over the objects. The cap's layer is
        ``cap_termination``, the formal charges are ``a_formal_charges`` and ``b_formal_charges``.

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
    given = cast(dict[str, Any], keywords)
    for name in given.keys() - janus_defaults().keys():
        raise TypeError(f"janus() got an unexpected keyword argument {name!r}")
    box = _chosen(CuboidOptions, cuboid_options, given)
    top = _chosen(CapOptions, cap_options, given)
    how = _chosen(SeatOptions, seat_options, given)
    first = _crystal(a, box.formal_charges, "a", "cuboid")
    second = _crystal(b, top.formal_charges, "b", "cap")
    stated = parse_relation(relation, first, second)
    rotation, deviation = orienting_rotation(stated, positive("tolerance", tolerance, "°"))
    plane, planes = cuboid_planes(first, box.facet, box.faces, stated)
    edges = read_edges(box.edge)
    ends = read_ends(box.termination)
    placed = [place_faces(first, m, edges[k], ends[k]) for k, m in enumerate(planes)]
    bearing = next(k for k, m in enumerate(planes) if m == plane)
    cell = surface_cell(first, plane)
    cap_plane = facing_plane(second, rotation.T @ cell.frame[2], tolerance)
    size = read_radius(top.radius, [f.edge for k, f in enumerate(placed) if k != bearing])
    caps = hemispheres(second, cap_plane, size, top.termination)
    body = cuboid(first, [placed[bearing], *(f for k, f in enumerate(placed) if k != bearing)])
    body.positions = (body.positions - _centre(first, placed)) @ cell.frame.T
    touching = positive("touch", how.touch, "")
    seat = _Seat(
        body,
        cell.in_plane,
        None if how.shift is None else read_shift(how.shift),
        read_gap(how.gap),
        read_steps(how.registry_steps),
        touching,
        how.drop_clashes,
    )
    cap, placement = max(
        (seat.take(_turned(cap, cell.frame @ rotation)) for cap in caps),
        key=lambda found: (found[1].bonds, -found[1].gap),
    )
    new = joined(body, cap, placement, (first, second), touching)
    made = record(placed, plane, cap_plane, size, cap, placement, relation, deviation)
    return described(new, (first, second), made)


def _chosen(kind: type[Options], options: Options | None, keywords: dict[str, Any]) -> Options:
    names = NAMES[kind]
    own = {names[name]: value for name, value in keywords.items() if name in names}
    return chosen(kind, options, own, "janus")


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

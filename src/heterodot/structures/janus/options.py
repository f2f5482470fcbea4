"""What a Janus nanocrystal is told: its cuboid, its cap and how they meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from heterodot.options import defaults_of


@dataclass(frozen=True, eq=False)
class CuboidOptions:
    """The cuboid.

    Attributes
    ----------
    facet : indices
        The face that bears the cap: "(100)", "(-100)", "pseudo-cubic:(110)"; by default the plane
        of a in the relation.
    faces : three planes
        Of the cuboid, perpendicular to each other; with each its opposite. By default (100), (010)
        and (001), or the pseudo-cubic ones where the facet is one of them.
    edge : float or three floats
        Distance (Å, not nm) of opposite faces' outermost atoms, in the order of ``faces``. Faces
        are whole layers: the nearest edge that allows is taken and reported.
    termination : str, or three of them
        The layer all faces (or each pair of faces) end with, such as "CsBr"; by default the one
        that cuts the weakest bonds, and of equals the one nearest to the edge. "any" lets opposite
        faces differ: of the weakest, whatever is nearest to the edge.
    formal_charges : mapping of element to charge (e)
        As for :func:`heterodot.structures.crystal`.
    """

    facet: Any = None
    faces: Sequence[Any] | None = None
    edge: float | Sequence[float] = 55.0
    termination: str | Sequence[str | None] | None = None
    formal_charges: Mapping[str, float] | None = None


@dataclass(frozen=True, eq=False)
class CapOptions:
    """The hemisphere on one of its faces.

    Attributes
    ----------
    radius : float
        Of the cap, Å; by default 0.9 of what fits on the facet.
    termination : str
        The layer of the cap on the facet; by default, of those that cut the weakest bonds, the one
        that makes most bonds.
    formal_charges : mapping of element to charge (e)
        As for :func:`heterodot.structures.crystal`.
    """

    radius: float | None = None
    termination: str | None = None
    formal_charges: Mapping[str, float] | None = None


@dataclass(frozen=True, eq=False)
class SeatOptions:
    """How the cap is set on the facet.

    Attributes
    ----------
    shift : two floats
        Of the cap's centre from the facet's, Å, along the facet's x (its shortest lattice vector)
        and y; by default the best of ``registry_steps``² over the cell of the facet, refined.
    gap : float
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
    """

    shift: Sequence[float] | None = None
    gap: float | None = None
    drop_clashes: bool = False
    registry_steps: int = 12
    touch: float = 1.0


class JanusKeywords(TypedDict, total=False):
    """The fields of these objects as keywords: :data:`NAMES` says whose they are."""

    facet: Any
    faces: Sequence[Any] | None
    edge: float | Sequence[float]
    radius: float | None
    termination: str | Sequence[str | None] | None
    cap_termination: str | None
    shift: Sequence[float] | None
    gap: float | None
    drop_clashes: bool
    registry_steps: int
    touch: float
    a_formal_charges: Mapping[str, float] | None
    b_formal_charges: Mapping[str, float] | None


NAMES: Mapping[type, Mapping[str, str]] = {
    CuboidOptions: {
        "facet": "facet",
        "faces": "faces",
        "edge": "edge",
        "termination": "termination",
        "a_formal_charges": "formal_charges",
    },
    CapOptions: {
        "radius": "radius",
        "cap_termination": "termination",
        "b_formal_charges": "formal_charges",
    },
    SeatOptions: {
        name: name for name in ("shift", "gap", "drop_clashes", "registry_steps", "touch")
    },
}
"""Keyword to field, of each object."""


def janus_defaults() -> dict[str, Any]:
    """Return the default of every keyword, from the object it belongs to."""
    return {
        keyword: defaults_of(kind)[name]
        for kind, names in NAMES.items()
        for keyword, name in names.items()
    }

"""How the two sides of an interface are joined, and all its options as keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypedDict

from heterodot.options import defaults_of
from heterodot.structures.interfaces.sides import SideOptions
from heterodot.structures.matching.options import MatchOptions

SIDES = ("film", "substrate")

SEARCHED = ("film_miller", "substrate_miller", "relation", "max_area", "max_strain")
"""Options of the search that are keywords of an interface; the others come by ``matching``."""


@dataclass(frozen=True, eq=False)
class JoinOptions:
    """How the film is set on the substrate.

    Attributes
    ----------
    gap : float or None
        From the substrate's highest to the film's lowest atom, Å; by default the smallest at
        which no contact across the interface is shorter than its limit.
    shift : two float or None
        Lateral shift of the film in fractions of the common cell; by default the best on a grid
        over the cell of different shifts.
    grid : two int
        Shifts tried along each side of that cell.
    criterion : {"contacts", "gap"}
        What the best shift has: most contacts between unlike ions, or the smallest gap.
    touch : float
        Contacts may be as short as this factor times the distances of
        :func:`heterodot.structures.chemistry.contacts.contact_distances`, those of rigid faces.
    vacuum : float
        Empty height above the film to the next image, Å.
    """

    gap: float | None = None
    shift: Sequence[float] | None = None
    grid: Sequence[int] = (12, 12)
    criterion: str = "contacts"
    touch: float = 1.0
    vacuum: float = 15.0


class InterfaceKeywords(TypedDict, total=False):
    """The options of an interface by name: see :func:`side_keyword` for those of its sides."""

    film_miller: Sequence[int] | str | None
    substrate_miller: Sequence[int] | str | None
    relation: str | None
    max_area: float
    max_strain: float
    film_layers: int | None
    film_thickness: float | None
    film_termination: str | int | None
    film_outer_termination: str | int | None
    film_kind: str
    film_polarity: str
    substrate_layers: int | None
    substrate_thickness: float | None
    substrate_termination: str | int | None
    substrate_outer_termination: str | int | None
    substrate_kind: str
    substrate_polarity: str
    passivate_film: str | None
    passivate_substrate: str | None
    gap: float | None
    shift: Sequence[float] | None
    grid: Sequence[int]
    criterion: str
    touch: float
    vacuum: float
    film_formal_charges: Mapping[str, float] | None
    substrate_formal_charges: Mapping[str, float] | None
    film_planes: bool
    substrate_planes: bool


def side_keyword(side: str, field: str) -> str:
    """Name of an option of a side: ``film_layers``, ``substrate_kind``, ``passivate_film``."""
    return f"passivate_{side}" if field == "passivate" else f"{side}_{field}"


def side_keywords(side: str, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of one side, by the fields of :class:`SideOptions`."""
    names = {side_keyword(side, entry.name): entry.name for entry in fields(SideOptions)}
    return {names[name]: value for name, value in keywords.items() if name in names}


def interface_defaults() -> dict[str, Any]:
    """Return the default of every keyword of an interface, from the objects it belongs to."""
    found = {name: defaults_of(MatchOptions)[name] for name in SEARCHED}
    for side in SIDES:
        own = defaults_of(SideOptions).items()
        found |= {side_keyword(side, name): default for name, default in own}
    return {**found, **defaults_of(JoinOptions)}

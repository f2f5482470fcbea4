"""What the core of a core/shell dot is told, as an object or as keywords."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from heterodot.options import defaults_of


@dataclass(frozen=True, eq=False)
class CoreOptions:
    """Size, shape and place of the core, and what it ends on.

    Attributes
    ----------
    radius, diameter : float
        Of the core, Å, one of them; of a facetted one, to the nearest facets.
    shape : str or list of mappings
        "sphere", "cube", "octahedron", "tetrahedron", "truncated-tetrahedron", "cuboctahedron",
        "truncated-octahedron", "rhombic-dodecahedron"; or facets: ``[{miller: [1, 1, 0], ratio:
        1.0}, …]``, each standing for all its equivalents. Shells are equally thick on all facets.
    centre : "cation", "anion", "bond", or three float
        What is at the centre, or fractional coordinates in the core's cell.
    termination : {"cation", "anion"}
        What the core ends on below its first shell. Cation: anions of the core with a neighbour
        outside become the shell's, so that InP and ZnSe are joined by In–Se bonds only. Anion:
        the cations, so that they are joined by Zn–P only. By default the boundary is cut as it
        falls, and both occur.
    """

    radius: float | None = None
    diameter: float | None = None
    shape: str | Sequence[Mapping[str, Any]] = "sphere"
    centre: str | Sequence[float] = "cation"
    termination: str | None = None


class CoreKeywords(TypedDict, total=False):
    """The fields of :class:`CoreOptions` as keywords: :data:`NAMES` says which is which."""

    radius: float | None
    diameter: float | None
    shape: str | Sequence[Mapping[str, Any]]
    centre: str | Sequence[float]
    core_termination: str | None


NAMES = {
    "radius": "radius",
    "diameter": "diameter",
    "shape": "shape",
    "centre": "centre",
    "core_termination": "termination",
}
"""Keyword to field."""


def core_defaults() -> dict[str, Any]:
    """Return the default of every keyword."""
    return {keyword: defaults_of(CoreOptions)[name] for keyword, name in NAMES.items()}

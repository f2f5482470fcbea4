"""What a search for lattice matches is told: its options, as an object or as keywords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from heterodot.structures.matching.relations import Setting


@dataclass(frozen=True, eq=False)
class MatchOptions:
    """Options of :func:`heterodot.structures.match_lattices`.

    Attributes
    ----------
    film_miller, substrate_miller : indices or list of indices
        Planes: (1, 0, 0), "2-1-1", "pseudo-cubic:(220)". By default those of the ``relation``, or
        all inequivalent ones up to ``max_miller``.
    max_miller : int
        Largest index of a search over all planes, up to 5.
    max_area : float
        Largest area of either supercell, Å².
    max_atoms : int
        Largest number of atoms of both supercells, each one repeat along the normal.
    max_strain : float
        Largest absolute principal strain (0.03 is 3 %) of the film relative to the substrate,
        whoever bears it.
    max_von_mises : float
        Largest equivalent strain.
    twist : float or two floats
        Largest absolute twist, or its range; degrees. A match is kept when one of its equivalents
        is in the range.
    strained : str
        Who bears the strain: "film", "substrate", "shared" (half each) or "elastic" (least elastic
        energy).
    film_elastic, substrate_elastic : mapping or sequence
        Elastic constants, GPa: C11, C12, C44, or 6×6. By default those known for the crystal.
    film_thickness, substrate_thickness : float
        Å; for the elastic energy.
    relation : str
        Orientation relation, as for
        :func:`heterodot.structures.matching.relations.parse_relation`. Its first pair of planes is
        the interface where no planes are given. Parallel and antiparallel are the same, but for
        the planes of the interface, whose normals both point up.
    relation_tolerance : float
        Degrees.
    film_setting, substrate_setting : str or 3×3 numbers
        Setting of indices that name none: "Pbnm", "Pnma", "pseudo-cubic", or a change of basis.
    score : str
        "balanced" (area × (1 + von Mises / 1 %)), "area", "strain" or "energy" (per area).
    supercells : bool
        Whether to list matches that are supercells of smaller ones, too.
    """

    film_miller: Any = None
    substrate_miller: Any = None
    max_miller: int | None = None
    max_area: float = 400.0
    max_atoms: int | None = None
    max_strain: float = 0.03
    max_von_mises: float | None = None
    twist: float | Sequence[float] | None = None
    strained: str = "film"
    film_elastic: Any = None
    substrate_elastic: Any = None
    film_thickness: float = 10.0
    substrate_thickness: float = 10.0
    relation: str | None = None
    relation_tolerance: float = 2.0
    film_setting: Setting = None
    substrate_setting: Setting = None
    score: str = "balanced"
    supercells: bool = False


class MatchKeywords(TypedDict, total=False):
    """The fields of :class:`MatchOptions` as keywords."""

    film_miller: Any
    substrate_miller: Any
    max_miller: int | None
    max_area: float
    max_atoms: int | None
    max_strain: float
    max_von_mises: float | None
    twist: float | Sequence[float] | None
    strained: str
    film_elastic: Any
    substrate_elastic: Any
    film_thickness: float
    substrate_thickness: float
    relation: str | None
    relation_tolerance: float
    film_setting: Setting
    substrate_setting: Setting
    score: str
    supercells: bool

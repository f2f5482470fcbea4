"""Which configurations are kept, told apart and given, as objects or as keywords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

from heterodot.options import defaults_of
from heterodot.structures.crystals.symmetry import DEFAULT_TOLERANCE

DEFAULT_LIMIT = 100_000
"""Most configurations generated unless a higher limit is given."""


@dataclass(frozen=True)
class Conditions:
    """What a configuration must fulfil.

    Attributes
    ----------
    charge : int or None
        Only compounds that add this to the sum of the formal charges, e; 0: neutral compounds.
    min_distance, max_distance : float or None
        Å, between any two defects.
    neighbours : bool or None
        True: the defects are one cluster of bonded or nearest like sites; False: none are.
    """

    charge: int | None = None
    min_distance: float | None = None
    max_distance: float | None = None
    neighbours: bool | None = None


@dataclass(frozen=True)
class DrawOptions:
    """How many configurations are given, and how they are drawn where that is not all.

    Attributes
    ----------
    limit : int
        Most configurations to generate.
    sample : int or None
        Number of distinct configurations to draw at random; where there are fewer, all are given.
    seed : int
        Of the random numbers.
    uniform : {"orbits", "configurations"}
        What a draw is uniform over: distinct configurations, or all of them, which draws a
        distinct one in proportion to its multiplicity. One drawn before is drawn again.
    """

    limit: int = DEFAULT_LIMIT
    sample: int | None = None
    seed: int = 0
    uniform: str = "orbits"


@dataclass(frozen=True)
class Equivalence:
    """What makes two configurations one.

    Attributes
    ----------
    tolerance : float
        Å, of the symmetry.
    rotations_only : bool
        Only rotations make configurations equivalent: of a chiral one and its mirror image both
        are counted.
    """

    tolerance: float = DEFAULT_TOLERANCE
    rotations_only: bool = False


class EnumerationKeywords(TypedDict, total=False):
    """The fields of :class:`Conditions`, :class:`DrawOptions`, :class:`Equivalence` as keywords."""

    charge: int | None
    min_distance: float | None
    max_distance: float | None
    neighbours: bool | None
    limit: int
    sample: int | None
    seed: int
    uniform: str
    tolerance: float
    rotations_only: bool


def enumeration_defaults() -> dict[str, Any]:
    """Return the default of every keyword."""
    return {**defaults_of(Conditions), **defaults_of(DrawOptions), **defaults_of(Equivalence)}

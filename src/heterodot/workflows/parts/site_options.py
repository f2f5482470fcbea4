"""How an adsorbate at a site is searched for and judged; as objects or as keywords."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from heterodot.data.conditions import STANDARD_TEMPERATURE
from heterodot.options import defaults_of

DEFAULT_STARTS = 3
"""Starting geometries of each adsorbate. Chosen: cost against the chance to miss the best; an
argument (``n_starts``) of every question."""


@dataclass(frozen=True)
class StartOptions:
    """The starting geometries of an adsorbate, and how each is relaxed.

    Attributes
    ----------
    n_starts : int or None
        None for all there are.
    fmax : float
        eV/Å.
    steps : int
        Geometries of each relaxation at most.
    """

    n_starts: int | None = DEFAULT_STARTS
    fmax: float = 0.05
    steps: int = 300


@dataclass(frozen=True)
class ThermalOptions:
    """How an adsorbate's vibrations become a free energy.

    Attributes
    ----------
    temperature : float
        K.
    thermal : {"quasi-harmonic", "harmonic"}
    vibrations : {"adsorbate", "all"}
        Whose vibrations: the adsorbate's on a surface that is held still, or those of every free
        atom.
    """

    temperature: float = STANDARD_TEMPERATURE
    thermal: str = "quasi-harmonic"
    vibrations: str = "adsorbate"


class StartKeywords(TypedDict, total=False):
    """The fields of :class:`StartOptions` as keywords."""

    n_starts: int | None
    fmax: float
    steps: int


class SiteKeywords(StartKeywords, total=False):
    """The fields of :class:`StartOptions` and :class:`ThermalOptions` as keywords."""

    temperature: float
    thermal: str
    vibrations: str


SITE_DEFAULTS = {**defaults_of(StartOptions), **defaults_of(ThermalOptions)}

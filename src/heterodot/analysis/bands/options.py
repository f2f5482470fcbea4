"""What a density of states or a band is taken of, and how; as objects or as keywords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from ase import Atoms

from heterodot.analysis.bands.deep_level import DeepLevel
from heterodot.analysis.bands.selection import (
    AtomSelection,
    combined_selection,
    describe,
    select_projectors,
)
from heterodot.data.electronic_structure import ElectronicStructure, Projections
from heterodot.options import defaults_of


@dataclass(frozen=True, eq=False)
class OrbitalSelection:
    """Which orbitals: of which atoms, of which angular momentum, by which projection.

    Attributes
    ----------
    atoms : int, indices, bool mask or None
        None: all atoms (of the element).
    element : str or None
    l : int, {"s", "p", "d", "f"} or None
    kind : {"Mulliken", "Löwdin", "PAW"} or None
        None: the first there is of Löwdin, Mulliken, PAW. PAW projections see the augmentation
        spheres only and do not sum to the electrons.
    m : int or None
        Magnetic index -l…l in the code's order of real harmonics, with ``l``.
    structure : Atoms or None
        The atoms of the calculation, whose arrays ``domain`` and ``layer`` select.
    domain : str or several, optional
    layer : int or several, optional
    """

    atoms: AtomSelection = None
    element: str | None = None
    l: int | str | None = None  # noqa: E741
    kind: str | None = None
    m: int | None = None
    structure: Atoms | None = None
    domain: str | Sequence[str] | None = None
    layer: int | Sequence[int] | None = None

    def projectors(self, es: ElectronicStructure) -> tuple[Projections, np.ndarray]:
        """Return the projections and the (p,) bool mask of the projectors that are meant.

        Raises
        ------
        InputError
            Nothing to project on.
        """
        atoms = combined_selection(es.numbers, self.atoms, self.structure, self.domain, self.layer)
        return select_projectors(es, atoms, self.element, self.l, self.kind, self.m)

    @property
    def label(self) -> str:
        """Short text for figures, e.g. ``Cu d``."""
        return describe(self.atoms, self.element, self.l, self.m, self.domain, self.layer)


@dataclass(frozen=True, eq=False)
class CurveOptions:
    """How levels become a curve.

    Attributes
    ----------
    energies : (E,) float array or None
        eV, relative to the reference; :func:`heterodot.analysis.energy_grid` unless given.
    width : float
        eV: standard deviation (gaussian), half width at half maximum (lorentzian); tetrahedra
        have none, and take a fifth of it as spacing where no energies are given.
    broadening : {"gaussian", "lorentzian", "tetrahedron"}
    reference : {"fermi", "vbm", "vacuum"}, DeepLevel or None
    """

    energies: np.ndarray | None = None
    width: float = 0.1
    broadening: str = "gaussian"
    reference: str | DeepLevel | None = "fermi"


class DensityKeywords(TypedDict, total=False):
    """Fields of :class:`OrbitalSelection` and :class:`CurveOptions` as keywords."""

    m: int | None
    structure: Atoms | None
    domain: str | Sequence[str] | None
    layer: int | Sequence[int] | None
    energies: np.ndarray | None
    width: float
    broadening: str
    reference: str | DeepLevel | None


DENSITY_DEFAULTS = {**defaults_of(OrbitalSelection), **defaults_of(CurveOptions)}


@dataclass(frozen=True)
class BandOptions:
    """Which states are one band, and how they count.

    Attributes
    ----------
    window : (low, high) or None
        eV relative to the reference; all states unless given.
    occupied_only : bool
        Weigh each state with its occupation.
    reference : {"fermi", "vbm", "vacuum"} or None
    spin : {0, 1} or None
        One channel; None: both.
    edge_width : float
        Gaussian broadening for the upper edge, eV.
    """

    window: tuple[float, float] | None = None
    occupied_only: bool = False
    reference: str | None = "fermi"
    spin: int | None = None
    edge_width: float = 0.2


class BandKeywords(TypedDict, total=False):
    """The fields of :class:`BandOptions` as keywords."""

    window: tuple[float, float] | None
    occupied_only: bool
    reference: str | None
    spin: int | None
    edge_width: float

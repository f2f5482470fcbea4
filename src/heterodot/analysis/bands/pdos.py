"""Densities of states, total and projected, by broadening discrete levels.

Values count electrons: a spin-paired state holds two, so that the occupied part of the total
integrates to the number of electrons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Unpack, cast

import numpy as np

from heterodot.analysis.bands.broadening import broaden
from heterodot.analysis.bands.deep_level import DeepLevel, reference_name, reference_zero
from heterodot.analysis.bands.options import (
    DENSITY_DEFAULTS,
    CurveOptions,
    DensityKeywords,
    OrbitalSelection,
)
from heterodot.analysis.bands.selection import AtomSelection
from heterodot.checks import finite_array, positive, window_of
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError
from heterodot.options import chosen, keywords_shown, shared_out
from heterodot.records import Record

PAW_NOTE = "PAW-sphere projection, not a partition of the electrons"
"""Belongs beside every number projected on augmentation spheres."""


@dataclass(frozen=True)
class DensityOfStates(Record, keep_arrays=True):
    """A broadened density of states.

    Attributes
    ----------
    energies : (E,) float array
        eV, relative to ``reference``.
    values : (s, E) float array
        1/eV; a spin-paired calculation has one channel that counts both spins.
    label : str
        E.g. ``total`` or ``Cu d``.
    reference : str or None
        "fermi", "vbm", "vacuum", or the name of a deep level.
    kind : str
        ``total``, or the kind of projection.
    width : float
        eV: standard deviation (gaussian), half width at half maximum (lorentzian); tetrahedra
        have none, and take a fifth of it as spacing where no energies are given.
    broadening : {"gaussian", "lorentzian", "tetrahedron"}
    fermi, vbm : float
        Fermi level and highest occupied level, eV, relative to ``reference``.
    level : str
        Level of theory.
    caveats : tuple of str
    cbm : float or None
        Lowest empty level, eV, relative to ``reference``; None where there is no gap, or none was
        calculated.
    """

    energies: np.ndarray
    values: np.ndarray
    label: str
    reference: str | None
    kind: str
    width: float
    broadening: str
    fermi: float
    vbm: float
    level: str = ""
    caveats: tuple[str, ...] = ()
    cbm: float | None = None

    @property
    def total(self) -> np.ndarray:
        """(E,) sum over the spin channels, 1/eV."""
        return self.values.sum(axis=0)

    def channel(self, spin: int) -> DensityOfStates:
        """Return one spin channel alone.

        Raises
        ------
        InputError
            No such channel, or a spin-paired calculation.
        """
        if len(self.values) == 1 or spin not in (0, 1):
            raise InputError(f"spin {spin}: this density has {len(self.values)} channel(s)")
        label = f"{self.label}, spin {'up' if spin == 0 else 'down'}"
        return replace(self, values=self.values[spin : spin + 1], label=label)

    def integral(self, up_to: float | None = None) -> float:
        """Electrons the states below ``up_to`` (eV, relative to the reference) can hold."""
        keep = slice(None) if up_to is None else self.energies <= up_to
        return float(np.trapezoid(self.total[keep], self.energies[keep]))


def energy_grid(
    es: ElectronicStructure,
    width: float = 0.1,
    spacing: float | None = None,
    window: tuple[float, float] | None = None,
    reference: str | DeepLevel | None = "fermi",
) -> np.ndarray:
    """Return energies (eV, relative to the reference) that hold every state and its broadening.

    Parameters
    ----------
    es : ElectronicStructure
    width : float
        Broadening, eV; the grid reaches 6 widths beyond the outermost states.
    spacing : float, optional
        eV; a fifth of the width unless given.
    window : (low, high), optional
        eV, relative to the reference, instead of all states.
    reference : {"fermi", "vbm", "vacuum"}, DeepLevel or None

    Raises
    ------
    InputError
        Width or spacing not positive, or an empty window.
    """
    width = positive(width, "width", "eV")
    step = width / 5 if spacing is None else positive(spacing, "spacing", "eV")
    if window is None:
        zero = reference_zero(es, reference)
        low = float(es.energies.min()) - zero - 6 * width
        high = float(es.energies.max()) - zero + 6 * width
    else:
        low, high = window_of(window)
    return np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)


def density_of_states(
    es: ElectronicStructure,
    energies: np.ndarray | None = None,
    width: float = 0.1,
    broadening: str = "gaussian",
    reference: str | DeepLevel | None = "fermi",
) -> DensityOfStates:
    """Total density of states.

    Parameters
    ----------
    es : ElectronicStructure
    energies : (E,) float array, optional
        eV, relative to the reference; :func:`energy_grid` unless given.
    width : float
        eV: standard deviation (gaussian), half width at half maximum (lorentzian); tetrahedra
        have none, and take a fifth of it as spacing where no energies are given.
    broadening : {"gaussian", "lorentzian", "tetrahedron"}
    reference : {"fermi", "vbm", "vacuum"}, DeepLevel or None

    Returns
    -------
    DensityOfStates

    Raises
    ------
    InputError
        Unknown broadening or reference, or a width that is not positive.
    """
    weights = np.ones_like(es.energies)
    curve = CurveOptions(energies, width, broadening, reference)
    return _broaden(es, weights, "total", "total", curve)


@keywords_shown(DensityKeywords, DENSITY_DEFAULTS)
def projected_dos(
    es: ElectronicStructure,
    atoms: AtomSelection = None,
    element: str | None = None,
    l: int | str | None = None,  # noqa: E741
    kind: str | None = None,
    *,
    label: str | None = None,
    selection: OrbitalSelection | None = None,
    curve: CurveOptions | None = None,
    **keywords: Unpack[DensityKeywords],
) -> DensityOfStates:
    """Density of states projected on atoms, an element and an angular momentum.

    Parameters
    ----------
    es : ElectronicStructure
    atoms : int, indices, bool mask or None
        None: all atoms (of the element).
    element : str or None
    l : int, {"s", "p", "d", "f"} or None
    kind : {"Mulliken", "Löwdin", "PAW"} or None
        None: the first there is of Löwdin, Mulliken, PAW. PAW projections see the augmentation
        spheres only and do not sum to the electrons.
    label : str, optional
        For figures; e.g. ``Cu d`` unless given.
    selection : OrbitalSelection, optional
        Which orbitals, with m, and the domain or layer of a structure.
    curve : CurveOptions, optional
        Energies, broadening and reference.
    **keywords
        Fields of these two, one by one: m, structure, domain, layer; energies, width, broadening,
        reference. What is given by name wins over the objects.

    Returns
    -------
    DensityOfStates

    Raises
    ------
    InputError
        Nothing to project on, or as for :func:`density_of_states`.
    """
    own = {"atoms": atoms, "element": element, "l": l, "kind": kind}
    given: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
    given |= cast(dict[str, Any], keywords)
    of_orbitals, of_curve = shared_out(given, OrbitalSelection, CurveOptions)
    orbitals = chosen(OrbitalSelection, selection, of_orbitals, "projected_dos")
    asked = chosen(CurveOptions, curve, of_curve, "projected_dos")
    projections, mask = orbitals.projectors(es)
    weights = projections.weights @ mask.astype(float)
    name = orbitals.label if label is None else label
    return _broaden(es, weights, name, projections.kind, asked)


def _broaden(
    es: ElectronicStructure, weights: np.ndarray, label: str, kind: str, curve: CurveOptions
) -> DensityOfStates:
    """Put a line of the given (s, k, b) weight at every state."""
    energies, width, reference = curve.energies, curve.width, curve.reference
    grid = energy_grid(es, width, reference=reference) if energies is None else energies
    grid = finite_array(grid, "energies", "eV")
    zero = reference_zero(es, reference)
    values = broaden(es, weights, grid, width, curve.broadening, zero)
    return DensityOfStates(
        energies=grid,
        values=values,
        label=label,
        reference=reference_name(reference),
        kind=kind,
        width=float(width),
        broadening=curve.broadening,
        fermi=es.zero("fermi") - zero,
        vbm=es.zero("vbm") - zero,
        level=str(es.level.get("label", "")),
        caveats=es.caveats + ((PAW_NOTE,) if kind == "PAW" else ()),
        cbm=None if es.gapless or not np.isfinite(es.lumo) else float(es.lumo) - zero,
    )

"""Densities of states, total and projected, by broadening discrete levels.

Values count electrons: a spin-paired state holds two, so that the occupied part of the total
integrates to the number of electrons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from heterodot.analysis.electronic_structure import ElectronicStructure
from heterodot.analysis.selection import AtomSelection, describe, select_projectors
from heterodot.errors import InputError

BROADENINGS = ("gaussian", "lorentzian")

PAW_NOTE = "PAW-sphere projection, not a partition of the electrons"
"""Belongs beside every number projected on augmentation spheres."""


@dataclass(frozen=True)
class DensityOfStates:
    """A broadened density of states.

    Attributes
    ----------
    energies : (E,) float array
        eV, relative to ``reference``.
    values : (s, E) float array
        1/eV; a spin-paired calculation has one channel that counts both spins.
    label : str
        E.g. ``total`` or ``Cu d``.
    reference : {"fermi", "vbm", "vacuum"} or None
    kind : str
        ``total``, or the kind of projection.
    width : float
        eV: standard deviation (gaussian) or half width at half maximum (lorentzian).
    broadening : {"gaussian", "lorentzian"}
    fermi, vbm : float
        Fermi level and highest occupied level, eV, relative to ``reference``.
    level : str
        Level of theory.
    caveats : tuple of str
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

    @property
    def total(self) -> np.ndarray:
        """(E,) sum over the spin channels, 1/eV."""
        return self.values.sum(axis=0)

    def integral(self, up_to: float | None = None) -> float:
        """Electrons the states below ``up_to`` (eV, relative to the reference) can hold."""
        keep = slice(None) if up_to is None else self.energies <= up_to
        return float(np.trapezoid(self.total[keep], self.energies[keep]))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values and numpy arrays."""
        return {**self.__dict__, "caveats": list(self.caveats)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> DensityOfStates:
        """Rebuild from :meth:`to_dict` (arrays may be lists)."""
        arrays = {name: np.asarray(data[name], float) for name in ("energies", "values")}
        return cls(**{**data, **arrays, "caveats": tuple(data["caveats"])})


def energy_grid(
    es: ElectronicStructure,
    width: float = 0.1,
    spacing: float | None = None,
    window: tuple[float, float] | None = None,
    reference: str | None = "fermi",
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
    reference : {"fermi", "vbm", "vacuum"} or None

    Raises
    ------
    InputError
        Width or spacing not positive, or an empty window.
    """
    step = width / 5 if spacing is None else spacing
    if not (width > 0 and step > 0):
        raise InputError(f"width {width}, spacing {step} eV: expected positive numbers")
    if window is None:
        zero = es.zero(reference)
        low = float(es.energies.min()) - zero - 6 * width
        high = float(es.energies.max()) - zero + 6 * width
    else:
        low, high = window
    if not high > low:
        raise InputError(f"window ({low}, {high}) eV: expected low < high")
    return np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)


def density_of_states(
    es: ElectronicStructure,
    energies: np.ndarray | None = None,
    width: float = 0.1,
    broadening: str = "gaussian",
    reference: str | None = "fermi",
) -> DensityOfStates:
    """Total density of states.

    Parameters
    ----------
    es : ElectronicStructure
    energies : (E,) float array, optional
        eV, relative to the reference; :func:`energy_grid` unless given.
    width : float
        eV: standard deviation (gaussian) or half width at half maximum (lorentzian).
    broadening : {"gaussian", "lorentzian"}
    reference : {"fermi", "vbm", "vacuum"} or None

    Returns
    -------
    DensityOfStates

    Raises
    ------
    InputError
        Unknown broadening or reference, or a width that is not positive.
    """
    weights = np.ones_like(es.energies)
    return _broaden(es, weights, "total", "total", energies, width, broadening, reference)


def projected_dos(
    es: ElectronicStructure,
    atoms: AtomSelection = None,
    element: str | None = None,
    l: int | str | None = None,  # noqa: E741
    kind: str | None = None,
    energies: np.ndarray | None = None,
    width: float = 0.1,
    broadening: str = "gaussian",
    reference: str | None = "fermi",
    label: str | None = None,
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
    energies, width, broadening, reference
        As for :func:`density_of_states`.
    label : str, optional
        For figures; e.g. ``Cu d`` unless given.

    Returns
    -------
    DensityOfStates

    Raises
    ------
    InputError
        Nothing to project on, or as for :func:`density_of_states`.
    """
    projections, mask = select_projectors(es, atoms, element, l, kind)
    weights = projections.weights[..., mask].sum(axis=-1)
    name = describe(atoms, element, l) if label is None else label
    return _broaden(es, weights, name, projections.kind, energies, width, broadening, reference)


def line_shape(x: np.ndarray, width: float, broadening: str) -> np.ndarray:
    """Normalised gaussian (standard deviation) or lorentzian (half width) of ``width``.

    Raises
    ------
    InputError
        Unknown broadening, or a width that is not positive: nothing is broadened with zero.
    """
    if not width > 0:
        raise InputError(f"width {width} eV: expected a positive number")
    if broadening == "gaussian":
        return np.exp(-0.5 * (x / width) ** 2) / (width * np.sqrt(2 * np.pi))
    if broadening == "lorentzian":
        return width / np.pi / (x**2 + width**2)
    raise InputError(f"broadening {broadening!r}: expected one of {BROADENINGS}")


def _broaden(
    es: ElectronicStructure,
    weights: np.ndarray,
    label: str,
    kind: str,
    energies: np.ndarray | None,
    width: float,
    broadening: str,
    reference: str | None,
) -> DensityOfStates:
    """Put a line of the given (s, k, b) weight at every state."""
    grid = energy_grid(es, width, reference=reference) if energies is None else energies
    grid = np.asarray(grid, float)
    zero = es.zero(reference)
    values = np.zeros((es.n_spins, len(grid)))
    degeneracy = 2.0 / es.n_spins
    for s in range(es.n_spins):
        for k, k_weight in enumerate(es.k_weights):
            lines = line_shape(grid[:, None] - (es.energies[s, k] - zero), width, broadening)
            values[s] += degeneracy * k_weight * (lines @ weights[s, k])
    return DensityOfStates(
        energies=grid,
        values=values,
        label=label,
        reference=reference,
        kind=kind,
        width=float(width),
        broadening=broadening,
        fermi=es.zero("fermi") - zero,
        vbm=es.zero("vbm") - zero,
        level=str(es.level.get("label", "")),
        caveats=es.caveats + ((PAW_NOTE,) if kind == "PAW" else ()),
    )

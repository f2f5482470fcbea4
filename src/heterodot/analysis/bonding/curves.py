"""Curves of bonding against energy, whichever program they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heterodot.errors import InputError
from heterodot.records import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = ("COHP", "COOP", "COBI")
INTEGRAL_UNITS = {"COHP": " eV", "COOP": " electrons", "COBI": ""}
"""Unit of the integrals, with the space before it."""


@dataclass(frozen=True)
class BondCurves(Record, keep_arrays=True):
    """COHP, COOP or COBI of some pairs.

    Attributes
    ----------
    kind : {"COHP", "COOP", "COBI"}
    labels : tuple of str
        Of the pairs.
    energies : (E,) float array
        eV, relative to ``reference``.
    values : (p, s, E) float array
        Per eV (COHP: eV per eV). A pair is counted once, with both orders of its orbitals; a
        spin-paired calculation has one channel that counts both spins.
    running : (p, s, E) float array
        Integral of all states up to each energy.
    at_fermi : (p, s) float array
        Integral over the occupied states (ICOHP, ICOOP, ICOBI), from the occupations, without
        broadening; from LOBSTER as it prints it.
    reference : {"fermi", "vbm", "vacuum"} or None
    fermi, vbm : float
        Relative to ``reference``, eV; nan where unknown.
    basis : str
        "Löwdin", "nonorthogonal", or "LOBSTER" for its projection.
    width : float
        Broadening, eV; nan where unknown.
    broadening : str
    lengths : tuple of float
        Bond lengths, Å, one for each pair, where known; else empty.
    level : str
    caveats : tuple of str
    """

    kind: str
    labels: tuple[str, ...]
    energies: np.ndarray
    values: np.ndarray
    running: np.ndarray
    at_fermi: np.ndarray
    reference: str | None
    fermi: float
    vbm: float
    basis: str
    width: float
    broadening: str
    lengths: tuple[float, ...] = ()
    level: str = ""
    caveats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError(f"kind {self.kind!r}: expected one of {KINDS}")
        n_pairs, n_spins = self.at_fermi.shape
        shape = (n_pairs, n_spins, len(self.energies))
        if len(self.labels) != n_pairs or {self.values.shape, self.running.shape} != {shape}:
            raise InputError(
                f"bond curves: {len(self.labels)} labels, values {self.values.shape}, running "
                f"{self.running.shape}; expected {n_pairs} labels and {shape}"
            )

    @property
    def integrals(self) -> dict[str, float]:
        """ICOHP, ICOOP or ICOBI by label, both spins."""
        return dict(zip(self.labels, self.at_fermi.sum(axis=1).tolist(), strict=True))

    @property
    def window(self) -> tuple[float, float]:
        """The lowest and highest energy there is, eV."""
        return float(self.energies[0]), float(self.energies[-1])

    @property
    def bonding_sign(self) -> int:
        """−1 for COHP, whose bonding contributions are negative; 1 for COOP and COBI."""
        return -1 if self.kind == "COHP" else 1

    def antibonding_filled(self, label: str) -> float:
        """Return the integral over the antibonding regions below the Fermi level, a size ≥ 0.

        Of the broadened curve, both spins.

        Raises
        ------
        InputError
            Unknown label.
        """
        if label not in self.labels:
            raise InputError(f"label {label!r}: expected one of {', '.join(self.labels)}")
        below = self.energies <= self.fermi
        total = self.bonding_sign * self.values[self.labels.index(label)].sum(axis=0)[below]
        return float(np.trapezoid(np.clip(-total, 0.0, None), self.energies[below]))

    def summary(self) -> str:
        """Return the integrals in words."""
        name, unit = f"I{self.kind}", self.integral_unit
        lines = [f"{name} ({self.basis} orbitals), both spins:"]
        for rank, (label, value) in enumerate(self.integrals.items()):
            at = f", {self.lengths[rank]:.3f} Å" if self.lengths else ""
            lines.append(f"  {label}: {value:.3f}{unit}{at}")
        lines += [f"  level: {self.level}"] if self.level else []
        lines += [f"  caveat: {text}" for text in self.caveats]
        return "\n".join(lines)

    @property
    def integral_unit(self) -> str:
        """Unit of the integrals, with a blank before it; empty for COBI."""
        return INTEGRAL_UNITS[self.kind]

    def plot(self, *, ax: Axes | None = None, caption: str = "", **settings: Any) -> Figure:
        """Draw the curves; see :func:`heterodot.analysis.plot_bonding`."""
        from heterodot.analysis.bonding.plot import plot_bonding

        return plot_bonding(self, ax=ax, caption=caption, **settings)

"""Centre, width, filling, skewness and upper edge of a projected band, from discrete states.

ε = Σ w ε / Σ w over the states of a window (B. Hammer, J. K. Nørskov, Surf. Sci. 1995, 343, 211,
doi:10.1016/0039-6028(96)80007-0); no broadening enters, except into the upper edge.

Two numbers are always given, because each alone misleads for a dot. The centre over all states
depends on how many empty states the calculation has; the occupied one does not. And the Fermi
level of a gapped system lies anywhere in the gap, so the centre is given from the highest occupied
level as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Unpack, cast

import numpy as np

from heterodot.analysis.bands.options import BandKeywords, BandOptions
from heterodot.analysis.bands.pdos import PAW_NOTE
from heterodot.analysis.bands.selection import (
    AtomSelection,
    angular_momentum,
    describe,
    select_projectors,
)
from heterodot.checks import positive, window_of
from heterodot.data.electronic_structure import REFERENCES, ElectronicStructure
from heterodot.data.flags import Flag, Marked
from heterodot.errors import InputError
from heterodot.options import chosen, defaults_of, keywords_shown
from heterodot.records import Record

GAPPED = 0.1
"""eV: above this gap the position of the Fermi level says nothing. Chosen; nothing depends on it
beyond the flag fermi-level-in-gap (as SMALL_GAP of workflows.parts.gates)."""

LITTLE_WEIGHT = 0.05
"""Fraction of a full shell below which a window holds only the band's tails. Chosen; nothing
depends on it beyond the flag little-weight."""

EMPTY_SHELL = 0.15
"""Occupied fraction of a full shell below which it is polarisation functions, not a band. Measured
(benchmarks/thresholds.py, GFN1-xTB, passivated dots): the d functions of In hold 0.07 to 0.08 of a
shell, those of P and S up to 0.02, the d band of Cu 0.99; p of Zn and Cd, 0.15 to 0.17, lies at the
edge."""

MUCH_WEIGHT = 1.2
"""Multiple of a full shell above which a window holds further functions of the basis. Chosen: one
shell holds 1, a double-zeta basis up to 2; nothing depends on it beyond the flag
basis-in-window."""

NAMES = {"fermi": "E_F", "vbm": "VBM", "vacuum": "vacuum", None: "the code's zero"}
"""How references are written."""


@dataclass(frozen=True)
class BandMoments(Record):
    """Moments of a band; all energies in eV relative to ``reference``.

    Attributes
    ----------
    label : str
        E.g. ``Cu d``.
    centre, width, skewness : float
        First moment, square root of the second central moment, and third standardised moment
        (dimensionless) of the states asked for.
    filling : float
        Occupied fraction of the weight in the window, 0…1.
    upper_edge : float
        Energy of the maximum of the Hilbert transform (A. Vojvodic, J. K. Nørskov,
        F. Abild-Pedersen, Top. Catal. 2014, 57, 25, doi:10.1007/s11244-013-0159-2; H. Xin,
        A. Vojvodic, J. Voss, J. K. Nørskov, F. Abild-Pedersen, Phys. Rev. B 2014, 89, 115114,
        doi:10.1103/PhysRevB.89.115114).
    centre_occupied, centre_all : float
        Centre of the occupied and of all states in the window, whichever ``centre`` is.
    occupied_only : bool
        Which of them ``centre``, ``width``, ``skewness`` and ``upper_edge`` describe.
    window : (low, high)
        What was asked for, or the outermost states.
    windowed : bool
        Whether a window was asked for.
    reference : {"fermi", "vbm", "vacuum"} or None
    zeros : mapping of str to float
        What each reference stands for on the code's own scale, eV.
    gap : float
        LUMO − HOMO, eV.
    kind : {"Mulliken", "Löwdin", "PAW"}
    weight : float
        Electrons the states in the window can hold.
    shell_fraction : float
        ``weight`` over that of the full shells, 2(2l + 1) for each atom (nan without l).
    n_states : int
        Number of states (over spins and k-points) in the window.
    edge_width : float
        Gaussian broadening used for the upper edge, eV.
    element : str or None
    l : int or None
        What the band was projected on.
    level : str
        Level of theory.
    flags : tuple of Flag
    caveats : tuple of str
    """

    label: str
    centre: float
    width: float
    skewness: float
    filling: float
    upper_edge: float
    centre_occupied: float
    centre_all: float
    occupied_only: bool
    window: tuple[float, float]
    windowed: bool
    reference: str | None
    zeros: Mapping[str, float]
    gap: float
    kind: str
    weight: float
    shell_fraction: float
    n_states: int
    edge_width: float
    element: str | None = None
    l: int | None = None  # noqa: E741 - the field's name for it
    level: str = ""
    flags: tuple[Flag, ...] = ()
    caveats: tuple[str, ...] = ()

    def relative_to(self, reference: str | None) -> BandMoments:
        """Return the same moments measured from another reference.

        Raises
        ------
        InputError
            The calculation does not have that reference.
        """
        shift = self._zero(self.reference) - self._zero(reference)
        return replace(
            self,
            centre=self.centre + shift,
            upper_edge=self.upper_edge + shift,
            centre_occupied=self.centre_occupied + shift,
            centre_all=self.centre_all + shift,
            window=(self.window[0] + shift, self.window[1] + shift),
            reference=reference,
        )

    def flags_against(self, reference: str | None) -> tuple[Flag, ...]:
        """Return the flags of what is measured from a reference.

        Only what is measured from the Fermi level rests on where in the gap that lies; width,
        skewness and filling do not.
        """
        if reference == "fermi":
            return self.flags
        return tuple(flag for flag in self.flags if flag.name != "fermi-level-in-gap")

    def summary(self) -> str:
        """Return the numbers in words, with window, kind, level, doubts and both references."""
        lines = [self.statement()]
        lines += [f"  level: {self.level}"] if self.level else []
        lines += [f"  flag: {flag}" for flag in self.flags]
        lines += [f"  caveat: {text}" for text in self.caveats]
        return "\n".join(lines)

    def statement(self) -> str:
        """Return the numbers in words; those that rest on a flag carry †."""
        every, safe = self.flags, self.flags_against("vbm")
        upper = Marked(self.upper_edge, self.flags_against(self.reference))
        fermi, vbm = self.relative_to("fermi"), self.relative_to("vbm")
        occupied = [Marked(fermi.centre_occupied, every), Marked(vbm.centre_occupied, safe)]
        either = [Marked(fermi.centre_all, every), Marked(vbm.centre_all, safe)]
        width, skewness = Marked(self.width, safe), Marked(self.skewness, safe)
        used = "window" if self.windowed else "all states,"
        lines = [
            f"{self.label} band ({self.kind} projection), {used} {self.window[0]:.2f} to "
            f"{self.window[1]:.2f} eV vs {NAMES[self.reference]}:",
            f"  centre, occupied states: {occupied[0]:.2f} eV vs E_F, {occupied[1]:.2f} eV vs VBM",
            f"  centre, all states:      {either[0]:.2f} eV vs E_F, {either[1]:.2f} eV vs VBM",
            f"  width {width:.2f} eV, skewness {skewness:.2f}, "
            f"upper edge {upper:.2f} eV vs {NAMES[self.reference]} "
            f"({'occupied' if self.occupied_only else 'all'} states)",
            f"  filling {100 * self.filling:.0f}{width.mark} %, weight {self.weight:.2f} electrons "
            f"in {self.n_states} states, gap {self.gap:.2f} eV",
        ]
        return "\n".join(lines)

    def _zero(self, reference: str | None) -> float:
        if reference is None:
            return 0.0
        if reference not in self.zeros:
            known = ", ".join(self.zeros)
            raise InputError(f"reference {reference!r}: this calculation has {known}")
        return self.zeros[reference]


@keywords_shown(BandKeywords, defaults_of(BandOptions))
def band_moments(
    es: ElectronicStructure,
    element: str | None = None,
    atoms: AtomSelection = None,
    l: int | str | None = 2,  # noqa: E741
    *,
    kind: str | None = None,
    band: BandOptions | None = None,
    **keywords: Unpack[BandKeywords],
) -> BandMoments:
    """Moments of the band projected on atoms, an element and an angular momentum.

    Parameters
    ----------
    es : ElectronicStructure
    element : str or None
    atoms : int, indices, bool mask or None
        None: all atoms (of the element).
    l : int, {"s", "p", "d", "f"} or None
    kind : {"Mulliken", "Löwdin", "PAW"} or None
        None: the first there is of Löwdin, Mulliken, PAW.
    band : BandOptions, optional
        Window, occupation, reference, spin and the width of the upper edge.
    **keywords
        Its fields one by one; they win over ``band``.

    Returns
    -------
    BandMoments

    Raises
    ------
    InputError
        Nothing to project on, no weight in the window, or an unknown argument.
    """
    asked = chosen(BandOptions, band, cast(dict[str, Any], keywords), "band_moments")
    window, occupied_only, spin = asked.window, asked.occupied_only, asked.spin
    projections, mask = select_projectors(es, atoms, element, l, kind)
    state_weights = projections.weights[..., mask].sum(axis=-1)
    energies, weights, filled = _states(es, state_weights, spin)
    energies = energies - es.zero(asked.reference)
    everything = float(energies.min()), float(energies.max())
    low, high = everything if window is None else window_of(window)
    inside = (energies >= low) & (energies <= high)
    energies, weights, filled = energies[inside], weights[inside], filled[inside]
    label = describe(atoms, element, l)
    _check_weight(label, weights, filled, occupied_only, (low, high))
    used = weights * filled if occupied_only else weights
    centre, width, skewness = _moments(energies, used)
    channels = 2 if spin is None or es.n_spins == 1 else 1  # a paired channel holds both spins
    full = _full_shells(projections.n_atoms(mask), l) * channels
    return BandMoments(
        label=label,
        centre=centre,
        width=width,
        skewness=skewness,
        filling=float((weights * filled).sum() / weights.sum()),
        upper_edge=_upper_edge(energies, used, asked.edge_width),
        centre_occupied=_mean(energies, weights * filled),
        centre_all=_mean(energies, weights),
        occupied_only=occupied_only,
        window=(float(low), float(high)),
        windowed=window is not None,
        reference=asked.reference,
        zeros=_zeros(es),
        gap=es.gap,
        kind=projections.kind,
        weight=float(weights.sum()),
        shell_fraction=float(weights.sum()) / full,
        n_states=int(inside.sum()),
        edge_width=float(asked.edge_width),
        element=element,
        l=None if l is None else angular_momentum(l),
        level=str(es.level.get("label", "")),
        flags=_flags(
            es, label, float(weights.sum()) / full, float((weights * filled).sum()) / full
        ),
        caveats=es.caveats + ((PAW_NOTE,) if projections.kind == "PAW" else ()),
    )


def _states(
    es: ElectronicStructure, weights: np.ndarray, spin: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flat energies, weights (electrons, k-weight and spin degeneracy in) and filled fractions."""
    if spin is not None and spin not in range(es.n_spins):
        raise InputError(f"spin {spin}: this calculation has channels 0…{es.n_spins - 1}")
    channel = slice(None) if spin is None else slice(spin, spin + 1)
    degeneracy = 2.0 / es.n_spins
    weighted = degeneracy * es.k_weights[None, :, None] * weights
    filled = es.occupations / degeneracy
    return es.energies[channel].ravel(), weighted[channel].ravel(), filled[channel].ravel()


def _mean(energies: np.ndarray, weights: np.ndarray) -> float:
    total = weights.sum()
    return float((weights * energies).sum() / total) if total > 0 else float("nan")


def _moments(energies: np.ndarray, weights: np.ndarray) -> tuple[float, float, float]:
    """Mean, standard deviation and skewness."""
    centre = _mean(energies, weights)
    shifted = energies - centre
    second = max(_mean(shifted**2, weights), 0.0)
    width = float(np.sqrt(second))
    skewness = _mean(shifted**3, weights) / width**3 if width > 1e-9 else 0.0
    return centre, width, skewness


def _upper_edge(energies: np.ndarray, weights: np.ndarray, width: float) -> float:
    """Maximum of the Hilbert transform of the gaussian-broadened band, eV.

    The transform of a normalised gaussian of standard deviation σ is √2/(πσ) D(x/(√2 σ)) with
    Dawson's function D, so no grid enters the transform itself.
    """
    from scipy.special import dawsn

    width = positive(width, "edge_width", "eV")
    carrying = np.abs(weights) > 1e-6 * np.abs(weights).max()
    energies, weights = energies[carrying], weights[carrying]
    best, step = 0.5 * (energies.min() + energies.max()), 0.5 * np.ptp(energies) + 4 * width
    for spacing in (width / 4, width / 50):
        grid = np.arange(best - step, best + step, spacing)
        transform = np.zeros_like(grid)
        for part in np.array_split(np.arange(len(energies)), len(energies) // 500 + 1):
            x = (grid[:, None] - energies[part]) / (np.sqrt(2) * width)
            transform += dawsn(x) @ weights[part]
        best, step = float(grid[np.argmax(transform)]), 2 * spacing
    return best


def _zeros(es: ElectronicStructure) -> dict[str, float]:
    """Every reference the calculation has."""
    known = [name for name in REFERENCES if name != "vacuum" or es.vacuum_level is not None]
    return {name: es.zero(name) for name in known}


def _full_shells(n_atoms: int, l: int | str | None) -> float:  # noqa: E741
    """States of one spin in the full shells of so many atoms."""
    if l is None:
        return float("nan")
    return float((2 * angular_momentum(l) + 1) * n_atoms)


def _check_weight(
    label: str,
    weights: np.ndarray,
    filled: np.ndarray,
    occupied_only: bool,
    window: tuple[float, float],
) -> None:
    used = weights * filled if occupied_only else weights
    if weights.sum() <= 1e-6 or used.sum() <= 1e-6:
        what = "occupied weight" if occupied_only else "weight"
        raise InputError(
            f"{label}: no {what} between {window[0]:.2f} and {window[1]:.2f} eV; widen the window"
        )


def _flags(
    es: ElectronicStructure, label: str, shell_fraction: float, occupied_fraction: float
) -> tuple[Flag, ...]:
    """Name what makes the number fragile."""
    flags = []
    if es.gap > GAPPED:
        message = f"gap {es.gap:.2f} eV: the Fermi level is arbitrary in it; compare vs the VBM"
        flags.append(Flag("fermi-level-in-gap", message))
    if shell_fraction < LITTLE_WEIGHT:
        message = f"{label}: the window holds {100 * shell_fraction:.1f} % of a full shell"
        flags.append(Flag("little-weight", message))
    elif occupied_fraction < EMPTY_SHELL:
        message = f"{label}: {100 * occupied_fraction:.1f} % of a full shell is occupied here"
        flags.append(Flag("empty-shell", message))
    if shell_fraction > MUCH_WEIGHT:
        message = (
            f"{label}: the window holds {shell_fraction:.1f} full shells, the basis' further "
            "functions among them: the centre over all states depends on the basis; give a window"
        )
        flags.append(Flag("basis-in-window", message))
    return tuple(flags)

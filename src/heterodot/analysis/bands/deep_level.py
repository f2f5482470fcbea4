"""Deep levels: a narrow band far below the gap that two calculations can be aligned on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.analysis.bands.selection import (
    AtomSelection,
    angular_momentum,
    describe,
    select_projectors,
)
from heterodot.checks import window_of
from heterodot.data.electronic_structure import ElectronicStructure
from heterodot.errors import InputError

SHARE = 0.5
"""Part of a full shell that the lowest states of a deep level must hold to be called one. Chosen:
the mean is over these states, so it moves with this number where a band is broad; a deep level is
narrow (tests/analysis/bands/test_pdos_layers.py has the mean over the lowest half of a cosine band
beside its integral)."""


@dataclass(frozen=True)
class DeepLevel:
    """The mean of the lowest states of an element's shell, as a reference for energies.

    Semicore states follow the electrostatic potential round their atom, so that two calculations
    (with and without an adsorbate, clean and deficient) can be compared on them; take atoms far
    from what was changed.

    Attributes
    ----------
    element : str
    l : {"s", "p", "d", "f"}
    window : (low, high), optional
        eV relative to the highest occupied state, within which states are averaged. Without it:
        the lowest states that together hold half a full shell.
    atoms : int, indices, bool mask or None
    kind : {"Mulliken", "Löwdin", "PAW"} or None
    """

    element: str
    l: str = "d"  # noqa: E741 - the field's name for it
    window: tuple[float, float] | None = None
    atoms: AtomSelection = None
    kind: str | None = None

    @property
    def name(self) -> str:
        """E.g. ``deep Cd d``; atoms and window are named where they were given."""
        text = f"deep {describe(self.atoms, self.element, self.l)}"
        return text if self.window is None else f"{text} in {self.window[0]:g}…{self.window[1]:g}"

    def energy(self, es: ElectronicStructure) -> float:
        """Return the level, eV on the scale of the calculation.

        Raises
        ------
        InputError
            No such shell, or too little of it in the window or among the occupied states.
        """
        projections, mask = select_projectors(es, self.atoms, self.element, self.l, self.kind)
        shares = projections.weights @ mask.astype(float)
        weights = (es.k_weights[None, :, None] * shares).ravel()
        energies = es.energies.ravel()
        n_atoms = projections.n_atoms(mask)
        full = es.n_spins * n_atoms * (2 * angular_momentum(self.l) + 1)
        keep = self._chosen(energies - es.homo, weights, SHARE * full)
        return float((weights[keep] * energies[keep]).sum() / weights[keep].sum())

    def _chosen(self, depth: np.ndarray, weights: np.ndarray, needed: float) -> np.ndarray:
        """Return the indices of the states that make the level."""
        if self.window is not None:
            low, high = window_of(self.window)
            inside = np.flatnonzero((depth >= low) & (depth <= high))
            if weights[inside].sum() <= 0.01 * needed:
                raise InputError(
                    f"{self.name} eV below the highest occupied state: no such states there"
                )
            return inside
        order = np.argsort(depth, kind="stable")
        held = np.cumsum(weights[order])
        count = int(np.searchsorted(held, needed * (1 - 1e-9))) + 1
        if count > len(order) or depth[order[count - 1]] > 0:
            raise InputError(
                f"{self.name}: less than half of the shell is occupied; choose a filled shell or "
                "give a window"
            )
        return order[:count]


def reference_zero(es: ElectronicStructure, reference: str | DeepLevel | None) -> float:
    """Energy (eV, code's own scale) that a reference stands for, deep levels among them."""
    if isinstance(reference, DeepLevel):
        return reference.energy(es)
    return es.zero(reference)


def reference_name(reference: str | DeepLevel | None) -> str | None:
    """Return what a reference is called in results."""
    return reference.name if isinstance(reference, DeepLevel) else reference

"""The highest level that is filled and the lowest that is empty, by counting the electrons.

A threshold on the occupations finds them only where these are whole: of three degenerate levels
that share four electrons every one is more than half full, and the level above them, some eV away,
would be called the lowest empty one. Filled from below, one electron after another, the last goes
into one of the three and the next would go there too: there is no gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR = 0.1
"""eV: levels closer than this, with broken occupations, share their electrons as degenerate ones
do; smearing (26 meV for tight binding at 300 K, 0.05 to 0.1 eV for GPAW) cannot tell them apart."""

BROKEN = 0.25
"""Filling away from empty and full beyond which a level is broken. Of two levels that Fermi-Dirac
smearing kT breaks so the gap is below 2 kT ln 3, 57 meV at 300 K."""

COUNTED = 1e-3
"""Electrons by which a sum of occupations may miss a whole number of states."""

SHOWN = 6
"""Levels listed in a message."""


@dataclass(frozen=True)
class Frontier:
    """Highest filled and lowest empty level of states that share a Fermi level.

    Attributes
    ----------
    homo, lumo : float
        eV: where the last electron and the next one go when the states are filled from below;
        -inf without electrons, inf without an empty state.
    filling : (float, float)
        Of these two levels as calculated, 0 to 1.
    shared : tuple of float
        Electrons of each broken level within ``NEAR`` of them, by rising energy.
    """

    homo: float
    lumo: float
    filling: tuple[float, float]
    shared: tuple[float, ...] = ()

    @property
    def open(self) -> bool:
        """Whether electrons are shared by levels that lie within ``NEAR``: there is no gap."""
        of_homo, of_lumo = self.filling
        broken = of_homo < 1 - BROKEN or of_lumo > BROKEN
        return self.lumo - self.homo < NEAR and broken

    @property
    def text(self) -> str:
        """The levels and their electrons in words."""
        held = ", ".join(f"{n:.2f}" for n in self.shared[:SHOWN])
        more = ", …" if len(self.shared) > SHOWN else ""
        n = len(self.shared)
        levels = f"{n} frontier level{'s' if n > 1 else ''} within {NEAR:g} eV"
        return f"{levels} hold {held}{more} electrons, none of them full or empty"


def frontier(
    energies: np.ndarray, occupations: np.ndarray, k_weights: np.ndarray, full: float
) -> Frontier:
    """Count the electrons of states into them from below.

    Parameters
    ----------
    energies, occupations, k_weights : (n,) float array
        eV; electrons in each state without the k-weight; the k-weight.
    full : float
        Electrons a full state holds: 2 for spin-paired, 1 for one channel.

    Returns
    -------
    Frontier
    """
    used = np.flatnonzero(k_weights > 0)
    order = used[np.argsort(energies[used], kind="stable")]
    levels, filling, room = energies[order], occupations[order] / full, full * k_weights[order]
    held, electrons = np.cumsum(room), float((filling * room).sum())
    slack = min(COUNTED, 0.05 * float(room.min()))
    if electrons <= slack:
        return Frontier(-np.inf, float(levels[0]), (1.0, float(filling[0])))
    last = min(int(np.searchsorted(held, electrons - slack)), len(levels) - 1)
    following = int(np.searchsorted(held, electrons + slack, side="right"))
    homo = float(levels[last])
    if following == len(levels):
        return Frontier(homo, np.inf, (float(filling[last]), 0.0))
    lumo = float(levels[following])
    near = (levels > lumo - NEAR) & (levels < homo + NEAR)
    broken = full * filling[near & (filling > 0.01) & (filling < 0.99)]
    both = float(filling[last]), float(filling[following])
    return Frontier(homo, lumo, both, tuple(float(n) for n in broken))

"""Diffusion coefficients from jumps: D = D0 exp(−ΔH/kT), D0 = g f ν0 a² exp(ΔS/k)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import units

from heterodot.checks import positive
from heterodot.data.committee import CommitteeEnergy
from heterodot.records import Record

SQUARE_CENTIMETRES = 1e-16
"""cm² of one Å²."""

VACANCIES_FCC = 0.7815
"""Correlation factor of vacancies on a fcc lattice (K. Compaan and Y. Haven, Trans. Faraday Soc.
52, 786 (1956))."""

INTERSTITIALS = 1.0
"""Correlation factor of interstitials, whose jumps do not remember."""


@dataclass(frozen=True)
class Diffusivity(Record):
    """D of one mechanism.

    Attributes
    ----------
    enthalpy : float
        ΔH of a jump, eV; of a committee it knows its members.
    attempt : float
        ν, Hz: of the minimum along the path, with all else in ``entropy``; or Vineyard's ν0, which
        has the vibrational entropy of the saddle in it.
    jump : float
        a, the length of a jump, Å.
    neighbours : float
        Sites a jump may lead to, times the share that does not come back at once; g is a sixth.
    correlation : float
        f.
    entropy : float
        ΔS beyond what is in ν, eV/K.
    """

    enthalpy: float
    attempt: float
    jump: float
    neighbours: float
    correlation: float = INTERSTITIALS
    entropy: float = 0.0

    @property
    def geometry(self) -> float:
        """The factor g of three dimensions: neighbouring sites over six."""
        return self.neighbours / 6

    @property
    def entropy_in_k(self) -> float:
        """ΔS/k."""
        return float(self.entropy / units.kB)

    @property
    def vineyard(self) -> float:
        """ν0 = ν exp(ΔS/k), Hz."""
        return float(self.attempt * np.exp(self.entropy / units.kB))

    @property
    def prefactor(self) -> float:
        """D0, cm²/s."""
        area = self.jump**2 * SQUARE_CENTIMETRES
        order = np.exp(self.entropy / units.kB)
        return float(self.geometry * self.correlation * self.attempt * area * order)

    def at(self, temperature: float) -> float:
        """Return D, cm²/s, at a temperature, K."""
        thermal = units.kB * positive(temperature, "temperature", "K")
        return float(self.prefactor * np.exp(-self.enthalpy / thermal))

    def of_members(self, temperature: float) -> dict[str, float]:
        """Return D (cm²/s) by each member of a committee; nothing of one level alone.

        ν0 is shared: it is that of the mean surface.
        """
        if not isinstance(self.enthalpy, CommitteeEnergy):
            return {}
        thermal = units.kB * positive(temperature, "temperature", "K")
        return {
            name: float(self.prefactor * np.exp(-energy / thermal))
            for name, energy in self.enthalpy.members.items()
        }


def parallel(mechanisms: Sequence[Diffusivity], temperature: float) -> float:
    """Return D (cm²/s) of mechanisms side by side: their sum."""
    return float(sum(one.at(temperature) for one in mechanisms))

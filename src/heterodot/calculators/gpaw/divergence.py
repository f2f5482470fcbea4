"""An SCF of GPAW that diverges is stopped: it would swing on for hundreds of iterations."""

from __future__ import annotations

from typing import Any

from ase.units import Hartree

from heterodot.errors import ConvergenceError

PATIENCE = 10
"""Iterations before a swing counts: the first ones of a bare surface are wild."""

SWING = 50.0
"""eV from one iteration to the next."""

SWINGS = 3
"""In a row: 35 atoms of CsPbBr3/CdS swung by thousands of eV for as long as they were let."""


class DivergenceWatch:
    """Called by GPAW after each iteration, on every rank with the same numbers."""

    def __init__(self) -> None:
        self._last = 0.0
        self._swings = 0

    def __call__(self, step: Any) -> None:
        """Raise where the energy swings instead of settling.

        Parameters
        ----------
        step : gpaw.new.scf.SCFContext

        Raises
        ------
        ConvergenceError
        """
        energy = float(step.energies.total_extrapolated) * Hartree
        swing = abs(energy - self._last) if step.niter > 1 else 0.0
        self._last = energy
        self._swings = self._swings + 1 if step.niter > PATIENCE and swing > SWING else 0
        if self._swings >= SWINGS:
            raise ConvergenceError(
                f"gpaw: the SCF diverges: after {step.niter} iterations the energy still jumps by "
                f"{swing:.0f} eV; a cautious mixer may help, see gpaw.log"
            )

"""The figures of results: free-energy diagrams and projected densities of states."""

from __future__ import annotations

from heterodot.analysis.plot_bands import plot_pdos
from heterodot.analysis.plot_diagram import plot_free_energy

__all__ = ["plot_free_energy", "plot_pdos"]

"""Free-energy diagrams by the computational hydrogen electrode, with their table and figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from heterodot.analysis.thermo.pathway import SCALES, Change, Pathway, Step

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SCALES", "Change", "FreeEnergyDiagram", "Step"]


@dataclass(frozen=True)
class FreeEnergyDiagram(Pathway):
    """A :class:`heterodot.analysis.thermo.pathway.Pathway` that can be shown; same attributes."""

    def table(self) -> str:
        """Return the diagram as text: levels, changes, limiting step, references and doubts."""
        from heterodot.analysis.thermo.report import diagram_table

        return diagram_table(self)

    summary = table

    def plot(self, ax: Axes | None = None, label: str = "", *, caption: str = "") -> Figure:
        """Draw the diagram (see :func:`heterodot.analysis.thermo.plot.plot_free_energy`)."""
        from heterodot.analysis.thermo.plot import plot_free_energy

        return plot_free_energy({label: self}, ax=ax, caption=caption)

    def _repr_png_(self) -> bytes:
        """Return the diagram drawn, for a notebook."""
        from heterodot.analysis.figures.style import png

        return png(self.plot())

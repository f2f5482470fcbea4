"""A figure: a function that draws numbers it is given and returns a matplotlib ``Figure``.

In heterodot it stands beside what it draws, as ``heterodot/analysis/<subject>/plot.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from heterodot.analysis.figures.style import (
    COLUMN,
    captioned_figure,
    colour,
    figure_style,
    rich,
    save_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_gaps(gaps: Mapping[str, float], *, ax: Axes | None = None, caption: str = "") -> Figure:
    """Draw the gap of each dot as a bar.

    Parameters
    ----------
    gaps : mapping of str to float
        Gap by the name of the dot, eV.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    caption : str
        Level of theory, caveats, flags.
    """
    with figure_style():
        if ax is None:
            ax = captioned_figure(COLUMN, 2.0, caption).subplots()
        ax.bar(list(map(rich, gaps)), list(gaps.values()), color=colour(0), width=0.6)
        ax.set_ylabel("HOMO–LUMO gap (eV)")
    return ax.figure


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    figure = plot_gaps({"CuInS2": 1.5, "ZnS": 3.6}, caption="Made-up numbers.")
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [1.5, 3.6]
    assert axes.get_ylabel().endswith("(eV)")
    with TemporaryDirectory() as folder:
        png, svg = save_figure(figure, f"{folder}/gaps")
        assert png.is_file()
        assert svg.is_file()
    print(f"saved as {png.name} and {svg.name}")

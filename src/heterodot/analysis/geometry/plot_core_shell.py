"""The figure of a core/shell dot: cut open, and its composition and strain along the radius."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from heterodot.analysis.figures.canvas import formerly_saved, panels_for
from heterodot.analysis.figures.cut import cut_half, direction
from heterodot.analysis.figures.drawing import drawing_extent, render_atoms, scale_bar
from heterodot.analysis.figures.style import (
    PAGE,
    captioned_figure,
    figure_style,
)
from heterodot.analysis.geometry.radial import RadialProfile, radial_profile
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES = (
    ("black", "-"), ("0.55", "-"), ("black", (0, (3, 1.2))), ("0.55", (0, (3, 1.2))),
    ("black", (0, (1, 1))), ("0.55", (0, (1, 1))), ("black", (0, (4, 1, 1, 1))),
)  # fmt: skip
"""Greys and dashes of the elements: colours are the materials'."""


@formerly_saved("path", "normal", "width", "caption")
def plot_core_shell(
    atoms: Atoms,
    *,
    axes: Sequence[Axes] | None = None,
    normal: Sequence[float] = (1.0, 0.0, 0.0),
    width: float = PAGE,
    caption: str = "",
) -> Figure:
    """Draw a core/shell dot cut in half, coloured by material, beside its radial profile.

    Parameters
    ----------
    atoms : Atoms
        From :func:`heterodot.structures.core_shell`, with the arrays ``domain``, ``layer`` and
        ``sublattice``; with ``bond_strain`` the strain is drawn too.
    axes : sequence of matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given:
        the half, then the rows of the profile (two, three with a strain).
    normal : three float
        Outward normal of the cut through the centre; the half on its side is taken off.
    width : float
        Of the figure, inches.
    caption : str
        Below it.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError
        The arrays are missing, or the normal is no direction.
    """
    axis = direction(normal)
    if not {"domain", "layer"} <= set(atoms.arrays):
        raise InputError("the structure has no domain and layer arrays: build it by core_shell()")
    profile = radial_profile(atoms)
    with figure_style():
        rows = 2 if profile.strain is None else 3
        if axes is None:
            figure = captioned_figure(width, 0.46 * width, caption)
            grid = figure.add_gridspec(rows, 2, width_ratios=(1.1, 1.0))
            panels = [figure.add_subplot(grid[:, 0])]
            panels += [figure.add_subplot(grid[k, 1]) for k in range(rows)]
        else:
            figure, panels = panels_for(axes, rows + 1, width, 0.46 * width, caption)
        _draw_half(panels[0], atoms, axis, pixels=int(120 * width))
        _draw_profile(panels[1:], profile)
    return figure


def _draw_half(axes: Axes, atoms: Atoms, axis: np.ndarray, pixels: int) -> None:
    from matplotlib.lines import Line2D

    half = cut_half(atoms, axis)
    extent = drawing_extent(half.seen, half.radii)
    axes.imshow(
        render_atoms(half.atoms, half.seen, half.radii, extent, pixels, colours=half.shades),
        extent=extent,
        origin="lower",
        interpolation="antialiased",
    )
    axes.axis("off")
    scale_bar(axes, extent)
    dots = [Line2D([], [], ls="", marker="o", ms=5, mec="0.25", mew=0.5, mfc=c)
            for c in half.colours.values()]  # fmt: skip
    axes.legend(
        dots, list(half.colours), loc="upper center", bbox_to_anchor=(0.5, 0.0),
        ncols=min(len(dots), 4), handletextpad=0.1, columnspacing=0.8, borderaxespad=0.2,
    )  # fmt: skip


def _draw_profile(axes: list[Any], profile: RadialProfile) -> None:
    """Shares of the cations, of the anions, and the strain, one above the other."""
    nm = 0.1 * profile.radius
    number = 0
    for panel, kind in zip(axes, ("cation", "anion"), strict=False):
        for element, share in profile.fractions.items():
            if profile.sublattice[element] == kind:
                shade, dashes = CURVES[number % len(CURVES)]
                panel.plot(nm, share, color=shade, ls=dashes, label=element)
                number += 1
        panel.set_ylim(-0.05, 1.05)
        panel.set_ylabel(f"share of {kind}s")
        panel.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    if profile.strain is not None:
        axes[2].axhline(0, color="0.6", lw=0.6)
        axes[2].plot(nm, 100 * profile.strain, color="black")
        axes[2].set_ylabel("bond strain (%)")
    for panel in axes:
        panel.set_xlim(0, nm[-1])
        panel.tick_params(labelbottom=panel is axes[-1])
    axes[-1].set_xlabel("distance from the centre (nm)")

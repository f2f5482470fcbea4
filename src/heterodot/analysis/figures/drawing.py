"""What pictures of atoms are made of: colours, radii, the rendered image, a scale bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, chemical_symbols, covalent_radii

from heterodot.bonds import find_bonds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from heterodot.analysis.figures.rendering import Canvas

ELEMENT_COLOURS = {
    "H": "#F4F4F4",
    "C": "#3C3C3C",
    "N": "#3050F8",
    "O": "#D7191C",
    "P": "#F08A24",
    "S": "#F3D34A",
    "Cl": "#6CBF5A",
    "Cu": "#C8702A",
    "Zn": "#5B8DB8",
    "Se": "#E6A817",
    "Br": "#8C3B2E",
    "Cd": "#D9C08C",
    "In": "#8F7BB5",
    "I": "#7A3E9D",
    "Cs": "#4E3B8C",
    "Pb": "#5A6270",
}
"""Distinct in lightness as well as in hue; other elements have the colours of jmol (ASE)."""

LONE = ("K", "Rb", "Cs", "Sr", "Ba")
"""Large cations drawn without sticks: they stand in voids, and have no bonds of a direction."""

STICK = 0.13
"""Radius of a bond, Å."""


def element_colour(symbol: str) -> np.ndarray:
    """(3,) colour of an element, 0…1."""
    if symbol in ELEMENT_COLOURS:
        text = ELEMENT_COLOURS[symbol].lstrip("#")
        return np.array([int(text[i : i + 2], 16) for i in (0, 2, 4)]) / 255
    from ase.data.colors import jmol_colors

    return np.asarray(jmol_colors[atomic_numbers[symbol]], float)


def drawn_radii(atoms: Atoms, guest: np.ndarray) -> np.ndarray:
    """(N,) radii of the spheres, Å: 0.48 of the covalent ones, the adsorbate's a third larger."""
    radii = 0.48 * covalent_radii[atoms.numbers]
    radii[atoms.numbers == 1] = 0.22
    if len(guest):
        radii[guest] *= 1.35
    return radii


def drawing_extent(seen: np.ndarray, radii: np.ndarray) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of the picture, Å, with a margin for the ring.

    Parameters
    ----------
    seen : (N, 3) float array
        Right, up and to the viewer, Å.
    radii : (N,) float array
        Of the spheres, Å.
    """
    margin = radii[:, None] + 0.45
    low, high = (seen[:, :2] - margin).min(axis=0), (seen[:, :2] + margin).max(axis=0)
    low[1] -= 0.06 * (high[1] - low[1]) + 0.4  # room for the scale bar
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def render_atoms(
    atoms: Atoms,
    seen: np.ndarray,
    radii: np.ndarray,
    extent: tuple[float, float, float, float],
    pixels: int,
    supersampling: int = 2,
    colours: np.ndarray | None = None,
    overlay: Callable[[Canvas], None] | None = None,
) -> np.ndarray:
    """Return a (h, w, 4) image of the atoms and bonds.

    Parameters
    ----------
    atoms : Atoms
    seen : (N, 3) float array
        Right, up and to the viewer, Å.
    radii : (N,) float array
        Of the spheres, Å.
    extent : four float
        Left, right, bottom, top of the picture, Å.
    pixels : int
        Width of the image.
    supersampling : int
        Pixels drawn for each of the image, along each side.
    colours : (N, 3) float array, optional
        Of the atoms, 0…1; those of the elements unless given.
    overlay : callable, optional
        Draws more on the canvas once the atoms are there.
    """
    from heterodot.analysis.figures.rendering import Canvas, draw_sphere, draw_stick, finish

    if colours is None:
        colours = np.array([element_colour(chemical_symbols[z]) for z in atoms.numbers])
    scale = supersampling * pixels / (extent[1] - extent[0])
    canvas = Canvas.blank(extent, scale)
    for centre, radius, colour in zip(seen, radii, colours, strict=True):
        draw_sphere(canvas, centre, float(radius), colour)
    charges = atoms.arrays.get("formal_charge", np.zeros(len(atoms)))
    lone = np.isin(atoms.numbers, [atomic_numbers[symbol] for symbol in LONE])
    for i, j in find_bonds(atoms).pairs:
        if charges[i] * charges[j] > 0:
            continue  # like ions may come close, and are no bond
        if lone[i] != lone[j]:
            continue
        if atoms.pbc.any() and np.linalg.norm(seen[i] - seen[j]) > 4.0:
            continue  # bonded to an image outside the picture
        middle = _middle(seen[i], seen[j], float(radii[i]), float(radii[j]))
        draw_stick(canvas, seen[i], middle, STICK, colours[i])
        draw_stick(canvas, middle, seen[j], STICK, colours[j])
    if overlay is not None:
        overlay(canvas)
    return finish(canvas, supersampling)


def _middle(a: np.ndarray, b: np.ndarray, r_a: float, r_b: float) -> np.ndarray:
    """Where the visible part of a bond is halved."""
    share = 0.5 * (1 + (r_a - r_b) / max(float(np.linalg.norm(b - a)), 1e-9))
    return a + np.clip(share, 0.1, 0.9) * (b - a)


def scale_bar(axes: Axes, extent: tuple[float, float, float, float]) -> None:
    """Draw a bar of a round length at the lower left.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        In units of Å.
    extent : four float
        Left, right, bottom, top of the picture, Å.
    """
    span = extent[1] - extent[0]
    length = max((n for n in (1, 2, 5, 10, 20, 50) if n <= 0.4 * span), default=1)
    x, y = extent[0] + 0.03 * span, extent[2] + 0.02 * span
    axes.plot([x, x + length], [y, y], color="black", lw=1.5, solid_capstyle="butt", zorder=6)
    text = f"{length / 10:g} nm" if length >= 10 else f"{length} Å"
    axes.annotate(
        text,
        (x + length / 2, y),
        xytext=(0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=6,
        zorder=6,
    )

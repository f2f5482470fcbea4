"""Figures of energies along paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from heterodot.analysis.figures.canvas import axes_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    number,
    rich,
)
from heterodot.analysis.motion.rates.diffusion import Diffusivity
from heterodot.analysis.motion.rates.fick import ConcentrationProfile
from heterodot.analysis.motion.rates.profile import PathProfile
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_path(
    profiles: Mapping[str, Sequence[PathProfile]],
    ax: Axes | None = None,
    width: float = COLUMN,
    height: float = 2.2,
    caption: str = "",
) -> Figure:
    """Draw the energy along paths: images as dots, the spline through them, barriers as arrows.

    Parameters
    ----------
    profiles : mapping of str to sequence of PathProfile
        By the name of the system: the pieces between one minimum and the next, in order.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.

    Raises
    ------
    InputError
        No path.
    """
    if not profiles:
        raise InputError("no path: expected at least one")
    said = "Dots: images. Lines: spline through their energies and forces"
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption([caption, said]))
        for index, (label, pieces) in enumerate(profiles.items()):
            _draw(axes, label, pieces, colour(index), len(profiles) == 1)
        axes.axhline(0.0, color="0.6", lw=0.4, zorder=0)
        axes.set_xlabel("Path (Å)")
        axes.set_ylabel("Energy (eV)")
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.12 * (high - low))
        if len(profiles) > 1:
            axes.legend(loc="best", handlelength=1.2)
    return figure


def _draw(
    axes: Axes, label: str, pieces: Sequence[PathProfile], shade: str, with_arrows: bool
) -> None:
    start, base = 0.0, 0.0
    for n, piece in enumerate(pieces):
        fine, energies = piece.curve()
        axes.plot(start + fine, base + energies, color=shade, label="" if n else rich(label))
        axes.plot(start + piece.places, base + piece.energies, "o", ms=3, color=shade)
        highest = int(energies.argmax())
        if with_arrows and 0 < highest < len(fine) - 1:
            _arrow(axes, start + fine[highest], base, base + energies[highest])
        start, base = start + piece.places[-1], base + piece.energies[-1]


def _arrow(axes: Axes, place: float, low: float, high: float) -> None:
    """Mark the barrier from the minimum before it."""
    arrow = {"arrowstyle": "<->", "lw": 0.6, "color": "0.3", "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (place, high), xytext=(place, low), arrowprops=arrow)
    axes.annotate(
        f"{number(high - low, 3)} eV", (place, high), xytext=(0, 3),
        textcoords="offset points", ha="center", va="bottom", size=6, color="0.3",
    )  # fmt: skip


def plot_arrhenius(
    diffusivities: Mapping[str, Diffusivity],
    temperatures: tuple[float, float],
    ax: Axes | None = None,
    width: float = COLUMN,
    height: float = 2.5,
    caption: str = "",
) -> Figure:
    """Draw D over 1000/T: a line for each mechanism, a band where the members of a committee lie.

    Parameters
    ----------
    diffusivities : mapping of str to Diffusivity
    temperatures : (low, high)
        K.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.

    Raises
    ------
    InputError
        No mechanism.
    """
    if not diffusivities:
        raise InputError("no diffusion coefficient: expected at least one")
    kelvins = np.linspace(*temperatures, 60)
    with figure_style():
        said = "D of one jumping halide; vacancies are not counted in"
        if any(one.of_members(kelvins[0]) for one in diffusivities.values()):
            said += ". Bands: where the members of the committee lie"
        figure, axes = axes_for(ax, width, height, join_caption([caption, said]))
        for index, (label, one) in enumerate(diffusivities.items()):
            shade = colour(index)
            axes.semilogy(1e3 / kelvins, [one.at(t) for t in kelvins], color=shade, label=label)
            members = [list(one.of_members(t).values()) for t in kelvins]
            if members[0]:
                low, high = (np.array([f(row) for row in members]) for f in (min, max))
                axes.fill_between(1e3 / kelvins, low, high, color=shade, alpha=0.18, lw=0)
        axes.set_xlabel("1000 K / T")
        axes.set_ylabel("D (cm² s⁻¹)")
        above = axes.secondary_xaxis("top", functions=(_inverse, _inverse))
        above.set_xticks([t for t in _KELVINS if temperatures[0] <= t <= temperatures[1]])
        above.set_xlabel("T (K)")
        axes.legend(loc="best", handlelength=1.2)
    return figure


_KELVINS = (200, 250, 300, 400, 500, 600, 800, 1000, 1500, 2000)
"""Marked on top of an Arrhenius plot where they lie in it, K."""


def _inverse(values: Any) -> Any:
    """Return 1000/x, from K and back; 0, which axes ask for, as nothing."""
    return 1e3 / np.where(values == 0, np.inf, values)


def plot_concentration(
    profile: ConcentrationProfile,
    shells: Mapping[str, float],
    programme: Sequence[tuple[float, float]],
    measured: Sequence[tuple[float, float]] = (),
    ax: Axes | None = None,
    width: float = COLUMN,
    height: float = 2.4,
    caption: str = "",
) -> Figure:
    """Draw concentrations through a dot, a line for each time, shells named above.

    Parameters
    ----------
    profile : ConcentrationProfile
    shells : mapping of str to float
        Outer radius (nm) of core and shells by name, from the core outwards.
    programme : sequence of (seconds, kelvin)
        Temperature, linear between.
    measured : sequence of (radius, share)
        nm; drawn as dots beside.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    width, height : float
        Inches.
    caption : str
        Put before the caption's own sentences.

    Raises
    ------
    InputError
        No shell.
    """
    from matplotlib import colormaps

    if not shells:
        raise InputError("no shell: expected at least one")
    times, kelvins = (np.array(column, float) for column in zip(*programme, strict=True))
    said = "Fick's second law, the surface held at one" + ("; dots: measured" if measured else "")
    with figure_style():
        figure, axes = axes_for(ax, width, height, join_caption([caption, said]))
        shades = colormaps["viridis"](np.linspace(0.0, 0.85, len(profile.times)))
        for t, line, shade in zip(profile.times, profile.concentrations, shades, strict=True):
            kelvin = float(np.interp(t, times, kelvins))
            label = f"{_duration(t)}, {kelvin:.0f} K"
            axes.plot(profile.radii, line, color=shade, label=label)
        if measured:
            radii, shares = zip(*measured, strict=True)
            axes.plot(radii, shares, "o", ms=3, color="black", label="measured")
        inner = 0.0
        for name, radius in shells.items():
            if inner:
                axes.axvline(inner, color="0.6", lw=0.5, ls="--", zorder=0)
            axes.text((inner + radius) / 2, 1.07, rich(name), ha="center", va="bottom", size=6)
            inner = radius
        axes.set(xlim=(0, inner), ylim=(0, 1.05), xlabel="Radius (nm)", ylabel="c / c(surface)")
        axes.set_yticks(np.linspace(0, 1, 6))
        axes.legend(loc="best", handlelength=1.2)
    return figure


def _duration(seconds: float) -> str:
    """Return a time in a unit that suits it."""
    for unit, size in (("h", 3600.0), ("min", 60.0), ("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"

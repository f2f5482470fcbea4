"""Figures of equations of state, elastic tensors, and lattices against experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import axes_for
from heterodot.analysis.figures.style import (
    COLUMN,
    colour,
    figure_style,
    join_caption,
    rich,
)
from heterodot.data.flags import Flag, flag_note, marked_label
from heterodot.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from heterodot.analysis.elasticity.equation_of_state import EquationFit
    from heterodot.analysis.elasticity.stiffness import Stiffness


def plot_equation_of_state(
    volumes: Sequence[float] | np.ndarray,
    energies: Sequence[float] | np.ndarray,
    fit: EquationFit,
    *,
    n_atoms: int = 1,
    title: str = "",
    ax: Axes | None = None,
    caption: str = "",
) -> Figure:
    """Draw energies against volume, per atom, with the equation of state through them.

    Parameters
    ----------
    volumes, energies : sequence of float
        Of the cell, Å³ and eV.
    fit : EquationFit
    n_atoms : int
        In the cell.
    title : str
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    caption : str
    """
    from heterodot.analysis.elasticity.equation_of_state import FORMS

    v, e = np.asarray(volumes, float), np.asarray(energies, float)
    said = join_caption([
        caption,
        f"Energies above the minimum against volume, per atom; line: {FORMS[fit.form][0]}, rms "
        f"{1000 * fit.rms / n_atoms:.2g} meV/atom",
    ])  # fmt: skip
    with figure_style():
        figure, axes = axes_for(ax, COLUMN, 2.5, said)
        low, high = min(v.min(), fit.v0), max(v.max(), fit.v0)
        grid = np.linspace(low, high, 200)
        axes.plot(
            grid / n_atoms, 1000 * (fit.energies(grid) - fit.e0) / n_atoms, color=colour(0), lw=1.0
        )
        axes.plot(v / n_atoms, 1000 * (e - fit.e0) / n_atoms, "o", ms=4, color=colour(1), mew=0)
        axes.axvline(fit.v0 / n_atoms, color="0.6", lw=0.5, ls="--", zorder=1)
        axes.text(
            0.5, 0.96,
            f"$V_0$ = {fit.v0 / n_atoms:.3f} Å³ per atom\n$B_0$ = {fit.b0:.2f} ± "
            f"{fit.b0_error:.1g} GPa\n$B_0'$ = {fit.b1:.2f} ± {fit.b1_error:.1g}",
            transform=axes.transAxes, ha="center", va="top", size=6.5,
        )  # fmt: skip
        axes.set_xlabel("volume per atom (Å³)")
        axes.set_ylabel("E − E₀ (meV per atom)")
        if title:
            axes.set_title(rich(title))
    return figure


PLANES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}


def plot_stiffness(
    tensors: Mapping[str, Stiffness],
    *,
    title: str = "",
    ax: Axes | None = None,
    caption: str = "",
) -> Figure:
    """Draw Young's modulus along every direction of the planes xy, xz and yz of a crystal.

    Parameters
    ----------
    tensors : mapping of str to Stiffness
        By label, such as "relaxed ions"; the first is drawn by lines, the others by dashes.
    title : str
    ax : matplotlib polar Axes, optional
        Where to draw, without the caption; a new figure unless given.
    caption : str

    Raises
    ------
    InputError
        No tensor, one that is not stable, or axes that are not polar.
    """
    unstable = [label for label, tensor in tensors.items() if not tensor.is_stable]
    if not tensors or unstable:
        given = ", ".join(unstable) or "nothing"
        raise InputError(f"Young's modulus of {given}: expected tensors that are stable")
    if ax is not None and ax.name != "polar":
        raise InputError("ax: expected polar axes, such as subplots(subplot_kw={'polar': True})")
    said = join_caption(
        [
            caption,
            "Young's modulus (GPa) by direction in three planes; 0° is the axis named first",
        ]
    )
    with figure_style():
        figure, axes = _polar(ax, said)
        angle = np.linspace(0, 2 * np.pi, 181)
        for style, (label, tensor) in zip(("-", "--", ":", "-."), tensors.items(), strict=False):
            curves: dict[bytes, tuple[str, np.ndarray]] = {}
            for plane, (i, j) in PLANES.items():
                along = np.zeros((len(angle), 3))
                along[:, i], along[:, j] = np.cos(angle), np.sin(angle)
                modulus = tensor.young_along(along)
                key = np.round(modulus, 3).tobytes()
                names = curves[key][0] + ", " if key in curves else ""
                curves[key] = f"{names}{plane}", modulus
            for n, (planes, modulus) in enumerate(curves.values()):
                text = f"{planes}, {label}" if len(tensors) > 1 else planes
                axes.plot(angle, modulus, style, lw=1.0, color=colour(n), label=text)
        axes.set_ylim(bottom=0)
        axes.set_xticks(np.arange(0, 2 * np.pi, np.pi / 4))
        axes.legend(loc="upper left", bbox_to_anchor=(0.98, 1.02))
        if title:
            axes.set_title(rich(title))
    return figure


def _polar(ax: Axes | None, caption: str) -> tuple[Figure, Axes]:
    if ax is not None:
        return axes_for(ax, COLUMN, 2.7, caption)
    from heterodot.analysis.figures.style import captioned_figure

    figure = captioned_figure(1.35 * COLUMN, 2.7, caption)
    return figure, figure.add_subplot(projection="polar")


def plot_lattices(
    deviations: Mapping[str, Mapping[str, float]],
    flags: Mapping[str, Iterable[Flag]] | None = None,
    *,
    ax: Axes | None = None,
    caption: str = "",
) -> Figure:
    """Draw by how much the lattice constants of crystals differ from measured ones.

    Parameters
    ----------
    deviations : mapping of str to mapping of str to float
        By crystal and lattice constant ("a"), %.
    flags : mapping of str to flags, optional
        Of crystals that are flagged.
    ax : matplotlib Axes, optional
        Where to draw, without the caption; a new figure unless given.
    caption : str

    Raises
    ------
    InputError
        Nothing to draw.
    """
    if not any(deviations.values()):
        raise InputError("no lattice constant has a measured one beside it: nothing to draw")
    known = flags or {}
    notes = [flag_note(found, label) for label, found in known.items()]
    said = join_caption([caption, "Lattice constants against experiment", *notes])
    letters = list(dict.fromkeys(name for own in deviations.values() for name in own))
    labels = [marked_label(label, known.get(label, ())) for label in deviations]
    with figure_style():
        figure, axes = axes_for(ax, COLUMN, 0.8 + 0.32 * len(labels), said)
        for n, letter in enumerate(letters):
            rows = [(k, own[letter]) for k, own in enumerate(deviations.values()) if letter in own]
            axes.plot(
                [value for _, value in rows], [k for k, _ in rows], "osD^v<"[n % 6], ms=4, mew=0,
                color=colour(n), label=letter,
            )  # fmt: skip
        axes.axvline(0, color="0.6", lw=0.5, zorder=1)
        axes.set_yticks(range(len(labels)), [rich(label) for label in labels])
        axes.set_ylim(len(labels) - 0.5, -0.5)
        axes.set_xlabel("deviation from experiment (%)")
        if len(letters) > 1:
            axes.legend(loc="best")
    return figure

"""Figures of a gap that fluctuates and of an electron that hops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from heterodot.analysis.figures.canvas import panels_for
from heterodot.analysis.figures.style import COLUMN, chemical_label, colour, figure_style
from heterodot.analysis.motion.transfer.decay import Decay
from heterodot.analysis.motion.transfer.dephasing import Dephasing
from heterodot.analysis.motion.transfer.hopping import Hopping
from heterodot.analysis.motion.transfer.spectral import SpectralDensity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TIMES_SHOWN = 4.0
"""Dephasing times drawn."""


def plot_gap(
    gap: np.ndarray,
    interval: float,
    density: SpectralDensity,
    loss: Dephasing,
    *,
    what: str = "Gap",
    caption: str = "",
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw a gap's course, its spectral density with the lines named, and its dephasing.

    Parameters
    ----------
    gap : (f,) array
        eV.
    interval : float
        fs.
    density : SpectralDensity
    loss : Dephasing
    what : str
        Name of the gap.
    caption : str
    axes : sequence of three matplotlib Axes, optional
    """
    with figure_style():
        figure, panels = panels_for(
            axes, 3, COLUMN, 4.2, caption, nrows=3, height_ratios=[1, 1.5, 1]
        )
        times = interval * np.arange(len(gap)) / 1000
        panels[0].plot(times, gap, color=colour(0), lw=0.7)
        panels[0].axhline(density.mean, color="0.5", lw=0.6, ls=(0, (3, 2)))
        panels[0].set(xlabel="Time (ps)", ylabel=f"{what} (eV)", xlim=(0, times[-1]))
        _draw_density(panels[1], density)
        _draw_loss(panels[2], loss)
    return figure


def _draw_density(axes: Axes, density: SpectralDensity) -> None:
    last = max([line.wavenumber for line in density.lines], default=300.0) * 1.15 + 30
    shown = density.wavenumbers <= last
    root = np.sqrt(density.intensities[shown])
    beyond = density.wavenumbers[shown] > density.resolution / 2
    top = float(root[beyond].max(initial=0.0)) or 1.0
    axes.plot(density.wavenumbers[shown], root / top, color=colour(0))
    for line in density.strongest():
        axes.annotate(
            f"{line.wavenumber:.0f}",
            (line.wavenumber, line.height),
            xytext=(0, 2),
            textcoords="offset points",
            ha="center",
            va="bottom",
            size=6,
        )
    axes.plot([last - density.resolution, last], [0.92, 0.92], color="0.3", lw=1.2)
    axes.annotate(
        "resolution",
        (last, 0.92),
        xytext=(0, -2),
        textcoords="offset points",
        ha="right",
        va="top",
        size=6,
    )
    axes.set(
        xlabel="Wavenumber (cm$^{-1}$)", ylabel=r"$\sqrt{I}$ (relative)", xlim=(0, last),
        ylim=(0, 1.2),
    )  # fmt: skip


def _draw_loss(axes: Axes, loss: Dephasing) -> None:
    scale = loss.time if np.isfinite(loss.time) else loss.times[-1] / TIMES_SHOWN
    end = min(TIMES_SHOWN * scale, loss.times[-1])
    shown = loss.times <= end
    axes.plot(loss.times[shown], loss.decoherence[shown], color=colour(1))
    if np.isfinite(loss.time):
        axes.plot([loss.time], [np.exp(-1)], "o", ms=3, color=colour(1))
        axes.annotate(
            f"1/e at {loss.time:.3g} fs",
            (loss.time, np.exp(-1)),
            xytext=(5, 2),
            textcoords="offset points",
            size=6,
        )
    axes.set(xlabel="Time (fs)", ylabel="Decoherence D", xlim=(0, end), ylim=(0, 1.02))


def plot_transfer(
    energies: np.ndarray,
    shares: np.ndarray,
    interval: float,
    hopping: Hopping,
    transfer: Decay,
    relaxation: Decay,
    *,
    donor: str = "donor",
    caption: str = "",
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw the states along the path, the donor's population and the energy with their decays.

    Parameters
    ----------
    energies : (f, s) array
        Of the states along the trajectory, eV.
    shares : (f, s) array
        Of each that is on the donor.
    interval : float
        fs.
    hopping : Hopping
    transfer, relaxation : Decay
        Of the donor's population and of the energy.
    donor : str
        Its name.
    caption : str
    axes : sequence of three matplotlib Axes, optional
    """
    with figure_style():
        figure, panels = panels_for(
            axes, 3, COLUMN, 4.4, caption, nrows=3, height_ratios=[1.4, 1, 1]
        )
        _draw_states(figure, panels[0], energies, shares, interval, donor)
        times = hopping.times / 1000
        name = chemical_label(donor)
        _draw_decay(panels[1], times, hopping.shares, transfer, colour(0))
        panels[1].set(ylabel=f"On {name}", ylim=(0, 1.02))
        _draw_decay(panels[2], times, hopping.energies, relaxation, colour(1))
        panels[2].set(xlabel="Time (ps)", ylabel="Energy (eV)")
        panels[2].set_ylim(bottom=0)
    return figure


def _draw_states(
    figure: Figure,
    axes: Axes,
    energies: np.ndarray,
    shares: np.ndarray,
    interval: float,
    donor: str,
) -> None:
    times = interval * np.arange(len(energies)) / 1000
    for state in range(energies.shape[1]):
        drawn = axes.scatter(
            times, energies[:, state], c=shares[:, state], s=1.0, cmap="coolwarm", vmin=0, vmax=1,
            lw=0, rasterized=True,
        )  # fmt: skip
    axes.set(xlabel="Time (ps)", ylabel="State (eV)", xlim=(0, times[-1]))
    figure.colorbar(drawn, ax=axes, label=f"on {chemical_label(donor)}", pad=0.02)


def _draw_decay(
    axes: Axes, times: np.ndarray, curves: np.ndarray, decay: Decay, shade: str
) -> None:
    mean = curves.mean(axis=0)
    spread = curves.std(axis=0) / np.sqrt(len(curves))
    axes.fill_between(times, mean - spread, mean + spread, color=shade, alpha=0.25, lw=0)
    axes.plot(times, mean, color=shade)
    if np.isfinite(decay.time):
        fitted = decay.start * np.exp(-1000 * times / decay.time)
        axes.plot(times, fitted, color="0.2", lw=0.7, ls=(0, (3, 2)))
    axes.annotate(
        f"τ: {decay.told(1000 * times[-1])}",
        (0.97, 0.9),
        xycoords="axes fraction",
        ha="right",
        va="top",
        size=6.5,
    )
    axes.set_xlim(0, times[-1])

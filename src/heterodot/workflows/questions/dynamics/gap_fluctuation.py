"""How a gap fluctuates with the atoms: its spectral density, its lines, and pure dephasing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis.figures.style import join_caption
from heterodot.analysis.motion.transfer.dephasing import Dephasing, dephasing
from heterodot.analysis.motion.transfer.plot import plot_gap
from heterodot.analysis.motion.transfer.spectral import SpectralDensity, spectral_density
from heterodot.data.flags import Marked, flag_note
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.parts.steps import relax_judged
from heterodot.workflows.questions.dynamics.along import (
    SHORT,
    AlongTrajectory,
    gap_gates,
    none_for_nan,
    velocities_of,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class GapFluctuationResult(Result):
    """The gap along a trajectory.

    Attributes
    ----------
    structure : Atoms
        First frame.
    gaps : (f,) float array
        eV.
    interval : float
        fs.
    density : SpectralDensity
    loss : Dephasing
    """

    structure: Atoms
    gaps: np.ndarray
    interval: float
    density: SpectralDensity
    loss: Dephasing

    @property
    def structures(self) -> dict[str, Atoms]:
        """The first frame."""
        return {"first-frame": self.structure}

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        own = tuple(f for f in self.flags if f.name != SHORT)
        numbers = {
            "mean gap (eV)": self.density.mean,
            "deviation of the gap (eV)": self.density.deviation,
            "smallest gap (eV)": float(self.gaps.min()),
            "pure dephasing (fs)": self.loss.time,
            "optical line width (meV)": 1000 * self.loss.linewidth,
        }
        return {
            **{name: Marked(value, own) for name, value in numbers.items()},
            "frames": Marked(len(self.gaps)),
            "time (ps)": Marked(self.interval * (len(self.gaps) - 1) / 1000),
            "resolution (cm⁻¹)": Marked(self.density.resolution),
            **self.density.line_values(),
        }

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        written = {
            "gaps": self.gaps.tolist(),
            "interval": self.interval,
            "window": self.density.window,
            "resolution": self.density.resolution,
            "lines": [line.to_dict() for line in self.density.lines],
            "dephasing": self.loss.time,
            "structure": structure_to_dict(self.structure),
        }
        found: dict[str, Any] = none_for_nan(written)
        return found

    def headline(self) -> str:
        """Return gap, dephasing and lines."""
        q = self.quantities()
        parts = [
            f"gap {q['mean gap (eV)']:.3f} eV, fluctuating by {q['deviation of the gap (eV)']:.3f}",
            f"pure dephasing {q['pure dephasing (fs)']:.3g} fs, line "
            f"{q['optical line width (meV)']:.0f} meV wide",
        ]
        named = [
            f"{line.wavenumber:.0f} ({line.assignment()})" for line in self.density.strongest()
        ]
        lines = f"lines (cm⁻¹, ± {self.density.resolution / 2:.0f}): {', '.join(named) or 'none'}"
        return "; ".join(parts) + "\n" + lines

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the course of the gap with its spectrum and dephasing."""
        return {f"gap-{name}": partial(self.plot, title)}

    def plot(self, title: str = "", *, caption: str = "") -> Figure:
        """Draw gap, spectral density and decoherence function."""
        window = f"{self.density.window} window, {self.density.resolution:.0f} cm⁻¹"
        text = join_caption([caption, title, window, flag_note(self.flags)])
        return plot_gap(self.gaps, self.interval, self.density, self.loss, caption=text)


@dataclass(frozen=True, eq=False)
class GapFluctuation(AlongTrajectory):
    """Fluctuation of the gap along a trajectory: spectral density, lines, pure dephasing.

    Every frame is calculated by itself at the level of the states (xTB, GPAW); the atoms are moved
    by its ``geometry``, or by the level itself. See :class:`AlongTrajectory` for the trajectory's
    own keys.

    Parameters
    ----------
    longest : float or None
        Longest lag of the autocorrelation, fs; half of the trajectory unless given.
    """

    kind: ClassVar[str] = "gap_fluctuation"

    longest: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.level.require("orbitals")

    def run(self, runner: Runner) -> GapFluctuationResult:
        """Run the dynamics, take the gap of each frame, transform."""
        frames, flags = self.frames(runner, relax_judged)
        states = self.states(runner, frames, *self.window, couple=False)
        density = spectral_density(
            states.gaps,
            frames.interval,
            velocities=velocities_of(frames),
            atoms=frames.atoms,
            longest=self.longest,
        )
        loss = dephasing(density.correlation, frames.interval)
        return GapFluctuationResult(
            level=self.level.label,
            flags=flags + gap_gates(states, density.resolution),
            caveats=self.level.caveats(self.atoms),
            structure=self.first(frames),
            gaps=states.gaps,
            interval=frames.interval,
            density=density,
            loss=loss,
        )

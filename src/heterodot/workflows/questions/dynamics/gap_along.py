"""The gap at one level along a trajectory of another, at one temperature or several."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag, unique_flags
from heterodot.analysis.motion.trajectories.bonds import bond_report
from heterodot.analysis.motion.trajectories.correlation import Mean, correlated_mean
from heterodot.analysis.motion.trajectories.course import judge_course
from heterodot.analysis.motion.trajectories.varshni import Varshni, fit_varshni
from heterodot.calculators import Level
from heterodot.data.flags import Marked, flag_note
from heterodot.errors import InputError
from heterodot.workflows.parts.gates import SMALL_GAP
from heterodot.workflows.parts.question import Question
from heterodot.workflows.parts.results import Drawing, Result, Values
from heterodot.workflows.questions.dynamics.following import (
    bond_flags,
    dynamics_of,
    expected_of,
    trajectory_of,
)
from heterodot.workflows.running.runner import Runner
from heterodot.workflows.tasks.computing.serialization import structure_to_dict
from heterodot.workflows.tasks.moving.ensembles import CSVR
from heterodot.workflows.tasks.moving.gap import Gap, GapResult
from heterodot.workflows.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FEWEST_TEMPERATURES = 3
"""Of a fit of Varshni's law."""


@dataclass(frozen=True)
class GapSeries:
    """Gaps along one trajectory.

    Attributes
    ----------
    temperature : float
        Of the thermostat, K.
    times : (f,) float array
        fs since the first frame of the trajectory.
    gaps, homo, lumo : (f,) float array
        eV.
    mean : Mean
        Of the frames in equilibrium, eV.
    spread : float
        Standard deviation of those, eV.
    """

    temperature: float
    times: np.ndarray
    gaps: np.ndarray
    homo: np.ndarray
    lumo: np.ndarray
    mean: Mean
    spread: float


@dataclass(frozen=True)
class GapAlongResult(Result):
    """Gaps along trajectories.

    Attributes
    ----------
    series : tuple of GapSeries
        By temperature.
    dynamics_level : str
        Whose trajectories they are.
    structure : Atoms
        The last step of the last trajectory.
    """

    series: tuple[GapSeries, ...]
    dynamics_level: str
    structure: Atoms

    @property
    def structures(self) -> dict[str, Atoms]:
        """The last step of the last trajectory."""
        return {"last": self.structure}

    @cached_property
    def varshni(self) -> Varshni | None:
        """Varshni's law through the means; None of fewer than three temperatures."""
        if len(self.series) < FEWEST_TEMPERATURES:
            return None
        t, gaps, errors = zip(
            *((s.temperature, s.mean.value, s.mean.error) for s in self.series), strict=True
        )
        return fit_varshni(np.array(t), np.array(gaps), np.array(errors))

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        found: Values = {}
        for s in self.series:
            at = f" at {s.temperature:g} K"
            found[f"gap{at} (eV)"] = s.mean.value
            found[f"error of the gap{at} (eV)"] = s.mean.error
            found[f"fluctuation of the gap{at} (eV)"] = s.spread
            found[f"smallest gap{at} (eV)"] = float(s.gaps.min())
        if self.varshni is not None:
            found["Varshni E0 (eV)"] = self.varshni.gap
            found["Varshni α (meV/K)"] = 1000 * self.varshni.alpha
            found["Varshni β (K)"] = self.varshni.beta
        return {**found, "frames": Marked(sum(len(s.gaps) for s in self.series))}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries."""
        return {
            "dynamics_level": self.dynamics_level,
            "series": [
                {
                    "temperature": s.temperature,
                    "times": s.times.tolist(),
                    "gaps": s.gaps.tolist(),
                    "homo": s.homo.tolist(),
                    "lumo": s.lumo.tolist(),
                }
                for s in self.series
            ],
            "structure": structure_to_dict(self.structure),
        }

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return the gaps over time and, of several temperatures, their means."""
        found: dict[str, Drawing] = {f"{name}-gaps": partial(self._gaps, title)}
        if len(self.series) > 1:
            found[f"{name}-gap-temperature"] = partial(self._means, title)
        return found

    def _caption(self, title: str) -> str:
        levels = f"{self.level} along trajectories by {self.dynamics_level}"
        return "; ".join(filter(None, (self.marked(title), levels, flag_note(self.flags))))

    def _gaps(self, title: str) -> Figure:
        from heterodot.analysis.motion.trajectories.plot import plot_gaps

        longest = max(self.series, key=lambda s: len(s.times))
        labels = [f"{s.temperature:g} K" for s in self.series]
        gaps = [s.gaps for s in self.series]
        return plot_gaps(longest.times, gaps, labels, caption=self._caption(title))

    def _means(self, title: str) -> Figure:
        from heterodot.analysis.motion.trajectories.plot import plot_varshni

        temperatures = [s.temperature for s in self.series]
        means = [s.mean for s in self.series]
        return plot_varshni(temperatures, means, self.varshni, caption=self._caption(title))

    def headline(self) -> str:
        """Return the mean gaps in a line."""
        mark = self.marked("gap")
        said = ", ".join(
            f"{s.mean.value:.3f} ± {s.mean.error:.3f} eV at {s.temperature:g} K (fluctuation "
            f"{s.spread:.3f} eV)"
            for s in self.series
        )
        formula = self.structure.get_chemical_formula()
        return f"{formula}: {mark} {said}; trajectory by {self.dynamics_level}"


@dataclass(frozen=True, eq=False)
class GapAlong(Question):
    """Gap of a structure that moves: frames of one level's trajectory, states of another.

    Parameters
    ----------
    atoms : Atoms
    levels : tuple of Level
        The one that moves the atoms, then the one of the gap (the same where there is one only).
    temperatures : tuple of float
        K; three or more give a fit of Varshni's law.
    snapshot : int
        Frames from gap to gap.
    steps, timestep, ensemble, damping, seed, every, equilibrate, relax, fmax, relax_steps
        Of the dynamics: see
        :class:`heterodot.workflows.questions.dynamics.molecular_dynamics.MolecularDynamics`.
    name : str
    """

    kind: ClassVar[str] = "gap_along"

    atoms: Atoms
    levels: tuple[Level, ...]
    temperatures: tuple[float, ...] = (300.0,)
    snapshot: int = 10
    steps: int = 1000
    timestep: float = 1.0
    ensemble: str = CSVR
    damping: float = 100.0
    seed: int = 0
    every: int = 1
    equilibrate: int = 0
    relax: bool = True
    fmax: float = 0.05
    relax_steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.levels) not in (1, 2):
            raise InputError(
                f"levels: given {len(self.levels)}, expected the one that moves the atoms, then "
                "the one of the gap"
            )
        if not self.temperatures or min(self.temperatures) <= 0:
            raise InputError(f"temperatures {list(self.temperatures)}: expected positive ones, K")
        if self.every < 1:
            raise InputError(f"every {self.every}: expected 1 or more steps from frame to frame")
        n_frames = self.steps // self.every + 1
        if not 1 <= self.snapshot <= n_frames // 2:
            raise InputError(
                f"snapshot {self.snapshot}: expected 1 to {n_frames // 2} of {n_frames} frames"
            )
        self.level.require("orbitals")
        dynamics_of(self._moving(), self.atoms, temperature=self.temperatures[0])

    @property
    def level(self) -> Level:
        """The level of the gap."""
        return self.levels[-1]

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        n_gaps = (self.steps // self.every) // self.snapshot + 1
        return self.relax + len(self.temperatures) * (1 + bool(self.equilibrate) + n_gaps)

    def expected_tasks(self) -> list[tuple[Task[Any], int]]:
        """Return relaxation, warming up, dynamics and the gap of a frame."""
        number = len(self.temperatures)
        found = expected_of(self._moving(), number, temperature=self.temperatures[0])
        n_gaps = (self.steps // self.every) // self.snapshot + 1
        return [*found, (Gap(self.atoms, self.level), number * n_gaps)]

    def _moving(self) -> GapAlong:
        """Return the question with the level that moves the atoms as its only one."""
        moving = copy(self)
        object.__setattr__(moving, "levels", self.levels[:1])
        return moving

    def run(self, runner: Runner) -> GapAlongResult:
        """Follow each trajectory, take the gap of its frames, judge both."""
        found = [self._series(runner, temperature) for temperature in self.temperatures]
        return GapAlongResult(
            level=self.level.label,
            flags=unique_flags([flag for _, _, flags in found for flag in flags]),
            caveats=self.level.caveats(self.atoms),
            series=tuple(series for series, _, _ in found),
            dynamics_level=self.levels[0].geometry_level.label,
            structure=found[-1][1],
        )

    def _series(
        self, runner: Runner, temperature: float
    ) -> tuple[GapSeries, Atoms, tuple[Flag, ...]]:
        moved, flags = trajectory_of(runner, self._moving(), temperature=temperature)
        trajectory = moved.trajectory
        course = judge_course(trajectory)
        frames = range(0, len(trajectory), self.snapshot)
        submitted = [
            runner.submit(Gap(_still(trajectory[n]), self.level, label=f"{self.name} frame {n}"))
            for n in frames
        ]
        gaps: list[GapResult] = [one.result() for one in submitted]
        values = np.array([g.gap for g in gaps])
        settled = np.array(frames) >= course.start
        kept = values[settled] if settled.sum() > 1 else values
        series = GapSeries(
            temperature,
            trajectory.times[:: self.snapshot],
            values,
            np.array([g.homo for g in gaps]),
            np.array([g.lumo for g in gaps]),
            correlated_mean(kept),
            float(kept.std(ddof=1)) if len(kept) > 1 else 0.0,
        )
        at = f"{temperature:g} K: "
        own = (*flags, *course.flags, *bond_flags(trajectory, bond_report(trajectory)))
        own = (*own, *_closing(series))
        return series, moved.structure, tuple(Flag(f.name, at + f.message) for f in own)


def _still(atoms: Atoms) -> Atoms:
    """Return a frame without its velocities."""
    atoms.set_array("momenta", None)
    return atoms


def _closing(series: GapSeries) -> tuple[Flag, ...]:
    closed = np.flatnonzero(series.gaps < SMALL_GAP)
    if not len(closed):
        return ()
    first = series.times[closed[0]] / 1000
    return (
        Flag(
            "gap-closes",
            f"the gap is below {SMALL_GAP:g} eV in {len(closed)} of {len(series.gaps)} frames, "
            f"first at {first:.3g} ps",
        ),
    )

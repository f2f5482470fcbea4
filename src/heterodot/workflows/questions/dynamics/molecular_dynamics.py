"""Molecular dynamics of one structure, judged and read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from ase import Atoms

from heterodot.analysis import Flag
from heterodot.analysis.motion.trajectories.bonds import BondReport, bond_report
from heterodot.analysis.motion.trajectories.course import Course, judge_course, timestep_flags
from heterodot.analysis.motion.trajectories.density_of_states import (
    VibrationalStates,
    vibrational_states,
)
from heterodot.analysis.motion.trajectories.displacements import (
    BLOCKS,
    MeanSquaredDisplacement,
    mean_squared_displacement,
)
from heterodot.analysis.motion.trajectories.distances import (
    RadialDistribution,
    radial_distributions,
)
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.calculators import Level
from heterodot.data.flags import Marked, flag_note
from heterodot.data.movies import Movie
from heterodot.errors import InputError
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
from heterodot.workflows.tasks.moving.ensembles import BAROSTATS, CSVR
from heterodot.workflows.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOBILE = 0.5
"""Exponent of a mean squared displacement above which a diffusion coefficient is quoted: between
0, atoms at their places, and 1, atoms that wander."""

WANDERED = 1.0
"""Å² that a mean squared displacement must have reached for a diffusion coefficient to be quoted:
ten times what vibrations make (an eighth of a bond). Chosen; it decides nothing else."""

BLUNT = 0.25
"""Resolution over the highest vibration above which a spectrum is a mere hump. Chosen."""

PAIRS = 6
"""Pairs of elements drawn at most: the nearest."""

SHOWN = 100
"""Frames that the report plays at most."""

REACH = 8.0
"""Å of the radial distributions."""


@dataclass(frozen=True)
class MolecularDynamicsResult(Result):
    """A trajectory and what it says.

    Attributes
    ----------
    trajectory : Trajectory
        All frames, read where they are touched.
    course : Course
        Equilibrium, temperature, drift.
    bonds : BondReport
    structure : Atoms
        The last step.
    n_steps : int
    ensemble : str
    timestep : float
        fs.
    """

    trajectory: Trajectory
    course: Course
    bonds: BondReport
    structure: Atoms
    n_steps: int
    ensemble: str
    timestep: float

    @property
    def structures(self) -> dict[str, Atoms]:
        """The last step."""
        return {"last": self.structure}

    @property
    def movies(self) -> dict[str, Movie]:
        """The trajectory, some frames of it."""
        n = len(self.trajectory)
        shown = np.unique(np.linspace(0, n - 1, min(n, SHOWN)).astype(int))
        temperatures = self.trajectory.column("temperature")
        captions = [f"{self.trajectory.times[k]:g} fs, {temperatures[k]:.0f} K" for k in shown]
        return {"trajectory": Movie([self.trajectory[int(k)] for k in shown], captions)}

    @cached_property
    def equilibrated(self) -> Trajectory:
        """The frames after the start that is left out."""
        return self.trajectory.part(self.course.start)

    @cached_property
    def radial(self) -> tuple[RadialDistribution, ...]:
        """g(r) of each pair of elements, those whose first shell is nearest."""
        symbols = sorted(set(self.structure.symbols))
        reach = REACH
        if not self.structure.pbc.any():
            reach = min(REACH, 2 * float(np.ptp(self.structure.positions, axis=0).max()) + 1)
        pairs = list(combinations_with_replacement(symbols, 2))
        found = radial_distributions(self.equilibrated, pairs, reach)
        there = [one for one in found if one.values.any()]
        return tuple(sorted(there, key=lambda one: one.first_peak)[:PAIRS])

    @cached_property
    def displacements(self) -> tuple[MeanSquaredDisplacement, ...]:
        """Of each element; none of a trajectory too short."""
        if len(self.equilibrated) < 4 * BLOCKS:
            return ()
        symbols = dict.fromkeys(self.structure.get_chemical_symbols())
        return tuple(mean_squared_displacement(self.equilibrated, s) for s in symbols)

    @cached_property
    def vibrations(self) -> VibrationalStates | None:
        """The vibrational density of states; None without velocities, or of too short a time."""
        if "velocities" not in self.trajectory.columns or len(self.equilibrated) < 8:
            return None
        found = vibrational_states(self.equilibrated)
        return found if found.resolution < BLUNT * found.highest else None

    def values(self) -> Values:
        """Return the numbers that go into tables."""
        course = self.course
        found: Values = {
            "time (ps)": Marked(self.n_steps * self.timestep / 1000),
            "left out (ps)": Marked(float(self.trajectory.times[course.start] / 1000)),
            "independent values": Marked(course.temperature.n_effective),
            "T (K)": course.temperature.value,
            "error of T (K)": course.temperature.error,
            "E_pot (eV)": course.energy.value,
            "error of E_pot (eV)": course.energy.error,
        }
        if np.isfinite(course.drift.value):
            found["drift (meV/atom/ps)"] = course.drift.value
        if self.ensemble in BAROSTATS:
            cells = np.linalg.det(np.array(self.equilibrated.column("cell")))
            found["volume per atom (Å³)"] = float(np.abs(cells).mean() / len(self.structure))
        for one in self.displacements:
            far = one.values[one.times <= one.window[1]].max()
            if one.exponent > MOBILE and far > WANDERED:
                found[f"D of {one.label} (10⁻⁵ cm²/s)"] = 1e5 * one.diffusion
                found[f"error of D of {one.label} (10⁻⁵ cm²/s)"] = 1e5 * one.diffusion_error
        for history in self.bonds.histories:
            found[f"{'–'.join(history.pair)} bond (Å)"] = history.mean
        if self.vibrations is not None:
            found["fastest vibration (cm⁻¹)"] = self.vibrations.highest
        return {**found, "bonds broken": len(self.bonds.broken)}

    def data(self) -> dict[str, Any]:
        """Return the result's own entries; the frames themselves stay in the store."""
        states = self.vibrations
        return {
            "ensemble": self.ensemble,
            "timestep": self.timestep,
            "n_steps": self.n_steps,
            "n_frames": len(self.trajectory),
            "left_out_frames": self.course.start,
            "trajectory": None if self.trajectory.path is None else self.trajectory.path.name,
            "broken": [list(pair) for pair in self.bonds.broken],
            "formed": [list(pair) for pair in self.bonds.formed],
            "fragments": [self.bonds.fragments_before, self.bonds.fragments_after],
            "vibrational_lines": [] if states is None else states.lines,
            "radial": [{"pair": list(g.pair), "first_peak": g.first_peak} for g in self.radial],
            "displacements": [
                {
                    "of": m.label,
                    "exponent": m.exponent,
                    "diffusion": m.diffusion,
                    "diffusion_error": m.diffusion_error,
                }
                for m in self.displacements
            ],
            "structure": structure_to_dict(self.structure),
        }

    def figures(self, name: str, title: str = "") -> dict[str, Drawing]:
        """Return course, radial distributions, displacements and spectrum."""
        found: dict[str, Drawing] = {f"{name}-course": partial(self._course, title)}
        if self.radial:
            found[f"{name}-distances"] = partial(self._radial, title)
        if self.displacements:
            found[f"{name}-displacements"] = partial(self._displacements, title)
        if self.vibrations is not None:
            found[f"{name}-vibrations"] = partial(self._vibrations, title)
        return found

    def _caption(self, title: str) -> str:
        return "; ".join(filter(None, (self.marked(title), flag_note(self.flags))))

    def _course(self, title: str) -> Figure:
        from heterodot.analysis.motion.trajectories.plot import plot_course

        return plot_course(self.trajectory, self.course, caption=self._caption(title))

    def _radial(self, title: str) -> Figure:
        from heterodot.analysis.motion.trajectories.plot import plot_radial

        return plot_radial(self.radial, caption=self._caption(title))

    def _displacements(self, title: str) -> Figure:
        from heterodot.analysis.motion.trajectories.plot import plot_displacements

        return plot_displacements(self.displacements, caption=self._caption(title))

    def _vibrations(self, title: str) -> Figure:
        from heterodot.analysis.motion.trajectories.plot import plot_vibrational_states

        if self.vibrations is None:
            raise InputError("no velocities were kept: nothing to draw")
        return plot_vibrational_states(self.vibrations, caption=self._caption(title))

    def headline(self) -> str:
        """Return the answer in a line."""
        q = self.quantities()
        broken = len(self.bonds.broken)
        held = "every bond held" if not broken else f"{broken} bonds broken"
        return (
            f"{self.structure.get_chemical_formula()}: {q['time (ps)']:.3g} ps ({self.ensemble}), "
            f"T = {q['T (K)']:.0f} ± {self.course.temperature.error:.0f} K; {held}"
        )


@dataclass(frozen=True, eq=False)
class MolecularDynamics(Question):
    """Molecular dynamics: temperature, distances, displacements, vibrations, bonds.

    Parameters
    ----------
    atoms : Atoms
        Constraints hold.
    level : Level
    steps : int
    timestep : float
        fs.
    ensemble : {"csvr", "nve", "langevin", "nose-hoover", "npt-isotropic", "npt"}
        See :class:`heterodot.workflows.tasks.moving.dynamics.Dynamics`, as of what follows.
    temperature : float
        K.
    damping : float
        Time constant of the thermostat, fs.
    pressure : float
        GPa.
    pressure_damping : float
        Time constant of the barostat, fs.
    seed : int
    every : int
        Steps from frame to frame.
    keep : tuple of str
        Of ``positions`` (always), ``velocities`` and ``forces``.
    equilibrate : int
        Steps before, at the temperature (``csvr``), that are not part of the trajectory.
    relax : bool
        Relax first (``fmax`` in eV/Å, ``relax_steps`` geometries at most).
    name : str
    """

    kind: ClassVar[str] = "dynamics"

    atoms: Atoms
    level: Level
    steps: int = 1000
    timestep: float = 1.0
    ensemble: str = CSVR
    temperature: float = 300.0
    damping: float = 100.0
    pressure: float = 0.0
    pressure_damping: float = 1000.0
    seed: int = 0
    every: int = 1
    keep: tuple[str, ...] = ("positions", "velocities")
    equilibrate: int = 0
    relax: bool = True
    fmax: float = 0.05
    relax_steps: int = 300
    name: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        dynamics_of(self, self.atoms)  # refused now, not after the relaxation
        if self.equilibrate < 0:
            raise InputError(f"equilibrate {self.equilibrate}: expected 0 or more steps")
        if self.relax_steps < 1:
            raise InputError(f"relax_steps {self.relax_steps}: expected 1 or more")

    @property
    def planned_tasks(self) -> int:
        """Tasks at most."""
        return 1 + bool(self.equilibrate) + self.relax

    def expected_tasks(self) -> list[tuple[Task[Any], int]]:
        """Return relaxation, warming up and dynamics."""
        return expected_of(self)

    def run(self, runner: Runner) -> MolecularDynamicsResult:
        """Relax, warm up, follow; judge what came of it."""
        found, flags = trajectory_of(runner, self)
        trajectory = found.trajectory
        course = judge_course(trajectory)
        bonds = bond_report(trajectory)
        result = MolecularDynamicsResult(
            level=self.level.geometry_level.label,
            flags=(*flags, *course.flags, *bond_flags(trajectory, bonds)),
            caveats=self.level.caveats(self.atoms),
            trajectory=trajectory,
            course=course,
            bonds=bonds,
            structure=found.structure,
            n_steps=found.n_steps,
            ensemble=self.ensemble,
            timestep=self.timestep,
        )
        states = result.vibrations
        slow = () if states is None else timestep_flags(states, self.timestep)
        return result if not slow else _with_flags(result, slow)


def _with_flags(result: MolecularDynamicsResult, more: tuple[Flag, ...]) -> MolecularDynamicsResult:
    from dataclasses import replace

    return replace(result, flags=(*result.flags, *more))

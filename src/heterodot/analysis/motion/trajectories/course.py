"""Whether a dynamics may be believed: its equilibrium, its temperature, the energy it keeps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.analysis.motion.trajectories.correlation import (
    Mean,
    correlated_mean,
    detect_equilibration,
)
from heterodot.analysis.motion.trajectories.density_of_states import VibrationalStates
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.data.flags import Flag
from heterodot.errors import InputError

DRIFT_LIMIT = 1.0
"""meV per atom and ps of the conserved quantity: 4 % of kT at room temperature for each atom in a
picosecond. Chosen; it decides the flag energy-drift alone."""

FEWEST = 10.0
"""Independent values below which an error bar is itself a guess: off by 1/√(2n), a quarter."""

STEPS_PER_PERIOD = 8.0
"""Of the fastest motion found, as of the one expected."""

_SIGMA = 3.0


@dataclass(frozen=True)
class Course:
    """How a dynamics went.

    Attributes
    ----------
    start : int
        Frames that are not in equilibrium yet, to be left out.
    temperature, energy : Mean
        Of the rest: K; potential energy, eV.
    drift : Mean
        Slope of the conserved quantity over the whole, meV per atom and ps, with its error from
        blocks; NaN where nothing is conserved (Langevin).
    flags : tuple of Flag
    """

    start: int
    temperature: Mean
    energy: Mean
    drift: Mean
    flags: tuple[Flag, ...]


def judge_course(trajectory: Trajectory) -> Course:
    """Find the equilibrium of a dynamics and judge temperature and energy.

    Parameters
    ----------
    trajectory : Trajectory
        Of a dynamics, with its energies; three frames or more.

    Raises
    ------
    InputError
        Too few frames.
    """
    n = len(trajectory)
    if n < 3:
        raise InputError(f"{n} frames: expected three or more")
    energies = np.array(trajectory.column("energy"))
    temperatures = np.array(trajectory.column("temperature"))
    # of whichever forgets its start last
    found = max(map(detect_equilibration, (energies, temperatures)), key=lambda one: one.start)
    start = found.start
    temperature, energy = (correlated_mean(x[start:]) for x in (temperatures, energies))
    drift = _drift(trajectory)
    flags = (
        *_equilibrium_flags(trajectory, start, temperature, energy),
        *_drift_flags(drift),
    )
    return Course(start, temperature, energy, drift, flags)


def _equilibrium_flags(
    trajectory: Trajectory, start: int, temperature: Mean, energy: Mean
) -> tuple[Flag, ...]:
    """Flag what is too short, still on its way, or not at the temperature of its thermostat."""
    n = len(trajectory)
    said = []
    worth = min(temperature.n_effective, energy.n_effective)
    if worth < FEWEST:
        said.append(f"{worth:.1f} independent values in {n - start} frames, expected {FEWEST:g}")
    if start > n / 2:
        said.append(f"still on its way in {start} of {n} frames")
    wanted = trajectory.origin.get("temperature")
    held = trajectory.origin.get("ensemble", "nve") != "nve"
    if held and wanted and abs(temperature.value - wanted) > _SIGMA * max(temperature.error, 1.0):
        said.append(f"{temperature.value:.0f} ± {temperature.error:.0f} K, thermostat {wanted:g} K")
    if not said:
        return ()
    return (Flag("not-equilibrated", f"{'; '.join(said)}: run longer"),)


def _drift(trajectory: Trajectory) -> Mean:
    """Return the slope of the conserved quantity with its error from the slopes of blocks."""
    kept = np.array(trajectory.column("conserved")) * 1000 / len(trajectory.atoms)
    times = trajectory.times / 1000
    if not np.isfinite(kept).all():
        return Mean(float("nan"), float("nan"), 1.0, 0.0)
    slope = float(np.polyfit(times, kept, 1)[0])
    if len(kept) < 40:
        return Mean(slope, float("inf"), 1.0, 1.0)
    # the residual is correlated: its effective number of values decides the slope's error
    residual = kept - np.polyval(np.polyfit(times, kept, 1), times)
    n = correlated_mean(residual).n_effective
    error = float(residual.std() / (times.std() * np.sqrt(max(n - 2, 1.0))))
    return Mean(slope, error, len(kept) / n, n)


def _drift_flags(drift: Mean) -> tuple[Flag, ...]:
    significant = abs(drift.value) > _SIGMA * drift.error
    if not (significant and abs(drift.value) > DRIFT_LIMIT):
        return ()
    return (
        Flag(
            "energy-drift",
            f"what should be conserved drifts by {drift.value:+.2f} ± {drift.error:.2f} meV per "
            f"atom and ps, expected {DRIFT_LIMIT:g} at most: take a shorter timestep, or forces "
            "converged better",
        ),
    )


def timestep_flags(states: VibrationalStates, timestep: float) -> tuple[Flag, ...]:
    """Flag a timestep (fs) too long for the fastest vibration that was found."""
    period = 33356.40952 / max(states.highest, 1e-9)
    if timestep * STEPS_PER_PERIOD <= period:
        return ()
    return (
        Flag(
            "long-timestep",
            f"{timestep:g} fs for vibrations up to {states.highest:.0f} cm⁻¹ ({period:.1f} fs): "
            f"expected {period / STEPS_PER_PERIOD:.1f} fs or less",
        ),
    )

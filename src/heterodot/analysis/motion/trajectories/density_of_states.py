"""The vibrational density of states of a trajectory: the spectrum of its velocities.

g(ω) ∝ Σ m ∫ ⟨v(t)·v(0)⟩ cos(ωt) dt (M. P. Allen, D. J. Tildesley, Computer Simulation of Liquids,
2nd ed. (2017), ch. 2.7); harmonic or not, at the temperature of the trajectory, classical.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.analysis.motion.trajectories.correlation import (
    CM_PER_FS,
    autocorrelation,
    cosine_transform,
)
from heterodot.analysis.motion.trajectories.trajectory import Trajectory
from heterodot.errors import InputError

EDGE = 0.02
"""Share of the maximum below which a density of states has ended. Chosen: what a window and the
noise of a short trajectory leave beyond the last line is less."""


@dataclass(frozen=True)
class VibrationalStates:
    """A vibrational density of states, projected.

    Attributes
    ----------
    wavenumbers : (k,) float array
        cm⁻¹.
    total : (k,) float array
        Modes per cm⁻¹; its integral is three for each atom.
    parts : dict of str to (k,) float array
        By element and, where there are several, by ``domain``.
    resolution : float
        cm⁻¹.
    highest : float
        cm⁻¹ where it is last above 2 % of its maximum.
    nyquist : float
        cm⁻¹: faster motion cannot be told at this interval of frames.
    """

    wavenumbers: np.ndarray
    total: np.ndarray
    parts: dict[str, np.ndarray]
    resolution: float
    highest: float
    nyquist: float

    @property
    def lines(self) -> list[float]:
        """Wavenumbers (cm⁻¹) of the maxima above a tenth of the highest, ascending."""
        g = self.total
        inner = (g[1:-1] > g[:-2]) & (g[1:-1] >= g[2:]) & (g[1:-1] > 0.1 * g.max())
        return [float(w) for w in self.wavenumbers[1:-1][inner]]


def vibrational_states(
    trajectory: Trajectory, longest: float | None = None, window: str = "hann"
) -> VibrationalStates:
    """Return the vibrational density of states of a trajectory with velocities.

    Parameters
    ----------
    trajectory : Trajectory
    longest : float, optional
        Longest lag, fs: sharper, and noisier, the longer; a third of the trajectory by default.
    window : {"hann", "none"}

    Raises
    ------
    InputError
        No velocities were kept, or too few frames.
    """
    n = len(trajectory)
    if n < 8:
        raise InputError(f"{n} frames: expected 8 or more")
    velocities = trajectory.velocities
    lags = n // 3 if longest is None else int(longest / trajectory.interval)
    lags = min(max(lags, 4), n)
    groups = _groups(trajectory)
    masses = trajectory.masses
    sums = {name: np.zeros(lags) for name in groups}
    whole = np.zeros(lags)
    for atom in range(len(masses)):
        own = autocorrelation(np.asarray(velocities[:, atom], float), lags, centred=False)
        weighted = masses[atom] * own.sum(axis=1)
        whole += weighted
        for name, inside in groups.items():
            if inside[atom]:
                sums[name] += weighted
    found = cosine_transform(whole, trajectory.interval, window)  # type: ignore[arg-type]
    # at rest the whole has 3N − 3 modes; the integral is told by equipartition, not by that
    spacing = found.wavenumbers[1]
    scale = 3 * len(masses) / max(float(found.intensities.sum() * spacing), 1e-300)
    parts = {
        name: cosine_transform(s, trajectory.interval, window).intensities * scale  # type: ignore[arg-type]
        for name, s in sums.items()
    }
    total = found.intensities * scale
    there = np.flatnonzero(total > EDGE * total.max())
    highest = float(found.wavenumbers[there[-1]]) if len(there) else 0.0
    nyquist = CM_PER_FS / (2 * trajectory.interval)
    return VibrationalStates(found.wavenumbers, total, parts, found.resolution, highest, nyquist)


def _groups(trajectory: Trajectory) -> dict[str, np.ndarray]:
    symbols = np.array(trajectory.atoms.get_chemical_symbols())
    groups = {str(s): symbols == s for s in dict.fromkeys(symbols)}
    domains = trajectory.atoms.arrays.get("domain")
    if domains is not None and len(set(domains)) > 1:
        groups |= {str(d): domains == d for d in dict.fromkeys(domains)}
    return groups

"""Vibrations from second derivatives: what moves in each mode, and how strongly it absorbs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from heterodot.analysis.vibrations.internal_motion import Motion, motions
from heterodot.analysis.vibrations.modes import Mode
from heterodot.analysis.vibrations.rigid_motions import wavenumbers
from heterodot.checks import positive
from heterodot.errors import InputError
from heterodot.records import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PUBLISHED_DRIFTS: Mapping[str, tuple[tuple[float, float], ...]] = {
    "COOH*": ((1750.0, 1750.0), (1558.0, 1558.0)),
    "CO*": ((1714.0, 1714.0),),
    "CO2⁻": ((1618.0, 1679.0), (1288.0, 1288.0)),
    "carbonates": ((1366.0, 1771.0),),
}
"""Bands (low, high; cm⁻¹) of CO2 reduction on Zn-doped CuInS2 dots by in-situ DRIFTS (Cai et al.,
ACS Catal. 13, 15546 (2023)); to be set beside calculated ones."""

DRIFTS_SOURCE = "DRIFTS: Cai et al., ACS Catal. 13, 15546 (2023)"

_ZERO = 0.05
"""cm⁻¹: what rounding leaves of translations and rotations that were projected out."""

NOTABLE = 0.15
"""Shares below this are not listed among a mode's motions. Chosen; nothing depends on it beyond the
names of modes."""


@dataclass(frozen=True)
class VibrationalSpectrum(Record, written=("label", "level", "modes")):
    """Modes of a structure.

    Attributes
    ----------
    modes : tuple of Mode
        By ascending frequency.
    label : str
        The system.
    level : str
        The level of theory, in words.
    """

    modes: tuple[Mode, ...]
    label: str = ""
    level: str = ""

    @property
    def infrared(self) -> bool:
        """Whether intensities are known."""
        return bool(self.modes) and all(mode.intensity is not None for mode in self.modes)

    def curve(
        self, wavenumbers: np.ndarray, width: float = 15.0, shape: str = "lorentzian"
    ) -> np.ndarray:
        """Broadened spectrum: km/mol per cm⁻¹, without intensities modes per cm⁻¹.

        Imaginary modes, and translations and rotations of a free molecule, are left out.

        Parameters
        ----------
        wavenumbers : (n,) float array
            cm⁻¹.
        width : float
            Full width at half maximum, cm⁻¹.
        shape : {"lorentzian", "gaussian"}

        Raises
        ------
        InputError
            An unknown shape, or a width that is not positive.
        """
        width = positive(width, "width", "cm⁻¹")
        if shape not in ("lorentzian", "gaussian"):
            raise InputError(f"shape {shape!r}: expected 'lorentzian' or 'gaussian'")
        total = np.zeros(np.shape(wavenumbers))
        for mode in self.visible():
            x = (np.asarray(wavenumbers, float) - mode.frequency) / (width / 2)
            if shape == "lorentzian":
                line = 1 / (np.pi * (1 + x**2))
            else:
                line = np.sqrt(np.log(2) / np.pi) * np.exp(-np.log(2) * x**2)
            height = 1.0 if mode.intensity is None else mode.intensity
            total += height * line / (width / 2)
        return total

    def visible(self) -> list[Mode]:
        """Return the modes that can be seen: real vibrations."""
        free = ("translation", "rotation")
        return [m for m in self.modes if m.frequency > 0 and m.assignment not in free]

    def with_modes(self, modes: Iterable[Mode]) -> VibrationalSpectrum:
        """Return the spectrum with other modes."""
        return replace(self, modes=tuple(modes))

    def summary(self) -> str:
        """Return a line for each mode, highest first."""
        lines = []
        for mode in reversed(self.modes):
            number = f"{mode.frequency:.0f}" if mode.frequency >= 0 else f"{-mode.frequency:.0f}i"
            strength = "" if mode.intensity is None else f"  {mode.intensity:8.1f} km/mol"
            shares = ", ".join(f"{label} {share:.0%}" for label, share in mode.motions)
            lines.append(f"{number:>6s} cm⁻¹{strength}  {shares or mode.assignment}")
        return "\n".join(lines)

    def plot(
        self, *, axes: Sequence[Axes] | None = None, caption: str = "", **options: Any
    ) -> Figure:
        """Draw it; see :func:`heterodot.analysis.vibrations.plot.plot_spectra`."""
        from heterodot.analysis.vibrations.plot import plot_spectra

        return plot_spectra([self], axes=axes, caption=caption, **options)


def vibrational_spectrum(
    atoms: Atoms,
    hessian: np.ndarray,
    indices: Sequence[int] = (),
    dipole_derivatives: np.ndarray | None = None,
    label: str = "",
    level: str = "",
) -> VibrationalSpectrum:
    """Return the normal modes, what moves in them, and their infrared intensities.

    A mode is assigned to the stretch, bend, torsion, translation or rotation whose mass-weighted
    directions hold most of it (for a bond to atoms that do not move, those of its moving end).
    Intensities are ``N_A/(12 ε₀ c²) |dμ/dQ|²`` in the double-harmonic approximation (E. B. Wilson,
    J. C. Decius, P. C. Cross, Molecular Vibrations, McGraw-Hill 1955).

    Parameters
    ----------
    atoms : Atoms
        The geometry.
    hessian : (3n, 3n) float array
        eV/Å².
    indices : sequence of int
        The n atoms displaced; all unless given.
    dipole_derivatives : (3n, 3) float array, optional
        dμ/dx, e; intensities are unknown without.
    label : str
        The formula unless given.
    level : str
        The level of theory, for captions.

    Raises
    ------
    InputError
        Shapes that do not fit, or numbers that are not finite.
    """
    moving = [int(i) for i in indices] or list(range(len(atoms)))
    matrix = _checked(hessian, (3 * len(moving),) * 2, "hessian")
    if len(set(moving)) != len(moving) or min(moving) < 0 or max(moving) >= len(atoms):
        raise InputError(f"indices {moving}: expected different ones of 0 to {len(atoms) - 1}")
    roots = np.sqrt(np.repeat(atoms.get_masses()[moving], 3))
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2 / np.outer(roots, roots))
    frequencies = wavenumbers(values)
    frequencies[np.abs(frequencies) < _ZERO] = 0.0  # of the whole, projected out
    strengths: list[float | None] = [None] * len(values)
    if dipole_derivatives is not None:
        slopes = _checked(dipole_derivatives, (len(roots), 3), "dipole_derivatives")
        strengths = list(_intensities(slopes, vectors, roots))
    known = motions(atoms, moving)
    modes = tuple(
        _mode(float(nu), vector, strength, known)
        for nu, vector, strength in zip(frequencies, vectors.T, strengths, strict=True)
    )
    return VibrationalSpectrum(modes, label or atoms.get_chemical_formula(), level)


def _checked(values: np.ndarray, shape: tuple[int, ...], name: str) -> np.ndarray:
    array = np.asarray(values, float)
    if array.shape != shape or not shape[0] or not np.isfinite(array).all():
        raise InputError(f"{name} of shape {array.shape}: expected finite numbers, shape {shape}")
    return array


def _intensities(slopes: np.ndarray, vectors: np.ndarray, roots: np.ndarray) -> np.ndarray:
    """km/mol of the modes; dμ/dQ comes in e/√amu."""
    from scipy import constants

    along = (vectors / roots[:, None]).T @ slopes
    charge = constants.e**2 / constants.atomic_mass
    factor = constants.N_A * charge / (12 * constants.epsilon_0 * constants.c**2) / 1000
    return np.asarray(factor * (along**2).sum(axis=1))


def _mode(
    frequency: float, vector: np.ndarray, intensity: float | None, known: Sequence[Motion]
) -> Mode:
    shares = {motion.label: motion.share(vector) for motion in known}
    ordered = sorted(shares.items(), key=lambda item: -round(item[1], 6))
    notable = tuple((label, share) for label, share in ordered[:4] if share >= NOTABLE)
    return Mode(
        frequency,
        ordered[0][0],
        notable,
        None if intensity is None else float(intensity),
    )

"""X-ray powder patterns: intensity along the scattering angle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from heterodot.analysis.diffraction.scattering import (
    scattering_vector,
)
from heterodot.errors import InputError
from heterodot.records import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class PowderPattern(Record):
    """Intensity along an angle.

    Attributes
    ----------
    two_theta : (n,) float array
        Degrees.
    intensity : (n,) float array
        Squared electrons per atom for Debye's equation, otherwise relative to 100.
    wavelength : float
        Å.
    label : str
        The system.
    note : str
        How it was made, for captions.
    """

    two_theta: np.ndarray
    intensity: np.ndarray
    wavelength: float
    label: str = ""
    note: str = ""

    @property
    def q(self) -> np.ndarray:
        """(n,) scattering vector, Å⁻¹."""
        return scattering_vector(self.two_theta, self.wavelength)

    def peak(self, low: float, high: float) -> tuple[float, float]:
        """Position of the highest point between two angles, refined by a parabola, and its height.

        Raises
        ------
        InputError
            Fewer than three points between them.
        """
        inside = np.flatnonzero((self.two_theta >= low) & (self.two_theta <= high))
        if len(inside) < 3:
            raise InputError(f"{low:g}–{high:g}° holds {len(inside)} points: expected 3 or more")
        top = int(inside[np.argmax(self.intensity[inside])])
        top = min(max(top, 1), len(self.intensity) - 2)
        x, y = self.two_theta[top - 1 : top + 2], self.intensity[top - 1 : top + 2]
        a, b, _ = np.polyfit(x - x[1], y, 2)
        shift = -b / (2 * a) if a < 0 else 0.0
        if not x[0] <= x[1] + shift <= x[2]:
            shift = 0.0
        return float(x[1] + shift), float(y[1] + shift * (b + a * shift))

    def plot(self, *, ax: Axes | None = None, caption: str = "", **options: Any) -> Figure:
        """Draw it; see :func:`heterodot.analysis.diffraction.plot.plot_powder`."""
        from heterodot.analysis.diffraction.plot import plot_powder

        return plot_powder([self], ax=ax, caption=caption, **options)


def checked_angles(two_theta: Any) -> np.ndarray:
    """Return scattering angles as a float array.

    Raises
    ------
    InputError
        Not a non-empty list of angles between 0 and 180 degrees.
    """
    angles = np.asarray(two_theta, float)
    good = angles.ndim == 1 and angles.size and np.isfinite(angles).all()
    if not good or not (angles.min() > 0 and angles.max() <= 180):
        raise InputError("two_theta: expected a list of angles above 0, at most 180 degrees")
    return angles

"""X-ray powder patterns of crystals, from their reflections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from heterodot.analysis.diffraction.powder import PowderPattern, checked_angles
from heterodot.analysis.diffraction.scattering import (
    S_MAX,
    debye_waller,
    form_factor,
    positive,
    scattering_angle,
    wavelength_of,
)
from heterodot.errors import InputError, StructureError
from heterodot.lazy import optional
from heterodot.records import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SCHERRER = 0.9
"""K of Scherrer's equation for the width at half maximum, the size being the cube root of the
crystallite's volume (J. I. Langford, A. J. C. Wilson, J. Appl. Cryst. 11, 102 (1978): 0.83 to 0.94
by shape and plane; 0.89 for a sphere, which is 1.11 for its diameter)."""

SAME_ANGLE = 1e-4
"""Degrees; planes this close in 2θ belong to one reflection. Chosen: far below any width of a line,
above rounding."""

EXTINCT = 1e-4
"""An amplitude below this fraction of all atoms' in phase is none (coordinates are rounded).
Chosen: its square, the intensity, is 1e-8 of the strongest possible."""


@dataclass(frozen=True)
class Reflections(
    Record, written=("two_theta", "intensity", "hkl", "spacing", "wavelength", "label")
):
    """Powder reflections of a crystal.

    Attributes
    ----------
    two_theta : (n,) float array
        Degrees, ascending.
    intensity : (n,) float array
        The strongest is 100.
    hkl : tuple of tuple of int
        One of the planes of each reflection, in the crystal's own axes, with four indices (hkil)
        where they are hexagonal; of several families at one angle, the one with most planes.
    spacing : (n,) float array
        d, Å.
    wavelength : float
        Å.
    label : str
    planes : tuple of frozenset of tuple of three int
        Of each reflection every plane (hkl) that scatters at its angle.
    """

    two_theta: np.ndarray
    intensity: np.ndarray
    hkl: tuple[tuple[int, ...], ...]
    spacing: np.ndarray
    wavelength: float
    label: str
    planes: tuple[frozenset[tuple[int, int, int]], ...]

    def angle(self, hkl: tuple[int, ...]) -> float:
        """Return 2θ (degrees) of a plane, any of its family.

        Parameters
        ----------
        hkl : three int, or four (hkil) where the axes are hexagonal
            In the crystal's own axes.

        Raises
        ------
        InputError
            The indices are no plane of the crystal, or the pattern has no such reflection: it is
            absent by symmetry, too weak, or outside the range of angles.
        """
        plane = self._three_indices(hkl)
        found = [i for i, each in enumerate(self.planes) if plane in each]
        if not found:
            raise InputError(
                f"reflection {hkl}: not among the {len(self.hkl)} of {self.label} from "
                f"{self.two_theta[0]:.1f} to {self.two_theta[-1]:.1f}°: absent by symmetry, too "
                "weak or outside the range of angles"
            )
        return float(self.two_theta[found[0]])

    def _three_indices(self, hkl: Any) -> tuple[int, int, int]:
        """Return (hkl) of a plane given by three or four indices."""
        given = np.asarray(hkl)
        if given.dtype.kind in "iu" and given.shape in ((3,), (4,)) and given.any():
            h, k, *middle, last = (int(i) for i in given)
            hexagonal = len(self.hkl[0]) == 4
            if not middle or (hexagonal and middle[0] == -h - k):
                return h, k, last
        raise InputError(
            f"reflection {hkl!r}: expected three whole numbers (hkl) that are not all 0, or where "
            "the axes are hexagonal four (hkil) with i = −h − k"
        )

    def profile(
        self,
        two_theta: np.ndarray,
        size: float,
        mixing: float = 0.5,
        instrument: float = 0.0,
    ) -> PowderPattern:
        """Broaden by the size of the crystallites.

        Each reflection becomes a pseudo-Voigt of its intensity as area and of the width (at half
        maximum) 0.9 λ/(D cos θ) of Scherrer's equation.

        Parameters
        ----------
        two_theta : (n,) float array
            Degrees.
        size : float
            D, the cube root of the crystallites' volume, Å; 0.806 times the diameter of spheres.
        mixing : float
            Share of the Lorentzian, 0 (Gaussian) to 1.
        instrument : float
            Width the instrument adds in quadrature, degrees.

        Raises
        ------
        InputError
            A number out of range.
        """
        size = positive(size, "size", "Å")
        if not 0 <= mixing <= 1 or not 0 <= instrument < 180:
            raise InputError(
                f"mixing {mixing}, instrument {instrument}: expected 0 to 1, and degrees from 0"
            )
        angles = checked_angles(two_theta)
        scherrer = np.degrees(
            SCHERRER * self.wavelength / (size * np.cos(np.radians(self.two_theta / 2)))
        )
        width = np.hypot(scherrer, instrument)
        x = (angles[:, None] - self.two_theta) / (width / 2)
        lorentz = 1 / (np.pi * (1 + x**2))
        gauss = np.sqrt(np.log(2) / np.pi) * np.exp(-np.log(2) * x**2)
        curve = ((mixing * lorentz + (1 - mixing) * gauss) / (width / 2)) @ self.intensity
        note = f"reflections broadened by Scherrer's equation for {size / 10:.3g} nm"
        return PowderPattern(
            angles, 100 * curve / max(curve.max(), 1e-300), self.wavelength, self.label, note
        )

    def plot(self, *, ax: Axes | None = None, caption: str = "", **options: Any) -> Figure:
        """Draw it; see :func:`heterodot.analysis.diffraction.plot.plot_powder`."""
        from heterodot.analysis.diffraction.plot import plot_powder

        marks = {self.label or "crystal": self}
        return plot_powder([], marks, ax=ax, caption=caption, **options)


def xrd_pattern(
    crystal: Any,
    wavelength: str | float = "CuKa",
    two_theta: tuple[float, float] = (10.0, 90.0),
    debye_waller_factors: Mapping[str, float] | None = None,
    label: str = "",
) -> Reflections:
    """Powder reflections of a crystal, by pymatgen's calculator.

    Parameters
    ----------
    crystal : Atoms or pymatgen Structure
        Periodic along three directions; ``heterodot.structures.crystal(name)`` gives one.
    wavelength : str or float
        "CuKa", …, or Å.
    two_theta : (low, high)
        Degrees.
    debye_waller_factors : mapping of str to float, optional
        B, Å², by element.
    label : str
        The formula unless given.

    Raises
    ------
    StructureError
        Not a crystal.
    InputError
        Unknown wavelength, or an empty range.
    """
    with optional("pymatgen", "the powder pattern of a crystal"):
        from pymatgen.analysis.diffraction.xrd import XRDCalculator

    low, high = two_theta
    if not 0 <= low < high <= 180:
        raise InputError(f"two_theta {two_theta}: expected 0 ≤ low < high ≤ 180 degrees")
    structure = _structure(crystal)
    length = wavelength_of(wavelength)
    factors = dict(debye_waller_factors or {})
    for symbol in factors:
        debye_waller(symbol, np.zeros(1), factors)  # refuses bad numbers
    try:
        pattern = XRDCalculator(length, debye_waller_factors=factors).get_pattern(
            structure, two_theta_range=(low, high)
        )
    except ValueError as error:  # no reciprocal point in range
        raise InputError(
            f"no reflection of {structure.composition.reduced_formula} in {low:g}–{high:g}°"
        ) from error
    families = [max(each, key=lambda family: family["multiplicity"]) for each in pattern.hkls]
    angles = np.asarray(pattern.x, float)
    return Reflections(
        angles,
        np.asarray(pattern.y, float),
        tuple(tuple(int(i) for i in family["hkl"]) for family in families),
        np.asarray(pattern.d_hkls, float),
        length,
        label or _formula(crystal),
        _planes(structure, angles, length, factors),
    )


def _planes(
    structure: Any, angles: np.ndarray, wavelength: float, factors: Mapping[str, float]
) -> tuple[frozenset[tuple[int, int, int]], ...]:
    """Of each reflection, every plane at its angle whose structure factor does not vanish.

    These are the families that the crystal's Laue group makes, without those that its
    translations or special positions extinguish.
    """
    lattice = structure.lattice.reciprocal_lattice_crystallographic
    reach = 2 * np.sin(np.radians(angles[-1] + SAME_ANGLE) / 2) / wavelength
    points = lattice.get_points_in_sphere([[0, 0, 0]], [0, 0, 0], reach)
    hkl = np.rint([point[0] for point in points]).astype(int)
    q = 2 * np.pi * np.array([point[1] for point in points])
    found = scattering_angle(q, wavelength)
    nearest = np.abs(angles[:, None] - found).argmin(axis=0)
    at_peak = np.abs(angles[nearest] - found) < SAME_ANGLE
    hkl, q, nearest = hkl[at_peak], q[at_peak], nearest[at_peak]
    q = np.minimum(q, 4 * np.pi * S_MAX)  # beyond the form factors the phases still decide
    amplitude = np.zeros(len(q), complex)
    most = np.zeros(len(q))
    for site in structure:
        phase = np.exp(2j * np.pi * (hkl @ site.frac_coords))
        for species, share in site.species.items():
            damping = debye_waller(species.symbol, q, factors)
            scattered = share * form_factor(species.symbol, q) * damping
            amplitude += scattered * phase
            most += np.abs(scattered)
    seen = np.abs(amplitude) > EXTINCT * most
    return tuple(
        frozenset(tuple(plane) for plane in hkl[seen & (nearest == i)].tolist())
        for i in range(len(angles))
    )


def _formula(crystal: Any) -> str:
    if isinstance(crystal, Atoms):
        return str(crystal.get_chemical_formula("metal", empirical=True))
    return str(crystal.composition.reduced_formula)


def _structure(crystal: Any) -> Any:
    from pymatgen.io.ase import AseAtomsAdaptor

    if not isinstance(crystal, Atoms):
        if hasattr(crystal, "lattice") and hasattr(crystal, "composition"):
            return crystal
        raise StructureError(
            f"crystal {crystal!r}: expected Atoms or a pymatgen Structure; "
            "heterodot.structures.crystal(name) makes one"
        )
    if not crystal.pbc.all() or abs(crystal.cell.volume) < 1e-6 or not len(crystal):
        raise StructureError(
            f"{crystal.get_chemical_formula() or 'no atoms'} is not periodic in three directions: "
            "expected a crystal; debye_pattern is for dots"
        )
    return AseAtomsAdaptor.get_structure(
        Atoms(crystal.numbers, crystal.positions, cell=crystal.cell, pbc=True)
    )

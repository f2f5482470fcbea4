"""The energy along a path: images, and a spline through their energies and forces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ase import Atoms

from heterodot.errors import InputError
from heterodot.records import Record


@dataclass(frozen=True)
class Stationary(Record):
    """A minimum or maximum of the spline.

    Attributes
    ----------
    place : float
        Å along the path.
    energy : float
        eV.
    is_minimum : bool
    """

    place: float
    energy: float
    is_minimum: bool


@dataclass(frozen=True)
class PathProfile(Record):
    """Energies of images along a path.

    Attributes
    ----------
    places : (n,) float array
        Length of the path up to each image, Å: distances of all coordinates together.
    energies : (n,) float array
        eV, relative to the first image.
    slopes : (n,) float array
        dE/ds, eV/Å.
    """

    places: np.ndarray
    energies: np.ndarray
    slopes: np.ndarray

    def curve(self, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
        """Return n places (Å) and the energies (eV) of the cubic Hermite spline there."""
        fine = np.linspace(self.places[0], self.places[-1], n)
        return fine, np.asarray(self._spline()(fine))

    def stationary(self) -> list[Stationary]:
        """Return the minima and maxima of the spline between its ends, in order."""
        spline = self._spline()
        margin = 1e-3 * (self.places[-1] - self.places[0])
        roots = (float(s) for s in spline.derivative().roots(extrapolate=False) if np.isfinite(s))
        found: list[float] = []
        for s in sorted(roots):
            inside = self.places[0] + margin < s < self.places[-1] - margin
            if inside and not (found and s - found[-1] < margin):  # at an image found twice
                found.append(s)
        points = []
        for s in found:
            before, here, after = (float(spline(s + shift)) for shift in (-margin, 0.0, margin))
            if (before - here) * (after - here) > 0:  # else level on the way up or down
                points.append(Stationary(s, here, before > here))
        return points

    def dips(self, depth: float) -> list[Stationary]:
        """Return the minima between the ends that lie ``depth`` (eV) below both sides' maxima."""
        points = self.stationary()
        ends = [float(self.energies[0]), float(self.energies[-1])]
        deep = []
        for at, point in enumerate(points):
            if not point.is_minimum:
                continue
            left = max([ends[0], *(p.energy for p in points[:at])])
            right = max([ends[1], *(p.energy for p in points[at + 1 :])])
            if min(left, right) - point.energy > depth:
                deep.append(point)
        return deep

    def _spline(self):  # type: ignore[no-untyped-def]  # scipy's, which has no types
        from scipy.interpolate import CubicHermiteSpline

        return CubicHermiteSpline(self.places, self.energies, self.slopes)


def path_profile(
    images: Sequence[Atoms], energies: Sequence[float], forces: Sequence[np.ndarray]
) -> PathProfile:
    """Return the profile of images (minimum image where periodic).

    Parameters
    ----------
    images : sequence of Atoms
        n of them, in order; no two neighbours alike.
    energies : sequence of float
        eV.
    forces : sequence of (a, 3) array
        eV/Å.

    Raises
    ------
    InputError
        Fewer than two images, or two neighbours that are the same.
    """
    if len(images) < 2:
        raise InputError(f"{len(images)} images: expected two or more")
    legs = np.array([leg(a, b).ravel() for a, b in pairwise(images)])
    lengths = np.linalg.norm(legs, axis=1)
    if not (lengths > 0).all():
        raise InputError(f"images {int(np.argmin(lengths))} and the next are the same")
    units_along = legs / lengths[:, None]
    tangents = np.vstack([units_along[:1], units_along[:-1] + units_along[1:], units_along[-1:]])
    tangents /= np.linalg.norm(tangents, axis=1)[:, None]
    slopes = [-float(t @ f.ravel()) for t, f in zip(tangents, forces, strict=True)]
    places = np.concatenate([[0.0], np.cumsum(lengths)])
    relative = np.array([float(e - energies[0]) for e in energies])
    return PathProfile(places, relative, np.array(slopes))


def leg(a: Atoms, b: Atoms) -> np.ndarray:
    """Return the (n, 3) displacements from one image to the next, Å; the shortest if periodic."""
    from ase.geometry import find_mic

    apart = b.positions - a.positions
    return np.asarray(find_mic(apart, a.cell, a.pbc)[0]) if a.pbc.any() else apart

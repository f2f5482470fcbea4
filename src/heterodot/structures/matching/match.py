"""One match of two planes: the common cell, what is strained and turned, and by how much.

Conventions. The film lies on the substrate. Both planes are seen from above, against the
substrate's outward normal, and the film's normal (hkl) points up as well: the film's face at the
interface is the one of (-h -k -l). Film and substrate are both turned by proper rotations only,
so neither is ever mirrored.

The deformation A maps the film's supercell on the substrate's, both unstrained: in rows,
``film_supercell @ A.T = substrate_supercell``. Its polar decomposition A = R U = V R gives the
twist, the angle of R: the film is turned by it, counter-clockwise seen from above, from where its
a1 lies along the substrate's a1. The Biot strain U - 1 is what the film would bear if it bore
everything; its principal values are positive where the film is stretched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from heterodot.records import Record
from heterodot.structures.matching.surface_cell import Net

_WRITTEN = (
    "film", "substrate", "film_transform", "substrate_transform", "film_gradient",
    "substrate_gradient", "cell", "strain", "principal", "shear", "von_mises", "twist", "area",
    "n_atoms", "multiplicity", "energy", "score",
)  # fmt: skip
"""What is written of a match, as plain JSON: degrees, Å, Å², eV."""


@dataclass(frozen=True, eq=False, repr=False)
class Match(Record, written=_WRITTEN):
    """A supercell of a film and one of a substrate that are equal up to a strain.

    Attributes
    ----------
    film, substrate : SurfaceCell or Net
        The two planes.
    film_transform, substrate_transform : (2, 2) int array
        Supercells in terms of the cells: ``supercell = transform @ in_plane``; det > 0.
    film_gradient, substrate_gradient : (2, 2) float array
        Deformation gradients F applied to each side (rotation included):
        ``supercell @ F.T = cell`` for both.
    cell : (2, 2) float array
        The common cell, rows, Å, in the frame of the substrate's plane.
    strain : (2, 2) float array
        Biot strain of the film relative to the substrate, in the film's frame: U - 1.
    twist : float
        Degrees, -180…180; how far the film is turned about the upward normal.
    multiplicity : int
        Number of matches that the symmetry of the two planes makes equivalent to this one.
    energy : float or None
        Elastic energy (eV) of one common cell for the given thicknesses; None where elastic
        constants are not known.
    score : float
        What the matches are ranked by, the lowest first.
    """

    film: Net
    substrate: Net
    film_transform: np.ndarray
    substrate_transform: np.ndarray
    film_gradient: np.ndarray
    substrate_gradient: np.ndarray
    cell: np.ndarray
    strain: np.ndarray
    twist: float
    multiplicity: int = 1
    energy: float | None = None
    score: float = 0.0

    def __repr__(self) -> str:
        high, low = (100 * strain for strain in self.principal)
        return (
            f"<Match {self.film.label} on {self.substrate.label}: {self.area:.1f} Å², strains "
            f"{high:+.2f} and {low:+.2f} %, twist {self.twist:.2f}°>"
        )

    @property
    def principal(self) -> tuple[float, float]:
        """Principal strains, the larger first."""
        low, high = np.linalg.eigvalsh(self.strain)
        return float(high), float(low)

    @property
    def shear(self) -> float:
        """Largest shear strain (tensor component), (ε1 - ε2) / 2."""
        return (self.principal[0] - self.principal[1]) / 2

    @property
    def von_mises(self) -> float:
        """Equivalent strain √(ε1² - ε1 ε2 + ε2²): von Mises' measure of an in-plane tensor."""
        return float(von_mises(np.array(self.principal)))

    @property
    def area(self) -> float:
        """Area of the common cell, Å²."""
        return float(np.linalg.det(self.cell))

    @property
    def n_atoms(self) -> int | None:
        """Atoms of both supercells, each one repeat (a3) thick; None where a side is a net."""
        sides = ((self.film, self.film_transform), (self.substrate, self.substrate_transform))
        counts = [(side.n_atoms, round(np.linalg.det(t))) for side, t in sides]
        return sum(n * k for n, k in counts if n) if all(n for n, _ in counts) else None

    @property
    def film_strain(self) -> np.ndarray:
        """(2, 2) Biot strain the film really bears, in its own frame."""
        return polar(self.film_gradient)[1] - np.eye(2)

    @property
    def substrate_strain(self) -> np.ndarray:
        """(2, 2) Biot strain the substrate really bears, in its own frame."""
        return polar(self.substrate_gradient)[1] - np.eye(2)


def von_mises(principal: np.ndarray) -> np.ndarray:
    """(…,) equivalent strain √(ε1² - ε1 ε2 + ε2²) of principal strains (…, 2)."""
    one, two = principal[..., 0], principal[..., 1]
    out: np.ndarray = np.sqrt(one**2 - one * two + two**2)
    return out


def polar(gradient: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return R and the symmetric U of a (2, 2) deformation gradient with det > 0: F = R U."""
    angle = np.arctan2(gradient[1, 0] - gradient[0, 1], gradient[0, 0] + gradient[1, 1])
    rotation = planar_rotation(float(angle))
    stretch = rotation.T @ gradient
    return rotation, (stretch + stretch.T) / 2


def planar_rotation(angle: float) -> np.ndarray:
    """Return the (2, 2) rotation by an angle (radians), counter-clockwise, for column vectors."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])

"""How adsorbates stand on a site before they are relaxed: templates in the site's own frame.

The frame has the site atom at the origin and z along the outward normal. A template is put at the
height that gives its binding atom the wanted distance to the site; it is then turned about z and
tilted by :mod:`heterodot.structures.dots.adsorbates`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii

from heterodot.data.species.entries import Orientation
from heterodot.data.species.shapes import turned
from heterodot.data.species.table import SPECIES, Entries
from heterodot.errors import StructureError

BOND_LENGTHS: dict[tuple[str, str], float] = {
    ("Cu", "C"): 1.95, ("Cu", "O"): 2.00, ("Cu", "H"): 1.55,
    ("Zn", "C"): 2.00, ("Zn", "O"): 2.00, ("In", "C"): 2.18, ("In", "O"): 2.15,
    ("Cd", "C"): 2.15, ("Cd", "O"): 2.25, ("S", "H"): 1.34,
}  # fmt: skip
"""Distances (Å) at which chemisorbed atoms start, typical of molecular complexes (A. G. Orpen
et al., J. Chem. Soc. Dalton Trans. 1989, S1); other pairs take the sum of covalent radii."""

NEAREST = 0.95
"""No atom of an adsorbate starts nearer to the site than this fraction of a bond to it."""


def placed(way: Orientation, site_symbol: str, height: float | None = None) -> np.ndarray:
    """Return the (n, 3) positions of an adsorbate above a site at the origin, Å.

    Parameters
    ----------
    way : Orientation
    site_symbol : str
        Element of the site, which sets the bond length.
    height : float, optional
        Distance of the binding atom from the site instead of the usual one, Å.
    """
    bond = bond_length(site_symbol, way.symbols[way.binding])
    distance = height
    if distance is None:
        distance = bond if way.distance is None else max(way.distance, NEAREST * bond)
    if way.second is not None:
        other = bond_length(site_symbol, way.symbols[way.second])
        return _astride(way, distance, other + distance - bond)
    x, y, z = way.positions[way.binding]
    flat = x**2 + y**2
    if distance**2 <= flat:
        raise StructureError(
            f"height {distance:g} Å: {way.name} needs more than {np.sqrt(flat):.2f} Å"
        )
    return np.asarray(way.positions + np.array([0.0, 0.0, np.sqrt(distance**2 - flat) - z]))


def _astride(way: Orientation, first: float, second: float) -> np.ndarray:
    """Return the (n, 3) positions with both binding atoms at their distances (Å).

    The middle of the two is on the z axis: by the median of the triangle they form with the
    site, it is √(2 d₁² + 2 d₂² − r²)/2 high.
    """
    start, end = way.positions[way.binding], way.positions[int(way.second or 0)]
    across = end - start
    r = float(np.linalg.norm(across))
    if min(first, second) <= 0 or not abs(first - second) < r < first + second:
        raise StructureError(f"height {first:g} Å: {way.name} needs more than {r / 2:.2f} Å")
    middle = np.sqrt(2 * first**2 + 2 * second**2 - r**2) / 2
    rise = (second**2 - first**2) / (2 * middle * r)
    turn = np.degrees(np.arccos(rise) - np.arctan2(across[0], across[2]))
    points = turned(way.positions - (start + end) / 2, float(turn))
    return points + np.array([0.0, 0.0, middle])


def bond_length(site: str, atom: str) -> float:
    """Return the distance (Å) at which an adsorbate's atom starts above a site's atom."""
    default = covalent_radii[atomic_numbers[site]] + covalent_radii[atomic_numbers[atom]]
    return float(BOND_LENGTHS.get((site, atom), default))


def orientations(name: str) -> tuple[Orientation, ...]:
    """Return the ways a named adsorbate can stand on a site, the usual one first.

    Raises
    ------
    StructureError
        If no species of that name has any.
    """
    if name not in _STANDING:
        what = "no way to stand on a site is known of it; " if name in SPECIES else ""
        raise StructureError(f"adsorbate {name!r}: {what}expected one of {', '.join(_STANDING)}")
    return _STANDING[name]


def as_given(adsorbate: Atoms) -> Orientation:
    """Return the user's own molecule as it stands: its z is the normal, its lowest atom binds."""
    if len(adsorbate) == 0:
        raise StructureError("adsorbate: no atoms; expected a molecule")
    binding = int(np.round(adsorbate.positions[:, 2], 6).argmin())
    positions = adsorbate.positions - adsorbate.positions[binding]
    return Orientation("as-given", tuple(adsorbate.get_chemical_symbols()), positions, binding)


_STANDING: Mapping[str, tuple[Orientation, ...]] = Entries("orientations")

ADSORBATES = tuple(_STANDING)
"""Our own adsorbates by name."""

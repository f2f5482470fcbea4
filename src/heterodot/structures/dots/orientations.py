"""How adsorbates stand on a site before they are relaxed: templates in the site's own frame.

The frame has the site atom at the origin and z along the outward normal. A template is put at the
height that gives its binding atom the wanted distance to the site; it is then turned about z and
tilted by :mod:`heterodot.structures.dots.adsorbates`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii

from heterodot.errors import StructureError
from heterodot.structures.molecules import molecule

BOND_LENGTHS: dict[tuple[str, str], float] = {
    ("Cu", "C"): 1.95, ("Cu", "O"): 2.00, ("Cu", "H"): 1.55,
    ("Zn", "C"): 2.00, ("Zn", "O"): 2.00, ("In", "C"): 2.18, ("In", "O"): 2.15,
    ("Cd", "C"): 2.15, ("Cd", "O"): 2.25, ("S", "H"): 1.34,
}  # fmt: skip
"""Distances (Å) at which chemisorbed atoms start, typical of molecular complexes (A. G. Orpen
et al., J. Chem. Soc. Dalton Trans. 1989, S1); other pairs take the sum of covalent radii."""

PHYSISORBED_HEIGHT = 3.0
"""Å between the site and a molecule that lies flat and is not bonded."""

NEAREST = 0.95
"""No atom of an adsorbate starts nearer to the site than this fraction of a bond to it."""


@dataclass(frozen=True)
class Orientation:
    """One way for an adsorbate to stand on a site.

    Attributes
    ----------
    name : str
        For example "C-down".
    symbols : tuple of str
        Atoms of the adsorbate, in the molecule's order.
    positions : (n, 3) float array
        Å; z is the outward normal, the height is free.
    binding : int
        Atom (of the adsorbate) that binds.
    distance : float or None
        Distance of the binding atom to the site, Å (more where a bond to the site is longer than
        that); None for a bond's length.
    second : int or None
        Another atom that binds, at its own bond's length: both lie in the xz plane.
    """

    name: str
    symbols: tuple[str, ...]
    positions: np.ndarray
    binding: int
    distance: float | None = None
    second: int | None = None

    def placed(self, site_symbol: str, height: float | None = None) -> np.ndarray:
        """Return the (n, 3) positions above a site at the origin, Å.

        Parameters
        ----------
        site_symbol : str
            Element of the site, which sets the bond length.
        height : float, optional
            Distance of the binding atom from the site instead of the usual one, Å.
        """
        bond = bond_length(site_symbol, self.symbols[self.binding])
        distance = height
        if distance is None:
            distance = bond if self.distance is None else max(self.distance, NEAREST * bond)
        if self.second is not None:
            return self._astride(
                distance, bond_length(site_symbol, self.symbols[self.second]) + distance - bond
            )
        x, y, z = self.positions[self.binding]
        flat = x**2 + y**2
        if distance**2 <= flat:
            raise StructureError(
                f"height {distance:g} Å: {self.name} needs more than {np.sqrt(flat):.2f} Å"
            )
        return self.positions + np.array([0.0, 0.0, np.sqrt(distance**2 - flat) - z])

    def _astride(self, first: float, second: float) -> np.ndarray:
        """Return the (n, 3) positions with both binding atoms at their distances (Å).

        The middle of the two is on the z axis: by the median of the triangle they form with the
        site, it is √(2 d₁² + 2 d₂² − r²)/2 high.
        """
        start, end = self.positions[self.binding], self.positions[int(self.second or 0)]
        across = end - start
        r = float(np.linalg.norm(across))
        if min(first, second) <= 0 or not abs(first - second) < r < first + second:
            raise StructureError(f"height {first:g} Å: {self.name} needs more than {r / 2:.2f} Å")
        middle = np.sqrt(2 * first**2 + 2 * second**2 - r**2) / 2
        rise = (second**2 - first**2) / (2 * middle * r)
        turn = np.degrees(np.arccos(rise) - np.arctan2(across[0], across[2]))
        points = _turned((self.positions - (start + end) / 2).tolist(), float(turn))
        return points + np.array([0.0, 0.0, middle])


def bond_length(site: str, atom: str) -> float:
    """Return the distance (Å) at which an adsorbate's atom starts above a site's atom."""
    default = covalent_radii[atomic_numbers[site]] + covalent_radii[atomic_numbers[atom]]
    return float(BOND_LENGTHS.get((site, atom), default))


def _polar(length: float, degrees: float) -> list[float]:
    """Point in the xz plane at ``length`` (Å), ``degrees`` away from +z towards +x."""
    angle = np.radians(degrees)
    return [length * np.sin(angle), 0.0, length * np.cos(angle)]


def _turned(points: list[list[float]], degrees: float) -> np.ndarray:
    """Turn points in the xz plane by an angle from z towards x."""
    angle = np.radians(degrees)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    return np.array(points) @ turn.T


def _co2() -> list[Orientation]:
    """Return carbon dioxide, bent near CO2⁻ (C–O 1.25 Å, 134°) or linear as in the gas."""
    symbols = ("C", "O", "O")
    linear = 1.16
    bent = [[0.0, 0.0, 0.0], _polar(1.25, 67.0), _polar(1.25, -67.0)]
    side = _turned([[0.0, 0.0, 0.0], _polar(1.28, 67.0), _polar(1.21, -67.0)], 45.0)
    end = [_polar(linear, 50.0), [0.0, 0.0, 0.0], _polar(2 * linear, 50.0)]
    flat = [[0.0, 0.0, 0.0], [linear, 0.0, 0.0], [-linear, 0.0, 0.0]]
    return [
        Orientation("C-down", symbols, np.array(bent), 0),
        Orientation("O-end-on", symbols, np.array(end), 1, 2.3),
        Orientation("side-on", symbols, side, 0, second=1),
        Orientation("flat", symbols, np.array(flat), 0, PHYSISORBED_HEIGHT),
    ]


def _cooh() -> list[Orientation]:
    """Return carboxyl on carbon: the lone orbital of C points down.

    cis and trans as for the HOCO radical: H–O–C=O 0° (hydrogen towards the other oxygen) and 180°
    (hydrogen towards the surface).
    """
    symbols = ("C", "O", "O", "H")
    o_double, o_single = _polar(1.22, -61.0), _polar(1.35, 61.0)
    inwards = np.array(o_single) + np.array(_polar(0.98, -13.0))
    outwards = np.array(o_single) + np.array(_polar(0.98, 135.0))
    carbon = [0.0, 0.0, 0.0]
    return [
        Orientation("C-down-cis", symbols, np.array([carbon, o_double, o_single, inwards]), 0),
        Orientation("C-down-trans", symbols, np.array([carbon, o_double, o_single, outwards]), 0),
    ]


def _hcoo() -> list[Orientation]:
    """Return formate: both oxygens on the site, or one (bent at the oxygen)."""
    symbols = ("C", "O", "O", "H")
    both = [[0.0, 0.0, 0.0], _polar(1.26, 122.0), _polar(1.26, -122.0), [0.0, 0.0, 1.10]]
    carbon = np.array(_polar(1.30, 55.0))
    one = np.array(
        [carbon, [0.0, 0.0, 0.0], carbon + _polar(1.23, -10.0), carbon + _polar(1.10, 115.0)]
    )
    return [
        Orientation("bidentate", symbols, np.array(both), 1),
        Orientation("monodentate", symbols, one, 1),
    ]


def _simple() -> dict[str, list[Orientation]]:
    """Adsorbates with one way to stand, and small molecules."""
    up = [0.0, 0.0, 0.0]
    water = np.array([up, [0.757, 0.0, 0.586], [-0.757, 0.0, 0.586]])
    formic = molecule("HCOOH")
    turned = _turned((formic.positions - formic.positions[1]).tolist(), -65.0)
    return {
        "CO": [
            Orientation("C-down", ("C", "O"), np.array([up, [0.0, 0.0, 1.14]]), 0),
            Orientation("O-down", ("C", "O"), np.array([[0.0, 0.0, 1.13], up]), 1, 2.4),
        ],
        "H": [Orientation("on-top", ("H",), np.array([up]), 0)],
        "OH": [Orientation("O-down", ("O", "H"), np.array([up, _polar(0.97, 70.0)]), 0)],
        "H2": [
            Orientation("flat", ("H", "H"), np.array([[-0.37, 0.0, 0.0], [0.37, 0.0, 0.0]]), 0, 2.0)
        ],
        "H2O": [
            Orientation("O-down", ("O", "H", "H"), water, 0, 2.15),
            Orientation("O-down-tilted", ("O", "H", "H"), _turned(water.tolist(), 50.0), 0, 2.15),
        ],
        "HCOOH": [Orientation("O-down", tuple(formic.symbols), turned, 1, 2.15)],
    }


def orientations(name: str) -> tuple[Orientation, ...]:
    """Return the ways a named adsorbate can stand on a site, the usual one first.

    Raises
    ------
    StructureError
        If the name is not one of :data:`ADSORBATES`.
    """
    table = {"CO2": _co2, "COOH": _cooh, "HCOO": _hcoo}
    if name in table:
        return tuple(table[name]())
    simple = _simple()
    if name not in simple:
        raise StructureError(
            f"adsorbate {name!r}: expected one of {', '.join(ADSORBATES)}, or Atoms"
        )
    return tuple(simple[name])


def as_given(adsorbate: Atoms) -> Orientation:
    """Return the user's own molecule as it stands: its z is the normal, its lowest atom binds."""
    if len(adsorbate) == 0:
        raise StructureError("adsorbate: no atoms; expected a molecule")
    binding = int(np.round(adsorbate.positions[:, 2], 6).argmin())
    positions = adsorbate.positions - adsorbate.positions[binding]
    return Orientation("as-given", tuple(adsorbate.get_chemical_symbols()), positions, binding)


ADSORBATES = ("CO2", "COOH", "CO", "H", "OH", "HCOO", "H2O", "H2", "HCOOH")
"""Adsorbates known by name."""

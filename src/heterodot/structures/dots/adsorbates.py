"""Putting adsorbates on sites: oriented, turned to where there is room, refused where none is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot import provenance
from heterodot.data.species.entries import Orientation
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import (
    lattice_bonds,
    ordered_directions,
)
from heterodot.structures.chemistry.radii import van_der_waals_radii
from heterodot.structures.chemistry.ties import first_of, round_about, surroundings
from heterodot.structures.crystals.given import check_atoms
from heterodot.structures.dots.orientations import (
    NEAREST,
    as_given,
    bond_length,
    orientations,
    placed,
)
from heterodot.structures.dots.sites import SurfaceSite, site_at
from heterodot.structures.editing import append_atoms, checked_index

CLASH = 0.58
"""Atoms of adsorbate and surface closer than this fraction of the sum of their van der Waals radii
(S. Alvarez, Dalton Trans. 2013, 42, 8617) clash; to the site itself a bond's length counts."""

_INSIDE = 0.75
"""A binding atom at a given height is not to be closer to the site than this fraction of a bond."""
_AZIMUTHS = np.arange(0.0, 360.0, 10.0)
_TILTS = (0.0, 10.0, 20.0, 30.0, 40.0)
_ENOUGH = 0.75
"""Clearance (in van der Waals sums) above which more room is not worth a tilt."""
_TURNS = (0.0, 60.0, 120.0, 180.0, 240.0, 300.0)
_SAME = 0.3
"""Starts whose atoms all lie within this distance (Å) of each other are one."""


def add_adsorbate(
    atoms: Atoms,
    site: int | SurfaceSite,
    adsorbate: str | Atoms,
    orientation: str | None = None,
    height: float | None = None,
    rotation: float = 0.0,
) -> Atoms:
    """Put an adsorbate on a surface atom, along the outward normal, where it has room.

    The molecule is turned about the normal to the azimuth with the largest clearance, and tilted
    (up to 40°) only where it would touch the surface otherwise.

    Parameters
    ----------
    atoms : Atoms
        Dot, cluster or slab; it is not changed.
    site : int or SurfaceSite
        The atom to bind to, or a site with its normal.
    adsorbate : str or Atoms
        A name of ``ADSORBATES``, or a molecule standing as wanted: its z axis becomes the normal
        and its lowest atom binds.
    orientation : str, optional
        Name of one of the ways it can stand, for example "C-down"; the usual one if not given.
    height : float, optional
        Distance from the site to the binding atom, Å.
    rotation : float
        Degrees about the normal, counted from the azimuth with the largest clearance.

    Returns
    -------
    Atoms
        Copy with the adsorbate's atoms last, and ``info["heterodot"]["adsorbate"]`` (name,
        indices, binding_atom, site, orientation).

    Raises
    ------
    StructureError
        If the adsorbate or orientation is unknown, the site has no outward side, the structure
        already carries an adsorbate, has atoms on top of each other or at no place, or no
        azimuth and tilt is free of clashes.
    """
    place = _Place(atoms, _as_site(atoms, site))
    name, ways = _ways(adsorbate)
    way = _chosen(name, ways, orientation)
    return place.add(name, way, height, float(rotation))


def starting_geometries(
    atoms: Atoms, site: int | SurfaceSite, adsorbate: str | Atoms, n: int | None = None
) -> list[Atoms]:
    """Return different starts for a relaxation: every orientation, turned about the normal.

    Parameters
    ----------
    atoms, site, adsorbate
        As for :func:`add_adsorbate`.
    n : int, optional
        At most this many; the usual azimuth of every orientation comes first.

    Returns
    -------
    list of Atoms
        None of them has a clash; no two are the same.

    Raises
    ------
    StructureError
        If there is no room for any of them, or as for :func:`add_adsorbate`.
    """
    if n is not None and n < 1:
        raise StructureError(f"starting_geometries: n={n}; expected 1 or more")
    place = _Place(atoms, _as_site(atoms, site))
    name, ways = _ways(adsorbate)
    starts: list[Atoms] = []
    clash = None
    for turn in _TURNS:
        for way in ways:
            try:
                start = place.add(name, way, None, turn)
            except _NoRoomError as error:
                clash = error
                continue
            if not any(_same(start, other) for other in starts):
                starts.append(start)
    if not starts and clash is not None:
        raise clash
    return starts[:n]


class _NoRoomError(StructureError):
    """No azimuth and tilt is free of clashes."""


def _as_site(atoms: Atoms, site: int | SurfaceSite) -> SurfaceSite:
    """Return the site of an index; a SurfaceSite is checked and passed on."""
    if provenance.details(atoms).get("adsorbate"):
        raise StructureError(
            "add_adsorbate: the structure already carries an adsorbate; start from the clean one"
        )
    check_atoms(atoms)
    if not isinstance(site, SurfaceSite):
        return site_at(atoms, site)
    checked_index(atoms, site.index)
    length = float(np.linalg.norm(site.normal))
    if not np.isfinite(length) or length < 1e-6:
        raise StructureError(f"site {site.index}: normal {site.normal}; expected a direction")
    return site


def _ways(adsorbate: str | Atoms) -> tuple[str, tuple[Orientation, ...]]:
    """Return the adsorbate's name and the ways it can stand."""
    if isinstance(adsorbate, Atoms):
        return adsorbate.get_chemical_formula(), (as_given(adsorbate),)
    return adsorbate, orientations(adsorbate)


def _chosen(name: str, ways: tuple[Orientation, ...], wanted: str | None) -> Orientation:
    """Return the orientation of a name, the first one if none is named."""
    if wanted is None:
        return ways[0]
    for way in ways:
        if way.name == wanted:
            return way
    names = ", ".join(way.name for way in ways)
    raise StructureError(f"orientation {wanted!r} of {name}: expected one of {names}")


def _same(a: Atoms, b: Atoms) -> bool:
    """Whether two starts put (chemically the same) atoms at the same places."""
    indices = provenance.details(a)["adsorbate"]["indices"]
    symbols = np.array(a.get_chemical_symbols())[indices]
    for symbol in set(symbols):
        mine = a.positions[indices][symbols == symbol]
        theirs = b.positions[indices][symbols == symbol]
        distances = np.linalg.norm(mine[:, None] - theirs[None], axis=2)
        if max(distances.min(axis=1).max(), distances.min(axis=0).max()) > _SAME:
            return False
    return True


@dataclass(frozen=True)
class _Place:
    """A site with its frame and the surface around it."""

    atoms: Atoms
    site: SurfaceSite

    def add(self, name: str, way: Orientation, height: float | None, turn: float) -> Atoms:
        """Return the structure with the adsorbate on it."""
        positions = self._fitted(name, way, height, turn)
        n = len(self.atoms)
        new = append_atoms(
            self.atoms, Atoms(way.symbols, positions), [self.site.index] * len(positions),
            sublattice="adsorbate", role="adsorbate", domain="adsorbate",
            formal_charge=0.0, pseudo_hydrogen=0.0,
        )  # fmt: skip
        record = {
            "name": name,
            "indices": list(range(n, n + len(positions))),
            "binding_atom": n + way.binding,
            "site": self.site.index,
            "orientation": way.name,
        }
        provenance.update(new, adsorbate=record)
        provenance.add_step(
            new, "add_adsorbate", adsorbate=name, site=self.site.index, orientation=way.name,
            height=height, rotation=turn,
        )  # fmt: skip
        return new

    def _fitted(self, name: str, way: Orientation, height: float | None, turn: float) -> np.ndarray:
        """Return the adsorbate's (n, 3) positions with the best clearance, Å."""
        local = placed(way, self.site.symbol, height)
        best = self._best_azimuth(local, way)
        scored = [
            (self._clearance(p, way), -tilt, p) for tilt, p in self._tilted(local, way, best + turn)
        ]
        room = max(min(c, _ENOUGH) for c, _, _ in scored)
        if room < CLASH:
            raise _NoRoomError(
                f"{name} {way.name} on site {self.site.index} ({self.site.symbol}): clashes with "
                f"the surface at every tilt (closest {room:.2f} of the van der Waals distance, "
                f"{CLASH} needed); try another site, orientation or height"
            )
        fits = [s for s in scored if min(s[0], _ENOUGH) >= room - 0.02]
        keys = (np.array([-tilt for _, tilt, _ in fits]), np.array([-c for c, _, _ in fits]))
        return fits[first_of([*keys, self._near([p for _, _, p in fits], way)])][2]

    def _near(self, places: list[np.ndarray], way: Orientation) -> np.ndarray:
        """Return a number for each way to stand (n of them) that only equivalent ones share."""
        weights = np.sqrt([atomic_numbers[s] for s in way.symbols])
        around = surroundings(self.atoms, np.concatenate(places)).reshape(len(places), -1)
        return np.asarray(around @ weights)

    def _best_azimuth(self, local: np.ndarray, way: Orientation) -> float:
        """Return the azimuth (degrees) at which the untilted molecule has most room.

        Of equals the surroundings decide, not the bond that azimuths are counted from.
        """
        places = [self._in_space(_about_z(local, a)) for a in _AZIMUTHS]
        room = np.array([self._clearance(p, way) for p in places])
        room = np.minimum(room, np.finfo(float).max)  # inf where there is nothing around
        return float(_AZIMUTHS[first_of([-room, self._near(places, way)])])

    def _tilted(
        self, local: np.ndarray, way: Orientation, azimuth: float
    ) -> Iterator[tuple[float, np.ndarray]]:
        """Yield (tilt in degrees, positions): the molecule leaning about its binding atom."""
        turned = _about_z(local, azimuth)
        pivot = turned[way.binding]
        for tilt in _TILTS:
            for towards in np.arange(0.0, 360.0, 30.0) if tilt else (0.0,):
                leaning = _about_z(turned - pivot, -towards) @ _about_y(tilt).T
                yield tilt, self._in_space(_about_z(leaning, towards) + pivot)

    def _in_space(self, local: np.ndarray) -> np.ndarray:
        """Positions of the site's frame in the structure's, Å."""
        return self.site.position + local @ self._frame

    @cached_property
    def _frame(self) -> np.ndarray:
        """Rows x, y, z of the site's frame; x lies over a bond, so it turns with it.

        Which bond, the surroundings of the neighbours decide, not their numbers.
        """
        normal = self.site.normal / np.linalg.norm(self.site.normal)
        bonds = ordered_directions(lattice_bonds(self.atoms), self.site.index)
        around = surroundings(self.atoms, self.site.position + bonds)
        for bond in bonds[np.argsort(np.round(around, 6), kind="stable")]:
            x = bond - (bond @ normal) * normal
            if np.linalg.norm(x) > 0.2:
                break
        else:
            x = round_about(self.atoms, self.site.position, normal)
        x = x / np.linalg.norm(x)
        return np.array([x, np.cross(normal, x), normal])

    @cached_property
    def _around(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions (Å, periodic images included) and radii of all atoms but the site."""
        positions, radii = self.atoms.positions, van_der_waals_radii(self.atoms.numbers)
        others = np.arange(len(self.atoms)) != self.site.index
        parts, sizes = [positions[others]], [radii[others]]
        for shift in _image_shifts(self.atoms):
            parts.append(positions + shift)
            sizes.append(radii)
        points, radii = np.concatenate(parts), np.concatenate(sizes)
        near = np.linalg.norm(points - self.site.position, axis=1) < 15.0
        return points[near], radii[near]

    def _clearance(self, positions: np.ndarray, way: Orientation) -> float:
        """Return the smallest distance to the surface in units of van der Waals sums."""
        points, radii = self._around
        if not len(points):
            return float("inf")
        if self._too_close_to_site(positions, way):
            return 0.0
        mine = van_der_waals_radii(np.array([atomic_numbers[s] for s in way.symbols]))
        distances = np.linalg.norm(positions[:, None] - points[None], axis=2)
        return float((distances / (mine[:, None] + radii[None])).min())

    def _too_close_to_site(self, positions: np.ndarray, way: Orientation) -> bool:
        """Whether an atom of the adsorbate sits inside its bond to the site."""
        distances = np.linalg.norm(positions - self.site.position, axis=1)
        bonds = np.array([bond_length(self.site.symbol, s) for s in way.symbols])
        least = np.full(len(bonds), NEAREST - 1e-6)
        least[way.binding] = _INSIDE
        if way.second is not None:
            least[way.second] = _INSIDE
        return bool((distances < least * bonds).any())


def _image_shifts(atoms: Atoms) -> np.ndarray:
    """Return the translations (n, 3) to the neighbouring cells along the periodic directions, Å."""
    ranges = [(-1, 0, 1) if periodic else (0,) for periodic in atoms.pbc]
    cells = np.array(np.meshgrid(*ranges, indexing="ij")).reshape(3, -1).T
    return cells[np.any(cells != 0, axis=1)] @ atoms.cell.array


def _about_z(points: np.ndarray, degrees: float) -> np.ndarray:
    """Turn points about z."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return points @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T


def _about_y(degrees: float) -> np.ndarray:
    """Return the matrix that leans z towards x."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])

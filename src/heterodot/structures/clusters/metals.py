"""Small copper, silver and gold clusters by rule, neutral or charged, with CO2 on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import is_whole
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.electrons import electron_count
from heterodot.structures.crystals.table import CRYSTALS
from heterodot.structures.dots.adsorbates import add_adsorbate
from heterodot.structures.dots.sites import surface_sites
from heterodot.structures.requirements import require_atoms

DIMER_LENGTHS: Mapping[str, float] = {"Cu": 2.2197, "Ag": 2.5303, "Au": 2.4719}
"""Å. Cu2 and Au2: K. P. Huber and G. Herzberg, Constants of Diatomic Molecules (1979); Ag2: B.
Simard, P. A. Hackett, A. M. James, P. R. R. Langridge-Smith, Chem. Phys. Lett. 1991, 186, 415."""

_ROOT3 = float(np.sqrt(3.0))
_ROOT8 = float(np.sqrt(8.0))


@dataclass(frozen=True)
class MetalShape:
    """A cluster with nearest neighbours at distance one.

    Attributes
    ----------
    name : str
        Its point group.
    positions : tuple of (x, y, z)
        In bond lengths.
    """

    name: str
    positions: tuple[tuple[float, float, float], ...]


def _triangle(rows: int) -> tuple[tuple[float, float, float], ...]:
    """Rows of a close-packed triangle in the plane: 1, 2, …, ``rows`` atoms."""
    return tuple(
        (i - 0.5 * row, -0.5 * _ROOT3 * row, 0.0) for row in range(rows) for i in range(row + 1)
    )


def _capped_tetrahedron() -> tuple[tuple[float, float, float], ...]:
    """Return a tetrahedron with an atom on each face (Td)."""
    corners = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / _ROOT8
    caps = -corners * (5.0 / 3.0)
    return tuple((float(x), float(y), float(z)) for x, y, z in [*corners, *caps])


def _star() -> tuple[tuple[float, float, float], ...]:
    """Return a square with an atom on each edge, in the plane (D4h)."""
    h, tip = 0.5, 0.5 + 0.5 * _ROOT3
    square = ((h, h, 0.0), (-h, h, 0.0), (-h, -h, 0.0), (h, -h, 0.0))
    return (*square, (tip, 0.0, 0.0), (0.0, tip, 0.0), (-tip, 0.0, 0.0), (0.0, -tip, 0.0))


SHAPES: Mapping[int, tuple[MetalShape, ...]] = {
    1: (MetalShape("Kh", ((0.0, 0.0, 0.0),)),),
    2: (MetalShape("D*h", ((0.0, 0.0, -0.5), (0.0, 0.0, 0.5))),),
    3: (MetalShape("D3h", _triangle(2)),),
    4: (MetalShape("D2h", (*_triangle(2), (0.0, -_ROOT3, 0.0))),),
    6: (MetalShape("D3h", _triangle(3)),),
    8: (MetalShape("Td", _capped_tetrahedron()), MetalShape("D4h", _star())),
}
"""Shapes by number of atoms, the usual one first. Planar up to six atoms, as calculated for all
three metals (E. M. Fernández, J. M. Soler, I. L. Garzón, L. C. Balbás, Phys. Rev. B 2004, 70,
165403, doi:10.1103/PhysRevB.70.165403); for eight a compact and a planar start."""

_PLANAR = {("Au", 8): "D4h"}


def metal_cluster(metal: str, n: int, charge: int = 0, *, shape: str | None = None) -> Atoms:
    """Build a small cluster of copper, silver or gold.

    Parameters
    ----------
    metal : {"Cu", "Ag", "Au"}
        The element.
    n : int
        Atoms: 1, 2, 3, 4, 6 or 8.
    charge : int
        Total charge, e; −1 for the anion.
    shape : str, optional
        Point group of the shape, where there are several (n = 8: "Td", "D4h").

    Returns
    -------
    Atoms
        All bonds equal. A bond is as long as in the dimer plus (bulk − dimer) ln Z / ln 12 for a
        mean coordination Z: the dependence of the second-moment approximation (F. Cleri and V.
        Rosato, Phys. Rev. B 1993, 48, 22). A starting point: relax it.

    Raises
    ------
    StructureError
        The metal, the size or the shape is not one of these, or the charge leaves no electrons.
    """
    if metal not in DIMER_LENGTHS:
        raise StructureError(f"metal {metal!r}: expected one of {', '.join(DIMER_LENGTHS)}")
    chosen = _shape(metal, n, shape)
    _check_charge(charge, n)
    unit = np.array(chosen.positions)
    length = bond_length(metal, _mean_coordination(unit))
    atoms = Atoms([metal] * len(unit), (unit - unit.mean(axis=0)) * length)
    atoms.set_array("formal_charge", np.zeros(len(atoms)))
    atoms.set_array("sublattice", np.full(len(atoms), "cation"))
    atoms.set_array("domain", np.full(len(atoms), "cluster"))
    atoms.set_array("role", np.full(len(atoms), "surface"))
    record = {"formula": f"{metal}{n}", "form": "metal", "point_group": chosen.name}
    provenance.update(atoms, charge=int(charge), cluster=record)
    provenance.add_step(atoms, "metal_cluster", metal=metal, n=int(n), charge=int(charge),
                        shape=chosen.name)  # fmt: skip
    bonds = f", bonds {length:.3f} Å between dimer and bulk" if n > 2 else ""
    provenance.add_note(atoms, f"{metal}{n}: {chosen.name} by rule{bonds}; not relaxed")
    return atoms


@renamed(cluster="atoms")
def co2_on_cluster(atoms: Atoms, site: int | None = None, orientation: str | None = None) -> Atoms:
    """Put CO2 on a metal cluster: bound and bent on an anion, linear and apart on a neutral one.

    Parameters
    ----------
    atoms : Atoms
        From :func:`metal_cluster`, or any cluster; its charge decides the default orientation.
    site : int, optional
        The atom; by default the one with the fewest bonds.
    orientation : str, optional
        "C-down" (bent, M–C bond), "side-on", "O-end-on" or "flat" (linear, 3 Å away), as for
        :func:`heterodot.structures.add_adsorbate`.

    Returns
    -------
    Atoms
        With the adsorbate's record; the charge is that of the cluster, so an anion gives the
        complex (M_n–CO2)⁻.

    Raises
    ------
    StructureError
        As :func:`heterodot.structures.add_adsorbate`.
    """
    require_atoms(atoms, "cluster")
    charge = provenance.total_charge(atoms)
    if orientation is None:
        orientation = "C-down" if charge < 0 else "flat"
    if site is None:
        site = _most_open(atoms)
    new = add_adsorbate(atoms, site, "CO2", orientation)
    count = electron_count(new)
    parity = "odd: spin-polarised" if count.odd else "even"
    provenance.add_note(
        new,
        f"CO2 {orientation} on {new.symbols[site]}{site}, charge {charge:+d}: "
        f"{count.n_electrons:g} electrons ({parity})",
    )
    return new


def bond_length(metal: str, coordination: float) -> float:
    """Return the bond (Å) of a coinage metal at a mean coordination Z between 1 and 12."""
    bulk = CRYSTALS[metal].cellpar[0] / np.sqrt(2.0)
    dimer = DIMER_LENGTHS[metal]
    return float(dimer + (bulk - dimer) * np.log(max(coordination, 1.0)) / np.log(12.0))


def _mean_coordination(unit: np.ndarray) -> float:
    distances = np.linalg.norm(unit[:, None] - unit[None], axis=-1)
    return float(((distances > 0.5) & (distances < 1.01)).sum() / len(unit))


def _shape(metal: str, n: int, name: str | None) -> MetalShape:
    if not is_whole(n) or n not in SHAPES:
        sizes = ", ".join(map(str, SHAPES))
        raise StructureError(f"{metal} cluster with n={n!r}: expected one of {sizes}")
    wanted = _PLANAR.get((metal, int(n))) if name is None else name
    for shape in SHAPES[int(n)]:
        if wanted in (None, shape.name):
            return shape
    names = ", ".join(shape.name for shape in SHAPES[int(n)])
    raise StructureError(f"shape {name!r} of {metal}{n}: expected {names}")


def _check_charge(charge: int, n: int) -> None:
    if not is_whole(charge) or abs(charge) > n:
        raise StructureError(f"charge {charge!r}: expected a whole number of e, {-n} to {n:+d}")


def _most_open(cluster: Atoms) -> int:
    if len(cluster) == 1:
        return 0
    sites = surface_sites(cluster)
    if not sites:
        raise StructureError(f"{cluster.get_chemical_formula()}: no open site for CO2; give site")
    return min(sites, key=lambda s: (s.coordination, s.index)).index

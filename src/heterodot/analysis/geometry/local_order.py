"""Local order as EXAFS reports it: shells of neighbours; and which atoms lie at the surface."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.adsorbate import adsorbate_mask
from heterodot.analysis.geometry.coordination import is_metal
from heterodot.bonds import LIKE_NEIGHBOURS, close_pairs, find_bonds
from heterodot.checks import positive
from heterodot.errors import StructureError
from heterodot.records import Record

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GAP = 0.4
"""Å: distances further apart than this belong to different shells. Chosen: in zinc blende the first
two shells are 1.5 Å apart, bonds of one kind vary by 0.2 Å; an argument (``gap``) of the
function."""

PUBLISHED_CU_S: Mapping[str, tuple[float, float]] = {"8/12": (3.8, 0.2), "2/12": (4.8, 0.3)}
"""Cu–S coordination numbers and their uncertainties by EXAFS of Zn-doped CuInS2 dots by feed
(Cai et al., ACS Catal. 13, 15546 (2023)); to be set beside calculated ones."""

_TOLERANCE = 1.2
"""Neighbours may be this much further away than in the ideal lattice. Chosen as for bonds
(heterodot.bonds.DEFAULT_SCALE): in zinc blende the second shells of like and unlike ions are 1.41
and 1.91 times as far as the first."""


@dataclass(frozen=True)
class Shell(Record):
    """Neighbours of one element at one distance around the atoms of another.

    Attributes
    ----------
    centre, partner : str
        Elements.
    number : int
        1 for the nearest shell of this partner.
    coordination : float
        Mean number of neighbours.
    spread : float
        Its standard deviation from atom to atom.
    distance : float
        Mean, Å.
    sigma2 : float
        Variance of the distances, Å²: the static part of the EXAFS Debye–Waller factor.
    shortest, longest : float
        Å.
    count : int
        Distances in the shell.
    lengths : (count,) tuple of float
        Å, ascending.
    """

    centre: str
    partner: str
    number: int
    coordination: float
    spread: float
    distance: float
    sigma2: float
    shortest: float
    longest: float
    count: int
    lengths: tuple[float, ...]


@dataclass(frozen=True)
class CoordinationShells(Record, written=("centre", "n_centres", "cutoff", "label", "shells")):
    """Shells around the atoms of an element, nearest first.

    Attributes
    ----------
    centre : str
    n_centres : int
    cutoff : float
        Å.
    shells : tuple of Shell
    label : str
        The system.
    """

    centre: str
    n_centres: int
    cutoff: float
    shells: tuple[Shell, ...]
    label: str

    def first(self, partner: str) -> Shell:
        """Return the nearest shell of an element.

        Raises
        ------
        StructureError
            There is none within the cutoff.
        """
        for shell in self.shells:
            if shell.partner == partner:
                return shell
        raise StructureError(f"{self.centre}–{partner}: no such neighbours within {self.cutoff} Å")

    def summary(self) -> str:
        """Return a line for each shell."""
        return "\n".join(
            f"{s.centre}–{s.partner} {s.number}: N = {s.coordination:.2f}, "
            f"R = {s.distance:.3f} Å, σ² = {s.sigma2:.5f} Å²"
            for s in self.shells
        )

    def plot(self, *, ax: Axes | None = None, caption: str = "", **options: Any) -> Figure:
        """Draw it; see :func:`heterodot.analysis.geometry.plot_local_order.plot_shells`."""
        from heterodot.analysis.geometry.plot_local_order import plot_shells

        return plot_shells(self, ax=ax, caption=caption, **options)


@dataclass(frozen=True)
class SurfaceShare(Record, also=("fraction",)):
    """How many atoms of an element lie at the surface.

    Attributes
    ----------
    symbol : str
    n_atoms, n_surface : int
    """

    symbol: str
    n_atoms: int
    n_surface: int

    @property
    def fraction(self) -> float:
        """Share of the element's atoms that lie at the surface."""
        return self.n_surface / self.n_atoms


def coordination_shells(
    atoms: Atoms,
    centre: str,
    partners: Sequence[str] | None = None,
    cutoff: float = 5.0,
    gap: float = GAP,
    label: str = "",
) -> CoordinationShells:
    """Coordination numbers and distances by shell and pair of elements.

    The distances to each element are divided where nothing lies for ``gap``. The averages are over
    all atoms of the element, surface included, as EXAFS sees them.

    Parameters
    ----------
    atoms : Atoms
        A dot, a slab or a crystal.
    centre : str
        Element of the absorbing atoms.
    partners : sequence of str, optional
        Elements around them; all unless given.
    cutoff : float
        Å; a shell cut by it is incomplete.
    gap : float
        Å.
    label : str
        The formula unless given.

    Raises
    ------
    StructureError
        No atom of the element, or an element that is not there.
    InputError
        A length that is not positive.
    """
    cutoff, gap = positive(cutoff, "cutoff", "Å"), positive(gap, "gap", "Å")
    symbols = np.array(atoms.get_chemical_symbols())
    chosen = sorted(set(symbols.tolist())) if partners is None else list(partners)
    for symbol in (centre, *chosen):
        if symbol not in symbols:
            raise StructureError(
                f"element {symbol!r}: not in {atoms.get_chemical_formula() or 'an empty structure'}"
            )
    pairs, vectors = close_pairs(atoms, cutoff)
    lengths = np.concatenate([np.linalg.norm(vectors, axis=1)] * 2)
    i, j = np.concatenate([pairs, pairs[:, ::-1]]).T if len(pairs) else np.zeros((2, 0), int)
    members = np.flatnonzero(symbols == centre)
    shells: list[Shell] = []
    for partner in chosen:
        wanted = (symbols[i] == centre) & (symbols[j] == partner)
        found = _split(lengths[wanted], i[wanted], gap)
        shells += [
            _shell(centre, partner, number, d, owners, members)
            for number, (d, owners) in enumerate(found, 1)
        ]
    shells.sort(key=lambda shell: shell.distance)
    name = label or atoms.get_chemical_formula()
    return CoordinationShells(centre, len(members), cutoff, tuple(shells), name)


def _split(
    lengths: np.ndarray, owners: np.ndarray, gap: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    if not len(lengths):
        return []
    order = np.argsort(lengths, kind="stable")
    d, o = lengths[order], owners[order]
    edges = np.flatnonzero(np.diff(d) > gap) + 1
    return list(zip(np.split(d, edges), np.split(o, edges), strict=True))


def _shell(
    centre: str,
    partner: str,
    number: int,
    d: np.ndarray,
    owners: np.ndarray,
    members: np.ndarray,
) -> Shell:
    each = np.bincount(owners, minlength=int(members.max()) + 1)[members]
    return Shell(
        centre=centre,
        partner=partner,
        number=number,
        coordination=float(each.mean()),
        spread=float(each.std()),
        distance=float(d.mean()),
        sigma2=float(d.var()),
        shortest=float(d[0]),
        longest=float(d[-1]),
        count=len(d),
        lengths=tuple(d.tolist()),
    )


def surface_statistics(atoms: Atoms) -> list[SurfaceShare]:
    """Atoms at the surface by element, in alphabetical order.

    A cation is at the surface when it has fewer than 12 nearest sites of the cations' sublattice
    (closer than 1.2 · √(8/3) times the mean bond), recorded vacancies counted as sites; an anion
    when it has fewer than four cations or vacancies around it. This holds for dots of tetrahedrally
    coordinated compounds; hydrogens, passivants and adsorbates are left out.

    Parameters
    ----------
    atoms : Atoms
        A dot; its array ``sublattice`` says which atoms are cations (metals without it).

    Raises
    ------
    StructureError
        No cations, or no bonds between cations and anions.
    """
    symbols = np.array(atoms.get_chemical_symbols())
    cation, anion = _sublattices(atoms)
    if not cation.any() or not anion.any():
        raise StructureError("surface statistics: expected a compound with cations and anions")
    bonds = find_bonds(atoms)
    mixed = cation[bonds.pairs[:, 0]] != cation[bonds.pairs[:, 1]]
    mixed &= (cation | anion)[bonds.pairs].all(axis=1)
    if not mixed.any():
        raise StructureError("surface statistics: no cation is bonded to an anion")
    bond = float(bonds.lengths[mixed].mean())
    like = _count_sites(atoms, cation, cation, _TOLERANCE * LIKE_NEIGHBOURS * bond)
    unlike = _count_sites(atoms, anion, cation, _TOLERANCE * bond)
    surface = np.where(cation, like < 12, unlike < 4)
    lattice = cation | anion
    return [
        SurfaceShare(
            s, int((lattice & (symbols == s)).sum()), int((surface & lattice)[symbols == s].sum())
        )
        for s in sorted(set(symbols[lattice].tolist()))
    ]


def _sublattices(atoms: Atoms) -> tuple[np.ndarray, np.ndarray]:
    """Masks of cations and anions of the lattice."""
    if "sublattice" in atoms.arrays:
        kind = atoms.arrays["sublattice"]
        cation, anion = kind == "cation", kind == "anion"
    else:
        cation = np.array([is_metal(int(z)) for z in atoms.numbers])
        anion = ~cation
    guest = atoms.numbers == 1
    if "role" in atoms.arrays:
        guest = guest | np.isin(atoms.arrays["role"], ("passivant", "adsorbate"))
    guest = guest | adsorbate_mask(atoms)
    return cation & ~guest, anion & ~guest


def _count_sites(atoms: Atoms, around: np.ndarray, cation: np.ndarray, reach: float) -> np.ndarray:
    """(N,) number of cations or recorded cation vacancies within reach of the atoms ``around``."""
    sites = Atoms("X" * len(atoms), atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    anions = set(np.array(atoms.get_chemical_symbols())[~cation].tolist())
    empty = [
        provenance.defect_position(atoms, record)
        for record in provenance.details(atoms).get("defects", [])
        if record.get("symbol", "").startswith("V_")
        and record["symbol"][2:].rstrip("x'′•*×") not in anions
    ]
    if empty:
        sites.extend(Atoms("X" * len(empty), empty))
    is_site = np.append(cation, np.ones(len(empty), bool))
    asked = np.append(around, np.zeros(len(empty), bool))
    pairs, _ = close_pairs(sites, reach)
    i, j = np.concatenate([pairs, pairs[:, ::-1]]).T if len(pairs) else np.zeros((2, 0), int)
    return np.bincount(i[asked[i] & is_site[j]], minlength=len(sites))[: len(atoms)]

"""How a halide moves in zinc blende: the two ends of each mechanism, by name.

Along a body diagonal of zinc blende lie cation, anion, the interstitial site between four anions,
the hexagonal site, the interstitial site between four cations and the next cation, evenly but for
the hexagonal one half-way between the two tetrahedral ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError

HALIDES = ("F", "Cl", "Br", "I")

MECHANISMS = ("interstitial", "vacancy", "dissociative", "kick-out")

SITES = ("tetrahedral-cation", "tetrahedral-anion", "hexagonal")

ANION = "anion"

PLACES = (*SITES, ANION)
"""Where a halide may sit: the interstitial sites, and an anion's."""

SALTS = ("molecule", "crystal")

_STRETCH = 0.02
"""Å: bonds of a zinc blende differ by less."""


@dataclass(frozen=True)
class HalideJump:
    """Both ends of a mechanism.

    Attributes
    ----------
    mechanism : str
    start, end : Atoms
        The same atoms in the same order, the halide last.
    length : float
        Of the halide's jump, Å.
    neighbours : int
        Equivalent jumps; 0 where the jump alone leads nowhere.
    is_substitutional : bool
        Whether the halide ends on an anion's site.
    sites : (start, end)
        Kinds of the sites it is put on, of :data:`PLACES`.
    """

    mechanism: str
    start: Atoms
    end: Atoms
    length: float
    neighbours: int
    is_substitutional: bool
    sites: tuple[str, str] = ("tetrahedral-cation", "tetrahedral-cation")


@dataclass(frozen=True)
class ZincBlende:
    """An anion of a zinc-blende crystal and the ways to its four cations.

    Attributes
    ----------
    atoms : Atoms
        Periodic.
    anion : int
    bonds : (4, 3) float array
        Å, from the anion.
    """

    atoms: Atoms
    anion: int
    bonds: np.ndarray

    @classmethod
    def of(cls, atoms: Atoms) -> ZincBlende:
        """Read a crystal, or a supercell of one.

        Raises
        ------
        StructureError
            It is no zinc blende of two elements.
        """
        from ase.data import chemical_symbols
        from ase.neighborlist import neighbor_list

        elements = sorted(set(atoms.numbers.tolist()))
        formula = atoms.get_chemical_formula()
        wrong = f"{formula}: expected a zinc-blende crystal of two elements, such as ZnS"
        if len(elements) != 2 or not atoms.pbc.all():
            raise StructureError(wrong)
        symbols = [chemical_symbols[z] for z in elements]
        anions = [s for s in symbols if s in ("N", "P", "As", "Sb", "O", "S", "Se", "Te")]
        if len(anions) != 1:
            raise StructureError(f"{formula}: expected one anion of group 15 or 16, found {anions}")
        anion = int(np.flatnonzero(atoms.symbols == anions[0])[0])
        first = float(np.min(neighbor_list("d", atoms, 3.2)))
        i, j, ways = neighbor_list("ijD", atoms, first + _STRETCH)
        own = ways[i == anion]
        unlike = all(atoms.numbers[k] != atoms.numbers[anion] for k in j[i == anion])
        cosines = own @ own.T / first**2
        off = cosines[~np.eye(len(own), dtype=bool)]
        if len(own) != 4 or not unlike or np.abs(off + 1 / 3).max() > 0.02:
            raise StructureError(wrong)
        order = np.lexsort(np.round(own, 3).T)
        return cls(atoms, anion, own[order])

    @property
    def primitive(self) -> Atoms:
        """The cell of two atoms."""
        first = self.atoms.positions[self.anion] + self.bonds[0]
        away = self.atoms.get_distances(self.anion, range(len(self.atoms)), mic=True, vector=True)
        cation = int(np.argmin(np.linalg.norm(away - self.bonds[0], axis=1)))
        new = self.atoms[[cation, self.anion]]
        edges = self.bonds[1:] - self.bonds[0]
        new.set_cell(edges if np.linalg.det(edges) > 0 else edges[::-1])
        new.positions[0] = first
        new.wrap()
        return new

    @property
    def lattice(self) -> float:
        """The cubic lattice constant, Å."""
        return float(4 / np.sqrt(3) * np.linalg.norm(self.bonds[0]))

    def site(self, kind: str, way: int = 0, near: int = 0) -> np.ndarray:
        """Return an interstitial site, Å.

        Parameters
        ----------
        kind : {"tetrahedral-anion", "hexagonal", "tetrahedral-cation"}
        way : int
            Opposite which of the anion's bonds the site between anions lies.
        near : int
            Which of the four sites between cations round that.
        """
        if kind not in SITES:
            raise StructureError(f"site {kind!r}: expected one of {', '.join(SITES)}")
        between_anions = self.atoms.positions[self.anion] - self.bonds[way]
        beyond = {"tetrahedral-anion": 0.0, "hexagonal": 0.5, "tetrahedral-cation": 1.0}[kind]
        return np.asarray(between_anions - beyond * self.bonds[near])

    def nearest(self, place: np.ndarray) -> tuple[str, float]:
        """Return the kind, of :data:`PLACES`, of the site nearest to a place, and how far, Å."""
        from ase.geometry import find_mic

        anions = self.atoms.positions[self.atoms.numbers == self.atoms.numbers[self.anion]]
        first = self.bonds[0]
        away = {
            ANION: np.zeros((1, 3)),
            "tetrahedral-anion": -first[None],
            "tetrahedral-cation": -2 * first[None],
            "hexagonal": -first - self.bonds / 2,
        }
        found = {}
        for kind, shifts in away.items():
            sites = (anions[:, None] + shifts).reshape(-1, 3)
            _, lengths = find_mic(sites - place, self.atoms.cell, self.atoms.pbc)
            found[kind] = float(np.min(lengths))
        kind = min(found, key=found.__getitem__)
        return kind, found[kind]

    @property
    def neighbour(self) -> int:
        """An anion next to the anion: one a jump away."""
        way = self.bonds[0] - self.bonds[1]
        apart = self.atoms.get_distances(
            self.anion, np.arange(len(self.atoms)), mic=True, vector=True
        )
        return int(np.argmin(np.linalg.norm(apart - way, axis=1)))


def halide_interstitial(crystal: Atoms, halide: str, site: str = "tetrahedral-cation") -> Atoms:
    """Return a crystal with a halide at an interstitial site, last.

    Raises
    ------
    StructureError
        No zinc blende, no halide, or no such site.
    """
    _check_halide(halide)
    new = _with(crystal, halide, ZincBlende.of(crystal).site(site))
    provenance.add_step(new, "halide_interstitial", halide=halide, site=site)
    return new


def halide_jump(crystal: Atoms, halide: str, mechanism: str) -> HalideJump:
    """Return both ends of a halide's jump in a zinc-blende supercell.

    Parameters
    ----------
    crystal : Atoms
        Large enough that images of a defect are apart; not changed.
    halide : {"F", "Cl", "Br", "I"}
    mechanism : {"interstitial", "vacancy", "dissociative", "kick-out"}
        From one site between four cations to the next, round the site between four anions they
        share; from an anion's place into a vacant one beside it; from beside a vacancy into it
        (backwards: the dissociation of the halide on an anion's place); from beside an anion onto
        its place, the anion pushed on to the next site.

    Raises
    ------
    StructureError
        No zinc blende, no halide, or no such mechanism.
    """
    if mechanism not in MECHANISMS:
        raise StructureError(f"mechanism {mechanism!r}: expected one of {', '.join(MECHANISMS)}")
    _check_halide(halide)
    known = ZincBlende.of(crystal)
    at, beside = known.anion, known.site("tetrahedral-anion")
    place = crystal.positions[at].copy()
    across = float(np.linalg.norm(known.bonds[0] - known.bonds[1]))
    length, neighbours = across, 12
    sites = ("tetrahedral-cation", "tetrahedral-cation")
    if mechanism == "interstitial":
        start, end = (
            _with(crystal, halide, known.site("tetrahedral-cation", near=n)) for n in (0, 1)
        )
    elif mechanism == "vacancy":
        sites = (ANION, ANION)
        other = known.neighbour
        towards = crystal.get_distance(at, other, mic=True, vector=True)
        rest = _without(crystal, [at, other])
        start, end = _with(rest, halide, place + towards), _with(rest, halide, place)
    else:
        length, neighbours = float(np.linalg.norm(beside - place)), 0
        sites = ("tetrahedral-anion", ANION)
        rest = _without(crystal, [at])
        start, end = _with(rest, halide, beside), _with(rest, halide, place)
        if mechanism == "kick-out":
            symbol = crystal.symbols[at]
            pushed = known.site("tetrahedral-anion", way=1)
            start = _with(_with(rest, symbol, place), halide, beside)
            end = _with(_with(rest, symbol, pushed), halide, place)
    for atoms in (start, end):
        provenance.add_step(atoms, "halide_jump", halide=halide, mechanism=mechanism)
    is_substitutional = mechanism != "interstitial"
    return HalideJump(mechanism, start, end, length, neighbours, is_substitutional, sites)


def vacant(crystal: Atoms) -> Atoms:
    """Return a zinc-blende crystal without one anion."""
    return _without(crystal, [ZincBlende.of(crystal).anion])


@dataclass(frozen=True)
class Sources:
    """Where chemical potentials come from.

    Attributes
    ----------
    cation, anion : str
    valence : int
        Of the cation.
    formula : str
        Of the salt.
    metal : Atoms
        Crystal of the cation.
    salt : Atoms
        Molecule, or crystal, of the cation and the halide.
    anions : Atoms
        Molecule of the anion.
    state : {"gas", "solid"}
        Of the salt.
    """

    cation: str
    anion: str
    valence: int
    formula: str
    metal: Atoms
    salt: Atoms
    anions: Atoms
    state: str = "gas"


def source_molecules(crystal: Atoms, halide: str, salt: str = "molecule") -> Sources:
    """Return what chemical potentials in a zinc blende are counted from, to be relaxed.

    Metal as ASE has it (hcp Zn and Cd, tetragonal In); linear MX2, planar MX3; the crown of S8 and
    Se8 (2.05 and 2.34 Å, A. F. Wells, Structural Inorganic Chemistry, 5th ed. (1984)), the
    tetrahedron of P4 (2.21 Å, ibid.).

    Parameters
    ----------
    crystal : Atoms
        Zinc blende.
    halide : {"F", "Cl", "Br", "I"}
    salt : {"molecule", "crystal"}
        MXn as a molecule of the gas, or ZnX2 as a crystal: ZnCl2's α form (B. Brehler, Z.
        Kristallogr. 115, 373 (1961)), for the other halides widened by their radii.

    Raises
    ------
    StructureError
        Another anion, or a crystal of a salt that is not known.
    """
    from ase.build import bulk

    known = ZincBlende.of(crystal)
    anion = crystal.symbols[known.anion]
    cation = next(s for s in crystal.symbols if s != anion)
    bonds = {"S": 2.05, "Se": 2.34, "P": 2.21}
    if anion not in bonds:
        raise StructureError(
            f"chemical potential of {anion}: expected S, Se or P; formation: false"
        )
    valence = 3 if anion == "P" else 2
    source, state = salt_structure(cation, halide, valence, salt)
    anions = _tetrahedron(anion, bonds[anion]) if anion == "P" else _crown(anion, bonds[anion])
    formula = f"{cation}{halide}{valence}"
    return Sources(cation, anion, valence, formula, bulk(cation), source, anions, state)


def salt_structure(
    cation: str, halide: str, valence: int, salt: str = "molecule"
) -> tuple[Atoms, str]:
    """Return a salt MXn and its state, "gas" or "solid"; as of :func:`source_molecules`.

    Raises
    ------
    StructureError
        A crystal of a salt that is not known, or no such form.
    """
    if salt not in SALTS:
        raise StructureError(f"salt {salt!r}: expected one of {', '.join(SALTS)}")
    if salt == "crystal":
        if cation != "Zn":
            raise StructureError(f"salt: crystal: known of Zn, not of {cation}; salt: molecule")
        return _zinc_halide(halide), "solid"
    turns = 2 * np.pi * np.arange(valence) / valence
    arms = 2.3 * np.stack([np.cos(turns), np.sin(turns), 0 * turns], axis=1)
    return Atoms(cation + halide * valence, np.vstack([np.zeros(3), arms])), "gas"


def _zinc_halide(halide: str) -> Atoms:
    """Return a tetragonal cell of ZnX2: tetrahedra that share corners, as of cristobalite."""
    from ase.spacegroup import crystal

    wider = {"F": 2.0, "Cl": 2.29, "Br": 2.42, "I": 2.60}[halide] / 2.29  # Zn–X, Å
    return crystal(
        ("Zn", halide), [(0, 0, 0), (0.25, 0.25, 0.125)], spacegroup=122,
        cellpar=[5.398 * wider, 5.398 * wider, 10.33 * wider, 90, 90, 90],
    )  # fmt: skip


def _tetrahedron(symbol: str, bond: float) -> Atoms:
    corners = np.array([(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)]) * bond / np.sqrt(8)
    return Atoms(symbol * 4, corners)


def _crown(symbol: str, bond: float) -> Atoms:
    """Return a ring of eight with bond angles of 108°."""
    radius = 2 * bond * np.sin(np.radians(54)) / (2 * np.sin(np.pi / 4))
    rise = np.sqrt(bond**2 - (2 * radius * np.sin(np.pi / 8)) ** 2) / 2
    turns = np.pi / 4 * np.arange(8)
    heights = rise * (-1.0) ** np.arange(8)
    return Atoms(
        symbol * 8, np.stack([radius * np.cos(turns), radius * np.sin(turns), heights], axis=1)
    )


def _check_halide(halide: str) -> None:
    if halide not in HALIDES:
        raise StructureError(f"halide {halide!r}: expected one of {', '.join(HALIDES)}")


def _without(atoms: Atoms, indices: list[int]) -> Atoms:
    return atoms[[i for i in range(len(atoms)) if i not in indices]]


def _with(atoms: Atoms, symbol: str, place: np.ndarray) -> Atoms:
    """Return a copy with one atom more, last and neutral."""
    from heterodot.structures.editing import append_atoms

    marks = {"sublattice": "interstitial", "role": "defect", "domain": "defect"}
    return append_atoms(
        atoms, Atoms(symbol, [place]), [0], **marks, formal_charge=0.0, pseudo_hydrogen=0.0
    )

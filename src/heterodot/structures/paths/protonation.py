"""CO2* → COOH* as the two ends of a path: where the hydrogen comes from is said."""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.bonds import find_bonds
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.dots.adsorbates import starting_geometries
from heterodot.structures.editing import append_atoms

HYDROGENS = ("SH", "H2O")

SH = 1.34
"""Å, S–H as in H2S (K. P. Huber, G. Herzberg, Constants of Diatomic Molecules (1979))."""

OH, HOH, AWAY = 0.96, 104.5, 1.9
"""Å and degrees, of water (W. S. Benedict et al., J. Chem. Phys. 24, 1139 (1956)); Å from its
hydrogen to the oxygen it will go to: a hydrogen bond."""

CLASH = 0.7
"""Å: no two atoms of an end are nearer."""


def carboxyl_ends(dot: Atoms, site: int, hydrogen: str = "SH") -> tuple[Atoms, Atoms]:
    """Return CO2 at a site with a hydrogen beside it, and COOH there: the same atoms in order.

    Parameters
    ----------
    dot : Atoms
        Clean; not changed.
    site : int
        Atom that binds.
    hydrogen : {"SH", "H2O"}
        A hydrogen on the sulfur nearest to the carboxyl's own, that has none (it is put there: the
        dot has one atom more, and an odd electron); or one of a water molecule, which leaves OH
        behind.

    Returns
    -------
    start, end : Atoms
        Ends to be relaxed. Notes say where the hydrogen is from.

    Raises
    ------
    StructureError
        Another word, or no sulfur that could bear a hydrogen.
    """
    if hydrogen not in HYDROGENS:
        raise StructureError(f"hydrogen {hydrogen!r}: expected one of {', '.join(HYDROGENS)}")
    end = starting_geometries(dot, site, "COOH", 1)[0]
    own = list(provenance.details(end)["adsorbate"]["indices"])
    proton = next(i for i in own if end.symbols[i] == "H")
    carbon = next(i for i in own if end.symbols[i] == "C")
    oxygens = [i for i in own if end.symbols[i] == "O"]
    acceptor = min(oxygens, key=lambda i: end.get_distance(i, proton))
    start = end.copy()
    places = end.positions.copy()
    _open_to_co2(places, carbon, oxygens, end.positions[site])
    if hydrogen == "SH":
        sulfur = _bare_sulfur(dot, end.positions[proton])
        out = _outward(dot, sulfur)
        places[proton] = dot.positions[sulfur] + SH * out
        start.set_positions(places, apply_constraint=False)
        said = f"H from S{sulfur}–H"
    else:
        towards = end.positions[proton] - end.positions[acceptor]
        towards /= np.linalg.norm(towards)
        places[proton] = places[acceptor] + AWAY * towards
        start.set_positions(places, apply_constraint=False)
        start, end = _with_water(start, end, proton, towards)
        said = "H from H2O, which leaves OH"
    for atoms, what in ((start, "CO2*"), (end, "COOH*")):
        provenance.add_note(atoms, f"{what} of the step CO2* → COOH*: {said}")
    return start, end


def _open_to_co2(places: np.ndarray, carbon: int, oxygens: list[int], site: np.ndarray) -> None:
    """Make the carboxyl's carbon and oxygens a linear CO2 a little away from the site, in place."""
    axis = places[oxygens[1]] - places[oxygens[0]]
    axis /= np.linalg.norm(axis)
    away = places[carbon] - site
    length = float(np.linalg.norm(away))
    places[carbon] = site + away / length * max(length, 2.8)
    for oxygen, sign in zip(oxygens, (-1, 1), strict=True):
        places[oxygen] = places[carbon] + sign * 1.16 * axis


def _bare_sulfur(dot: Atoms, near: np.ndarray) -> int:
    """Return the sulfur nearest to a place (Å) that bears no hydrogen."""
    bonds = find_bonds(dot)
    bare = [
        i
        for i in np.flatnonzero(dot.symbols == "S")
        if not any(dot.symbols[j] == "H" for j in bonds.neighbours(int(i)))
        and bonds.coordination[i] < 4
    ]
    if not bare:
        raise StructureError(
            "hydrogen SH: no sulfur of the dot is free to bear a hydrogen; expected H2O"
        )
    return int(min(bare, key=lambda i: float(np.linalg.norm(dot.positions[i] - near))))


def _outward(dot: Atoms, atom: int) -> np.ndarray:
    """Return the unit vector away from the atoms an atom is bonded to."""
    ways = lattice_bonds(dot).directions(atom)
    out = -np.sum(ways / np.linalg.norm(ways, axis=1)[:, None], axis=0)
    length = float(np.linalg.norm(out))
    if length < 1e-3:
        raise StructureError(f"S{atom} has no free side for a hydrogen")
    return np.asarray(out / length)


def _with_water(start: Atoms, end: Atoms, proton: int, towards: np.ndarray) -> tuple[Atoms, Atoms]:
    """Add OH to both ends: with the proton it is water in the first."""
    side = np.cross(towards, [0.3, 0.5, 0.8])
    side /= np.linalg.norm(side)
    bend = np.radians(180.0 - HOH)
    oxygen = start.positions[proton] + OH * towards
    other = oxygen + OH * (np.cos(bend) * towards + np.sin(bend) * side)
    both = []
    marks = {"sublattice": "adsorbate", "role": "adsorbate", "domain": "adsorbate"}
    for atoms in (start, end):
        anchor = int(provenance.details(atoms)["adsorbate"]["site"])
        hydroxyl = Atoms("OH", [oxygen, other])
        new = append_atoms(
            atoms, hydroxyl, [anchor] * 2, **marks, formal_charge=0.0, pseudo_hydrogen=0.0
        )
        both.append(new)
    return both[0], both[1]

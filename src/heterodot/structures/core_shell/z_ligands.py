"""Z-type ligands: metal halides MX2 on the under-coordinated anions of a surface.

A Z-type ligand accepts two electrons from the surface (M. L. H. Green, J. Organomet. Chem. 500, 127
(1995)); ZnCl2 and its kin bind through the metal to anions with a dangling bond and are neutral,
so they do not change the balance of charges.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.checks import between, whole
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import polarity
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES, electron_count
from heterodot.structures.chemistry.radii import TETRAHEDRAL_RADII
from heterodot.structures.chemistry.shells import guests
from heterodot.structures.core_shell.ligand_sites import LigandSite, ligand_sites
from heterodot.structures.core_shell.ligand_space import Room
from heterodot.structures.core_shell.strained_bonds import strained_bonds
from heterodot.structures.editing import append_atoms
from heterodot.structures.requirements import require_atoms

_FORMULA = re.compile(r"([A-Z][a-z]?)([A-Z][a-z]?)2")


@dataclass
class _Tally:
    """What became of the sites that were tried."""

    bound: set[int]
    bridging: int = 0
    crowded: int = 0


@renamed(dot="atoms")
def add_z_ligands(
    atoms: Atoms,
    ligand: str = "ZnCl2",
    coverage: float | None = None,
    count: int | None = None,
    *,
    seed: int = 0,
) -> Atoms:
    """Put metal dihalides on the under-coordinated anions of a dot's surface.

    The metal goes where the dangling bonds of anions lead: between two anions that share an empty
    cation site (these first; four-coordinate with its two halides), or on one (three-coordinate,
    planar, turned to where there is most room). Bond lengths are sums of Pauling's tetrahedral
    radii. A ligand is placed only where no atom is closer than 0.85 of the van der Waals distance
    (halide–anion) or 1.25 covalent distances (pairs with a metal); a halide may bridge to a metal
    of the surface that lacks a bond.

    Parameters
    ----------
    atoms : Atoms
        Any dot of tetrahedral ions.
    ligand : str
        MX2 of a divalent metal and a halogen: "ZnCl2", "ZnBr2", "ZnI2", "CdCl2", …
    coverage : float, optional
        Fraction (0…1) of the under-coordinated anions that are to be bound; as many as there is
        room for are, and the note says how many that is.
    count : int, optional
        Number of ligands instead of a coverage; an error where there is no room for so many.
    seed : int
        Of the order in which sites of a kind are tried.

    Returns
    -------
    Atoms
        Copy with M, X, X of each ligand appended: ``domain`` "ligand", ``role`` and ``sublattice``
        "passivant", ``layer`` of their host, formal charges +2, −1, −1.

    Raises
    ------
    StructureError
        The ligand is unknown, a number cannot be used, or there is no room for ``count``.
    """
    require_atoms(atoms, "dot")
    metal, halogen = _parsed(ligand)
    wanted = _wanted(coverage, count)
    whole(seed, "seed", error=StructureError)
    bonds = strained_bonds(atoms)
    open_ions = (bonds.coordination < 4) & ~guests(atoms)
    hosts = np.flatnonzero(open_ions & (polarity(atoms) < 0))
    sites, crowded = ligand_sites(atoms, bonds, hosts, metal, halogen)
    room = Room.around(atoms, open_ions & (polarity(atoms) > 0), metal, halogen)
    target = len(hosts) * wanted[0]
    tally = _place(sites, room, seed, target, wanted[1])
    placed = len(room.hosts)
    if count is not None and placed < count:
        raise StructureError(
            f"{ligand}: room for {placed} of {count} on {len(hosts)} under-coordinated anions "
            "(another seed may place a few more); give a smaller count, or coverage="
        )
    new = _with_ligands(atoms, room, metal, halogen)
    text = _summary(ligand, len(sites), crowded, placed, len(hosts), tally)
    provenance.add_note(new, f"{text}; {electron_count(new).summary()}")
    provenance.add_step(
        new, "add_z_ligands", ligand=ligand, coverage=coverage, count=count, seed=int(seed)
    )
    return new


def _parsed(ligand: str) -> tuple[str, str]:
    match = _FORMULA.fullmatch(ligand) if isinstance(ligand, str) else None
    metal, halogen = match.groups() if match else ("", "")
    known = {metal, halogen} <= set(TETRAHEDRAL_RADII)
    if not (known and FORMAL_CHARGES.get(metal) == 2 and FORMAL_CHARGES.get(halogen) == -1):
        raise StructureError(
            f"ligand {ligand!r}: expected MX2 of a divalent metal and a halogen, such as ZnCl2"
        )
    return metal, halogen


def _wanted(coverage: float | None, count: int | None) -> tuple[float, float]:
    """Fraction of anions to bind at most, and number of ligands at most."""
    if (coverage is None) == (count is None):
        raise StructureError("how many ligands: expected either coverage or count")
    if coverage is not None:
        return between(coverage, "coverage", 0, 1, error=StructureError), math.inf
    return math.inf, float(whole(count, "count", error=StructureError))


def _place(sites: list[LigandSite], room: Room, seed: int, anions: float, ligands: float) -> _Tally:
    """Try the sites, those between two anions first, until enough are bound."""
    tally = _Tally(set())
    order = np.random.default_rng(seed).permutation(len(sites))
    for n in sorted(order.tolist(), key=lambda n: -len(sites[n].hosts)):
        site = sites[n]
        new = set(site.hosts) - tally.bound
        enough = len(room.hosts) >= ligands or len(tally.bound) + len(new) > anions + 0.5
        if enough or (not new and math.isfinite(anions)):
            continue
        if room.take(site):
            tally.bound.update(site.hosts)
            tally.bridging += len(site.hosts) > 1
        else:
            tally.crowded += 1
    return tally


def _with_ligands(dot: Atoms, room: Room, metal: str, halogen: str) -> Atoms:
    number = len(room.hosts)
    symbols = [metal, halogen, halogen] * number
    positions = np.array(room.placed, float).reshape(-1, 3)
    return append_atoms(
        dot,
        Atoms(symbols, positions),
        np.repeat(np.array(room.hosts, int), 3),
        domain="ligand",
        role="passivant",
        sublattice="passivant",
        formal_charge=np.tile([2.0, -1.0, -1.0], number),
    )


def _summary(
    ligand: str, n_sites: int, blocked: int, placed: int, n_hosts: int, tally: _Tally
) -> str:
    """Return one sentence: what was placed, and what could not be."""
    text = (
        f"Z-type ligands: {placed} {ligand} ({tally.bridging} between two anions, "
        f"{placed - tally.bridging} on one); {len(tally.bound)} of {n_hosts} under-coordinated "
        f"anions bound"
    )
    if tally.crowded:
        text += f"; no room at {tally.crowded} of {n_sites} sites"
    if blocked:
        text += f"; {blocked} sites next to three anions or more left empty"
    return text

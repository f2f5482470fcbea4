"""Passivation: closing the dangling bonds of a dot, with its formal charges balanced.

Which ions receive a ligand follows Pauling's electrostatic valence rule (L. Pauling, J. Am. Chem.
Soc. 1929, 51, 1010): a cation of charge z with n neighbours gives each of them z/n, and the sum an
anion receives should equal its own charge. The ions furthest from that are passivated first.
Pseudo-hydrogens of charge (8 − v)/4 follow X. Huang, E. Lindgren, J. R. Chelikowsky, Phys. Rev. B
2005, 71, 165328.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers, covalent_radii

from heterodot import provenance
from heterodot.bonds import Bonds
from heterodot.checks import is_whole
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds, perpendicular, polarity
from heterodot.structures.chemistry.electrons import electron_count, formal_charges
from heterodot.structures.chemistry.ties import across, first_of, surroundings
from heterodot.structures.dots.composition import note_formal_charge
from heterodot.structures.dots.slots import Slots, open_slots
from heterodot.structures.editing import append_atoms, checked_index

AGENTS = ("H", "pseudo-H", "Cl", "Br", "I", "SH")
"""What dangling bonds can be closed with."""

HYDROGEN_BOND_LENGTHS: dict[str, float] = {
    "O": 0.958, "S": 1.336, "Se": 1.460, "Te": 1.658, "N": 1.012, "P": 1.421, "As": 1.511,
    "F": 0.917, "Cl": 1.275, "Br": 1.414, "I": 1.609,
    "Cu": 1.463, "Ag": 1.618, "Zn": 1.595, "Cd": 1.781, "Ga": 1.663, "In": 1.838,
}  # fmt: skip
"""X–H lengths, Å: of H2O, H2S, H2Se, H2Te, NH3, PH3, AsH3 and the diatomic hydrides (K. P. Huber
and G. Herzberg, Constants of Diatomic Molecules, 1979; CRC Handbook of Chemistry and Physics)."""

VALENCE_ELECTRONS: dict[str, int] = {
    "Cu": 1, "Ag": 1, "Zn": 2, "Cd": 2, "Hg": 2, "Mg": 2, "Mn": 2, "Al": 3, "Ga": 3, "In": 3,
    "Si": 4, "Ge": 4, "Sn": 4, "N": 5, "P": 5, "As": 5, "Sb": 5, "O": 6, "S": 6, "Se": 6, "Te": 6,
    "Cl": 7, "Br": 7, "I": 7,
}  # fmt: skip
"""Valence electrons v of an atom in the octet rule of tetrahedral semiconductors."""

SH_ANGLE = np.radians(98.0)
"""M–S–H angle of a thiolate, rad; between H2S (92°) and methanethiol (96.5°) or wider."""

CLOSE_HYDROGENS = 1.5
"""Hydrogens on different atoms closer than this (Å) are named in the notes."""


def bond_strength_deficits(atoms: Atoms, bonds: Bonds | None = None) -> np.ndarray:
    """Return how much of each ion's valence is not met by its neighbours, (N,), e.

    Pauling's rule, as above: for an anion ``|z|`` − Σ z(cation)/n(cation) over its neighbours, for
    a cation the same with the anions' charges; 0 for atoms that are not ions. Over the anions the
    deficits sum to minus the sum of the formal charges.

    Parameters
    ----------
    atoms : Atoms
        The dot.
    bonds : Bonds, optional
        Its bonds, where they are already known.
    """
    bonds = lattice_bonds(atoms) if bonds is None else bonds
    z = np.nan_to_num(formal_charges(atoms))
    given = np.abs(z) / np.maximum(bonds.coordination, 1)
    received = np.zeros(len(atoms))
    i, j = bonds.pairs[:, 0], bonds.pairs[:, 1]
    np.add.at(received, i, np.where(z[i] * z[j] < 0, given[j], 0.0))
    np.add.at(received, j, np.where(z[i] * z[j] < 0, given[i], 0.0))
    return np.where(z == 0, 0.0, np.abs(z) - received)


def passivate(
    atoms: Atoms,
    agent: str = "H",
    *,
    count: int | None = None,
    keep_bare: Iterable[int] = (),
    fill_vacancies: bool = False,
) -> Atoms:
    """Close dangling bonds, and say in the notes what was added.

    H (as H⁺) goes on anions; Cl, Br, I and SH (as X⁻) on cations; their number is the one that
    makes the formal charges sum to the dot's total charge. They are shared out by
    :func:`bond_strength_deficits`, largest first, along the missing tetrahedral bonds, each as
    far from the others as it can be. Pseudo-hydrogens close every dangling bond of both kinds of
    ions with (8 − v)/4 electrons. The same input always gives the same output.

    Parameters
    ----------
    atoms : Atoms
        A finite dot; it is not changed. Its total charge is the one in its record.
    agent : {"H", "pseudo-H", "Cl", "Br", "I", "SH"}
        What to add.
    count : int, optional
        Number of ligands instead of the balancing one. Not for pseudo-hydrogens.
    keep_bare : iterable of int
        Atoms that receive nothing; the space in front of them is also kept clear where possible.
    fill_vacancies : bool
        Whether ligands may point into recorded vacancies. By default they may not: a hydrogen
        there would be another defect.

    Returns
    -------
    Atoms
        Copy with the ligands appended: ``sublattice`` and ``role`` "passivant".

    Raises
    ------
    StructureError
        If the agent is unknown, the number is not one the agent can reach (too few dangling
        bonds, charge of the wrong sign), or an index is not one.
    """
    if agent not in AGENTS:
        raise StructureError(f"passivation agent {agent!r}: expected one of {', '.join(AGENTS)}")
    bare = {checked_index(atoms, i, "keep_bare") for i in keep_bare}
    bonds = lattice_bonds(atoms)
    avoid = () if fill_vacancies else _vacancy_positions(atoms)
    sign = polarity(atoms)
    hosts = {"H": sign < 0, "pseudo-H": sign != 0}.get(agent, sign > 0)
    hosts &= ~_passivants(atoms)
    hosts[list(bare)] = False
    lengths = _lengths(atoms, agent)
    slots = open_slots(atoms, bonds, np.flatnonzero(hosts), lengths, bare, avoid)
    if agent == "pseudo-H":
        return _with_pseudo_hydrogens(atoms, slots, count)
    number = _balancing_number(atoms, agent) if count is None else _checked_count(count)
    if number > len(slots):
        raise StructureError(
            f"passivate with {agent}: {number} needed, but there are {len(slots)} dangling bonds "
            "to take them; use another agent, another charge, or count="
        )
    chosen = slots.fill(bond_strength_deficits(atoms, bonds), number)
    return _with_ligands(atoms, slots, chosen, agent)


def _vacancy_positions(atoms: Atoms) -> tuple[np.ndarray, ...]:
    """Positions (Å) of the vacancies in the structure's record."""
    defects = provenance.details(atoms).get("defects", [])
    return tuple(
        provenance.defect_position(atoms, d) for d in defects if d["symbol"].startswith("V_")
    )


def _passivants(atoms: Atoms) -> np.ndarray:
    """(N,) mask of hydrogens and of atoms added by an earlier passivation."""
    mask = atoms.numbers == 1
    if "role" in atoms.arrays:
        mask = mask | np.isin(atoms.arrays["role"], ("passivant", "adsorbate"))
    return mask


def _lengths(atoms: Atoms, agent: str) -> np.ndarray:
    """(N,) length of the bond from each atom to the ligand, Å."""
    if agent in ("H", "pseudo-H"):
        radii = covalent_radii[atoms.numbers] + covalent_radii[1]
        table = [HYDROGEN_BOND_LENGTHS.get(s) for s in atoms.get_chemical_symbols()]
        return np.array([r if t is None else t for t, r in zip(table, radii, strict=True)])
    ligand = "S" if agent == "SH" else agent
    return covalent_radii[atoms.numbers] + covalent_radii[atomic_numbers[ligand]]


def _checked_count(count: int) -> int:
    if not is_whole(count) or count < 0:
        raise StructureError(f"count {count!r}: expected a number of ligands, 0 or more")
    return int(count)


def _balancing_number(atoms: Atoms, agent: str) -> int:
    """Return how many ligands make the formal charges sum to the total charge."""
    imbalance = electron_count(atoms).imbalance
    if imbalance is None:
        unknown = sorted(set(np.array(atoms.get_chemical_symbols())[_unknown(atoms)]))
        raise StructureError(
            f"passivate: no formal charge known for {', '.join(unknown)}; "
            "set the array formal_charge, or give count="
        )
    needed = -imbalance if agent == "H" else imbalance
    if abs(needed - round(needed)) > 1e-6:
        raise StructureError(
            f"passivate with {agent}: the formal charges are off by {imbalance:+g}, which whole "
            "ions cannot balance; give count="
        )
    if needed < -1e-6:
        other = "Cl, Br, I or SH" if agent == "H" else "H"
        raise StructureError(
            f"passivate with {agent}: the formal charges exceed the charge by {imbalance:+g}, "
            f"which {agent} would make worse; use {other}"
        )
    return round(needed)


def _unknown(atoms: Atoms) -> np.ndarray:
    return np.isnan(formal_charges(atoms))


def _with_ligands(atoms: Atoms, slots: Slots, chosen: np.ndarray, agent: str) -> Atoms:
    """Append H, halide or SH at the chosen slots, and note it."""
    hosts, positions = slots.host[chosen], slots.position[chosen]
    labels: dict[str, Any] = {"sublattice": "passivant", "role": "passivant", "domain": "dot"}
    if agent == "SH":
        hydrogens = _thiolate_hydrogens(atoms, slots, chosen)
        ligands = Atoms("S" * len(chosen) + "H" * len(chosen), [*positions, *hydrogens])
        labels["formal_charge"] = np.repeat([-2.0, 1.0], len(chosen))
        hosts = np.tile(hosts, 2)
    else:
        ligands = Atoms([agent] * len(chosen), positions)
        labels["formal_charge"] = 1.0 if agent == "H" else -1.0
    new = append_atoms(atoms, ligands, hosts, **labels)
    kind = "anions" if agent == "H" else "cations"
    on = len(set(slots.host[chosen].tolist()))
    return _noted(new, agent, f"{len(chosen)} {agent} on {on} {kind} by Pauling bond strengths")


def _with_pseudo_hydrogens(atoms: Atoms, slots: Slots, count: int | None) -> Atoms:
    """Append a pseudo-hydrogen at every slot, and note the charges used."""
    if count is not None:
        raise StructureError(
            f"passivate with pseudo-H, count={count}: every dangling bond takes one; "
            "leave count out and use keep_bare= for the others"
        )
    symbols = np.array(atoms.get_chemical_symbols())
    unknown = sorted({str(s) for s in symbols[slots.host] if s not in VALENCE_ELECTRONS})
    if unknown:
        raise StructureError(
            f"passivate with pseudo-H: valence electrons of {', '.join(unknown)} not known; "
            "expected a tetrahedral semiconductor"
        )
    z = np.array([(8 - VALENCE_ELECTRONS[s]) / 4 for s in symbols[slots.host]])
    formal = np.where(polarity(atoms)[slots.host] < 0, z, z - 2.0)
    new = append_atoms(
        atoms, Atoms(["H"] * len(z), slots.position), slots.host,
        sublattice="passivant", role="passivant", domain="dot",
        formal_charge=formal, pseudo_hydrogen=z,
    )  # fmt: skip
    if "formal_charge" not in new.arrays:
        new.set_array("formal_charge", np.concatenate([formal_charges(atoms), formal]))
    kinds = ", ".join(f"{np.sum(z == q)} of charge {q:g}" for q in np.unique(z))
    return _noted(new, "pseudo-H", f"{len(z)} pseudo-H on dangling bonds ({kinds or 'none'})")


def _noted(new: Atoms, agent: str, what: str) -> Atoms:
    """Record the step and write the note: what was added, and the balance it leaves."""
    text = f"passivation: {what}; {electron_count(new).summary()}"
    close = _closest_hydrogens(new)
    if close < CLOSE_HYDROGENS:
        text += f"; closest hydrogens on different atoms {close:.2f} Å apart"
    note_formal_charge(new)  # what was said of the bare dot no longer holds
    provenance.add_step(new, "passivate", agent=agent)
    provenance.add_note(new, text)
    return new


def _closest_hydrogens(atoms: Atoms) -> float:
    """Shortest distance (Å) between hydrogens that are not on the same atom."""
    from scipy.spatial import cKDTree

    hydrogens = np.flatnonzero(atoms.numbers == 1)
    others = np.flatnonzero(atoms.numbers != 1)
    if hydrogens.size < 2 or others.size == 0:
        return float("inf")
    host = cKDTree(atoms.positions[others]).query(atoms.positions[hydrogens])[1]
    pairs = cKDTree(atoms.positions[hydrogens]).query_pairs(CLOSE_HYDROGENS, output_type="ndarray")
    pairs = pairs[host[pairs[:, 0]] != host[pairs[:, 1]]]
    if not len(pairs):
        return float("inf")
    ends = atoms.positions[hydrogens][pairs]
    return float(np.linalg.norm(ends[:, 0] - ends[:, 1], axis=1).min())


def _thiolate_hydrogens(atoms: Atoms, slots: Slots, chosen: np.ndarray) -> np.ndarray:
    """Positions (n, 3) of the H of each SH, turned to where there is most room, Å.

    The most crowded SH is turned first; ties are broken by geometry.
    """
    placed = Atoms(
        [*atoms.numbers, *[16] * len(chosen)], [*atoms.positions, *slots.position[chosen]]
    )
    out = np.zeros((len(chosen), 3))
    left = list(range(len(chosen)))
    while left:
        slot = chosen[left]
        around = surroundings(placed, slots.position[slot])
        turn = left.pop(first_of([-slots.crowding[slot], around]))
        out[turn] = _turned_hydrogen(placed, slots.position[chosen[turn]],
                                     slots.direction[chosen[turn]])  # fmt: skip
        placed += Atoms("H", [out[turn]])
    return out


def _turned_hydrogen(placed: Atoms, sulphur: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Return the place (3,) of the H of an SH that has most room, of 24 about its bond, Å."""
    others = placed.positions - sulphur
    away = np.linalg.norm(others, axis=1)
    seen = away > 1e-3
    first = across(axis, others[seen], np.sqrt(placed.numbers[seen]) / away[seen] ** 4)
    first = perpendicular(axis) if first is None else first
    angles = np.radians(np.arange(0, 360, 15))[:, None]
    ring = np.cos(angles) * first + np.sin(angles) * np.cross(axis, first)
    directions = -np.cos(SH_ANGLE) * axis + np.sin(SH_ANGLE) * ring
    candidates = sulphur + HYDROGEN_BOND_LENGTHS["S"] * directions
    distances = np.linalg.norm(candidates[:, None] - placed.positions[None], axis=2)
    distances[:, ~seen] = np.inf
    return candidates[first_of([-distances.min(axis=1), surroundings(placed, candidates)])]

"""An oxidised interface repaired by halide, with no atom and no charge lost.

O²⁻ in place of an anion cannot become X⁻ alone: an electron would be left over. Two ways balance:

exchange
    a halide of the surface and the oxygen change places: In–O inside becomes In–X, M–X at the
    surface M–O; the same atoms.
salt
    two oxygens become two halides and a cation M²⁺ beside them leaves: with the salt MX2 as the
    halide's source, dot(2 O) + MX2 → dot(2 X, V_M) + 2 MO.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES, formal_charges
from heterodot.structures.core_shell.interface_chemistry import HALIDES, interface_anions
from heterodot.structures.dots.composition import note_formal_charge

ROUTES = ("exchange", "salt")


@dataclass(frozen=True)
class RepairedInterface:
    """A dot after the repair.

    Attributes
    ----------
    atoms : Atoms
        The halides on the oxygens' places; the sum of formal charges is as before.
    oxygens : tuple of int
        Places of the oxygens in the dot before.
    halides : tuple of int
        Of the halides on them, in ``atoms``.
    n_salt, n_oxide : int
        Salt units taken, and oxide units left, by the reaction.
    """

    atoms: Atoms
    oxygens: tuple[int, ...]
    halides: tuple[int, ...]
    n_salt: int = 0
    n_oxide: int = 0


def repair_by_exchange(atoms: Atoms, halogen: str, shell: int = 1) -> RepairedInterface:
    """Let an oxygen of the interface and the halide of the surface next to it change places.

    Parameters
    ----------
    atoms : Atoms
        From :func:`oxidize_interface`, passivated with the halide; not changed.
    halogen : {"Cl", "Br", "I", "F"}
    shell : int
        At the inner boundary of which shell.

    Raises
    ------
    StructureError
        There is no oxygen at the interface, or no such halide at the surface.
    """
    oxygens = _oxygens(atoms, halogen, shell)
    role = atoms.arrays.get("role", np.full(len(atoms), ""))
    ligands = np.flatnonzero((atoms.symbols == halogen) & (role == "passivant"))
    if not len(ligands):
        raise StructureError(
            f"{halogen} at the surface: none; expected some, from passivate: {halogen}"
        )
    apart = np.linalg.norm(atoms.positions[oxygens][:, None] - atoms.positions[ligands], axis=2)
    i, j = np.unravel_index(int(np.argmin(np.round(apart, 3))), apart.shape)
    inside, outside = int(oxygens[i]), int(ligands[j])
    new = atoms.copy()
    for place, element in ((inside, halogen), (outside, "O")):
        _put(new, place, element)
    new.arrays["domain"][inside] = "halide"
    return _noted(new, "exchange", (inside,), (inside,))


def repair_by_salt(
    atoms: Atoms, halogen: str, metal: str = "Zn", shell: int = 1
) -> RepairedInterface:
    """Replace two oxygens of the interface by halide and take out the cation nearest to both.

    Parameters
    ----------
    atoms : Atoms
        From :func:`oxidize_interface`; not changed.
    halogen : {"Cl", "Br", "I", "F"}
    metal : str
        Element of the cation (2+).
    shell : int
        At the inner boundary of which shell.

    Raises
    ------
    StructureError
        There are fewer than two oxygens at the interface, or no such cation.
    """
    oxygens = _oxygens(atoms, halogen, shell)
    if len(oxygens) < 2:
        raise StructureError(
            f"{len(oxygens)} O at the interface: expected two, which a {metal} leaves with; "
            "oxidize_interface: {count: 2}, or routes: [exchange]"
        )
    cations = np.flatnonzero(atoms.symbols == metal)
    if not len(cations) or FORMAL_CHARGES.get(metal) != 2:
        raise StructureError(
            f"metal {metal!r}: expected a cation (2+) of the dot, such as Zn or Cd"
        )
    apart = np.linalg.norm(atoms.positions[cations][:, None] - atoms.positions[oxygens], axis=2)
    sums = np.sort(apart, axis=1)[:, :2].sum(axis=1)
    which = int(np.argmin(np.round(sums, 3)))
    gone = int(cations[which])
    near = np.argsort(np.round(apart[which], 3), kind="stable")[:2]
    pair = sorted(int(oxygens[k]) for k in near)
    new = atoms.copy()
    for place in pair:
        _put(new, place, halogen)
        new.arrays["domain"][place] = "halide"
    del new[gone]
    halides = tuple(place - (place > gone) for place in pair)
    return _noted(new, "salt", (pair[0], pair[1]), halides, n_salt=1, n_oxide=2)


def _oxygens(atoms: Atoms, halogen: str, shell: int) -> np.ndarray:
    if halogen not in HALIDES:
        raise StructureError(f"halogen {halogen!r}: expected one of {', '.join(HALIDES)}")
    found = interface_anions(atoms, shell)
    oxygens = found[atoms.symbols[found] == "O"]
    if not len(oxygens):
        raise StructureError(
            f"O at the inner boundary of shell {shell}: none; expected some, from oxidize_interface"
        )
    return np.asarray(oxygens)


def _put(atoms: Atoms, place: int, element: str) -> None:
    charges = formal_charges(atoms).copy()
    charges[place] = FORMAL_CHARGES[element]
    atoms.numbers[place] = atomic_numbers[element]
    atoms.set_array("formal_charge", charges)


def _noted(
    atoms: Atoms,
    route: str,
    oxygens: tuple[int, ...],
    halides: tuple[int, ...],
    n_salt: int = 0,
    n_oxide: int = 0,
) -> RepairedInterface:
    symbol = atoms.symbols[halides[0]]
    provenance.add_note(
        atoms, f"interface repaired ({route}): {len(halides)} {symbol} in place of O"
    )
    provenance.add_step(atoms, "repair_interface", route=route, sites=[int(i) for i in halides])
    note_formal_charge(atoms)
    return RepairedInterface(atoms, oxygens, halides, n_salt, n_oxide)

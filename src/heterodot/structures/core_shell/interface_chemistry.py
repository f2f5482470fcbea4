"""Chemistry at the boundary of core and shell: oxygen in place of anions, halides in its place."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot import provenance
from heterodot.bonds import Bonds
from heterodot.checks import between, is_whole, whole
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import polarity
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES, formal_charges
from heterodot.structures.chemistry.shells import guests
from heterodot.structures.core_shell.strained_bonds import strained_bonds
from heterodot.structures.dots.composition import note_formal_charge
from heterodot.structures.editing import checked_index
from heterodot.structures.force_field.relaxation import relax_valence_force_field
from heterodot.structures.requirements import require_atoms

HALIDES = ("F", "Cl", "Br", "I")

ORDERS = ("random", "spread")


@renamed(dot="atoms")
def interface_anions(atoms: Atoms, shell: int = 1) -> np.ndarray:
    """Return the anions (n,) at the inner boundary of a shell: bonded to cations on both sides.

    Parameters
    ----------
    atoms : Atoms
        From :func:`core_shell`; its array ``layer`` says what is inside.
    shell : int
        Number of the shell, 1 the first.

    Raises
    ------
    StructureError
        The dot has no such shell.
    """
    require_atoms(atoms, "dot")
    return _interface(atoms, strained_bonds(atoms), shell)


@renamed(dot="atoms")
def oxidize_interface(
    atoms: Atoms,
    fraction: float | None = None,
    count: int | None = None,
    *,
    replace: str | None = None,
    sites: Iterable[int] | None = None,
    order: str = "random",
    seed: int = 0,
    shell: int = 1,
    relax: bool = True,
) -> Atoms:
    """Replace anions at the core/shell interface by oxygen: In–O or Cd–O at the core's surface.

    Parameters
    ----------
    atoms : Atoms
        From :func:`core_shell`.
    fraction, count : float or int
        How many of the anions of :func:`interface_anions`: a fraction 0…1 of them, or a number.
    replace : str, optional
        Only anions of this element ("P", "Se"); by default all but O and halides.
    sites : iterable of int, optional
        These anions instead of a number of them.
    order : {"random", "spread"}
        Drawn by ``seed``; or as far from each other as can be, from a first one drawn.
    seed : int
        Of the random numbers.
    shell : int
        At the inner boundary of which shell.
    relax : bool
        Whether the atoms within two bonds are relaxed by the valence force field: a bond to O is
        0.4 Å shorter than the one it replaces.

    Returns
    -------
    Atoms
        Copy; the new atoms have ``domain`` "oxide" and ``formal_charge`` −2. The note gives their
        bonds and the change of the formal charges (S, Se → O none, P, As → O +1 each).

    Raises
    ------
    StructureError
        A number or a name cannot be used, or there are not that many anions.
    """
    require_atoms(atoms, "dot")
    bonds = strained_bonds(atoms)
    found = _interface(atoms, bonds, shell)
    symbols = np.array(atoms.get_chemical_symbols())
    wanted = ~np.isin(symbols, ("O", *HALIDES)) if replace is None else symbols == replace
    found = found[wanted[found]]
    what = f"{replace or 'anions'} at the inner boundary of shell {shell}"
    chosen = _chosen(atoms, found, sites, (fraction, count), order, seed, what)
    return _replaced(atoms, bonds, chosen, "O", relax, "oxidize_interface", len(found))


@renamed(dot="atoms")
def substitute_halide(
    atoms: Atoms,
    halogen: str,
    fraction: float | None = None,
    count: int | None = None,
    *,
    replace: str = "O",
    sites: Iterable[int] | None = None,
    order: str = "random",
    seed: int = 0,
    shell: int = 1,
    relax: bool = True,
) -> Atoms:
    """Replace oxygen (or other anions) at the interface by halide: In–X, Cd–X.

    Parameters
    ----------
    atoms : Atoms
        Usually from :func:`oxidize_interface`.
    halogen : {"F", "Cl", "Br", "I"}
        X.
    fraction, count : float or int
        How many of the atoms to be replaced at the interface.
    replace : str
        Their element.
    sites, order, seed, shell, relax
        As for :func:`oxidize_interface`.

    Returns
    -------
    Atoms
        Copy; the new atoms have ``domain`` "halide" and ``formal_charge`` −1; each O → X changes
        the sum of the formal charges by +1, which is noted, not balanced.

    Raises
    ------
    StructureError
        As for :func:`oxidize_interface`.
    """
    require_atoms(atoms, "dot")
    if halogen not in HALIDES:
        raise StructureError(f"halogen {halogen!r}: expected one of {', '.join(HALIDES)}")
    bonds = strained_bonds(atoms)
    found = _interface(atoms, bonds, shell)
    found = found[np.array(atoms.get_chemical_symbols())[found] == replace]
    what = f"{replace} at the inner boundary of shell {shell}"
    chosen = _chosen(atoms, found, sites, (fraction, count), order, seed, what)
    return _replaced(atoms, bonds, chosen, halogen, relax, "substitute_halide", len(found))


def _interface(dot: Atoms, bonds: Bonds, shell: int) -> np.ndarray:
    layer = dot.arrays.get("layer")
    highest = -1 if layer is None or "domain" not in dot.arrays else int(layer.max(initial=0))
    if not is_whole(shell) or not (
        1 <= shell <= highest
    ):  # fmt: skip
        has = f"has shells 1…{highest}" if highest > 0 else "has none; build one with core_shell()"
        raise StructureError(f"shell {shell!r}: the dot {has}")
    inside = layer < shell
    sign = polarity(dot)
    anion = (sign < 0) & ~guests(dot)
    touched = np.zeros((2, len(dot)), bool)
    for ends in (bonds.pairs, bonds.pairs[:, ::-1]):
        mine, other = ends[anion[ends[:, 0]] & (sign[ends[:, 1]] > 0)].T
        touched[0][mine[inside[other]]] = True
        touched[1][mine[~inside[other]]] = True
    return np.flatnonzero(anion & touched.all(axis=0))


def _chosen(
    dot: Atoms,
    found: np.ndarray,
    sites: Iterable[int] | None,
    amount: tuple[float | None, int | None],
    order: str,
    seed: int,
    what: str,
) -> np.ndarray:
    """(n,) atoms to replace, ascending."""
    fraction, count = amount
    if sum(x is not None for x in (sites, fraction, count)) != 1:
        raise StructureError("how many: expected one of fraction, count and sites")
    if sites is not None:
        listed = np.array(sorted({checked_index(dot, i) for i in sites}), int)
        strangers = np.setdiff1d(listed, found)
        if len(strangers):
            raise StructureError(f"site {strangers[0]}: not among the {len(found)} {what}")
        return listed
    number = _amount(fraction, count, len(found), what)
    if order not in ORDERS:
        raise StructureError(f"order {order!r}: expected one of {', '.join(ORDERS)}")
    rng = np.random.default_rng(whole(seed, "seed", error=StructureError))
    if order == "random" or number < 2:
        return np.sort(rng.choice(found, size=number, replace=False))
    return np.sort(found[_spread(dot.positions[found], number, int(rng.integers(len(found))))])


def _amount(fraction: float | None, count: int | None, available: int, what: str) -> int:
    if fraction is not None:
        return math.floor(
            between(fraction, "fraction", 0, 1, error=StructureError) * available + 0.5
        )
    number = whole(count, "count", error=StructureError)
    if number > available:
        raise StructureError(f"count {number}: there are {available} {what}")
    return number


def _spread(points: np.ndarray, number: int, first: int) -> list[int]:
    """Pick points one by one, each the farthest from those before it."""
    chosen = [first]
    nearest = np.linalg.norm(points - points[first], axis=1)
    while len(chosen) < number:
        chosen.append(int(np.round(nearest, 6).argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def _replaced(
    dot: Atoms, bonds: Bonds, chosen: np.ndarray, element: str, relax: bool, step: str, among: int
) -> Atoms:
    """Put an element on the chosen sites, relax around it, note bonds and charge."""
    before = formal_charges(dot)
    old, counts = np.unique(np.array(dot.get_chemical_symbols())[chosen], return_counts=True)
    new = dot.copy()
    new.numbers[chosen] = atomic_numbers[element]
    charges = before.copy()
    charges[chosen] = FORMAL_CHARGES[element]
    new.set_array("formal_charge", charges)
    kind = "oxide" if element == "O" else "halide"
    where = np.isin(np.arange(len(new)), chosen)
    new.arrays["domain"] = np.where(where, kind, new.arrays["domain"])
    change = float(np.nansum(charges - before))
    listed = ", ".join(f"{n} {symbol}" for symbol, n in zip(old, counts, strict=True))
    bonded = ", ".join(f"{n} {m}–{element}" for m, n in _metal_bonds(new, bonds, chosen).items())
    provenance.add_note(
        new,
        f"interface: {len(chosen)} {element} in place of {listed or 'none'} (of {among} such "
        f"anions there), {bonded or 'no'} bonds; formal charges change by {change:+g} e",
    )
    provenance.add_step(new, step, element=element, sites=[int(i) for i in chosen])
    if relax and len(chosen):
        new = relax_valence_force_field(new, free=_around(bonds, chosen))
    note_formal_charge(new)
    return new


def _metal_bonds(dot: Atoms, bonds: Bonds, chosen: np.ndarray) -> dict[str, int]:
    """How many bonds the chosen atoms have to each metal."""
    mine = np.zeros(len(dot), bool)
    mine[chosen] = True
    ends = np.concatenate([bonds.pairs, bonds.pairs[:, ::-1]])
    others = ends[mine[ends[:, 0]], 1]
    symbols, counts = np.unique(np.array(dot.get_chemical_symbols())[others], return_counts=True)
    return dict(zip(symbols.tolist(), counts.tolist(), strict=True))


def _around(bonds: Bonds, chosen: np.ndarray) -> list[int]:
    """Return the chosen atoms and all within two bonds of them."""
    found = set(chosen.tolist())
    for _ in range(2):
        found |= {int(j) for i in found for j in bonds.neighbours(i)}
    return sorted(found)

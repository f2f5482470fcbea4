"""Which copper stays and which ions go: pairs of cations that share an anion, found or made.

A defect that is named after its neighbourhood must have it. A pair is looked for in the dot as it
is; where there is none, two cations of the filling are exchanged, which keeps the composition, and
the dot says so. A dot whose ligands follow the filling is left as it is and refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.chemistry.coulomb import COULOMB
from heterodot.structures.chemistry.dangling import full_coordination, lattice_bonds
from heterodot.structures.chemistry.electrons import formal_charges
from heterodot.structures.chemistry.shells import guests, linked_cations
from heterodot.structures.chemistry.ties import geometric_order
from heterodot.structures.pinning import is_pinned


def lattice_atoms(dot: Atoms, element: str) -> list[int]:
    """Return the indices of an element in the dot's lattice, adsorbates and ligands left out."""
    mask = (np.array(dot.get_chemical_symbols()) == element) & ~guests(dot)
    return [int(i) for i in np.flatnonzero(mask)]


def linked(
    dot: Atoms, index: int, element: str, without: Iterable[int] = (), *, goes: bool = True
) -> list[int]:
    """Return the ions of an element that share an anion with a cation, the barest first.

    Parameters
    ----------
    dot : Atoms
        Not changed.
    index : int
        The cation.
    element : str
        What is looked for.
    without : iterable of int
        Atoms that are spoken for.
    goes : bool
        Whether the ion is to go, which a pinned one may not.
    """
    bonds = lattice_bonds(dot)
    barred = is_pinned(dot) if goes else np.zeros(len(dot), dtype=bool)
    barred[list(without)] = True
    near = linked_cations(dot, bonds, index)
    return barest_first(dot, [int(i) for i in near if dot.symbols[i] == element and not barred[i]])


def barest_first(dot: Atoms, cations: Sequence[int]) -> list[int]:
    """Sort cations by their number of bonds, then by the number of cations around them."""
    bonds = lattice_bonds(dot)
    around = [len(linked_cations(dot, bonds, i)) for i in cations]
    return geometric_order(dot, cations, bonds.coordination[list(cations)], around)


def active_copper(dot: Atoms) -> int:
    """Return the Cu at the surface that has another beside it; without such a pair, the barest Cu.

    The barest is the one with fewest bonds, then with fewest cations around it. Where some Cu lack
    a bond, an adsorbate can only bind to one of these, and no other is chosen.

    Raises
    ------
    StructureError
        If the dot has fewer than two Cu.
    """
    coppers = lattice_atoms(dot, "Cu")
    if len(coppers) < 2:
        raise StructureError(
            f"{len(coppers)} Cu in {dot.get_chemical_formula()}; expected two or more, one that "
            "stays and one that goes"
        )
    bonds = lattice_bonds(dot)
    lacking = bonds.coordination < full_coordination(dot, bonds)
    coppers = [i for i in coppers if lacking[i]] or coppers
    order = barest_first(dot, coppers)
    return next((i for i in order if linked(dot, i, "Cu")), order[0])


def beside(
    dot: Atoms, index: int, element: str, without: Iterable[int], what: str, *, goes: bool = True
) -> tuple[Atoms, int]:
    """Return an ion of an element that shares an anion with a cation, exchanging two if need be.

    Parameters
    ----------
    dot : Atoms
        Not changed.
    index : int
        The cation.
    element : str
        What is wanted beside it.
    without : iterable of int
        Atoms that are spoken for.
    what : str
        Begins the messages.
    goes : bool
        Whether the ion is to go, which a pinned one may not.

    Returns
    -------
    dot : Atoms
        The same, or a copy with two cations of the filling exchanged, which a note says.
    found : int

    Raises
    ------
    StructureError
        If there is none and the dot cannot be changed: it has ligands or an adsorbate, no further
        ion of the element, or no cation beside the first that may go.
    """
    spoken = {index, *without}
    found = linked(dot, index, element, spoken, goes=goes)
    if found:
        return dot, found[0]
    name = f"{dot.symbols[index]}{index}"
    others = [i for i in lattice_atoms(dot, element) if i not in spoken and not is_pinned(dot)[i]]
    if not others:
        raise StructureError(
            f"{what}: no (further) {element} in {dot.get_chemical_formula()} that could be beside "
            f"{name}; expected one"
        )
    if guests(dot).any():
        raise StructureError(
            f"{what}: no {element} shares an anion with {name}, and the ligands follow the "
            "filling; make the defect before passivate, fill with another seed, or name both "
            "atoms (site and next_to), which is flagged"
        )
    return _brought(dot, index, element, others, spoken, what)


def _brought(
    dot: Atoms, index: int, element: str, others: list[int], spoken: set[int], what: str
) -> tuple[Atoms, int]:
    """Exchange an ion beside a cation with one of ``others``, at the least Coulomb energy."""
    fixed = is_pinned(dot)
    places = [
        int(i)
        for i in linked_cations(dot, lattice_bonds(dot), index)
        if dot.symbols[i] != element and int(i) not in spoken and not fixed[i]
    ]
    if not places:
        raise StructureError(
            f"{what}: no cation beside {dot.symbols[index]}{index} may be exchanged for {element}; "
            "expected one that is neither pinned nor part of the defect"
        )
    places = geometric_order(dot, places)
    others = geometric_order(dot, others)
    energies = [[_exchange_energy(dot, i, j) for j in others] for i in places]
    a, b = np.unravel_index(int(np.round(energies, 6).argmin()), (len(places), len(others)))
    place, other = places[int(a)], others[int(b)]
    new = _exchanged(dot, place, other)
    provenance.add_step(new, "exchange_cations", indices=[place, other])
    provenance.add_note(
        new,
        f"no {element} of the filling was beside {dot.symbols[index]}{index}: {element}{other} and "
        f"{dot.symbols[place]}{place} were exchanged for the defect",
    )
    return new, place


def _exchanged(dot: Atoms, i: int, j: int) -> Atoms:
    """Return a copy with two ions of the filling exchanged; no defect."""
    new = dot.copy()
    charges = formal_charges(dot)
    new.numbers[[i, j]] = dot.numbers[[j, i]]
    charges[[i, j]] = charges[[j, i]]
    new.set_array("formal_charge", charges, dtype=float)
    return new


def _exchange_energy(dot: Atoms, i: int, j: int) -> float:
    """Return by how much the exchange of two ions changes the (unscreened) Coulomb energy, eV."""
    q = np.nan_to_num(formal_charges(dot))
    step = q[j] - q[i]
    potential = []
    for k in (i, j):
        distances = np.linalg.norm(dot.positions - dot.positions[k], axis=1)
        distances[k] = np.inf
        potential.append(COULOMB * float((q / distances).sum()))
    apart = float(np.linalg.norm(dot.positions[i] - dot.positions[j]))
    return float(step * (potential[0] - potential[1]) - step**2 * COULOMB / apart)

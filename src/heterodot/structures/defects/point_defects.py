"""Point defects: vacancies, substitutions, antisites, trapped holes; with their charges.

Two ways to count electrons. :func:`apply_defect` is ionic: the dot's total charge changes by the
defect's effective charge, so a closed-shell dot stays closed-shell. :func:`vacancy` and
:func:`substitute` handle neutral atoms: the total charge stays, the formal charges do not balance
any more, and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import atomic_numbers

from heterodot import provenance
from heterodot.bonds import Bonds
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds, polarity
from heterodot.structures.chemistry.electrons import FORMAL_CHARGES, electron_count
from heterodot.structures.chemistry.electrons import formal_charges as charges_of
from heterodot.structures.chemistry.oxidation import host_charges, ion_charge
from heterodot.structures.chemistry.shells import lattice_neighbours
from heterodot.structures.defects.notation import Defect, parse_defect
from heterodot.structures.editing import checked_index, remove_atoms


@renamed(dot="atoms")
def apply_defect(
    atoms: Atoms,
    defect: str | Defect,
    index: int,
    formal_charges: Mapping[str, float] | None = None,
) -> Atoms:
    """Make one ionic defect on one site.

    The total charge of the dot changes by the defect's effective charge, so that formal charges
    and total charge stay as balanced as they were: ``V_Cu'`` alone makes a dot of charge −1;
    ``V_Cu'`` and ``Cu_Cu*`` together leave it neutral, with an odd number of electrons.

    Parameters
    ----------
    atoms : Atoms
        Not changed.
    defect : str or Defect
        In Kröger–Vink notation, for example ``V_Cu'``, ``In_Cu**``, ``Cu_Cu*`` (a hole on Cu).
    index : int
        The atom now on the site. Indices above it go down by one when it is removed.
    formal_charges : mapping of element to charge (e), optional
        Win over those of the structure's own ions and of the common ones.

    Returns
    -------
    Atoms
        With the defect in ``info["heterodot"]["defects"]``.

    Raises
    ------
    StructureError
        If the notation or its charge is wrong, the atom is not of the site's element, or already
        carries another charge than the ion of the perfect crystal.
    """
    host = host_charges(atoms, formal_charges)
    wanted = parse_defect(defect, _whole(host, formal_charges))
    i = checked_index(atoms, index, "defect site")
    _check_site(atoms, wanted, i, host)
    charge = provenance.total_charge(atoms) + wanted.charge
    new = _removed(atoms, wanted, i) if wanted.is_vacancy else _replaced(atoms, wanted, i)
    provenance.update(new, charge=charge)
    provenance.add_step(new, "apply_defect", defect=wanted.ascii, index=i)
    return new


@renamed(dot="atoms")
def vacancy(atoms: Atoms, index: int) -> Atoms:
    """Remove one neutral atom; the total charge stays.

    Parameters
    ----------
    atoms : Atoms
        Not changed.
    index : int
        The atom. Indices above it go down by one.

    Returns
    -------
    Atoms
        With the neutral vacancy (``V_Cux`` for Cu) in the record, and a note on the electrons.

    Raises
    ------
    StructureError
        If the index is not one, or it is the only atom.
    """
    i = checked_index(atoms, index, "vacancy")
    if len(atoms) == 1:
        raise StructureError("vacancy: the structure has one atom; expected at least two")
    new = _removed(atoms, Defect("V", atoms.symbols[i], 0), i)
    provenance.add_step(new, "vacancy", index=i)
    provenance.add_note(
        new, f"vacancy: neutral {atoms.symbols[i]}{i} removed; {electron_count(new).summary()}"
    )
    return new


@renamed(dot="atoms")
def substitute(
    atoms: Atoms, index: int, element: str, formal_charges: Mapping[str, float] | None = None
) -> Atoms:
    """Put another (neutral) atom on a site; the total charge stays.

    Parameters
    ----------
    atoms : Atoms
        Not changed.
    index : int
        The site.
    element : str
        The new element, as the ion of its formal charge.
    formal_charges : mapping of element to charge (e), optional
        Win over those of the structure's own ions and of the common ones.

    Returns
    -------
    Atoms
        With the defect in the record, and a note on the electrons.

    Raises
    ------
    StructureError
        If the element is not one, no formal charge of it is known, or it is already there.
    """
    i = checked_index(atoms, index, "substitute")
    old = atoms.symbols[i]
    if element not in atomic_numbers or element == "X":
        raise StructureError(f"substitute: {element!r} is not an element; expected one, as 'Zn'")
    if element == old:
        raise StructureError(f"substitute: atom {i} is {old} already; expected another element")
    z_old = z_new = 0.0
    if polarity(atoms).any():
        z_old = float(charges_of(atoms)[i])
        z_new = ion_charge(element, host_charges(atoms, formal_charges))
    defect = Defect(element, old, round(z_new - z_old))
    new = _replaced(atoms, defect, i)
    provenance.add_step(new, "substitute", index=i, element=element)
    provenance.add_note(
        new, f"substitution: {element} for {old}{i}; {electron_count(new).summary()}"
    )
    return new


@renamed(dot="atoms")
def antisite_pair(atoms: Atoms, i: int, j: int) -> Atoms:
    """Exchange the ions on two sites, for example a neighbouring Cu and In.

    Parameters
    ----------
    atoms : Atoms
        Not changed; its number of electrons stays the same.
    i, j : int
        Atoms of different elements of the same sublattice.

    Returns
    -------
    Atoms
        With both antisites (Cu_In'' and In_Cu**) in the record.

    Raises
    ------
    StructureError
        If the two are the same element or ions of unlike sign.
    """
    i, j = checked_index(atoms, i, "antisite"), checked_index(atoms, j, "antisite")
    first, second = atoms.symbols[i], atoms.symbols[j]
    sign = polarity(atoms)
    if first == second or sign[i] != sign[j]:
        raise StructureError(
            f"antisite_pair: {first}{i} and {second}{j}; expected two different elements of the "
            "same sublattice"
        )
    z = charges_of(atoms)
    step = round(z[j] - z[i])
    new = _replaced(atoms, Defect(second, first, step), i)
    new = _replaced(new, Defect(first, second, -step), j)
    provenance.add_step(new, "antisite_pair", indices=[i, j])
    return new


def _whole(host: Mapping[str, float], given: Mapping[str, float] | None = None) -> dict[str, int]:
    """Return the ions' charges (e) that the table of common ions says otherwise, or were given."""
    other = {e: q for e, q in host.items() if FORMAL_CHARGES.get(e) != q or e in (given or {})}
    return {e: round(q) for e, q in other.items()}


def _check_site(dot: Atoms, defect: Defect, i: int, host: Mapping[str, float]) -> None:
    """Raise unless atom i is the perfect crystal's ion on the defect's site."""
    if defect.site == "i":
        raise StructureError(
            f"defect {defect.ascii}: interstitials have no atom to replace; append the atom instead"
        )
    if dot.symbols[i] != defect.site:
        raise StructureError(
            f"defect {defect.ascii}: atom {i} is {dot.symbols[i]}; expected {defect.site}"
        )
    z = float(charges_of(dot)[i])
    trapped = f"{defect.site}_{defect.site}"
    for entry in _recorded(dot):
        symbol = str(entry["symbol"])
        if entry.get("index") == i and symbol.startswith(trapped) and not symbol.endswith("x"):
            raise StructureError(
                f"defect {defect.ascii}: atom {i} ({defect.site}) already carries {z:+g} "
                f"({symbol}); expected the ion of the perfect crystal"
            )
    perfect = host.get(defect.site, float(FORMAL_CHARGES.get(defect.site, z)))
    if abs(z - perfect) > 1e-6:
        raise StructureError(
            f"defect {defect.ascii}: atom {i} ({defect.site}) already carries {z:+g}; "
            f"expected the ion of charge {perfect:+g}"
        )


def _removed(dot: Atoms, defect: Defect, i: int) -> Atoms:
    """Return a copy without atom i, the vacancy recorded with its surroundings."""
    entry = vacancy_record(dot, lattice_bonds(dot), defect.ascii, i)
    marked = dot.copy()
    provenance.update(marked, defects=[*_recorded(dot), entry])
    return remove_atoms(marked, [i])


def vacancy_record(dot: Atoms, bonds: Bonds, symbol: str, i: int) -> dict[str, Any]:
    """Return what is kept of an atom that is to go: its place, and what surrounds it.

    Parameters
    ----------
    dot : Atoms
        With the atom.
    bonds : Bonds
        Its bonds between unlike ions.
    symbol : str
        Of the vacancy: "V_Cu'".
    i : int
        The atom.

    Returns
    -------
    dict
        ``symbol``, ``position`` (Å), ``neighbours`` (indices, the atom counted) and ``ways``, the
        vectors (Å) from the vacancy to these.
    """
    around = lattice_neighbours(dot, bonds, dot.positions[i])
    return {
        "symbol": symbol,
        "position": dot.positions[i].tolist(),
        "neighbours": [int(j) for j in around],
        "ways": (dot.positions[around] - dot.positions[i]).tolist(),
    }


def _replaced(dot: Atoms, defect: Defect, i: int) -> Atoms:
    """Return a copy with the defect's species on site i, its formal charge and its record."""
    new = dot.copy()
    charges = charges_of(dot)
    charges[i] += defect.charge
    new.symbols[i] = defect.species
    if polarity(dot).any():
        new.set_array("formal_charge", charges, dtype=float)
    entry = {"symbol": defect.ascii, "position": dot.positions[i].tolist(), "index": i}
    provenance.update(new, defects=[*_recorded(dot), entry])
    return new


def _recorded(dot: Atoms) -> list[dict[str, object]]:
    """Defects already in the record."""
    return list(provenance.details(dot).get("defects", []))


@renamed(dot="atoms")
def defects_around(atoms: Atoms, site: int) -> np.ndarray:
    """Return where the defects are that belong to a site, (k, 3) Å.

    Those of the structure's ``defect_type``, wherever they are, and every other recorded defect
    that has the site as neighbour.

    Parameters
    ----------
    atoms : Atoms
        With or without defects.
    site : int
        The atom a question is asked about.
    """
    record = provenance.details(atoms)
    named = record.get("defect_type", {}).get("members", [])
    bonds = lattice_bonds(atoms)
    found = []
    for number, entry in enumerate(record.get("defects", [])):
        place = provenance.defect_position(atoms, entry)
        if number in named or site in lattice_neighbours(atoms, bonds, place):
            found.append(place)
    return np.array(found, dtype=float).reshape(-1, 3)


@renamed(dot="atoms")
def defect_sites(atoms: Atoms, defect: str | Defect) -> list[np.ndarray]:
    """Return the positions (Å) of the recorded defects of one kind, where they are now.

    Raises
    ------
    StructureError
        If the notation is wrong, or no such defect is recorded.
    """
    recorded = {str(entry["symbol"]) for entry in _recorded(atoms)}
    if isinstance(defect, str) and defect in recorded:  # its site may hold none of its ions now
        symbol = defect
    else:
        symbol = parse_defect(defect, _whole(host_charges(atoms))).ascii
    found = [
        provenance.defect_position(atoms, entry)
        for entry in provenance.details(atoms).get("defects", [])
        if entry["symbol"] == symbol
    ]
    if not found:
        there = [d["symbol"] for d in provenance.details(atoms).get("defects", [])]
        raise StructureError(
            f"defect {symbol}: not in this structure; it has {', '.join(there) or 'none'}"
        )
    return found

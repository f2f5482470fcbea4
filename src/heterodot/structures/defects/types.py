"""The three copper-site environments of Zn-doped CuInS2 dots: Type A, B and C.

Stoichiometric antisite pair, ionically compensated copper vacancy, and copper vacancy with its
hole on a neighbouring copper (Cai et al., ACS Catal. 2023, 13, 15546). The active copper and its
defect share a sulphur; a pair that does not is made only where both atoms are named, and carries
the flag ``defect-apart`` to every result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.chemistry.dangling import lattice_bonds
from heterodot.structures.chemistry.electrons import electron_count
from heterodot.structures.chemistry.shells import linked_cations
from heterodot.structures.chemistry.ties import geometric_order
from heterodot.structures.defects.pairs import (
    active_copper,
    beside,
    lattice_atoms,
    linked,
)
from heterodot.structures.defects.point_defects import antisite_pair, apply_defect
from heterodot.structures.editing import checked_index

KINDS = ("A", "B", "C")
COMPENSATIONS = ("charge", "ionic")

SAME_PLACE = 1e-6
"""Å; within it two atoms of two structures are the same one."""

DEFECT_APART = "defect-apart"
"""The flag of a defect whose ions do not share an anion with the copper it is named after."""


@renamed(dot="atoms")
def defect_type(
    atoms: Atoms,
    kind: str,
    site: int | None = None,
    *,
    next_to: int | None = None,
    compensation: str = "charge",
) -> Atoms:
    """Make a Type A, B or C environment: an active copper and, one sulphur away, its defect.

    * A, stoichiometric: Cu beside the active one and an In beside it exchanged, Cu_In'' + In_Cu••.
    * B, Cu-poor and closed-shell: V_Cu', compensated by the dot's charge (−1) or by ions
      (2 V_Cu' + In_Cu••; the dot's charge stays).
    * C, Cu-poor with a hole: V_Cu' + Cu_Cu•, that is one neutral Cu atom removed. The dot's
      charge stays and its electron count becomes odd; the active Cu is recorded as the carrier
      of the hole, with formal charge +2. Calculate it spin-polarised.

    Both orders give the same number of electrons: a dot passivated first stays as balanced as it
    was, a bare dot passivated afterwards gets the ligands its total charge asks for. On a small
    dot make the defect first, so that the ligands follow the bond strengths it leaves: a Type A
    Cu4In4Zn2S19H18 relaxed with GFN1-xTB then has a gap of 2.9 eV instead of 0.6, 1.5 eV lower.

    Where the filling has no pair that shares an anion, two cations of a dot without ligands are
    exchanged (those that cost least Coulomb energy), which keeps the composition; a note says
    which. Equal choices are decided by geometry, not by the order of the atoms; pinned atoms stay.

    Parameters
    ----------
    atoms : Atoms
        A dot with Cu and In; not changed.
    kind : {"A", "B", "C"}
        The type.
    site : int, optional
        The Cu that is removed (B, C) or exchanged (A).
    next_to : int, optional
        The Cu that stays beside the defect (the active site; in C the carrier of the hole). If
        neither is given it is a Cu of the surface that has another beside it: the one with the
        fewest bonds, then the one with fewest cations around it.
    compensation : {"charge", "ionic"}
        How Type B is compensated.

    Returns
    -------
    Atoms
        ``info["heterodot"]["defect_type"]`` has ``kind``, ``compensation``, ``active_site`` (the
        Cu beside the defect) and ``hole_site`` (C only), in the new structure's indices, and
        ``members``, the numbers of its entries in ``defects``. In C that Cu has an initial
        magnetic moment of 1, for a spin-polarised calculation to start from. A dot whose defect is
        apart carries the flag ``defect-apart``.

    Raises
    ------
    StructureError
        If the type is unknown, a site is not Cu, there is not enough Cu or In, or no pair shares
        an anion and none can be made.
    """
    if kind not in KINDS:
        raise StructureError(f"defect type {kind!r}: expected one of {', '.join(KINDS)}")
    if compensation not in COMPENSATIONS:
        raise StructureError(
            f"compensation {compensation!r}: expected one of {', '.join(COMPENSATIONS)}"
        )
    host, active, affected = _coppers(atoms, kind, site, next_to)
    record = {"kind": kind, "active_site": active, "hole_site": active if kind == "C" else None}
    if kind == "B":
        record["compensation"] = compensation
    host, members = _members(host, kind, compensation, active, affected)
    marked = host.copy()
    provenance.update(marked, defect_type=record)
    new = _made(marked, kind, active, members)
    record = provenance.details(new)["defect_type"]  # with the indices of the new structure
    total = len(provenance.details(new)["defects"])
    made = list(range(total - len(_new_records(atoms, new)), total))
    provenance.update(new, defect_type={**record, "members": made})
    apart = _apart(host, new, active, members)
    if apart:
        provenance.add_flag(new, DEFECT_APART, f"Type {kind}: {'; '.join(apart)}")
    provenance.add_note(new, _note(atoms, new, kind, apart))
    return new


def _members(
    dot: Atoms, kind: str, compensation: str, active: int, affected: int
) -> tuple[Atoms, list[int]]:
    """Return the ions of the defect, the Cu that is removed or exchanged first."""
    what = f"defect type {kind}"
    if kind == "A":
        both = set(linked(dot, active, "In")) & set(linked(dot, affected, "In"))
        if both:  # an In beside both coppers
            return dot, [affected, next(i for i in linked(dot, affected, "In") if i in both)]
        dot, indium = beside(dot, affected, "In", (active,), what)
        return dot, [affected, indium]
    if kind == "C" or compensation == "charge":
        return dot, [affected]
    members = [affected]
    for _ in range(2):
        dot, next_one = _further(dot, affected, (active, *members), what)
        members.append(next_one)
    return dot, members


def _further(dot: Atoms, affected: int, spoken: Sequence[int], what: str) -> tuple[Atoms, int]:
    """Return one more Cu for 2 V_Cu' + In_Cu••: beside the first vacancy, or the nearest."""
    try:
        return beside(dot, affected, "Cu", spoken, what)
    except StructureError:
        others = [i for i in lattice_atoms(dot, "Cu") if i not in spoken]
        if not others:
            raise
        distances = np.round(dot.get_distances(affected, others, mic=bool(dot.pbc.any())), 1)
        return dot, geometric_order(dot, others, distances)[0]


def _made(dot: Atoms, kind: str, active: int, members: Sequence[int]) -> Atoms:
    """Carry the defect out."""
    affected = members[0]
    if kind == "A":
        return antisite_pair(dot, affected, members[1])
    if kind == "C":
        new = apply_defect(apply_defect(dot, "Cu_Cu*", active), "V_Cu'", affected)
        _seed_hole(new)
        return new
    if len(members) == 1:
        return apply_defect(dot, "V_Cu'", affected)
    new = apply_defect(dot, "In_Cu**", members[2])
    for i in sorted(members[:2], reverse=True):
        new = apply_defect(new, "V_Cu'", i)
    return new


def _seed_hole(dot: Atoms) -> None:
    """Let a spin-polarised calculation start with one unpaired electron more on the hole's Cu."""
    moments = provenance.magnetic_moments(dot)
    moments[provenance.details(dot)["defect_type"]["hole_site"]] += 1.0
    dot.set_initial_magnetic_moments(moments)


def _coppers(
    dot: Atoms, kind: str, site: int | None, next_to: int | None
) -> tuple[Atoms, int, int]:
    """Return the dot, the Cu that stays beside the defect, the Cu that is removed or exchanged."""
    coppers = lattice_atoms(dot, "Cu")
    what = f"defect type {kind}"
    if len(coppers) < 2:
        raise StructureError(
            f"{what}: {len(coppers)} Cu in {dot.get_chemical_formula()}; expected two or more"
        )
    chosen = {}
    for name, index in (("site", site), ("next_to", next_to)):
        if index is not None:
            chosen[name] = checked_index(dot, index, name)
            if chosen[name] not in coppers:
                found = dot.symbols[chosen[name]]
                raise StructureError(f"{what}: {name} {index} is {found}; expected Cu")
    if site is not None and next_to is not None:
        if chosen["site"] == chosen["next_to"]:
            raise StructureError(f"{what}: site and next_to are both {site}; expected two Cu")
        return dot, chosen["next_to"], chosen["site"]
    if "site" in chosen:
        dot, active = beside(dot, chosen["site"], "Cu", (), what, goes=False)
        return dot, active, chosen["site"]
    active = chosen.get("next_to", active_copper(dot))
    dot, affected = beside(dot, active, "Cu", (), what)
    return dot, active, affected


def _apart(dot: Atoms, new: Atoms, active: int, members: Sequence[int]) -> list[str]:
    """Return in words which ions of a defect share no anion with the active Cu or its partner.

    ``active`` and ``members`` are numbers in ``dot``; the words use those of ``new``.
    """
    bonds = lattice_bonds(dot)
    copper = _called(dot, new, active)
    near = {int(i) for i in linked_cations(dot, bonds, active)}
    said = []
    for n, member in enumerate(members):
        if member not in near:
            away = dot.get_distance(active, member, mic=bool(dot.pbc.any()))
            name = _called(dot, new, member)
            said.append(f"{name} is {away:.1f} Å from the active {copper}, no anion between them")
        if n == 0:
            near |= {int(i) for i in linked_cations(dot, bonds, member)}
    return said


def _called(dot: Atoms, new: Atoms, i: int) -> str:
    """Return what stands in ``new`` where atom ``i`` of ``dot`` is: its name, or a vacant site."""
    here = np.flatnonzero(np.linalg.norm(new.positions - dot.positions[i], axis=1) < SAME_PLACE)
    if not here.size:
        return f"the vacant {dot.symbols[i]} site"
    return f"{new.symbols[here[0]]}{here[0]}"


def _note(dot: Atoms, new: Atoms, kind: str, apart: Sequence[str]) -> str:
    """Return the sentence that says what was made."""
    record = provenance.details(new)["defect_type"]
    text = f"Type {kind}: {', '.join(_new_defects(dot, new))}"
    active = f"Cu{record['active_site']}"
    if apart:
        text += f" apart from {active} ({'; '.join(apart)})"
    else:
        text += f" beside {active}, one anion between ({_nearest(dot, new):.1f} Å)"
    if kind == "C":
        text += f"; {active} carries the hole (Cu2+); calculate spin-polarised"
    return f"{text}; {electron_count(new).summary()}"


def _new_defects(dot: Atoms, new: Atoms) -> list[str]:
    """Symbols of the defects recorded since ``dot``."""
    return [entry["symbol"] for entry in _new_records(dot, new)]


def _nearest(dot: Atoms, new: Atoms) -> float:
    """Return the distance (Å) from the active Cu to the nearest ion of its defect."""
    active = provenance.details(new)["defect_type"]["active_site"]
    ways = [
        provenance.defect_position(new, entry) - new.positions[active]
        for entry in _new_records(dot, new)
        if entry.get("index") != active  # the hole's own copper
    ]
    return float(np.linalg.norm(ways, axis=1).min())


def _new_records(dot: Atoms, new: Atoms) -> list[dict[str, Any]]:
    """Return the records of the defects made since ``dot``."""
    before = len(provenance.details(dot).get("defects", []))
    return list(provenance.details(new)["defects"][before:])

"""The three copper-site environments of Zn-doped CuInS2 dots: Type A, B and C.

Stoichiometric antisite pair, ionically compensated copper vacancy, and copper vacancy with its
hole on a neighbouring copper (Cai et al., ACS Catal. 2023, 13, 15546).
"""

from __future__ import annotations

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.dangling import lattice_bonds
from heterodot.structures.defects import antisite_pair, apply_defect
from heterodot.structures.editing import checked_index
from heterodot.structures.electrons import electron_count
from heterodot.structures.shells import guests, lattice_neighbours

KINDS = ("A", "B", "C")
COMPENSATIONS = ("charge", "ionic")


def defect_type(
    dot: Atoms,
    kind: str,
    site: int | None = None,
    *,
    next_to: int | None = None,
    compensation: str = "charge",
) -> Atoms:
    """Make a Type A, B or C environment.

    * A, stoichiometric: Cu and its nearest In exchanged, Cu_In'' + In_Cu••.
    * B, Cu-poor and closed-shell: V_Cu', compensated by the dot's charge (−1) or by ions
      (2 V_Cu' + In_Cu••; the dot's charge stays).
    * C, Cu-poor with a hole: V_Cu' + Cu_Cu•, that is one neutral Cu atom removed. The dot's
      charge stays and its electron count becomes odd; the nearest Cu is recorded as the carrier
      of the hole, with formal charge +2. Calculate it spin-polarised.

    Both orders give the same number of electrons: a dot passivated first stays as balanced as it
    was, a bare dot passivated afterwards gets the ligands its total charge asks for. On a small
    dot make the defect first, so that the ligands follow the bond strengths it leaves: a Type A
    Cu4In4Zn2S19H18 relaxed with GFN1-xTB then has a gap of 2.9 eV instead of 0.6, 1.5 eV lower.

    Parameters
    ----------
    dot : Atoms
        A dot with Cu and In; not changed.
    kind : {"A", "B", "C"}
        The type.
    site : int, optional
        The Cu that is removed (B, C) or exchanged (A).
    next_to : int, optional
        The Cu that stays beside the defect (the active site; in C the carrier of the hole). If
        neither is given it is the Cu with the fewest bonds, and ``site`` the Cu nearest to it.
    compensation : {"charge", "ionic"}
        How Type B is compensated.

    Returns
    -------
    Atoms
        ``info["heterodot"]["defect_type"]`` has ``kind``, ``compensation``, ``active_site`` (the
        Cu beside the defect) and ``hole_site`` (C only), in the new structure's indices. In C that
        Cu has an initial magnetic moment of 1, for a spin-polarised calculation to start from.

    Raises
    ------
    StructureError
        If the type is unknown, a site is not Cu, or there is not enough Cu or In.
    """
    if kind not in KINDS:
        raise StructureError(f"defect type {kind!r}: expected one of {', '.join(KINDS)}")
    if compensation not in COMPENSATIONS:
        raise StructureError(
            f"compensation {compensation!r}: expected one of {', '.join(COMPENSATIONS)}"
        )
    active, affected = _coppers(dot, kind, site, next_to)
    marked = dot.copy()
    record = {"kind": kind, "active_site": active, "hole_site": active if kind == "C" else None}
    if kind == "B":
        record["compensation"] = compensation
    provenance.update(marked, defect_type=record)
    if kind == "A":
        new = antisite_pair(marked, affected, _nearest(marked, affected, "In"))
    elif kind == "C":
        new = apply_defect(apply_defect(marked, "Cu_Cu*", active), "V_Cu'", affected)
        _seed_hole(new)
    elif compensation == "charge":
        new = apply_defect(marked, "V_Cu'", affected)
    else:
        new = _ionic(marked, active, affected)
    provenance.add_note(new, _note(dot, new, kind, active, affected))
    return new


def _seed_hole(dot: Atoms) -> None:
    """Let a spin-polarised calculation start with one unpaired electron more on the hole's Cu."""
    moments = dot.get_initial_magnetic_moments()
    moments[provenance.details(dot)["defect_type"]["hole_site"]] += 1.0
    dot.set_initial_magnetic_moments(moments)


def _coppers(dot: Atoms, kind: str, site: int | None, next_to: int | None) -> tuple[int, int]:
    """Return (the Cu that stays beside the defect, the Cu that is removed or exchanged)."""
    coppers = _elements(dot, "Cu")
    if len(coppers) < 2:
        raise StructureError(
            f"defect type {kind}: {len(coppers)} Cu in {dot.get_chemical_formula()}; "
            "expected two or more"
        )
    chosen = {}
    for name, index in (("site", site), ("next_to", next_to)):
        if index is not None:
            chosen[name] = checked_index(dot, index, name)
            if chosen[name] not in coppers:
                found = dot.symbols[chosen[name]]
                raise StructureError(f"defect type {kind}: {name} {index} is {found}; expected Cu")
    if site is not None and next_to is not None and chosen["site"] == chosen["next_to"]:
        raise StructureError(
            f"defect type {kind}: site and next_to are both {site}; expected two Cu"
        )
    if "site" in chosen:
        active = chosen.get("next_to", _nearest(dot, chosen["site"], "Cu"))
        return active, chosen["site"]
    if "next_to" not in chosen:
        bonds = lattice_bonds(dot).coordination[coppers]
        chosen["next_to"] = coppers[int(bonds.argmin())]
    return chosen["next_to"], _nearest(dot, chosen["next_to"], "Cu")


def _elements(dot: Atoms, element: str) -> list[int]:
    """Return the indices of an element in the dot's lattice (adsorbates and ligands left out)."""
    mask = (np.array(dot.get_chemical_symbols()) == element) & ~guests(dot)
    return [int(i) for i in np.flatnonzero(mask)]


def _nearest(dot: Atoms, index: int, element: str, without: tuple[int, ...] = ()) -> int:
    """Return the atom of an element nearest to ``index``; equal distances: the lowest index."""
    others = [i for i in _elements(dot, element) if i != index and i not in without]
    if not others:
        raise StructureError(
            f"defect type: no (further) {element} in {dot.get_chemical_formula()}; "
            "expected one beside the site"
        )
    distances = dot.get_distances(index, others, mic=bool(dot.pbc.any()))
    return others[int(np.round(distances, 1).argmin())]


def _ionic(dot: Atoms, active: int, affected: int) -> Atoms:
    """2 V_Cu' + In_Cu•• around the first vacancy, the active Cu left alone."""
    second = _nearest(dot, affected, "Cu", (active,))
    third = _nearest(dot, affected, "Cu", (active, second))
    new = apply_defect(dot, "In_Cu**", third)
    for i in sorted((affected, second), reverse=True):
        new = apply_defect(new, "V_Cu'", i)
    return new


def _note(dot: Atoms, new: Atoms, kind: str, active: int, affected: int) -> str:
    """Return the sentence that says what was made."""
    record = provenance.details(new)["defect_type"]
    text = f"Type {kind}: {', '.join(_new_defects(dot, new))}"
    text += f" beside Cu{record['active_site']}"
    if active not in lattice_neighbours(dot, lattice_bonds(dot), dot.positions[affected]):
        text += f" (not a neighbour: {dot.get_distance(active, affected):.1f} Å away)"
    if kind == "C":
        text += ", which carries the hole (Cu2+); calculate spin-polarised"
    return f"{text}; {electron_count(new).summary()}"


def _new_defects(dot: Atoms, new: Atoms) -> list[str]:
    """Symbols of the defects recorded since ``dot``."""
    before = len(provenance.details(dot).get("defects", []))
    return [entry["symbol"] for entry in provenance.details(new)["defects"][before:]]

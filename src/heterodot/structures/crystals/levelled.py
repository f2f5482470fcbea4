"""Crystals that stand on the lattice of a level of theory instead of the table's.

What a workflow relaxed becomes a crystal that every builder takes: slabs, interfaces, lattice
matches, Janus dots. Its record says which level the lattice is of, and holds the elastic tensor
where it was calculated; a match divides strain by it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import crystal
from heterodot.structures.crystals.freedom import crystal_freedom

_LENGTHS = "abc"


def crystal_at_level(
    atoms: Atoms, level: str, start: Atoms, elastic: np.ndarray | None = None
) -> Atoms:
    """Return a relaxed crystal as builders take it, its record saying what it stands on.

    Parameters
    ----------
    atoms : Atoms
        The cell and the atoms as relaxed, in the order of ``start``.
    level : str
        The level of theory in words.
    start : Atoms
        The crystal that was relaxed: its labels, charges and record are kept. What
        :func:`heterodot.structures.crystal` has not made is read by it, in its own cell.
    elastic : (6, 6) float array, optional
        C of that level in Voigt's notation, GPa, in the Cartesian frame of ``atoms``.

    Raises
    ------
    StructureError
        Other atoms than those of ``start``, or what is no crystal.
    """
    if len(atoms) != len(start) or (atoms.numbers != start.numbers).any():
        raise StructureError(
            f"{atoms.get_chemical_formula()} relaxed from {start.get_chemical_formula()}: expected "
            "the same atoms in the same order"
        )
    new = crystal(start, conventional=False)
    if len(new) != len(start) or (new.numbers != start.numbers).any():
        raise StructureError(
            f"{start.get_chemical_formula()}: its atoms changed order as a crystal; make it by "
            "crystal() first, then relax it"
        )
    new.set_constraint()
    before = new.cell.cellpar()
    new.set_cell(atoms.cell.array)
    new.set_positions(atoms.positions)
    provenance.carry_flags(new, atoms)
    record = provenance.details(new)["crystal"]
    symmetry = crystal_freedom(new)
    record.update(space_group=symmetry.space_group, number=symmetry.number)
    stands_on: dict[str, Any] = {
        "level": level,
        "cellpar": new.cell.cellpar().tolist(),
        "given_cellpar": before.tolist(),
    }
    if elastic is not None:
        stands_on["elastic"] = np.asarray(elastic, float).tolist()
    record["lattice"] = stands_on
    provenance.update(new, crystal=record)
    provenance.add_step(new, "lattice", level=level)
    said = [f"{record['name']}: {one}" for one in lattice_notes(record)]
    provenance.update(new, notes=[*provenance.notes(new), *said])
    return new


def lattice_level(atoms: Atoms) -> str | None:
    """Return the level of theory a crystal's lattice is of; None for one as given or measured."""
    found = _record(atoms).get("level")
    return None if found is None else str(found)


def recorded_elastic(atoms: Atoms) -> np.ndarray | None:
    """Return the (6, 6) stiffness (GPa, Cartesian frame) that a crystal carries; None for none."""
    found = _record(atoms).get("elastic")
    return None if found is None else np.asarray(found, float)


def _record(atoms: Atoms) -> dict[str, Any]:
    return (provenance.details(atoms).get("crystal") or {}).get("lattice") or {}


def lattice_notes(record: dict[str, Any]) -> list[str]:
    """Return what there is to say of the lattice in a crystal's record: whose it is, how long.

    Parameters
    ----------
    record : dict
        ``info["heterodot"]["crystal"]``.
    """
    found = record.get("lattice")
    if not found:
        return []
    now, before = found["cellpar"], found["given_cellpar"]
    parts = [
        f"{letter} {now[k]:.4f} Å ({100 * (now[k] / before[k] - 1):+.2f} %)"
        for k, letter in enumerate(_LENGTHS)
        if not any(abs(now[k] - now[other]) < 1e-3 for other in range(k))
    ]
    constants = " and elastic constants" if "elastic" in found else ""
    return [f"lattice{constants} of {found['level']}, {', '.join(parts)} of the one given"]

"""Structures as the page draws them: atoms, bonds, what is marked, what is known of each atom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import covalent_radii

from heterodot import provenance
from heterodot.adsorbate import adsorbate_mask, find_adsorbate
from heterodot.analysis.figures.drawing import element_colour
from heterodot.analysis.figures.marks import vacancies
from heterodot.analysis.figures.pictures import view_rotation
from heterodot.bonds import find_bonds
from heterodot.constraints import fixed_indices
from heterodot.errors import InputError
from heterodot.structures.crystals.writing import extended_xyz
from heterodot.structures.defects.notation import parse_defect

DECIMALS = 3
"""Of the positions (Å) that are drawn; the file to download has all of them."""

_PERIODIC_BOND = 0.1
"""Å: a bond whose vector differs by more from the way between its atoms goes to an image."""


def drawn(
    atoms: Atoms, site: int | None = None, charges: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a structure as plain JSON for the viewer.

    Parameters
    ----------
    atoms : Atoms
    site : int, optional
        The adsorption site; the adsorbate's recorded one unless given.
    charges : mapping of str to (N,) float array, optional
        Atomic charges by partition, e.
    """
    record = find_adsorbate(atoms) or {}
    site = record.get("site") if site is None else site
    bonds = find_bonds(atoms)
    symbols = atoms.get_chemical_symbols()
    found: dict[str, Any] = {
        "formula": atoms.get_chemical_formula(),
        "symbols": symbols,
        "positions": np.round(atoms.positions, DECIMALS).ravel().tolist(),
        "bonds": inner_bonds(atoms),
        "coordination": bonds.coordination.tolist(),
        "site": site,
        "fixed": fixed_indices(atoms),
        "adsorbate": np.flatnonzero(adsorbate_mask(atoms)).tolist(),
        "vacancies": _vacancies(atoms),
        "defects": _defects(atoms),
        "charge": provenance.total_charge(atoms),
        "labels": _labels(atoms),
        "charges": {kind: np.round(q, 3).tolist() for kind, q in (charges or {}).items()},
        "elements": {s: _element(s) for s in dict.fromkeys(symbols)},
        "turn": _turn(atoms, site),
        "xyz": _file(atoms),
    }
    if atoms.pbc.any():
        found["cell"] = np.round(atoms.cell.array, DECIMALS).tolist()
        found["pbc"] = atoms.pbc.tolist()
    return found


def _turn(atoms: Atoms, site: int | None) -> list[float]:
    """Return the quaternion (x, y, z, w) that turns the structure as its pictures are."""
    from scipy.spatial.transform import Rotation

    values: list[float] = np.round(
        Rotation.from_matrix(view_rotation(atoms, site)).as_quat(), 5
    ).tolist()
    return values


def inner_bonds(atoms: Atoms) -> list[int]:
    """Return the bonds that do not cross a boundary of the cell, as i, j, i, j, …."""
    bonds = find_bonds(atoms)
    if not len(bonds.pairs):
        return []
    ways = atoms.positions[bonds.pairs[:, 1]] - atoms.positions[bonds.pairs[:, 0]]
    inner = np.linalg.norm(ways - bonds.vectors, axis=1) < _PERIODIC_BOND
    flat: list[int] = bonds.pairs[inner].ravel().tolist()
    return flat


def _labels(atoms: Atoms) -> dict[str, list[Any]]:
    """Return what each atom was built as, where the structure says so."""
    names = ("domain", "role", "sublattice", "layer", "formal_charge")
    return {name: atoms.arrays[name].tolist() for name in names if name in atoms.arrays}


def _defects(atoms: Atoms) -> list[dict[str, Any]]:
    """Return the recorded defects that sit on an atom: antisites, impurities, the hole's place."""
    found = []
    for entry in provenance.details(atoms).get("defects") or []:
        index, symbol = entry.get("index"), str(entry.get("symbol", ""))
        if index is None or not 0 <= index < len(atoms) or symbol.startswith("V_"):
            continue
        found.append({"index": int(index), "name": _typeset(symbol)})
    return found


def _vacancies(atoms: Atoms) -> list[dict[str, Any]]:
    """Return the vacancies that are still within the structure, by name and place."""
    places, found = vacancies(atoms), []
    for entry in provenance.details(atoms).get("defects") or []:
        symbol = str(entry.get("symbol", ""))
        if not symbol.startswith("V_") or not len(places):
            continue
        place = provenance.defect_position(atoms, entry)
        if np.linalg.norm(places - place, axis=1).min() < 1e-6:
            found.append({"name": _typeset(symbol), "position": _rounded(place)})
    return found


def _typeset(symbol: str) -> str:
    """Return the name of a defect with dots for its positive charges: ``In_Cu••``."""
    try:
        return parse_defect(symbol).ascii.replace("*", "•")
    except InputError:
        return symbol


def _element(symbol: str) -> dict[str, Any]:
    number = Atoms(symbol).numbers[0]
    colour = "#" + "".join(f"{round(255 * part):02x}" for part in element_colour(symbol))
    radius = 0.22 if number == 1 else 0.48 * covalent_radii[number]
    return {"colour": colour, "radius": round(float(radius), 3)}


def _file(atoms: Atoms) -> str:
    """Return the structure as extended XYZ; empty where that has no words for something in it."""
    try:
        return extended_xyz(atoms)
    except InputError:
        plain = atoms.copy()
        plain.set_constraint()
        try:
            return extended_xyz(plain)
        except InputError:
            return ""


def _rounded(place: np.ndarray) -> list[float]:
    values: list[float] = np.round(place, DECIMALS).tolist()
    return values

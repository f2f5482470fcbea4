"""Structures and fields as plain data for a viewer in a browser."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from ase import Atoms
from ase.data import covalent_radii
from ase.units import Bohr

from heterodot.adsorbate import adsorbate_mask, find_adsorbate
from heterodot.analysis.figures.drawing import element_colour
from heterodot.analysis.figures.marks import vacancies
from heterodot.bonds import find_bonds
from heterodot.constraints import fixed_indices
from heterodot.data.grid import GridField

MOST_POINTS = 48
"""Points of a field along each direction at most: surfaces of a finer grid look the same, and a
page of a megabyte is still sent. Chosen by eye."""

SAME_WAY = 0.1
"""Å: a bond whose vector differs by more from the way between its atoms goes to an image."""


def scene(name: str, atoms: Atoms, site: int | None = None) -> dict[str, Any]:
    """Return a structure as plain data.

    Parameters
    ----------
    name : str
    atoms : Atoms
    site : int, optional
        Atom to mark; the adsorbate's recorded site unless given.

    Returns
    -------
    dict
        ``symbols``, ``positions`` (flat, Å), ``bonds`` (i, j, i, j, …, without those through a
        boundary of the cell), ``coordination``, ``fixed``, ``adsorbate``, ``site``, ``vacancies``
        (places, Å), ``cell`` (rows, Å; None without one).
    """
    record = find_adsorbate(atoms) or {}
    bonds = find_bonds(atoms)
    ways = atoms.positions[bonds.pairs[:, 1]] - atoms.positions[bonds.pairs[:, 0]]
    pairs = bonds.pairs[np.linalg.norm(ways - bonds.vectors, axis=1) < SAME_WAY]
    marked = record.get("site") if site is None else site
    return {
        "name": name,
        "formula": atoms.get_chemical_formula(),
        "symbols": atoms.get_chemical_symbols(),
        "positions": np.round(atoms.positions, 3).ravel().tolist(),
        "bonds": pairs.ravel().tolist(),
        "coordination": bonds.coordination.tolist(),
        "fixed": fixed_indices(atoms),
        "adsorbate": np.flatnonzero(adsorbate_mask(atoms)).tolist(),
        "site": None if marked is None else int(marked),
        "vacancies": np.round(vacancies(atoms), 3).tolist(),
        "cell": np.round(atoms.cell.array, 3).tolist() if atoms.cell.rank == 3 else None,
    }


def elements(structures: list[Atoms]) -> dict[str, dict[str, Any]]:
    """Return colour and drawn radius (Å) of every element."""
    found = {}
    for symbol in sorted({s for atoms in structures for s in atoms.get_chemical_symbols()}):
        red, green, blue = np.round(element_colour(symbol) * 255).astype(int)
        radius = 0.45 * float(covalent_radii[Atoms(symbol).numbers[0]])
        found[symbol] = {"colour": f"#{red:02x}{green:02x}{blue:02x}", "radius": round(radius, 3)}
    return found


def cube(field: GridField, atoms: Atoms) -> str:
    """Return a field as the text of a Gaussian cube, thinned, where the structure is.

    Parameters
    ----------
    field : GridField
    atoms : Atoms
        The structure it is drawn around: shifted with it where the grid has another origin.
    """
    step = [max(1, -(-n // MOST_POINTS)) for n in field.values.shape]
    values = field.values[:: step[0], :: step[1], :: step[2]]
    shift = np.zeros(3)
    if len(atoms) == len(field.numbers) and (atoms.numbers == field.numbers).all():
        shift = (atoms.positions - field.positions).mean(axis=0)
    text = io.StringIO()
    text.write(f"{field.what}\n{field.unit}\n")
    rows = [(0, (field.corner + shift) / Bohr)]
    steps = field.steps * np.array(step)[:, None] / Bohr
    rows += list(zip(values.shape, steps, strict=True))
    for n, vector in rows:
        text.write(f"{n:5d}{vector[0]:12.6f}{vector[1]:12.6f}{vector[2]:12.6f}\n")
    for line in values.reshape(-1, values.shape[2]):
        text.write(" ".join(f"{value:.3e}" for value in line) + "\n")
    return text.getvalue()

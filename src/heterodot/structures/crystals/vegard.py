"""Scale a dot cut from one crystal to the lattice its composition would have (Vegard's rule)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.deprecation import renamed
from heterodot.errors import StructureError
from heterodot.structures.crystals.crystal import crystal


@renamed(dot="atoms")
def vegard_scaled(
    atoms: Atoms, host: str | Path | Atoms | Any, guests: Mapping[str, str | Path | Atoms | Any]
) -> Atoms:
    """Scale a rigid dot by its composition.

    The edge per cation (cube root of the crystal's volume per cation) is interpolated linearly in
    the shares of the cations (L. Vegard, Z. Phys. 5, 17 (1921)); the dot is scaled by its ratio to
    the host's, alike in all directions. An average: single bonds do not follow it, a relaxation
    does better.

    Shares are of the cations that are there: vacancies and an excess of one of the host's own
    cations change nothing by themselves. For Cu-poor, In-rich dots they would shrink the lattice
    further: CuIn3Se5, a fifth of whose cation sites is empty, has an edge 0.5 % shorter than
    CuInSe2 (W. Paszkowicz et al., J. Alloys Compd. 362, 241 (2004)), and lattice constants fall
    along the whole series of such compounds (C. Rincón et al., Appl. Phys. Lett. 83, 1328 (2003)).

    Parameters
    ----------
    atoms : Atoms
        Cut from ``host``, with the array ``sublattice``.
    host : crystal
        Of the cations not in ``guests``; what :func:`heterodot.structures.crystal` takes.
    guests : mapping of str to crystal
        Crystal whose lattice each guest cation brings, by element: ``{"Zn": "ZnS"}``.

    Returns
    -------
    Atoms
        A new dot; the factor is in its history.

    Raises
    ------
    StructureError
        No cations are marked, or a crystal does not hold its element as a cation.
    """
    kinds = atoms.arrays.get("sublattice", np.full(len(atoms), ""))
    cations = np.array(atoms.get_chemical_symbols())[kinds == "cation"]
    if not len(cations):
        raise StructureError("vegard_scaled: the dot has no cations in its array sublattice")
    reference = _edge(crystal(host), None)
    edge = reference
    for element, guest in guests.items():
        edge += float(np.mean(cations == element)) * (_edge(crystal(guest), element) - reference)
    factor = edge / reference
    scaled = atoms.copy()
    middle = atoms.positions.mean(axis=0)
    scaled.set_positions(middle + factor * (atoms.positions - middle), apply_constraint=False)
    if atoms.cell.rank:
        scaled.set_cell(atoms.cell.array * factor)
    defects = provenance.details(atoms).get("defects", [])
    for defect in defects:
        defect["position"] = (middle + factor * (np.array(defect["position"]) - middle)).tolist()
        if "ways" in defect:
            defect["ways"] = (factor * np.array(defect["ways"])).tolist()
    if defects:
        provenance.update(scaled, defects=defects)
    provenance.add_step(scaled, "vegard_scaled", guests=sorted(guests), factor=round(factor, 8))
    return scaled


def _edge(bulk: Atoms, element: str | None) -> float:
    """Cube root of the volume per cation, Å."""
    cations = bulk.arrays["sublattice"] == "cation"
    symbols = np.array(bulk.get_chemical_symbols())[cations]
    if element is not None and element not in symbols:
        formula = bulk.get_chemical_formula(empirical=True)
        raise StructureError(f"guests: {formula} has no cation {element}; expected one that has")
    return float((bulk.get_volume() / cations.sum()) ** (1 / 3))

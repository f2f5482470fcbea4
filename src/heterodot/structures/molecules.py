"""Free molecules at their measured geometries."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.data.species.entries import Geometry
from heterodot.data.species.table import SPECIES, Entries
from heterodot.errors import StructureError

MoleculeEntry = Geometry

MOLECULES: Mapping[str, Geometry] = Entries("geometry")
"""Geometries of the species that have one; starting points that a relaxation refines."""


def molecule(name: str) -> Atoms:
    """Return a gas-phase molecule at its measured geometry, without cell.

    Parameters
    ----------
    name : str
        One of :data:`MOLECULES`: H, H2, OH, CO, CO2, H2O, COOH, HCOO, HCOOH, O2, CH4 and others.

    Returns
    -------
    Atoms
        With the species' charge (neutral, those of the table); ``info["heterodot"]`` names the
        molecule and the source of the geometry, and its unpaired electrons where they are two or
        more (O2).

    Raises
    ------
    StructureError
        If the name is not in the table, or has no geometry there.
    """
    if name not in MOLECULES:
        what = "no geometry of it is known; " if name in SPECIES else ""
        raise StructureError(f"molecule {name!r}: {what}expected one of {', '.join(MOLECULES)}")
    entry = MOLECULES[name]
    atoms = Atoms(entry.symbols, np.array(entry.positions, dtype=float))
    own = {"name": name, "source": entry.source}
    provenance.update(atoms, charge=SPECIES[name].charge, molecule=own)
    unpaired = SPECIES[name].unpaired_electrons or 0
    if unpaired > 1:  # fewer are told by the number of electrons
        provenance.update(atoms, unpaired_electrons=unpaired)
    provenance.add_step(atoms, "molecule", name=name)
    return atoms

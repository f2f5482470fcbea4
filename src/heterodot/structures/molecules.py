"""Gas-phase molecules of CO2 reduction at their measured geometries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms

from heterodot import provenance
from heterodot.errors import StructureError


@dataclass(frozen=True)
class MoleculeEntry:
    """A molecule's geometry and where it comes from.

    Attributes
    ----------
    symbols : str
        Chemical symbols in order.
    positions : tuple of (x, y, z)
        Å.
    source : str
        Reference of the geometry.
    """

    symbols: str
    positions: tuple[tuple[float, float, float], ...]
    source: str


def _planar(length: float, degrees: float) -> tuple[float, float, float]:
    """Point in the xz plane at ``length`` (Å) and an angle from z."""
    angle = np.radians(degrees)
    return (float(length * np.sin(angle)), 0.0, float(length * np.cos(angle)))


def _carboxyl(
    c_o: float, c_oh: float, o_h: float, oco: float, coh: float, *, syn: bool
) -> tuple[tuple[float, float, float], ...]:
    """C, O, O, H of a carboxyl group in the xz plane (Å, degrees), H syn or anti to C=O."""
    half = oco / 2
    h = np.array(_planar(c_oh, half)) + np.array(
        _planar(o_h, half + 180.0 + (coh if syn else -coh))
    )
    return ((0.0, 0.0, 0.0), _planar(c_o, -half), _planar(c_oh, half), (h[0], h[1], h[2]))


_HERZBERG = "K. P. Huber and G. Herzberg, Constants of Diatomic Molecules (1979)"

MOLECULES: dict[str, MoleculeEntry] = {
    "H": MoleculeEntry("H", ((0.0, 0.0, 0.0),), "an atom"),
    "H2": MoleculeEntry("H2", ((0, 0, 0), (0, 0, 0.7414)), _HERZBERG),
    "OH": MoleculeEntry("OH", ((0, 0, 0), (0, 0, 0.9697)), _HERZBERG),
    "CO": MoleculeEntry("CO", ((0, 0, 0), (0, 0, 1.1283)), _HERZBERG),
    "CO2": MoleculeEntry(
        "CO2",
        ((0, 0, 0), (0, 0, 1.1621), (0, 0, -1.1621)),
        "G. Herzberg, Electronic Spectra of Polyatomic Molecules (1966)",
    ),
    "H2O": MoleculeEntry(
        "OH2",
        ((0, 0, 0), _planar(0.9572, 52.26), _planar(0.9572, -52.26)),
        "W. S. Benedict, N. Gailar, E. K. Plyler, J. Chem. Phys. 1956, 24, 1139",
    ),
    "COOH": MoleculeEntry(
        "CO2H",
        _carboxyl(1.183, 1.342, 0.971, 127.0, 107.9, syn=False),
        "trans-HOCO, near the r0 structure of doi:10.1063/1.3578179",
    ),
    "HCOO": MoleculeEntry(
        "CO2H",
        ((0, 0, 0), _planar(1.26, 63.0), _planar(1.26, -63.0), (0.0, 0.0, -1.10)),
        "the formate ion in its salts, A. F. Wells, Structural Inorganic Chemistry, 5th ed. (1984)",
    ),
    "HCOOH": MoleculeEntry(
        "CO2H2",
        (*_carboxyl(1.202, 1.343, 0.972, 124.9, 106.3, syn=True), _planar(1.097, 173.45)),
        "H syn to C=O; G. H. Kwei and R. F. Curl, J. Chem. Phys. 1960, 32, 1592",
    ),
}
"""Molecules by name; starting points that a relaxation refines."""


def molecule(name: str) -> Atoms:
    """Return a gas-phase molecule at its measured geometry, without cell.

    Parameters
    ----------
    name : str
        One of :data:`MOLECULES`: H, H2, OH, CO, CO2, H2O, COOH, HCOO, HCOOH.

    Returns
    -------
    Atoms
        Neutral; ``info["heterodot"]`` names the molecule and the source of the geometry.

    Raises
    ------
    StructureError
        If the name is not in the table.
    """
    if name not in MOLECULES:
        raise StructureError(f"molecule {name!r}: expected one of {', '.join(MOLECULES)}")
    entry = MOLECULES[name]
    atoms = Atoms(entry.symbols, np.array(entry.positions, dtype=float))
    provenance.update(atoms, charge=0, molecule={"name": name, "source": entry.source})
    provenance.add_step(atoms, "molecule", name=name)
    return atoms
